//! What only slabs can do: insert values from outside, reserve slots, hand values over.

use std::thread::{self, ScopedJoinHandle};

use flagstone::{ExclusiveError, GetError, Slab, VacantEntry};
use proptest::{prelude::*, sample::Index};

use super::{
    call::{Refused, unless_refused},
    configurations::Shape,
    driver::{Driven, Run},
    keys::{KeyChoice, key, one_of},
    value::Value,
};

#[derive(Clone, Debug)]
pub(crate) enum SlabOperation {
    Insert,
    TryInsert,
    InsertWithKey,
    Reserve,
    Fill(Index),
    GiveUp(Index),
    /// `take` where it need not wait, else `try_take`.
    Take(KeyChoice),
    TryTake(KeyChoice),
    /// `take` on another thread, which waits if it must.
    TakeLater(KeyChoice),
    /// By a guard, which ends first: `take` (if this is so) where nothing else is to be waited for, else `try_take`.
    TakeByGuard(Index, bool),
}

/// Reserved slots, and the threads that wait for an entry.
pub(crate) struct Held<'scope, 'env, C: Shape> {
    vacancies: Vec<VacantEntry<'env, Value, C>>,
    takers: Vec<(usize, ScopedJoinHandle<'scope, Option<Value>>)>,
}

impl<C: Shape> Default for Held<'_, '_, C> {
    fn default() -> Self {
        Self { vacancies: Vec::new(), takers: Vec::new() }
    }
}

impl<C: Shape> Driven for Slab<Value, C> {
    type Operation = SlabOperation;
    type Held<'scope, 'env> = Held<'scope, 'env, C>;
    const WEIGHT: u32 = 35;

    fn operation() -> BoxedStrategy<SlabOperation> {
        let one = any::<Index>;
        let operation = prop_oneof![
            12 => Just(SlabOperation::Insert),
            3 => Just(SlabOperation::TryInsert),
            4 => Just(SlabOperation::InsertWithKey),
            3 => Just(SlabOperation::Reserve),
            2 => one().prop_map(SlabOperation::Fill),
            2 => one().prop_map(SlabOperation::GiveUp),
            7 => key().prop_map(SlabOperation::Take),
            3 => key().prop_map(SlabOperation::TryTake),
            2 => key().prop_map(SlabOperation::TakeLater),
        ];
        operation.boxed()
    }

    fn later_operation() -> BoxedStrategy<SlabOperation> {
        (any::<Index>(), any::<bool>()).prop_map(|(which, patient)| SlabOperation::TakeByGuard(which, patient)).boxed()
    }

    fn step(run: &mut Run<'_, '_, '_, Self>, worker: usize, operation: &SlabOperation) {
        let slab = run.store;
        match operation {
            SlabOperation::Insert => {
                Self::add(run, worker);
            }
            SlabOperation::TryInsert => {
                run.insert(worker, move |value| {
                    let id = value.id();
                    match slab.try_insert(value) {
                        Ok(key) => Some(key),
                        Err(full) => {
                            assert_eq!(full.into_inner().id(), id, "the value comes back");
                            None
                        }
                    }
                });
            }
            SlabOperation::InsertWithKey => {
                run.insert(worker, move |value| {
                    slab.insert_with_key(|key| {
                        assert_ne!(key, 0, "0 is no key");
                        assert_eq!(slab.try_get(key).err(), Some(GetError::Absent));
                        assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key));
                        value
                    })
                });
            }
            SlabOperation::Reserve => run.reserve(worker),
            SlabOperation::Fill(index) => run.fill(worker, index),
            SlabOperation::GiveUp(index) => run.give_up(worker, index),
            SlabOperation::Take(choice) => run.take(worker, choice, true),
            SlabOperation::TryTake(choice) => run.take(worker, choice, false),
            SlabOperation::TakeLater(choice) => run.take_later(choice),
            SlabOperation::TakeByGuard(index, patient) => run.take_by_guard(worker, index, *patient),
        }
    }

    fn add(run: &mut Run<'_, '_, '_, Self>, worker: usize) -> Option<usize> {
        let slab = run.store;
        run.insert(worker, move |value| slab.insert(value))
    }

    fn is_handed_over(run: &Run<'_, '_, '_, Self>, key: usize) -> bool {
        run.held.takers.iter().any(|(wanted, taker)| *wanted == key && taker.is_finished())
    }

    fn hand_over(run: &mut Run<'_, '_, '_, Self>, key: usize, id: u64) {
        let takers = &mut run.held.takers;
        let taker = takers.iter().position(|&(wanted, _)| wanted == key).expect("a thread waits");
        let (_, taker) = takers.swap_remove(taker);
        let value = taker.join().expect("`take` does not panic");
        assert_eq!(value.map(|value| value.into_parts().0), Some(id), "what was waited for at {key:#x}");
    }

    fn let_go(run: &mut Run<'_, '_, '_, Self>) {
        for vacancy in run.held.vacancies.drain(..) {
            run.oracle.vacated(vacancy.key());
        }
        assert!(run.held.takers.is_empty(), "no thread is still waiting");
    }
}

