//! Walks over all entries under a pin, while others go on.

use std::{
    collections::{HashMap, HashSet},
    iter::FusedIterator,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use flagstone::{Config, Slab};

use crate::{
    configs::{on_every_configuration, room},
    value::Ledger,
};

on_every_configuration! {
    every_entry_of_every_thread_is_seen_once
    iterators_stay_at_their_ends
    a_walk_ends_though_somebody_inserts_in_front_of_it
    what_goes_in_front_of_a_walk_is_not_seen
}

const THREADS: usize = 4;

fn every_entry_of_every_thread_is_seen_once<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let barrier = Barrier::new(THREADS);
    let ids: HashMap<_, _> = thread::scope(|scope| {
        let insert = || {
            let mut ids = Vec::new();
            for _ in 0..room::<C>(40) {
                let value = ledger.value();
                let id = value.id();
                ids.extend(slab.insert(value).map(|key| (key, id)));
            }
            barrier.wait();
            ids
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(insert)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let pinned = slab.pin();
    let seen: Vec<_> = pinned.iter().map(|(key, value)| (key, value.id())).collect();
    assert_eq!((seen.len(), pinned.len()), (ids.len(), ids.len()));
    assert_eq!(seen.iter().copied().collect::<HashMap<_, _>>(), ids);
    assert!(pinned.keys().eq(seen.iter().map(|&(key, _)| key)));
    assert!((&pinned).into_iter().all(|(key, value)| std::ptr::eq(pinned.get(key).unwrap(), value)));
}

fn iterators_stay_at_their_ends<C: Config>() {
    fn is_fused(mut iterator: impl FusedIterator) -> usize {
        let count = iterator.by_ref().count();
        assert!(iterator.next().is_none() && iterator.next().is_none());
        count
    }

    let slab = Slab::new_with_config::<C>();
    let pinned = slab.pin();
    for len in 0..room::<C>(10) {
        assert_eq!((is_fused(pinned.iter()), is_fused(pinned.keys())), (len, len));
        slab.insert(len).unwrap();
    }
    // What comes when a walk has ended is for the next.
    let mut walk = pinned.iter();
    let count = walk.by_ref().count();
    let more = slab.insert(0).is_some();
    assert!(walk.next().is_none());
    assert_eq!(pinned.iter().count(), count + usize::from(more));
}

fn a_walk_ends_though_somebody_inserts_in_front_of_it<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    slab.insert(0).unwrap();
    let pinned = slab.pin();
    let mut steps = 0;
    let count = room::<C>(10_000);
    for (key, _) in &pinned {
        steps += 1;
        assert!(steps < count.max(2), "of {count} entries that might be made");
        // Ends with the pin.
        assert!(slab.remove(key));
        slab.insert(steps);
        slab.insert(steps);
    }
}

fn what_goes_in_front_of_a_walk_is_not_seen<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let count = room::<C>(20);
    let keys: HashSet<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let pinned = slab.pin();
    let mut walk = pinned.iter();
    let (first, value) = walk.next().unwrap();
    assert!(keys.iter().all(|&key| slab.remove(key)));
    assert!(keys.contains(&first) && walk.next().is_none());
    assert_eq!((value.id() < count, ledger.dropped()), (true, 0));
}

#[test]
fn permanent_entries_are_seen_once_in_each_walk_while_others_come_and_go() {
    const PERMANENT: usize = 300;
    const WALKS: usize = 200;

    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    let (barrier, done) = (Barrier::new(THREADS + 1), AtomicBool::new(false));
    thread::scope(|scope| {
        let churn = || {
            let mut permanent = Vec::new();
            for _ in 0..PERMANENT {
                let passing = slab.insert(ledger.value()).unwrap();
                permanent.push(slab.insert(ledger.value()).unwrap());
                assert!(slab.remove(passing));
            }
            barrier.wait();
            while !done.load(Ordering::Relaxed) {
                let keys: Vec<_> = (0..50).map(|_| slab.insert(ledger.value()).unwrap()).collect();
                assert!(keys.into_iter().all(|key| slab.remove(key)));
            }
            permanent
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(churn)).collect();
        barrier.wait();
        let walks: Vec<HashMap<usize, usize>> = (0..WALKS)
            .map(|_| {
                let pinned = slab.pin();
                let mut seen = HashMap::new();
                for (key, value) in &pinned {
                    assert!(seen.insert(key, value.id()).is_none(), "seen twice");
                    if let Some(again) = pinned.get(key) {
                        assert_eq!(again.id(), value.id());
                    }
                }
                seen
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        for key in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            let id = slab.get(key).unwrap().id();
            assert!(walks.iter().all(|walk| walk.get(&key) == Some(&id)));
        }
    });
    assert_eq!(slab.len(), THREADS * PERMANENT);
}

crate::alone::alone! {
    fn an_ended_walk_stays_ended() {
        for ours in [false, true] {
            let slab = Slab::<_>::new();
            if ours {
                slab.insert(0).unwrap();
            }
            let pinned = slab.pin();
            let (mut walk, mut keys, mut half) = (pinned.iter(), pinned.keys(), pinned.iter());
            let folded = pinned.iter();
            assert_eq!((walk.by_ref().count(), keys.by_ref().count()), (usize::from(ours), usize::from(ours)));
            assert_eq!(half.next().is_some(), ours);
            // Shards that come after the last one, and then pages of those.
            let barrier = Barrier::new(THREADS);
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        slab.insert(1).unwrap();
                        barrier.wait();
                        (0..100).for_each(|value| assert!(slab.insert(value).is_some()));
                    });
                }
            });
            for _ in 0..3 {
                assert!(walk.next().is_none() && keys.next().is_none());
            }
            assert_eq!((walk.count(), keys.fold(0, |count, _| count + 1)), (0, 0));
            // One that has not ended goes on; where there was nothing it had.
            let all = THREADS * 101 + usize::from(ours);
            assert_eq!(half.count(), if ours { all - 1 } else { 0 });
            assert_eq!((folded.fold(0, |count, _| count + 1), pinned.iter().count()), (all, all));
        }
    }
}
