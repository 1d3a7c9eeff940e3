//! What is removed under a pin, and when it ends.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
};

use flagstone::{Config, Slab};

use super::under_anothers_pin;
use crate::{
    configs::{on_every_configuration, room},
    value::{Counted, Ledger},
};

on_every_configuration! {
    what_is_removed_under_an_own_pin_ends_with_it
    what_is_removed_under_anothers_pin_ends_with_it
    the_last_of_pins_and_guards_ends_the_value
    retain_defers_to_pins
    slots_are_not_used_again_before_the_pin_ends
    of_two_pinned_threads_the_last_ends_the_value
}

fn what_is_removed_under_an_own_pin_ends_with_it<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for turn in 0..3 {
        let key = slab.insert(ledger.value()).unwrap();
        let pinned = slab.pin();
        let value = pinned.get(key).unwrap();
        assert!(slab.remove(key));
        assert!(!slab.remove(key) && slab.take(key).is_none() && slab.try_take(key).is_none());
        assert!(pinned.get(key).is_none() && !pinned.contains(key) && slab.get(key).is_none());
        assert!(pinned.iter().next().is_none());
        assert_eq!((value.id(), slab.len(), ledger.dropped()), (turn, 1, turn));
        drop(pinned);
        assert_eq!((slab.len(), ledger.dropped()), (0, turn + 1));
    }
    // What was removed before a pin does not wait for it, and what comes after it neither.
    let pinned = slab.pin();
    assert_eq!(ledger.dropped(), 3);
    drop(pinned);
    assert!(slab.remove(slab.insert(ledger.value()).unwrap()));
    assert_eq!((slab.len(), ledger.dropped()), (0, 4));
}

fn what_is_removed_under_anothers_pin_ends_with_it<C: Config>() {
    /// Says which thread drops it.
    struct Tell<'a>(&'a Mutex<Vec<ThreadId>>);

    impl Drop for Tell<'_> {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(thread::current().id());
        }
    }

    let dropped_by = Mutex::new(Vec::new());
    let slab = Slab::new_with_config::<C>();
    for turn in 0..3 {
        let key = slab.insert(Tell(&dropped_by)).unwrap();
        under_anothers_pin(
            &slab,
            key,
            |_| (),
            || {
                assert!(slab.remove(key));
                assert_eq!((slab.len(), dropped_by.lock().unwrap().len()), (1, turn));
            },
        );
        assert_eq!(slab.len(), 0);
        let dropped_by = dropped_by.lock().unwrap();
        assert_eq!(dropped_by.len(), turn + 1);
        assert_ne!(dropped_by[turn], thread::current().id(), "the last reader out is the pinned thread");
    }
}

fn the_last_of_pins_and_guards_ends_the_value<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let mut ended = 0;
    for guard_first in [false, true] {
        for pin_first in [false, true] {
            let key = slab.insert(ledger.value()).unwrap();
            let (early, guard) = (pin_first.then(|| slab.pin()), slab.get(key).unwrap());
            let pinned = early.unwrap_or_else(|| slab.pin());
            let value = pinned.get(key).unwrap();
            assert!(slab.remove(key));
            if guard_first {
                drop(guard);
                assert_eq!((value.id(), ledger.dropped()), (ended, ended));
                drop(pinned);
            } else {
                assert_eq!(value.id(), ended);
                drop(pinned);
                assert_eq!((guard.id(), ledger.dropped()), (ended, ended));
                drop(guard);
            }
            ended += 1;
            assert_eq!((slab.len(), ledger.dropped()), (0, ended));
        }
    }
}

fn retain_defers_to_pins<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let count = room::<C>(10);
    let keys: Vec<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let pinned = slab.pin();
    let values: Vec<_> = keys.iter().map(|&key| pinned.get(key).unwrap()).collect();
    slab.retain(|_, value| value.id() % 2 == 1);
    assert_eq!((ledger.dropped(), pinned.iter().count()), (0, count / 2));
    assert!(values.into_iter().map(Counted::id).eq(0..count));
    drop(pinned);
    assert_eq!(ledger.dropped(), count.div_ceil(2));
}

fn slots_are_not_used_again_before_the_pin_ends<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let count = room::<C>(20);
    let keys: Vec<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let pinned = slab.pin();
    let values: Vec<_> = keys.iter().map(|&key| pinned.get(key).unwrap()).collect();
    assert!(keys.iter().all(|&key| slab.remove(key)));
    let places: HashSet<_> = values.iter().map(|&value| std::ptr::from_ref(value).addr()).collect();
    let insert = || {
        for _ in 0..count {
            let Some(key) = slab.insert(ledger.value()) else { break };
            let entry = slab.get(key).unwrap();
            assert!(!places.contains(&std::ptr::from_ref(&*entry).addr()), "a slot that a pin may read");
        }
    };
    insert();
    thread::scope(|scope| scope.spawn(insert).join().unwrap());
    assert!(values.into_iter().map(Counted::id).eq(0..count));
    // Some were refused for want of room.
    let before = ledger.dropped();
    drop(pinned);
    assert_eq!(ledger.dropped(), before + count);
    slab.retain(|_, _| false);
    for _ in 0..count {
        let again = slab.insert(ledger.value()).unwrap();
        assert!(!keys.contains(&again));
    }
    assert!(keys.iter().all(|&key| !slab.contains(key)));
}

