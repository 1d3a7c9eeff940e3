//! Fault 3: what a pin had put off ended one after another, so a destructor could wait for what was to be given back after it.

use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use flagstone::{Clear, Pool, Slab};

use super::ends;
use crate::{
    alone::alone,
    configs::TwoThreads,
    crowd::{on_a_thread_without_a_shard, others_claim_all},
};

/// Joins a thread when it is dropped, or cleared.
#[derive(Default)]
struct Joins(Mutex<Option<JoinHandle<()>>>);

impl Joins {
    fn join(&self) {
        if let Some(thread) = self.0.lock().unwrap().take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Joins {
    fn drop(&mut self) {
        self.join();
    }
}

impl Clear for Joins {
    fn clear(&mut self) {
        self.join();
    }
}

#[test]
fn fault_03_of_issue_13_a_destructor_joins_a_thread_that_takes_what_the_same_pin_may_be_reading() {
    // Which of the two is removed first decides which ends first.
    for taken_first in [false, true] {
        ends(move || {
            for _ in 0..20 {
                let slab = Arc::new(Slab::<Joins>::new());
                let [joining, taken] = [(); 2].map(|()| slab.insert(Joins::default()).unwrap());
                let pinned = slab.pin();
                assert!(pinned.get(taken).is_some());
                let joins = pinned.get(joining).unwrap();
                if !taken_first {
                    assert!(slab.remove(joining));
                }
                let its_slab = Arc::clone(&slab);
                let taker = thread::spawn(move || assert!(its_slab.take(taken).is_some()));
                *joins.0.lock().unwrap() = Some(taker);
                while slab.contains(taken) {
                    thread::yield_now();
                }
                // Long enough for it to see the pin, at most times.
                thread::sleep(Duration::from_millis(2));
                assert!(!taken_first || slab.remove(joining));
                drop(pinned);
                assert!(slab.is_empty());
            }
        });
    }
}

#[test]
fn fault_03_of_issue_13_a_destructor_joins_a_thread_that_waits_for_exclusive_access() {
    for waits_first in [false, true] {
        ends(move || {
            for _ in 0..20 {
                let pool = Arc::new(Pool::<Joins>::new());
                let [joining, awaited] = [(); 2].map(|()| pool.create_with(|_| ()).unwrap());
                let pinned = pool.pin();
                let joins = pinned.get(joining).unwrap();
                if !waits_first {
                    assert!(pool.clear(joining));
                }
                let its_pool = Arc::clone(&pool);
                let waiter = thread::spawn(move || assert!(its_pool.wait_exclusive(awaited).is_some()));
                *joins.0.lock().unwrap() = Some(waiter);
                while pool.contains(awaited) {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(2));
                assert!(!waits_first || pool.clear(joining));
                drop(pinned);
                assert_eq!((pool.len(), pool.contains(awaited)), (1, true));
            }
        });
    }
}

/// Takes another entry when it is dropped.
struct Takes(Mutex<Option<usize>>);

static TAKEN_FROM: Slab<Takes, TwoThreads> = Slab::new_with_config();

impl Drop for Takes {
    fn drop(&mut self) {
        if let Some(key) = self.0.lock().unwrap().take() {
            assert!(TAKEN_FROM.take(key).is_some());
        }
    }
}

alone! {
    fn fault_03_of_issue_13_a_destructor_takes_what_the_same_pin_without_a_shard_has_looked_up() {
        const PAIRS: usize = 20;

        ends(|| {
            on_a_thread_without_a_shard(|| {
                others_claim_all::<TwoThreads>(|| drop(TAKEN_FROM.pin()));
                for looked_up_first in [false, true] {
                    let pairs = [(); PAIRS].map(|()| {
                        let taken = TAKEN_FROM.insert(Takes(Mutex::new(None))).unwrap();
                        (taken, TAKEN_FROM.insert(Takes(Mutex::new(Some(taken)))).unwrap())
                    });
                    let pinned = TAKEN_FROM.pin();
                    for (taken, taking) in pairs {
                        let order = if looked_up_first { [taken, taking] } else { [taking, taken] };
                        assert!(order.into_iter().all(|key| pinned.get(key).is_some()));
                        assert!(TAKEN_FROM.remove(taking));
                    }
                    assert_eq!(TAKEN_FROM.len(), 2 * PAIRS);
                    drop(pinned);
                    assert!(TAKEN_FROM.is_empty());
                }
            });
        });
    }
}
