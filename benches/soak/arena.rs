//! A store, and everything that is needed to check it.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};

use flagstone::{Config, Slab};

use crate::books::Books;
use crate::history::{Operation, remember};
use crate::random::Random;
use crate::shadow::{Parts, Shadow};
use crate::store::{How, Store};
use crate::value::{Afterlife, Belonging, Plan, Reenter, Value};
use crate::violation::raise;

pub(crate) const NO_KEY: usize = usize::MAX;
/// One value in this many does something when it ends.
const WITH_AFTERLIFE: usize = 48;
/// Keys that repeat after fewer lives than this cannot be called stale.
const LIVES: usize = 1 << 32;

/// The properties of a store for a whole run, independent of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) number: usize,
    pub(crate) name: &'static str,
    pub(crate) books: &'static Books,
    /// How many keys the workers share.
    pub(crate) places: usize,
    /// How many entries no worker ends.
    pub(crate) permanent: usize,
    pub(crate) threads: usize,
}

/// A store and what is known of it.
#[derive(Debug)]
pub(crate) struct Arena<S: Store> {
    pub(crate) site: Site,
    pub(crate) store: Arc<S>,
    /// Only where keys do not repeat.
    shadow: Option<Shadow<S::Config>>,
    table: Box<[AtomicUsize]>,
    permanent: OnceLock<Vec<usize>>,
    this: Weak<Self>,
}

impl<S: Store> Arena<S> {
    /// Whether a key that has ended stays ended.
    pub(crate) const KEYS_ARE_UNIQUE: bool = !<S::Config as Config>::WRAP_GENERATIONS
        || Slab::<(), S::Config>::generations(<S::Config as Config>::MAX_PAGES - 1) > LIVES;

    pub(crate) fn new(site: Site) -> Arc<Self> {
        let shadow = Self::KEYS_ARE_UNIQUE.then(|| Shadow::new(site.threads + 2));
        Self::around(site, Arc::new(S::new()), shadow)
    }

    fn around(site: Site, store: Arc<S>, shadow: Option<Shadow<S::Config>>) -> Arc<Self> {
        let table = (0..site.places).map(|_| AtomicUsize::new(NO_KEY)).collect();
        Arc::new_cyclic(|this| Self { site, store, shadow, table, permanent: OnceLock::new(), this: this.clone() })
    }

    /// Performs an operation that needs exclusive access to the store. No guard may exist. The table is empty
    /// afterwards.
    pub(crate) fn alone(self: Arc<Self>, act: impl FnOnce(&mut S)) -> Arc<Self> {
        let site = self.site;
        let Some(Self { mut store, shadow, .. }) = Arc::into_inner(self) else {
            raise(site.number, site.name, NO_KEY, "the arena of the store is still in use");
            return Self::new(site);
        };
        match Arc::get_mut(&mut store) {
            Some(store) => act(store),
            None => raise(site.number, site.name, NO_KEY, "an owned guard has left its hold on the store behind"),
        }
        Self::around(site, store, shadow)
    }

    /// The entries that no worker ends.
    pub(crate) fn permanent(&self) -> &[usize] {
        self.permanent.get_or_init(|| {
            let mut random = Random::new(self.site.number as u64);
            (0..self.site.permanent).filter_map(|number| self.add(&mut random, Belonging::Permanent(number))).collect()
        })
    }

    pub(crate) fn raise(&self, key: usize, what: impl Display) {
        let parts = Parts::of::<S::Config>(key);
        raise(self.site.number, self.site.name, key, format_args!("{what}; {parts:?}"));
    }

    /// Reports the result, if it is an error.
    pub(crate) fn expect(&self, key: usize, checked: Result<(), String>) {
        if let Err(what) = checked {
            self.raise(key, what);
        }
    }

    pub(crate) fn remember(&self, operation: Operation, key: usize) {
        remember(operation, self.site.number, key);
    }

