//! What is done with guards.

use std::{fmt, thread};

use flagstone::GetError;
use proptest::sample::Index;

use super::{
    call::{Call, Refused, attempt, unless_refused},
    configurations::Shape,
    driver::{Driven, Run},
    guard::{Exclusive, Shared},
    keys::{KeyChoice, one_of},
    oracle::{Oracle, Released, Stand},
    value::{Curse, Value},
};

impl<'env, S: Driven> Run<'_, '_, 'env, S> {
    pub(crate) fn get(
        &mut self,
        worker: usize,
        choice: &KeyChoice,
        get: impl FnOnce(usize) -> Option<Box<dyn Shared + 'env>> + Send + 'env,
    ) {
        let key = choice.key(self.oracle);
        let guard = self.workers.run(worker, move || get(key));
        let id = guard.as_ref().map(|guard| guard.value().id());
        assert_eq!(id, self.oracle.get(key), "get {key:#x}");
        if let Some(guard) = guard {
            assert_eq!(guard.key(), S::Config::without_reserved_bits(key));
            self.guards.push(guard);
        }
    }

    /// As `get`, and if there is no guard, why.
    pub(crate) fn try_get(&mut self, worker: usize, choice: &KeyChoice) {
        let (store, key) = (self.store, choice.key(self.oracle));
        let guard = self.workers.run(worker, move || store.try_get(key));
        let id = guard.as_ref().map(|guard| guard.value().id()).map_err(|&error| error);
        assert_eq!(id, self.oracle.try_get(key), "try_get {key:#x}");
        if let Ok(guard) = guard {
            assert_eq!(guard.key(), S::Config::without_reserved_bits(key));
            self.guards.push(guard);
        }
    }

