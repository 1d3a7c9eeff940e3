//! Keys that nobody handed out: they find nothing, or an entry that is really there, and change nothing.

use flagstone::{DefaultConfig, ExclusiveError, Pool, Slab};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    alone,
    configurations::{Crowded, Flipping, Narrow, OneSlot, Reserved, Retiring, Shape, Wrapping},
    guard::Exclusive,
    runner,
    store::Store,
    value::{Ledger, Value},
};

/// A key, made of the keys of real slots where that is possible.
#[derive(Clone, Debug)]
enum Guess {
    Anything(usize),
    Small(usize),
    Large(usize),
    /// A slot's key with some bits flipped.
    Near(Index, usize),
    /// A slot's key, so many slots, generations, pages or shards further.
    Beside(Index, Unit, isize),
    /// Some bits of one slot's key, all others of another's.
    Mixed(Index, Index, usize),
    /// The low bits of a slot's key, others above them.
    LowBitsOf(Index, u32, usize),
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Slot,
    Generation,
    Page,
    Shard,
    /// The lowest reserved bit, if any bits are reserved.
    Reserved,
}

impl Guess {
    fn key<C: Shape>(&self, real: &[usize]) -> usize {
        match *self {
            Self::Anything(key) | Self::Small(key) => key,
            Self::Large(below) => usize::MAX - below,
            Self::Near(which, bits) => *which.get(real) ^ bits,
            Self::Beside(which, unit, steps) => {
                let key = *which.get(real);
                let page_shift = C::SHARED_BITS;
                let shard_shift = page_shift + C::PAGE_BITS;
                let size = match unit {
                    Unit::Slot => 1,
                    Unit::Generation => C::page_size(C::unpack(key).0.page),
                    Unit::Page => 1 << page_shift,
                    Unit::Shard => 1 << shard_shift,
                    Unit::Reserved => 1_usize.checked_shl((shard_shift + C::SHARD_BITS) as u32).unwrap_or(0),
                };
                key.wrapping_add(usize::wrapping_mul(size, steps as usize))
            }
            Self::Mixed(one, other, bits) => (one.get(real) & bits) | (other.get(real) & !bits),
            Self::LowBitsOf(which, count, above) => {
                let low = (1 << count) - 1;
                (which.get(real) & low) | (above & !low)
            }
        }
    }
}

fn guess() -> impl Strategy<Value = Guess> {
    let one = any::<Index>;
    let unit = prop_oneof![
        1 => Just(Unit::Slot),
        3 => Just(Unit::Generation),
        1 => Just(Unit::Page),
        1 => Just(Unit::Shard),
        1 => Just(Unit::Reserved),
    ];
    let one_bit = (0..usize::BITS).prop_map(|bit| 1 << bit);
    let two_bits = (0..usize::BITS, 0..usize::BITS).prop_map(|(one, other)| (1 << one) | (1 << other));
    prop_oneof![
        2 => any::<usize>().prop_map(Guess::Anything),
        1 => (0..1024_usize).prop_map(Guess::Small),
        1 => (0..64_usize).prop_map(Guess::Large),
        6 => (one(), prop_oneof![3 => one_bit, 1 => two_bits]).prop_map(|(which, bits)| Guess::Near(which, bits)),
        8 => (one(), unit, -3..=3_isize).prop_map(|(which, unit, steps)| Guess::Beside(which, unit, steps)),
        2 => (one(), one(), any::<usize>()).prop_map(|(one, other, bits)| Guess::Mixed(one, other, bits)),
        2 => (one(), 0..usize::BITS, any::<usize>())
            .prop_map(|(which, count, above)| Guess::LowBitsOf(which, count, above)),
    ]
}

