//! Does to a slab and to the oracle what a case says, and compares.

use std::{
    collections::BTreeMap,
    mem,
    sync::Arc,
    thread::{self, Scope, ScopedJoinHandle},
};

use flagstone::{Entry, ExclusiveEntry, OwnedEntry, Slab, VacantEntry};
use proptest::sample::Index;

use super::{
    configurations::Shape,
    operations::{Case, Change, Interlude, KeyChoice, Operation, Phase},
    oracle::{Ended, Oracle, Stand},
    value::{Ledger, Value},
    workers::Workers,
};

/// A shared guard, borrowed or owned.
enum Guard<'env, C: Shape> {
    Borrowed(Entry<'env, Value, C>),
    Owned(OwnedEntry<Value, C>),
}

impl<C: Shape> Guard<'_, C> {
    fn key(&self) -> usize {
        match self {
            Self::Borrowed(entry) => entry.key(),
            Self::Owned(entry) => entry.key(),
        }
    }

    fn value(&self) -> &Value {
        match self {
            Self::Borrowed(entry) => entry,
            Self::Owned(entry) => entry,
        }
    }

    fn share(&self) -> Self {
        match self {
            Self::Borrowed(entry) => Self::Borrowed(Entry::clone(entry)),
            Self::Owned(entry) => Self::Owned(OwnedEntry::clone(entry)),
        }
    }

    fn remove(self) -> bool {
        match self {
            Self::Borrowed(entry) => entry.remove(),
            Self::Owned(entry) => entry.remove(),
        }
    }
}

/// What is held while a phase lasts.
struct Run<'run, 'scope, 'env, C: Shape> {
    slab: &'env Arc<Slab<Value, C>>,
    oracle: &'run mut Oracle<C>,
    ledger: &'env Arc<Ledger>,
    scope: &'scope Scope<'scope, 'env>,
    // In this order, so that when a comparison fails all guards are dropped before a taker is waited for.
    guards: Vec<Guard<'env, C>>,
    exclusives: Vec<ExclusiveEntry<'env, Value, C>>,
    vacancies: Vec<VacantEntry<'env, Value, C>>,
    takers: Vec<(usize, ScopedJoinHandle<'scope, Option<Value>>)>,
    workers: Workers<'scope, 'env>,
}

/// Runs a case with as many threads, or (0) on the caller's own.
pub(crate) fn run<C: Shape>(case: &Case, threads: usize) {
    let ledger = Arc::new(Ledger::default());
    let mut slab = Arc::new(Slab::<Value>::new_with_config::<C>());
    let mut oracle = Oracle::new();
    for Phase { operations, interlude } in &case.phases {
        thread::scope(|scope| {
            let mut run = Run {
                slab: &slab,
                oracle: &mut oracle,
                ledger: &ledger,
                scope,
                guards: Vec::new(),
                exclusives: Vec::new(),
                vacancies: Vec::new(),
                takers: Vec::new(),
                workers: Workers::new(scope, threads),
            };
            for (worker, operation) in operations {
                run.step(*worker, operation);
                compare(&slab, run.oracle, &ledger);
            }
            run.let_go();
        });
        compare(&slab, &oracle, &ledger);
        let slab = Arc::get_mut(&mut slab).expect("all owned guards were dropped or forgotten with their `Arc`");
        between(slab, &mut oracle, interlude);
        compare(slab, &oracle, &ledger);
    }
    oracle.check_given();
    finish(slab, &oracle, case.into_iter);
    assert_eq!(ledger.alive(), 0, "values are left after the slab");
}

/// All that can be seen without changing anything.
fn compare<C: Shape>(slab: &Slab<Value, C>, oracle: &Oracle<C>, ledger: &Ledger) {
    assert_eq!(slab.len(), oracle.len(), "len");
    assert_eq!(slab.is_empty(), oracle.len() == 0);
    assert_eq!(slab.capacity(), oracle.capacity(), "capacity");
    assert_eq!(ledger.alive(), oracle.len(), "values alive");
    for (key, entry) in oracle.entries() {
        assert_eq!(slab.contains(key), oracle.readable(key).is_some(), "contains {key:#x}");
        assert!(ledger.is_alive(entry.id), "the value of {key:#x} ended early");
    }
}