impl<'env, C: Shape> Run<'_, '_, 'env, Slab<Value, C>> {
    fn make(&mut self) -> (Value, u64) {
        let value = Value::default();
        let id = value.id();
        assert_eq!(id, self.oracle.made());
        (value, id)
    }

    fn insert(&mut self, worker: usize, insert: impl FnOnce(Value) -> Option<usize> + Send + 'env) -> Option<usize> {
        let (value, id) = self.make();
        let shard = self.oracle.claim(self.workers.number(worker));
        let room = self.oracle.has_room(shard);
        let key = self.workers.run(worker, move || insert(value));
        assert_eq!(key.is_some(), room, "insertion into shard {shard}");
        self.oracle.reserved(shard, key?);
        self.oracle.published(key?, id);
        key
    }

    fn reserve(&mut self, worker: usize) {
        let slab = self.store;
        let shard = self.oracle.claim(self.workers.number(worker));
        let room = self.oracle.has_room(shard);
        let vacancy = self.workers.run(worker, move || slab.vacant_entry());
        assert_eq!(vacancy.is_some(), room, "reservation in shard {shard}");
        if let Some(vacancy) = vacancy {
            self.oracle.reserved(shard, vacancy.key());
            assert!(!slab.contains(vacancy.key()));
            self.held.vacancies.push(vacancy);
        }
    }

    fn fill(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.held.vacancies) else { return };
        let vacancy = self.held.vacancies.swap_remove(chosen);
        let (value, id) = self.make();
        self.oracle.published(vacancy.key(), id);
        self.workers.run(worker, move || vacancy.insert(value));
    }

    fn give_up(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.held.vacancies) else { return };
        let vacancy = self.held.vacancies.swap_remove(chosen);
        self.oracle.vacated(vacancy.key());
        self.workers.run(worker, move || drop(vacancy));
    }

    /// `take` where nothing is to be waited for, or where that is refused; `try_take` elsewhere.
    fn take(&mut self, worker: usize, choice: &KeyChoice, patient: bool) {
        let (slab, key) = (self.store, choice.key(self.oracle));
        let is_refused = self.oracle.is_pinned_by(self.workers.place(worker));
        if patient && is_refused {
            let taken = self.workers.run(worker, move || unless_refused(|| slab.take(key).is_some()));
            let expected = if self.oracle.endable(key).is_some() { Err(Refused) } else { Ok(false) };
            assert_eq!(taken, expected, "take {key:#x} under a pin");
            return;
        }
        let is_read = self.oracle.is_pinned() || self.oracle.endable(key).is_some_and(|entry| entry.guards > 0);
        let patient = patient && !is_read;
        let taken = self.workers.run(worker, move || if patient { slab.take(key) } else { slab.try_take(key) });
        let expected = self.oracle.try_take(key).map(|entry| (entry.id, entry.written));
        assert_eq!(taken.map(Value::into_parts), expected, "take {key:#x}");
    }

    /// The same by a guard, which is dropped first.
    fn take_by_guard(&mut self, worker: usize, index: &Index, patient: bool) {
        let takers: Vec<usize> = (0..self.guards.len()).filter(|&guard| self.guards[guard].is_taker()).collect();
        let Some(chosen) = one_of(index, &takers) else { return };
        let guard = self.guards.swap_remove(takers[chosen]);
        let key = guard.key();
        let others = self.oracle.entry(key).map_or(0, |entry| entry.guards - 1);
        let is_refused = patient && self.oracle.is_pinned_by(self.workers.place(worker));
        let is_endable = self.oracle.endable(key).is_some();
        let must_wait = is_endable && (others > 0 || self.oracle.is_pinned());
        let patient = patient && (is_refused || !must_wait);
        let take = move || unless_refused(|| guard.take(patient).map(Value::into_parts));
        self.release(worker, key, take, |oracle| {
            let released = oracle.release(key)?;
            let mut taken = || oracle.try_take(key).map(|entry| (entry.id, entry.written));
            Ok((if is_refused && is_endable { Err(Refused) } else { Ok(taken()) }, released))
        });
    }

    fn take_later(&mut self, choice: &KeyChoice) {
        let (slab, key) = (self.store, choice.key(self.oracle));
        let (asked, key) = (key, C::without_reserved_bits(key));
        let wanted = self.oracle.endable(key).copied();
        if wanted.is_some_and(|entry| entry.forgotten > 0) {
            return;
        }
        let taker = self.scope.spawn(move || slab.take(asked));
        let Some(entry) = wanted.filter(|entry| entry.guards > 0 || self.oracle.is_pinned()) else {
            let id = self.oracle.try_take(key).map(|entry| entry.id);
            let taken = taker.join().expect("`take` does not panic").map(|value| value.into_parts().0);
            assert_eq!(taken, id, "take {key:#x}");
            return;
        };
        // The next operation comes when the entry is being taken, and so no longer in use but absent.
        while matches!(slab.get_exclusive(key), Err(ExclusiveError::InUse)) {
            thread::yield_now();
        }
        self.held.takers.push((key, taker));
        if entry.guards > 0 {
            self.oracle.awaited(key);
        } else {
            self.oracle.taken_under_pins(key);
            self.hand_over(vec![(key, entry.id)]);
        }
    }
}
