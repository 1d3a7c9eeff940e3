//! Faults 13, 14, 20: threads, each in a process of its own, since threads are numbered by the process.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier},
    thread,
};

use super::subject::{Config, DefaultConfig, Slab};
#[cfg(target_os = "linux")]
use crate::sleeping::takes_asleep;
use crate::{alone::alone, value::Ledger};

/// `THREADS` shards, each of one page of eight slots.
pub(super) struct Threads<const THREADS: usize>;

impl<const THREADS: usize> Config for Threads<THREADS> {
    const MAX_THREADS: usize = THREADS;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 8;
}

/// Room enough for all threads in one shard.
pub(super) struct TwoThreads;

impl Config for TwoThreads {
    const MAX_THREADS: usize = 2;
}

/// Runs `behaviour` on `count` threads at once; none ends before all have run it.
pub(super) fn at_once(count: usize, behaviour: impl Fn(usize) + Sync) {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (behaviour, barrier) = (&behaviour, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let outcome = catch_unwind(AssertUnwindSafe(|| behaviour(number)));
                    barrier.wait();
                    outcome.map_err(|panic| std::panic::resume_unwind(panic))
                })
            })
            .collect();
        let outcomes: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!(failed, 0, "of {count} threads {failed} panicked");
    });
}

fn each_can_do_everything<C: Config>(count: usize) {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    at_once(count, |_| {
        let key = slab.insert(ledger.value()).unwrap();
        assert!(slab.get(key).is_some());
        assert!(slab.remove(key));
        assert!(!slab.remove(key), "a stale key");
        let key = slab.insert(ledger.value()).unwrap();
        slab.take(key).unwrap();
        assert!(slab.take(key).is_none(), "a stale key");
    });
}

fn each_has_a_shard_of_its_own<const THREADS: usize>() {
    let slab = Slab::new_with_config::<Threads<THREADS>>();
    at_once(THREADS, |number| assert!((0..8).all(|_| slab.insert(number).is_some()), "thread {number} has no page"));
    #[cfg(not(flagstone_published))]
    assert_eq!((slab.len(), slab.capacity()), (8 * THREADS, 8 * THREADS));
}

alone! {
    fn fault_13_more_threads_than_max_threads_can_do_everything() {
        each_can_do_everything::<TwoThreads>(16);
    }

    fn fault_13_a_burst_of_threads_harms_no_later_thread() {
        let slab = Slab::new_with_config::<TwoThreads>();
        let burst = catch_unwind(AssertUnwindSafe(|| at_once(64, |number| {
            slab.insert(number);
        })));
        for number in 0..64 {
            let later = thread::scope(|scope| scope.spawn(|| slab.insert(number)).join());
            assert!(later.expect("a single thread can insert").is_some());
        }
        burst.expect("so can many");
    }

    fn fault_13_what_one_slab_refuses_harms_no_other() {
        let small = Slab::new_with_config::<TwoThreads>();
        at_once(8, |_| {
            for _ in 0..1000 {
                drop(catch_unwind(AssertUnwindSafe(|| small.insert(1))));
            }
        });
        let large = Slab::<_, DefaultConfig>::new();
        at_once(8, |number| assert!(large.insert(number).is_some()));
    }

    fn fault_13_max_threads_of_2_gives_2_shards() {
        each_has_a_shard_of_its_own::<2>();
    }

    fn fault_13_max_threads_of_3_gives_3_shards() {
        each_has_a_shard_of_its_own::<3>();
    }

    fn fault_13_max_threads_of_5_gives_5_shards() {
        each_has_a_shard_of_its_own::<5>();
    }

    fn fault_13_max_threads_of_9_gives_9_shards() {
        each_has_a_shard_of_its_own::<9>();
    }

    fn fault_14_a_thread_locals_destructor_can_use_a_slab_that_its_thread_used_before() {
        use_from_a_destructor(true);
    }

    fn fault_14_a_thread_locals_destructor_can_use_a_slab_that_its_thread_used_after() {
        use_from_a_destructor(false);
    }
}

/// Uses a slab from a thread-local's destructor; the thread has first used the slab before or after it first used the
/// thread-local, which decides whose destructor runs first.
fn use_from_a_destructor(slab_first: bool) {
    type Shared = Arc<Slab<crate::value::Counted>>;

    struct AtEnd(Ledger, Shared);

    impl Drop for AtEnd {
        fn drop(&mut self) {
            let key = self.1.insert(self.0.value()).unwrap();
            assert_eq!(self.1.get(key).unwrap().id(), 0);
            assert!(self.1.remove(key));
            let key = self.1.insert(self.0.value()).unwrap();
            assert_eq!(self.1.take(key).unwrap().id(), 1);
        }
    }

    thread_local!(static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) });

    let (ledger, slab) = (Ledger::new(), Shared::default());
    thread::scope(|scope| {
        scope.spawn(|| {
            let use_slab = || assert!(slab.remove(slab.insert(ledger.value()).unwrap()));
            let use_local = || AT_END.set(Some(AtEnd(Ledger::new(), Arc::clone(&slab))));
            if slab_first {
                use_slab();
                use_local();
            } else {
                use_local();
                use_slab();
            }
        });
    });
    // Its destructor has run only when the thread is joined, which the scope does not wait for; but the process does
    // not end well if it panicked.
    while Arc::strong_count(&slab) > 1 {
        thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
alone! {
    fn fault_20_a_taker_that_waits_for_a_guard_uses_no_processor_time() {
        let slab = Slab::<u32>::new();
        let key = slab.insert(1).unwrap();
        let entry = slab.get(key).unwrap();
        takes_asleep(|| slab.take(key), || !slab.contains(key), entry);
    }
}