fn of_two_pinned_threads_the_last_ends_the_value<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for (turn, ours_first) in [false, true, false].into_iter().enumerate() {
        let key = slab.insert(ledger.value()).unwrap();
        let mut ours = Some(slab.pin());
        let look = |value: &Counted| assert_eq!(value.id(), turn);
        under_anothers_pin(&slab, key, look, || {
            let value = ours.as_ref().and_then(|pinned| pinned.get(key)).unwrap();
            thread::scope(|scope| assert!(scope.spawn(|| slab.remove(key)).join().unwrap()));
            assert_eq!((value.id(), ledger.dropped(), slab.len()), (turn, turn, 1));
            if ours_first {
                ours = None;
                assert_eq!((ledger.dropped(), slab.len()), (turn, 1));
            }
        });
        if let Some(ours) = ours {
            assert_eq!((ledger.dropped(), slab.len()), (turn, 1));
            drop(ours);
        }
        assert_eq!((ledger.dropped(), slab.len()), (turn + 1, 0));
    }
}

#[test]
fn thousands_of_removals_under_one_pin_end_with_it() {
    const COUNT: usize = 5_000;

    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    for turn in 0..2 {
        let pinned = slab.pin();
        let mut seen = Vec::new();
        let mut keys = HashSet::new();
        for _ in 0..COUNT {
            let key = slab.insert(ledger.value()).unwrap();
            assert!(keys.insert(key));
            seen.push(pinned.get(key).unwrap());
            assert!(slab.remove(key));
        }
        assert_eq!((slab.len(), ledger.dropped()), (COUNT, turn * COUNT));
        assert!(seen.into_iter().map(Counted::id).eq(turn * COUNT..(turn + 1) * COUNT));
        drop(pinned);
        assert_eq!((slab.len(), ledger.dropped()), (0, (turn + 1) * COUNT));
    }
}

#[test]
fn pins_that_follow_each_other_delay_nothing() {
    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 0..20 {
                // Out at the removal of this turn.
                let pinned = slab.pin();
                barrier.wait();
                barrier.wait();
                // The other thread has a pin that came after it.
                assert_eq!(ledger.dropped(), turn);
                drop(pinned);
                assert_eq!(ledger.dropped(), turn + 1);
                barrier.wait();
            }
        });
        for _ in 0..20 {
            barrier.wait();
            assert!(slab.remove(slab.insert(ledger.value()).unwrap()));
            let _later = slab.pin();
            barrier.wait();
            barrier.wait();
        }
    });
}

#[test]
fn a_destructor_that_runs_when_a_pin_ends_uses_the_slab_and_pins() {
    static SLAB: Slab<Inserting> = Slab::new();
    static ENDED: AtomicUsize = AtomicUsize::new(0);

    struct Inserting(u32);

    impl Drop for Inserting {
        fn drop(&mut self) {
            ENDED.fetch_add(1, Ordering::Relaxed);
            if self.0 > 0 {
                let key = SLAB.insert(Self(self.0 - 1)).unwrap();
                let pinned = SLAB.pin();
                assert_eq!(pinned.get(key).unwrap().0, self.0 - 1);
                assert!(SLAB.get(key).is_some() && SLAB.remove(key));
                assert!(SLAB.insert(Self(0)).is_some_and(|key| SLAB.remove(key)));
            }
        }
    }

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let keys = [(); 3].map(|()| SLAB.insert(Inserting(20)).unwrap());
                    let pinned = SLAB.pin();
                    assert!(keys.iter().all(|&key| pinned.get(key).is_some() && SLAB.remove(key)));
                }
            });
        }
    });
    assert!(SLAB.is_empty());
    assert_eq!(ENDED.load(Ordering::Relaxed), 4 * 10 * 3 * (1 + 2 * 20));
}

#[test]
fn a_panic_that_drops_a_pin_ends_what_it_kept() {
    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    let keys = [(); 3].map(|()| slab.insert(ledger.value()).unwrap());
    catch_unwind(AssertUnwindSafe(|| {
        let _pinned = slab.pin();
        assert!(keys.iter().all(|&key| slab.remove(key)));
        panic!("with a pin");
    }))
    .unwrap_err();
    assert_eq!((slab.len(), ledger.dropped()), (0, 3));
}