    /// Checks a value that a thread has found under the key, and of which it holds a guard.
    pub(crate) fn see(&self, key: usize, value: &Value) {
        self.expect(key, value.check(key));
        if let Some(shadow) = &self.shadow {
            self.expect(key, shadow.is_there(key));
        }
    }

    pub(crate) fn plan(&self, random: &mut Random, belonging: Belonging) -> Plan {
        let Site { number, name, books, .. } = self.site;
        let afterlife = (belonging == Belonging::Anybody && random.below(WITH_AFTERLIFE) == 0).then(|| {
            let what = [Afterlife::Insert, Afterlife::Remove, Afterlife::Panic][random.below(3)];
            (what, self.this.clone() as Weak<dyn Reenter>)
        });
        Plan { store: number, name, books, serial: random.below(1 << 32) as u64, belonging, afterlife }
    }

    /// Records a key that was handed out.
    pub(crate) fn born(&self, key: usize, before_others: bool) {
        if let Some(shadow) = &self.shadow {
            // The owner of the shard takes its slots one after another, and has recorded this key before the next.
            let in_turn = before_others || Parts::of::<S::Config>(key).is_some_and(|parts| parts.shard != 0);
            self.expect(key, shadow.born(key, in_turn));
        }
        self.remember(Operation::Insert, key);
    }

    /// Adds an entry and returns its key.
    pub(crate) fn add(&self, random: &mut Random, belonging: Belonging) -> Option<usize> {
        let how = [How::Plainly, How::Keyed, How::Trying, How::InSteps][random.below(4)];
        let plan = self.plan(random, belonging);
        let key = self.store.add(how, plan, &|key, before_others| self.born(key, before_others))?;
        if matches!(how, How::Plainly | How::Trying) {
            if let Some(guard) = self.store.get(key) {
                guard.name(key);
            }
        }
        Some(key)
    }

    /// A random key of the table. Its entry may have been removed.
    pub(crate) fn some_key(&self, random: &mut Random) -> usize {
        self.table[random.below(self.table.len())].load(Relaxed)
    }

    /// Puts a key into the table, and returns what was there.
    pub(crate) fn publish(&self, random: &mut Random, key: usize) -> usize {
        self.table[random.below(self.table.len())].swap(key, Relaxed)
    }

    /// Ends an entry. Returns whether there was one.
    pub(crate) fn remove(&self, key: usize) -> bool {
        self.remember(Operation::Remove, key);
        let removed = self.store.remove(key);
        if removed {
            self.is_gone(key);
        }
        removed
    }

    /// Checks that a key whose entry has ended finds nothing.
    pub(crate) fn is_gone(&self, key: usize) {
        if Self::KEYS_ARE_UNIQUE && self.store.get(key).is_some() {
            self.raise(key, "a key whose entry had ended found one");
        }
    }

    /// Checks a value that was taken.
    pub(crate) fn receive(&self, key: usize, value: &Value) {
        self.expect(key, value.check(key));
        if let Some(shadow) = &self.shadow {
            shadow.taken(key);
        }
        self.is_gone(key);
    }

    /// Checks that an entry that no other thread ends can be found.
    pub(crate) fn is_found(&self, key: usize) {
        match self.store.get(key) {
            Some(guard) => self.see(key, &guard),
            None => self.raise(key, "an entry was not found that no thread had ended"),
        }
    }
}

impl<S: Store> Reenter for Arena<S> {
    fn insert_one(&self, random: u64) {
        let random = &mut Random::new(random);
        self.remember(Operation::InsertInDrop, NO_KEY);
        let plan = Plan { afterlife: None, ..self.plan(random, Belonging::Anybody) };
        if let Some(key) = self.store.add(How::Keyed, plan, &|key, before_others| self.born(key, before_others)) {
            let old = self.publish(random, key);
            self.store.remove(old);
        }
    }

    fn remove_one(&self, random: u64) {
        let key = self.some_key(&mut Random::new(random));
        self.remember(Operation::RemoveInDrop, key);
        self.store.remove(key);
    }
}
