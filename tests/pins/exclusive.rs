//! Exclusive access, and `take`, which pins refuse or keep waiting.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use flagstone::{Config, ExclusiveError, Pool, Slab};

use super::{
    crowd::{on_a_thread_without_a_shard, others_claim_all},
    under_anothers_pin,
};
use crate::{
    alone::alone,
    configs::{TwoThreads, on_every_configuration, room},
    value::{Counted, Ledger},
};

on_every_configuration! {
    a_refused_exclusive_access_does_not_hide_the_entry
    a_refused_exclusive_access_hides_the_entry_from_no_pinned_thread
    a_taker_waits_for_every_pinned_thread
    take_of_a_reserved_key_under_an_own_pin_returns_none
}

fn a_refused_exclusive_access_does_not_hide_the_entry<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let pinned = slab.pin();
    let found = || {
        assert_eq!(pinned.get(key).unwrap().id(), 0);
        assert!(pinned.contains(key) && slab.contains(key));
        assert_eq!(slab.get(key).unwrap().id(), 0);
        assert!(pinned.keys().eq([key]) && slab.len() == 1);
    };
    found();
    let refused = || {
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
        found();
        assert_eq!(slab.try_take(key), None);
        found();
    };
    (0..3).for_each(|_| refused());
    // As often by another thread, and under more pins.
    let (inner, elsewhere) = (slab.pin(), || thread::scope(|scope| scope.spawn(refused_elsewhere(&slab, key)).join()));
    elsewhere().unwrap();
    refused();
    under_anothers_pin(&slab, key, |value| assert_eq!(value.id(), 0), refused);
    drop(inner);
    refused();
    // An entry that was removed is not reported as in use.
    assert!(slab.remove(key));
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    assert_eq!(slab.try_take(key), None);
    drop(pinned);
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));
}

fn refused_elsewhere<C: Config>(slab: &Slab<Counted, C>, key: usize) -> impl FnOnce() + Send + '_ {
    move || {
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
        assert_eq!(slab.try_take(key), None);
        assert_eq!(slab.get(key).unwrap().id(), 0);
    }
}