fn one_of<T>(index: &Index, all: &[T]) -> Option<usize> {
    (!all.is_empty()).then(|| index.index(all.len()))
}

/// The key that a choice means now.
pub(crate) fn choose<C: Shape>(oracle: &Oracle<C>, choice: &KeyChoice) -> usize {
    let given = oracle.given();
    match choice {
        KeyChoice::Live(index) => {
            let live: Vec<usize> = oracle.entries().map(|(key, _)| key).collect();
            one_of(index, &live).map_or(0, |chosen| live[chosen])
        }
        KeyChoice::Given(back) => given.iter().rev().nth(usize::from(*back)).copied().unwrap_or(usize::MAX),
        KeyChoice::Changed(index, change) => {
            one_of(index, given).map_or(1, |chosen| changed::<C>(given[chosen], change))
        }
        KeyChoice::Raw(key) => *key,
    }
}

fn changed<C: Shape>(key: usize, change: &Change) -> usize {
    let (place, _) = C::unpack(key);
    let shared = (1_usize << C::SHARED_BITS) - 1;
    match *change {
        Change::Flip(bit) => key ^ (1 << bit),
        Change::Add(number) => key.wrapping_add_signed(number),
        Change::Generation(steps) => {
            let moved = key.wrapping_add(C::page_size(place.page).wrapping_mul(steps as usize));
            (key & !shared) | (moved & shared)
        }
        Change::AllOnes => key | (shared & !(C::page_size(place.page) - 1)),
    }
}

