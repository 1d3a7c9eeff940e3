//! Keys that were never handed out: they find nothing, or an entry that exists, and change nothing.

use std::sync::Arc;

use flagstone::{ExclusiveError, GetError, Pool, Slab};

use super::{
    configurations::Shape,
    guard::Exclusive,
    guess::Guess,
    store::Store,
    value::{Ledger, Value},
};

/// A slot that is no entry yet, or one that only its creator can read.
pub(crate) enum Begun<'a> {
    /// The key, and what makes it the entry of a value, whose number is returned.
    Reserved(usize, Box<dyn FnOnce() -> u64 + 'a>),
    Created(Box<dyn Exclusive + 'a>),
}

/// A store whose keys can be guessed.
pub(crate) trait Guessed: Store {
    fn begin(&self) -> Option<Begun<'_>>;
    /// The key of a new entry and the number of its value.
    fn add(&self) -> Option<(usize, u64)>;
    /// Whether no value can be taken by this key. Does not wait for entries that are in use.
    fn gives_nothing(&self, key: usize) -> bool;
    /// Ends an entry that no thread reads, whatever the thread has pinned before, and returns the number of its value.
    fn give(&self, key: usize) -> Option<u64>;
}

impl<C: Shape> Guessed for Slab<Value, C> {
    fn begin(&self) -> Option<Begun<'_>> {
        let vacancy = self.vacant_entry()?;
        let fill = |vacancy: flagstone::VacantEntry<'_, Value, C>| {
            let value = Value::default();
            let id = value.id();
            vacancy.insert(value);
            id
        };
        Some(Begun::Reserved(vacancy.key(), Box::new(move || fill(vacancy))))
    }

    fn add(&self) -> Option<(usize, u64)> {
        let value = Value::default();
        let id = value.id();
        Some((self.insert(value)?, id))
    }

    fn gives_nothing(&self, key: usize) -> bool {
        let is_in_use = self.get_exclusive(key).err() == Some(ExclusiveError::InUse);
        self.try_take(key).is_none() && (is_in_use || self.take(key).is_none())
    }

    fn give(&self, key: usize) -> Option<u64> {
        self.take(key).map(|value| value.id())
    }
}

impl<C: Shape> Guessed for Pool<Value, C> {
    fn begin(&self) -> Option<Begun<'_>> {
        Some(Begun::Created(Box::new(self.create()?)))
    }

    fn add(&self) -> Option<(usize, u64)> {
        let mut id = 0;
        let key = self.create_with(|value| id = value.id())?;
        Some((key, id))
    }

    fn gives_nothing(&self, _key: usize) -> bool {
        true
    }

    fn give(&self, key: usize) -> Option<u64> {
        let id = self.get(key)?.id();
        self.clear(key).then_some(id)
    }
}

/// A store with slots in every state: read, ended but held, ended under a pin, held exclusively, begun, free, and never
/// used. All is asked twice over if there is a pin: of the store, and through the pin.
pub(crate) fn check_guesses<S: Guessed>(slots: usize, guesses: &[Guess], is_pinned: bool) {
    check_guesses_in(S::new(), slots, guesses, is_pinned);
}