fn a_refused_exclusive_access_hides_the_entry_from_no_pinned_thread<C: Config>() {
    const ATTEMPTS: usize = 2_000;

    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(7).unwrap();
    let (barrier, done, looks) = (Barrier::new(2), AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let pinned = slab.pin();
            assert_eq!(pinned.get(key), Some(&7));
            barrier.wait();
            while !done.load(Ordering::Relaxed) {
                assert_eq!(pinned.get(key), Some(&7));
                assert!(pinned.contains(key));
                assert!(pinned.iter().eq([(key, &7)]));
                assert_eq!(slab.get(key).map(|entry| *entry), Some(7));
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        barrier.wait();
        let mut attempts = 0;
        while attempts < ATTEMPTS || looks.load(Ordering::Relaxed) < ATTEMPTS / 10 {
            assert_eq!(slab.get_exclusive(key).map(|_| ()), Err(ExclusiveError::InUse));
            assert_eq!(slab.try_take(key), None);
            attempts += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(slab.try_take(key), Some(7));
}

const PINNED: usize = 3;

fn a_taker_waits_for_every_pinned_thread<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for (turn, order) in [[0, 1, 2], [2, 1, 0], [1, 2, 0]].into_iter().enumerate() {
        let key = slab.insert(ledger.value()).unwrap();
        let pinned = Barrier::new(PINNED + 1);
        thread::scope(|scope| {
            let hold = |_| {
                let (end, wait_for_end) = mpsc::channel::<()>();
                let (slab, pinned) = (&slab, &pinned);
                let holder = scope.spawn(move || {
                    let pin = slab.pin();
                    let value = pin.get(key).unwrap();
                    pinned.wait();
                    wait_for_end.recv().unwrap_err();
                    assert_eq!(value.id(), turn);
                });
                Some((end, holder))
            };
            let mut holders = [0, 1, 2].map(hold);
            pinned.wait();
            let (taken, wait_for_taken) = mpsc::channel();
            let its_slab = &slab;
            scope.spawn(move || taken.send(its_slab.take(key).map(|value| value.id())).unwrap());
            while slab.contains(key) {
                thread::yield_now();
            }
            for number in order {
                wait_for_taken.try_recv().unwrap_err();
                assert!((slab.len(), ledger.dropped()) == (1, turn) && !slab.remove(key) && slab.get(key).is_none());
                let (end, holder) = holders[number].take().unwrap();
                drop(end);
                holder.join().unwrap();
            }
            assert_eq!(wait_for_taken.recv().unwrap(), Some(turn));
        });
        assert_eq!((slab.len(), ledger.dropped()), (0, turn + 1));
    }
    // And they end what is removed.
    let count = room::<C>(4);
    let keys: Vec<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let look = |value: &Counted| assert_eq!(value.id(), 3);
    under_anothers_pin(&slab, keys[0], look, || {
        under_anothers_pin(&slab, keys[0], look, || assert!(slab.remove(keys[0])));
        assert_eq!(ledger.dropped(), 3);
    });
    assert_eq!(ledger.dropped(), 4);
}

fn take_of_a_reserved_key_under_an_own_pin_returns_none<C: Config>() {
    is_none_under_an_own_pin(&Slab::new_with_config::<C>());
}

fn is_none_under_an_own_pin<C: Config>(slab: &Slab<u8, C>) {
    for _ in 0..3 {
        let pinned = slab.pin();
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        assert_eq!((slab.take(key), slab.try_take(key), pinned.get(key)), (None, None, None));
        assert_eq!(slab.get_exclusive(key).map(|_| ()), Err(ExclusiveError::Absent));
        vacant.insert(7);
        assert_eq!(pinned.get(key), Some(&7));
        drop(pinned);
        assert_eq!((slab.take(key), slab.len()), (Some(7), 0));
        // And of one that is given back.
        let pinned = slab.pin();
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        drop(vacant);
        assert_eq!((slab.take(key), pinned.get(key)), (None, None));
    }
}

#[test]
fn a_taker_under_a_pin_of_another_slab_waits_for_nobody() {
    let (slab, other) = (Slab::<u8>::new(), Slab::<u8>::new());
    let (key, others) = (slab.insert(1).unwrap(), other.insert(2).unwrap());
    let pinned = other.pin();
    // The same key, perhaps.
    assert_eq!((slab.take(key), pinned.get(others)), (Some(1), Some(&2)));
}

static STATIC: Slab<String> = Slab::new();
static STATIC_POOL: Pool<String> = Pool::new();

#[test]
fn slabs_and_pools_that_are_static_are_pinned_for_ever() {
    fn pin() -> flagstone::Pinned<'static, String> {
        STATIC.pin()
    }

    assert!(pin().is_empty());
    let key = STATIC.insert(String::from("text")).unwrap();
    let pinned = pin();
    let text = pinned.get(key).unwrap();
    assert!(STATIC.remove(key));
    assert_eq!((text.as_str(), STATIC.len()), ("text", 1));
    let store: &'static Slab<String> = pinned.store();
    drop(pinned);
    assert_eq!(store.len(), 0);

    let pinned: flagstone::pool::Pinned<'static, String> = STATIC_POOL.pin();
    let key = STATIC_POOL.create_with(|text| text.push_str("text")).unwrap();
    assert_eq!(pinned.get(key).map(String::as_str), Some("text"));
    assert!(STATIC_POOL.clear(key));
    drop(pinned);
    assert!(STATIC_POOL.is_empty());
}

#[test]
fn a_slab_that_a_constant_makes_is_pinned() {
    let slab = const { Slab::<u8>::new_with_config::<TwoThreads>() };
    let key = slab.insert(1).unwrap();
    assert_eq!(slab.pin().get(key), Some(&1));
    let slab = const { Slab::<u8>::new() };
    assert_eq!(slab.pin().iter().count(), 0);
}

alone! {
    fn on_a_thread_without_a_shard_take_of_a_reserved_key_returns_none_too() {
        on_a_thread_without_a_shard(|| {
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            is_none_under_an_own_pin(&slab);
        });
    }
}