impl<'env, C: Shape> Run<'_, '_, 'env, C> {
    fn step(&mut self, worker: usize, operation: &Operation) {
        let slab = self.slab;
        match operation {
            Operation::Insert => {
                let value = self.ledger.make();
                self.insert(worker, value.id(), move || slab.insert(value));
            }
            Operation::TryInsert => {
                let value = self.ledger.make();
                let id = value.id();
                self.insert(worker, id, move || match slab.try_insert(value) {
                    Ok(key) => Some(key),
                    Err(full) => {
                        assert_eq!(full.into_inner().id(), id, "the value comes back");
                        None
                    }
                });
            }
            Operation::InsertWithKey => {
                let value = self.ledger.make();
                let id = value.id();
                let make = move |key| {
                    assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key));
                    value
                };
                self.insert(worker, id, move || slab.insert_with_key(make));
            }
            Operation::Reserve => self.reserve(worker),
            Operation::Fill(index) => self.fill(worker, index),
            Operation::GiveUp(index) => self.give_up(worker, index),
            Operation::Get(choice) => {
                let key = choose(self.oracle, choice);
                self.get(worker, key, move || slab.get(key).map(Guard::Borrowed));
            }
            Operation::GetOwned(choice) => {
                let key = choose(self.oracle, choice);
                self.get(worker, key, move || Arc::clone(slab).get_owned(key).map(Guard::Owned));
            }
            Operation::CloneGuard(index) => self.clone_guard(index),
            Operation::ReadGuard(index) => self.read_guard(index),
            Operation::DropGuard(index) => self.drop_guard(worker, index),
            Operation::RemoveByGuard(index) => self.remove_by_guard(worker, index),
            Operation::ForgetGuard(index) => self.forget_guard(index),
            Operation::Exclude(choice) => self.exclude(worker, choice),
            Operation::Write(index, number) => self.write(index, *number),
            Operation::Include(index) => self.include(worker, index),
            Operation::RemoveByExclusive(index) => self.remove_by_exclusive(worker, index),
            Operation::ForgetExclusive(index) => self.forget_exclusive(index),
            Operation::Contains(choice) => {
                let key = choose(self.oracle, choice);
                let contains = self.workers.run(worker, move || slab.contains(key));
                assert_eq!(contains, self.oracle.readable(key).is_some(), "contains {key:#x}");
            }
            Operation::Remove(choice) => {
                let key = choose(self.oracle, choice);
                let removed = self.workers.run(worker, move || slab.remove(key));
                assert_eq!(removed, self.oracle.remove(key), "remove {key:#x}");
            }
            Operation::Take(choice) => self.take(worker, choice, true),
            Operation::TryTake(choice) => self.take(worker, choice, false),
            Operation::TakeLater(choice) => self.take_later(choice),
            Operation::Retain(multiple) => self.retain(worker, *multiple),
            Operation::Churn(times) => (0..*times).for_each(|_| self.insert_and_remove(worker)),
            Operation::Restart => self.workers.restart(worker),
        }
    }

    fn insert(&mut self, worker: usize, id: u64, insert: impl FnOnce() -> Option<usize> + Send + 'env) {
        let shard = C::shard_of(self.workers.number(worker));
        let room = self.oracle.has_room(shard);
        let key = self.workers.run(worker, insert);
        assert_eq!(key.is_some(), room, "insertion into shard {shard}");
        if let Some(key) = key {
            self.oracle.reserved(shard, key);
            self.oracle.published(key, id);
        }
    }

    fn insert_and_remove(&mut self, worker: usize) {
        let slab = self.slab;
        self.step(worker, &Operation::Insert);
        let Some(&key) = self.oracle.given().last() else { return };
        let removed = self.workers.run(worker, move || slab.remove(key));
        assert_eq!(removed, self.oracle.remove(key), "remove {key:#x}");
    }

    fn reserve(&mut self, worker: usize) {
        let slab = self.slab;
        let shard = C::shard_of(self.workers.number(worker));
        let room = self.oracle.has_room(shard);
        let vacancy = self.workers.run(worker, move || slab.vacant_entry());
        assert_eq!(vacancy.is_some(), room, "reservation in shard {shard}");
        if let Some(vacancy) = vacancy {
            self.oracle.reserved(shard, vacancy.key());
            assert!(!slab.contains(vacancy.key()));
            self.vacancies.push(vacancy);
        }
    }

    fn fill(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.vacancies) else { return };
        let vacancy = self.vacancies.swap_remove(chosen);
        let (key, value) = (vacancy.key(), self.ledger.make());
        self.oracle.published(key, value.id());
        self.workers.run(worker, move || vacancy.insert(value));
    }

    fn give_up(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.vacancies) else { return };
        let vacancy = self.vacancies.swap_remove(chosen);
        self.oracle.vacated(vacancy.key());
        self.workers.run(worker, move || drop(vacancy));
    }

    fn get(&mut self, worker: usize, key: usize, get: impl FnOnce() -> Option<Guard<'env, C>> + Send + 'env) {
        let guard = self.workers.run(worker, get);
        let id = guard.as_ref().map(|guard| guard.value().id());
        assert_eq!(id, self.oracle.get(key), "get {key:#x}");
        if let Some(guard) = guard {
            assert_eq!(guard.key(), key);
            self.guards.push(guard);
        }
    }

    fn clone_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let clone = self.guards[chosen].share();
        self.oracle.entry_mut(clone.key()).guards += 1;
        self.guards.push(clone);
    }

    fn read_guard(&self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let (key, value) = (self.guards[chosen].key(), self.guards[chosen].value());
        let entry = self.oracle.entry(key).expect("a guard's entry has not ended");
        assert_eq!((value.id(), value.written), (entry.id, entry.written), "the value of {key:#x}");
    }

    fn drop_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        let ended = self.released(key);
        self.workers.run(worker, move || drop(guard));
        self.hand_over(key, ended);
    }

    /// What the oracle makes of a guard that is about to be dropped: the identity of the value that somebody gets.
    fn released(&mut self, key: usize) -> Option<u64> {
        let id = self.oracle.entry_mut(key).id;
        (self.oracle.release(key) == Ended::HandedOver).then_some(id)
    }

    fn included(&mut self, key: usize) -> Option<u64> {
        let id = self.oracle.entry_mut(key).id;
        (self.oracle.include(key) == Ended::HandedOver).then_some(id)
    }

    /// The last guard of what somebody waits for has been dropped: he gets it.
    fn hand_over(&mut self, key: usize, id: Option<u64>) {
        let Some(id) = id else { return };
        let taker = self.takers.iter().position(|&(wanted, _)| wanted == key).expect("somebody waits");
        let (_, taker) = self.takers.swap_remove(taker);
        let value = taker.join().expect("`take` does not panic");
        assert_eq!(value.map(|value| value.id()), Some(id), "what was waited for at {key:#x}");
    }

    fn remove_by_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        let removed = self.oracle.remove(key);
        let ended = self.released(key);
        assert_eq!(self.workers.run(worker, move || guard.remove()), removed, "remove {key:#x} by its guard");
        self.hand_over(key, ended);
    }

    fn forget_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let entry = self.oracle.entry_mut(self.guards[chosen].key());
        // Not what somebody waits for: he would wait for ever. Not an owned guard: the slab would never be dropped.
        if entry.stand != Stand::Awaited && matches!(self.guards[chosen], Guard::Borrowed(_)) {
            entry.forgotten += 1;
            mem::forget(self.guards.swap_remove(chosen));
        }
    }

    fn exclude(&mut self, worker: usize, choice: &KeyChoice) {
        let (slab, key) = (self.slab, choose(self.oracle, choice));
        let exclusive = self.workers.run(worker, move || slab.get_exclusive(key));
        let id = exclusive.as_ref().map(|exclusive| exclusive.id()).map_err(|&error| error);
        assert_eq!(id, self.oracle.exclude(key), "get_exclusive {key:#x}");
        if let Ok(exclusive) = exclusive {
            assert_eq!(exclusive.key(), key);
            self.exclusives.push(exclusive);
        }
    }

    fn write(&mut self, index: &Index, number: u64) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = &mut self.exclusives[chosen];
        let entry = self.oracle.entry_mut(exclusive.key());
        assert_eq!((exclusive.id(), exclusive.written), (entry.id, entry.written));
        exclusive.written = number;
        entry.written = number;
    }

    fn include(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        let ended = self.included(key);
        self.workers.run(worker, move || drop(exclusive));
        self.hand_over(key, ended);
    }

    fn remove_by_exclusive(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        let removed = self.oracle.remove(key);
        let ended = self.included(key);
        assert_eq!(self.workers.run(worker, move || exclusive.remove()), removed, "remove {key:#x} by its only guard");
        self.hand_over(key, ended);
    }

    fn forget_exclusive(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let entry = self.oracle.entry_mut(self.exclusives[chosen].key());
        if entry.stand != Stand::Awaited {
            entry.forgotten += 1;
            mem::forget(self.exclusives.swap_remove(chosen));
        }
    }

    /// `take` where nothing is to be waited for, `try_take` elsewhere.
    fn take(&mut self, worker: usize, choice: &KeyChoice, patient: bool) {
        let (slab, key) = (self.slab, choose(self.oracle, choice));
        let would_wait = self.oracle.removable(key).is_some_and(|entry| entry.guards > 0);
        let patient = patient && !would_wait;
        let taken = self.workers.run(worker, move || if patient { slab.take(key) } else { slab.try_take(key) });
        let expected = self.oracle.try_take(key).map(|entry| (entry.id, entry.written));
        assert_eq!(taken.map(|value| (value.id(), value.written)), expected, "take {key:#x}");
    }

    fn take_later(&mut self, choice: &KeyChoice) {
        let (slab, key) = (self.slab, choose(self.oracle, choice));
        if self.oracle.removable(key).is_some_and(|entry| entry.forgotten > 0) {
            return;
        }
        let taker = self.scope.spawn(move || slab.take(key));
        if self.oracle.removable(key).is_some_and(|entry| entry.guards > 0) {
            // The next operation comes when the entry is being taken, and so no longer in use but absent.
            while matches!(slab.get_exclusive(key), Err(flagstone::ExclusiveError::InUse)) {
                thread::yield_now();
            }
            self.oracle.entry_mut(key).stand = Stand::Awaited;
            self.takers.push((key, taker));
        } else {
            let id = self.oracle.try_take(key).map(|entry| entry.id);
            let taken = taker.join().expect("`take` does not panic").map(|value| value.id());
            assert_eq!(taken, id, "take {key:#x}");
        }
    }

    fn retain(&mut self, worker: usize, multiple: u64) {
        let slab = self.slab;
        let asked = self.workers.run(worker, move || {
            let mut asked = Vec::new();
            slab.retain(|key, value| {
                asked.push((key, value.id()));
                value.id() % multiple != 0
            });
            asked.sort_unstable();
            asked
        });
        let oracle = &mut *self.oracle;
        let readable = oracle.entries().filter(|&(key, _)| oracle.readable(key).is_some());
        assert_eq!(asked, readable.map(|(key, entry)| (key, entry.id)).collect::<Vec<_>>(), "what `retain` asks about");
        for (key, _) in asked.into_iter().filter(|(_, id)| id % multiple == 0) {
            assert!(oracle.remove(key));
        }
    }

    /// Ends the phase: all guards and reservations are dropped on this thread, and all threads end.
    fn let_go(mut self) {
        while let Some(guard) = self.guards.pop() {
            let key = guard.key();
            let ended = self.released(key);
            drop(guard);
            self.hand_over(key, ended);
        }
        while let Some(exclusive) = self.exclusives.pop() {
            let key = exclusive.key();
            let ended = self.included(key);
            drop(exclusive);
            self.hand_over(key, ended);
        }
        for vacancy in self.vacancies.drain(..) {
            self.oracle.vacated(vacancy.key());
        }
        assert!(self.takers.is_empty(), "whoever waited has got what he waited for");
    }
}