/// A slot that is no entry yet, or one that nobody but its maker can read.
enum Begun<'a> {
    /// The key, and what makes it the entry of a value, whose number is returned.
    Reserved(usize, Box<dyn FnOnce() -> u64 + 'a>),
    Created(Box<dyn Exclusive + 'a>),
}

/// A store whose keys can be guessed.
trait Guessed: Store {
    fn begin(&self) -> Option<Begun<'_>>;
    /// The key of a new entry and the number of its value.
    fn add(&self) -> Option<(usize, u64)>;
    /// Whether nobody can get a value out by this key. Entries that are in use are not waited for.
    fn gives_nothing(&self, key: usize) -> bool;
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
}

/// A store with slots in every state: read, ended but held, held exclusively, begun, free, and never used.
fn check_guesses<S: Guessed>(slots: usize, guesses: &[Guess]) {
    let ledger = Ledger::open();
    let store = S::new();
    let mut real = Vec::new();
    let (mut guards, mut exclusives, mut reservations) = (Vec::new(), Vec::new(), Vec::new());
    let mut readable = Vec::new();
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
            2 => exclusives.push(store.get_exclusive(key).expect("nobody else has it")),
            3 => {
                guards.push(store.get(key).expect("it was just made"));
                assert!(store.end(key));
            }
            _ => assert!(store.end(key)),
        }
    }
    let seen = || (store.len(), store.capacity(), ledger.counts());
    let find = |key| store.get(key).map(|entry| entry.value().id());
    let before = seen();
    for guess in guesses {
        let key = guess.key::<S::Config>(&real);
        if let Some(&(_, id)) = readable.iter().find(|&&(real, _)| real == key) {
            assert_eq!(find(key), Some(id));
            continue;
        }
        assert!(!store.contains(key), "contains {key:#x}");
        assert!(find(key).is_none(), "get {key:#x}");
        let is_in_use = exclusives.iter().any(|exclusive| exclusive.key() == key);
        let refusal = if is_in_use { ExclusiveError::InUse } else { ExclusiveError::Absent };
        assert_eq!(store.get_exclusive(key).err(), Some(refusal), "get_exclusive {key:#x}");
        assert!(store.gives_nothing(key), "the value of {key:#x}");
        assert!(is_in_use || !store.end(key), "the end of {key:#x}");
    }
    assert_eq!(seen(), before, "a guess changed something");
    for (key, id) in readable {
        assert_eq!(find(key), Some(id), "{key:#x}");
    }
    for exclusive in exclusives {
        let (key, id) = (exclusive.key(), exclusive.value().id());
        drop(exclusive);
        assert_eq!(find(key), Some(id), "{key:#x}");
    }
    for (key, fill) in reservations {
        let id = fill();
        assert_eq!(find(key), Some(id), "{key:#x}");
    }
    drop(guards);
    drop(store);
    assert_eq!(ledger.counts().2, 0);
}

fn check<S: Guessed>(cases: u32) {
    alone(|| {
        let guesses = (1..20_usize, vec(guess(), 0..150));
        let outcome = runner(cases).run(&guesses, |(slots, guesses)| {
            check_guesses::<S>(slots, &guesses);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{error}");
        }
    });
}

macro_rules! change_nothing {
    ($($name:ident: $configuration:ty;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn in_a_slab() {
                check::<Slab<Value, $configuration>>(48);
            }

            #[test]
            fn in_a_pool() {
                check::<Pool<Value, $configuration>>(48);
            }
        }
    )*};
}

change_nothing! {
    default: DefaultConfig;
    one_slot: OneSlot;
    retiring: Retiring;
    wrapping: Wrapping;
    flipping: Flipping;
    crowded: Crowded;
    narrow: Narrow;
    reserved: Reserved;
}

/// Where a key has so few bits that all can be tried, all are.
#[test]
fn all_keys_of_seven_bits_and_a_few_more() {
    alone(|| {
        let all: Vec<Guess> = (0..1 << 10).map(Guess::Small).collect();
        for slots in 1..20 {
            check_guesses::<Slab<Value, Retiring>>(slots, &all);
            check_guesses::<Slab<Value, Wrapping>>(slots, &all);
            check_guesses::<Slab<Value, Flipping>>(slots, &all);
            check_guesses::<Pool<Value, Retiring>>(slots, &all);
            check_guesses::<Pool<Value, Wrapping>>(slots, &all);
            check_guesses::<Pool<Value, Flipping>>(slots, &all);
        }
    });
}

/// Nobody has made an entry yet: there is not even a table.
#[test]
fn nothing_is_in_an_empty_store() {
    fn check<S: Guessed>() {
        let store = S::new();
        for key in (0..usize::BITS).map(|bit| 1 << bit).chain([0, usize::MAX]) {
            assert!(!store.contains(key) && store.get(key).is_none() && !store.end(key) && store.gives_nothing(key));
        }
        assert_eq!((store.len(), store.capacity()), (0, 0));
    }
    alone(|| {
        check::<Slab<Value, DefaultConfig>>();
        check::<Pool<Value, DefaultConfig>>();
    });
}