    pub(crate) fn clone_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let clone = self.guards[chosen].share();
        self.oracle.entry_mut(clone.key()).guards += 1;
        self.guards.push(clone);
    }

    pub(crate) fn read_guard(&self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        self.compare_value(self.guards[chosen].key(), self.guards[chosen].value());
    }

    pub(crate) fn compare_value(&self, key: usize, value: &Value) {
        let entry = self.oracle.entry(key).expect("a guard's entry has not ended");
        assert_eq!((value.id(), value.written()), (entry.id, entry.written), "the value of {key:#x}");
    }

    /// Does on the chosen thread, and then in the oracle, what lets a guard of `key` go.
    pub(crate) fn release<R: Send + fmt::Debug + PartialEq + 'env>(
        &mut self,
        worker: usize,
        key: usize,
        act: impl FnOnce() -> R + Send + 'env,
        foresee: impl FnOnce(&mut Oracle<S::Config>) -> Result<(R, Released), Call>,
    ) {
        let id = self.oracle.entry_mut(key).id;
        let outcome = self.act(worker, act);
        let foreseen = foresee(self.oracle);
        assert_eq!(outcome.as_ref(), foreseen.as_ref().map(|(result, _)| result), "a guard of {key:#x} is dropped");
        if matches!(foreseen, Ok((_, Released::HandedOver))) {
            self.hand_over(vec![(key, id)]);
        }
    }

    pub(crate) fn drop_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        self.release(worker, key, move || drop(guard), |oracle| Ok(((), oracle.release(key)?)));
    }

    pub(crate) fn end_by_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        self.release(worker, key, move || guard.end(), |oracle| Ok((oracle.end(key)?, oracle.release(key)?)));
    }

    pub(crate) fn forget_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let entry = self.oracle.entry_mut(self.guards[chosen].key());
        // Not a guard for which a thread waits: it would wait for ever. Not an owned guard: the store would never be
        // dropped.
        if entry.stand != Stand::Awaited && !self.guards[chosen].is_owned() {
            entry.forgotten += 1;
            self.guards.swap_remove(chosen).forget();
        }
    }

    pub(crate) fn exclude(&mut self, worker: usize, choice: &KeyChoice) {
        let (store, key) = (self.store, choice.key(self.oracle));
        let exclusive = self.workers.run(worker, move || store.get_exclusive(key));
        let id = exclusive.as_ref().map(|exclusive| exclusive.value().id()).map_err(|&error| error);
        assert_eq!(id, self.oracle.exclude(key), "get_exclusive {key:#x}");
        if let Ok(exclusive) = exclusive {
            assert_eq!(exclusive.key(), S::Config::without_reserved_bits(key));
            self.exclusives.push(exclusive);
        }
    }

    /// As `exclude`; but where a guard or a pin is out it waits, or is refused under a pin of its own thread.
    pub(crate) fn wait_exclusive(&mut self, worker: usize, choice: &KeyChoice, ends: bool) {
        let (store, key) = (self.store, choice.key(self.oracle));
        let Some(&entry) = self.oracle.endable(key) else {
            let waited = self.workers.run(worker, move || store.wait_exclusive(key).is_some());
            assert!(!waited, "wait_exclusive {key:#x} without an entry");
            return;
        };
        if self.oracle.is_pinned_by(self.workers.place(worker)) {
            let waited = self.workers.run(worker, move || unless_refused(|| store.wait_exclusive(key).is_some()));
            assert_eq!(waited, Err(Refused), "wait_exclusive {key:#x} under a pin");
        } else if entry.guards == 0 && !self.oracle.is_pinned() {
            let exclusive = self.workers.run(worker, move || store.wait_exclusive(key));
            self.has_excluded(key, exclusive);
        } else if entry.forgotten == 0 && entry.stand == Stand::Present {
            self.wait_long(key, ends);
        }
    }

    /// A thread waits for an entry. The entry ends meanwhile, or all its guards and pins are dropped: then the thread
    /// has it.
    fn wait_long(&mut self, key: usize, ends: bool) {
        let store = self.store;
        let waiter = self.scope.spawn(move || store.wait_exclusive(key));
        while store.contains(key) {
            thread::yield_now();
        }
        assert!(store.get(key).is_none(), "{key:#x} is found, though it is promised");
        assert_eq!(store.try_get(key).err(), Some(GetError::Exclusive), "{key:#x} is promised");
        assert!(store.keys().all(|other| other != S::Config::without_reserved_bits(key)), "{key:#x} is promised");
        if ends {
            self.end(0, key);
            assert!(waiter.join().expect("it does not panic").is_none(), "{key:#x} has ended");
            assert_eq!(store.try_get(key).err(), Some(GetError::Absent), "{key:#x} has ended");
            return;
        }
        while let Some(chosen) =
            self.guards.iter().position(|guard| guard.key() == S::Config::without_reserved_bits(key))
        {
            drop(self.guards.swap_remove(chosen));
            assert_eq!(self.oracle.release(key), Ok(Released::Done));
        }
        self.unpin_all(None);
        let exclusive = waiter.join().expect("it does not panic");
        self.has_excluded(key, exclusive);
    }

    fn has_excluded(&mut self, key: usize, exclusive: Option<Box<dyn Exclusive + 'env>>) {
        let exclusive = exclusive.expect("the entry has not ended");
        assert_eq!(Ok(exclusive.value().id()), self.oracle.exclude(key), "wait_exclusive {key:#x}");
        assert_eq!(exclusive.key(), S::Config::without_reserved_bits(key));
        self.exclusives.push(exclusive);
    }

    pub(crate) fn write(&mut self, index: &Index, number: u64, curse: Curse) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let key = self.exclusives[chosen].key();
        self.compare_value(key, self.exclusives[chosen].value());
        self.exclusives[chosen].value_mut().write(number, curse);
        let entry = self.oracle.entry_mut(key);
        (entry.written, entry.curse) = (Some(number), curse);
    }

    pub(crate) fn downgrade(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.guards.push(self.workers.run(worker, move || exclusive.downgrade()));
        self.oracle.downgrade(key);
    }

    pub(crate) fn include(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.release(worker, key, move || drop(exclusive), |oracle| Ok(((), oracle.include(key)?)));
    }

    pub(crate) fn end_by_exclusive(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.release(worker, key, move || exclusive.end(), |oracle| Ok((oracle.end(key)?, oracle.include(key)?)));
    }

    pub(crate) fn forget_exclusive(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let entry = self.oracle.entry_mut(self.exclusives[chosen].key());
        if entry.stand != Stand::Awaited && !self.exclusives[chosen].is_owned() {
            entry.forgotten += 1;
            self.exclusives.swap_remove(chosen).forget();
        }
    }

    /// Drops all guards, on this thread.
    pub(crate) fn drop_guards(&mut self) {
        while let Some(guard) = self.guards.pop() {
            let (key, id) = (guard.key(), guard.value().id());
            let outcome = attempt(|| drop(guard));
            let foreseen = self.oracle.release(key);
            self.has_let_go(key, id, outcome, foreseen);
        }
        while let Some(exclusive) = self.exclusives.pop() {
            let (key, id) = (exclusive.key(), exclusive.value().id());
            let outcome = attempt(|| drop(exclusive));
            let foreseen = self.oracle.include(key);
            self.has_let_go(key, id, outcome, foreseen);
        }
    }

    pub(crate) fn has_let_go(
        &mut self,
        key: usize,
        id: u64,
        outcome: Result<(), Call>,
        foreseen: Result<Released, Call>,
    ) {
        assert_eq!(outcome, foreseen.map(drop), "a guard of {key:#x} is dropped");
        if foreseen == Ok(Released::HandedOver) {
            self.hand_over(vec![(key, id)]);
        }
    }
}