/// All that needs the slab for itself.
fn between<C: Shape>(slab: &mut Slab<Value, C>, oracle: &mut Oracle<C>, interlude: &Interlude) {
    match interlude {
        Interlude::Nothing => {}
        Interlude::Clear => {
            slab.clear();
            oracle.clear();
        }
        Interlude::Drain(count) => {
            let mut drain = slab.drain();
            let mut left = oracle.removable_count();
            for _ in 0..*count {
                assert!(drain.size_hint().1 >= Some(left), "an upper bound");
                let drained = drain.next().map(|(key, value)| (key, value.id(), value.written));
                assert_eq!(drained.is_some(), left > 0, "what is left to drain");
                if let Some((key, id, written)) = drained {
                    let entry = oracle.drained(key).expect("there is an entry of this key");
                    assert_eq!((id, written), (entry.id, entry.written), "drained {key:#x}");
                    left -= 1;
                }
            }
            drop(drain);
            oracle.clear();
        }
        Interlude::IterMut(number) => {
            let mut written = BTreeMap::new();
            for (key, value) in slab.iter_mut() {
                assert_eq!(written.insert(key, value.id()), None, "{key:#x} came twice");
                value.written = *number;
            }
            assert_eq!(written, removable(oracle));
            written.into_keys().for_each(|key| oracle.entry_mut(key).written = *number);
        }
        Interlude::UniqueIter => {
            let mut seen: Vec<u64> = slab.unique_iter().map(Value::id).collect();
            let mut ids: Vec<u64> = removable(oracle).into_values().collect();
            seen.sort_unstable();
            ids.sort_unstable();
            assert_eq!(seen, ids);
        }
        Interlude::GetMut(choice, number) => {
            let key = choose(oracle, choice);
            let value = slab.get_mut(key);
            let expected = oracle.removable(key).map(|entry| (entry.id, entry.written));
            assert_eq!(value.as_ref().map(|value| (value.id(), value.written)), expected, "get_mut {key:#x}");
            if let Some(value) = value {
                value.written = *number;
                oracle.entry_mut(key).written = *number;
            }
        }
    }
}

fn removable<C: Shape>(oracle: &Oracle<C>) -> BTreeMap<usize, u64> {
    oracle.entries().filter(|&(key, _)| oracle.removable(key).is_some()).map(|(key, entry)| (key, entry.id)).collect()
}

/// The slab ends, whole or yielding some of its values.
fn finish<C: Shape>(slab: Arc<Slab<Value, C>>, oracle: &Oracle<C>, into_iter: Option<u8>) {
    let slab = Arc::into_inner(slab).expect("all owned guards were dropped");
    let Some(count) = into_iter else { return drop(slab) };
    let ids = removable(oracle);
    let yielded: Vec<(usize, u64)> =
        slab.into_iter().take(usize::from(count)).map(|(key, value)| (key, value.id())).collect();
    assert_eq!(yielded.len(), ids.len().min(usize::from(count)));
    assert!(yielded.iter().all(|(key, id)| ids.get(key) == Some(id)));
}
