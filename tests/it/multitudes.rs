//! Very many threads, one after another and at once. Thread numbers belong to the process, so each of these runs in one of
//! its own.

use std::{
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use flagstone::{Config, DefaultConfig, Pool, Slab};

use crate::{
    alone::alone,
    pooled::{Pooled, Workshop},
    value::{Counted, Ledger},
};

/// Fewer shards than any machine has threads.
struct Fewer;

impl Config for Fewer {
    const MAX_THREADS: usize = 256;
    const MAX_PAGES: usize = 13;
}

/// More than the shards of the default configuration.
const MANY: usize = 9_000;

/// Slots of a slab into which so many threads have inserted one entry each.
fn slots<C: Config>(threads: usize) -> usize {
    let beyond = threads.saturating_sub(C::MAX_THREADS);
    let pages = (0..).find(|&pages| 32 * ((1 << pages) - 1) >= beyond).unwrap_or(0_u32);
    32 * (threads.min(C::MAX_THREADS) + (1 << pages) - 1)
}

/// Has as many threads as can be, but not more than wanted, insert an entry each into both slabs at once; then all remove
/// them, insert again, and end. How many there were.
fn all_at_once(wanted: usize, slab: &Slab<Counted>, few: &Slab<Counted, Fewer>, ledger: &Ledger) -> usize {
    let (gate, arrived) = (RwLock::new(()), AtomicUsize::new(0));
    let closed = gate.write().unwrap();
    let behaviour = || {
        let keys = (slab.insert(ledger.value()).unwrap(), few.insert(ledger.value()).unwrap());
        arrived.fetch_add(1, Ordering::Release);
        drop(gate.read().unwrap());
        assert!(slab.get(keys.0).is_some() && few.get(keys.1).is_some());
        assert!(slab.remove(keys.0) && few.take(keys.1).is_some());
        let keys = (slab.insert(ledger.value()).unwrap(), few.insert(ledger.value()).unwrap());
        assert!(slab.take(keys.0).is_some() && few.remove(keys.1));
    };
    thread::scope(|scope| {
        let spawn = || thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, behaviour);
        let mut threads = Vec::new();
        while threads.len() < wanted {
            match spawn() {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    println!("no more than {} of {wanted} threads: {error}", threads.len());
                    break;
                }
            }
        }
        while arrived.load(Ordering::Acquire) < threads.len() && !threads.iter().any(|thread| thread.is_finished()) {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!((slab.len(), few.len()), (threads.len(), threads.len()));
        drop(closed);
        let count = threads.len();
        // Unlike the end of the scope this waits for thread-locals too, whose destructors give numbers back.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        count
    })
}

alone! {
    fn nine_thousand_threads_at_once() {
        let ledger = Ledger::new();
        let (slab, few) = (Slab::new(), Slab::new_with_config::<Fewer>());
        let count = all_at_once(MANY, &slab, &few, &ledger);
        assert!(count > Fewer::MAX_THREADS, "{count} threads are too few for this test");
        let expected = (slots::<DefaultConfig>(count), slots::<Fewer>(count));
        assert_eq!((slab.capacity(), few.capacity()), expected);
        assert_eq!(few.stats().shards().len(), Fewer::MAX_THREADS + 1);
        // All numbers were given back, and no thread gets a new one.
        let again = all_at_once(Fewer::MAX_THREADS + 44, &slab, &few, &ledger);
        assert!(again <= count);
        assert_eq!((slab.len(), few.len(), slab.capacity(), few.capacity()), (0, 0, expected.0, expected.1));
    }

    fn twenty_thousand_threads_one_after_another() {
        const COUNT: usize = 20_000;

        let (ledger, workshop) = (Ledger::new(), Workshop::new());
        let (slab, pool) = (Slab::<_>::new(), Pool::<Pooled>::new());
        let mut left = Vec::new();
        for turn in 0..COUNT {
            let before = left.len();
            let keys = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    workshop.open_here();
                    let keys = [(); 2].map(|()| slab.insert(ledger.value()).unwrap());
                    assert!(slab.remove(keys[0]));
                    let created = pool.create_with(|value| value.write("text")).unwrap();
                    (keys[1], created)
                });
                thread.join().unwrap()
            });
            // What a thread leaves is ended by one that owns no shard, sooner or later.
            left.push(keys);
            while left.len() > turn * 7 % 31 {
                let (key, created) = left.swap_remove(turn % left.len());
                assert!(slab.take(key).is_some() && pool.clear(created));
            }
            assert!(before < 32);
        }
        assert_eq!((slab.len(), pool.len()), (left.len(), left.len()));
        assert_eq!((slab.capacity(), pool.capacity(), slab.stats().shards().len()), (32, 32, 1));
        assert!(workshop.made() <= 32 && workshop.dropped() == 0);
    }
}