/// The same in a store that has no entries yet.
pub(crate) fn check_guesses_in<S: Guessed>(store: S, slots: usize, guesses: &[Guess], is_pinned: bool) {
    let ledger = Ledger::open();
    let store = Arc::new(store);
    let mut real = Vec::new();
    let (mut guards, mut exclusives, mut reservations) = (Vec::new(), Vec::new(), Vec::new());
    let (mut readable, mut ended) = (Vec::new(), Vec::new());
    for number in 0..slots {
        if number % 6 == 5 {
            match store.begin() {
                None => break,
                Some(Begun::Reserved(key, fill)) => {
                    real.push(key);
                    reservations.push((key, fill));
                }
                Some(Begun::Created(exclusive)) => {
                    real.push(exclusive.key());
                    exclusives.push(exclusive);
                }
            }
            continue;
        }
        let Some((key, id)) = store.add() else { break };
        real.push(key);
        match number % 6 {
            0 => readable.push((key, id)),
            1 => {
                readable.push((key, id));
                guards.push(store.get(key).expect("it was just made"));
            }
            2 => exclusives.push(store.get_exclusive(key).expect("no other thread has it")),
            3 => {
                guards.push(store.get(key).expect("it was just made"));
                assert!(store.end(key));
            }
            _ if number % 12 < 6 => assert!(store.end(key)),
            _ => ended.push((key, id)),
        }
    }
    let pin = is_pinned.then(|| store.pin());
    let kept: Vec<_> = pin.iter().flat_map(|pin| ended.iter().filter_map(|&(key, _)| pin.get(key))).collect();
    assert!(ended.iter().all(|&(key, _)| store.end(key)));
    let seen = || (store.len(), store.stats(), ledger.counts());
    let find = |key| store.get(key).map(|entry| entry.value().id());
    let find_owned = |key| Arc::clone(&store).get_owned(key).map(|entry| entry.value().id());
    let before = seen();
    for guess in guesses {
        let key = guess.key::<S::Config>(&real);
        let meant = S::Config::without_reserved_bits(key);
        if let Some(&(_, id)) = readable.iter().find(|&&(real, _)| real == meant) {
            assert_eq!((find(key), find_owned(key)), (Some(id), Some(id)));
            assert_eq!(store.try_get(key).map(|entry| entry.value().id()), Ok(id), "try_get {key:#x}");
            assert_eq!(store.get_arc(key).map(|entry| entry.value().id()), Some(id), "get_arc {key:#x}");
            assert!(pin.iter().all(|pin| pin.contains(key) && pin.get(key).map(Value::id) == Some(id)));
            continue;
        }
        assert!(pin.iter().all(|pin| !pin.contains(key) && pin.get(key).is_none()), "{key:#x} through a pin");
        assert!(!store.contains(key), "contains {key:#x}");
        assert_eq!((find(key), find_owned(key)), (None, None), "get {key:#x}");
        let is_in_use = exclusives.iter().any(|exclusive| exclusive.key() == meant);
        let refusal = if is_in_use { ExclusiveError::InUse } else { ExclusiveError::Absent };
        assert_eq!(store.get_exclusive(key).err(), Some(refusal), "get_exclusive {key:#x}");
        let reason = if is_in_use { GetError::Exclusive } else { GetError::Absent };
        assert_eq!(store.try_get(key).err(), Some(reason), "try_get {key:#x}");
        assert!(store.get_arc(key).is_none(), "get_arc {key:#x}");
        assert!(store.gives_nothing(key), "the value of {key:#x}");
        assert!(is_in_use || !store.end(key), "the end of {key:#x}");
    }
    assert_eq!(seen(), before, "a guess changed something");
    assert!(real.iter().all(|&key| key != 0), "0 is no key");
    let mut all: Vec<_> = store.iter().map(|entry| (entry.key(), entry.value().id())).collect();
    let mut keys: Vec<_> = store.keys().collect();
    all.sort_unstable();
    keys.sort_unstable();
    readable.sort_unstable();
    assert_eq!(all, readable, "all entries");
    assert!(keys.into_iter().eq(readable.iter().map(|&(key, _)| key)), "all keys");
    if let Some(pin) = &pin {
        let mut all: Vec<_> = pin.entries().map(|(key, value)| (key, value.id())).collect();
        all.sort_unstable();
        assert_eq!(all, readable, "all entries through a pin");
        assert!(kept.into_iter().map(Value::id).eq(ended.iter().map(|&(_, id)| id)), "what ended under a pin");
    }
    drop(pin);
    for &(key, id) in &readable {
        assert_eq!(find(key), Some(id), "{key:#x}");
    }
    for exclusive in exclusives {
        readable.push((exclusive.key(), exclusive.value().id()));
    }
    for (key, fill) in reservations {
        readable.push((key, fill()));
    }
    drop(guards);
    let mut store = Arc::into_inner(store).expect("owned guards have been dropped");
    for guess in guesses {
        let key = guess.key::<S::Config>(&real);
        let meant = S::Config::without_reserved_bits(key);
        let expected = readable.iter().find(|&&(real, _)| real == meant).map(|&(_, id)| id);
        assert_eq!(store.get_mut(key).map(|value| value.id()), expected, "get_mut {key:#x}");
    }
    for (key, id) in readable {
        assert_eq!(store.get(key).map(|entry| entry.value().id()), Some(id), "{key:#x}");
        assert_eq!(store.give(key), Some(id), "{key:#x}");
    }
    drop(store);
    assert_eq!(ledger.counts().2, 0);
}
