//! Faults 13 and 14, as far as they concern the pool: threads, each in a process of its own.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use super::{
    subject::Pool,
    threads::{Threads, TwoThreads, at_once},
};
use crate::{
    alone::alone,
    pooled::{Pooled, Workshop},
};

alone! {
    fn fault_13_more_threads_than_max_threads_can_use_a_pool() {
        let workshop = Workshop::new();
        let pool = Arc::new(Pool::<Pooled>::new_with_config::<TwoThreads>());
        at_once(16, |_| {
            workshop.open_here();
            let key = pool.create_with(|value| value.write("text")).unwrap();
            assert_eq!(pool.get(key).unwrap().text(), "text");
            assert!(pool.clear(key));
            assert!(!pool.clear(key), "a stale key");
            let mut created = pool.clone().create_owned().unwrap();
            created.write("text");
            let shared = created.downgrade();
            assert!(pool.clear(shared.key()));
            assert_eq!(shared.text(), "text");
        });
        assert_eq!(workshop.cleared(), 2 * 16);
    }

    fn fault_13_a_burst_of_threads_that_use_a_pool_harms_no_later_thread() {
        let pool = Pool::<Vec<u8>>::new_with_config::<TwoThreads>();
        let burst = catch_unwind(AssertUnwindSafe(|| at_once(64, |_| drop(pool.create()))));
        for _ in 0..64 {
            let later = thread::scope(|scope| scope.spawn(|| pool.create_with(|list| list.push(1))).join());
            assert!(later.expect("a single thread can create").is_some());
        }
        burst.expect("so can many");
    }

    fn fault_13_max_threads_of_5_gives_a_pool_5_shards() {
        let pool = Pool::<Vec<usize>>::new_with_config::<Threads<5>>();
        at_once(5, |number| {
            assert!((0..8).all(|_| pool.create_with(|list| list.push(number)).is_some()), "thread {number} has no page");
        });
    }

    fn fault_14_a_thread_locals_destructor_can_use_a_pool_that_its_thread_used_before() {
        use_from_a_destructor(true);
    }

    fn fault_14_a_thread_locals_destructor_can_use_a_pool_that_its_thread_used_after() {
        use_from_a_destructor(false);
    }
}

/// Uses a pool from a thread-local's destructor; the thread has first used the pool before or after it first used the
/// thread-local, which decides whose destructor runs first.
fn use_from_a_destructor(pool_first: bool) {
    type Lines = Pool<String>;

    struct AtEnd(Arc<Lines>);

    impl Drop for AtEnd {
        fn drop(&mut self) {
            let key = self.0.create_with(|line| line.push_str("text")).unwrap();
            assert_eq!(*self.0.get(key).unwrap(), "text");
            assert!(self.0.clear(key));
            let shared = self.0.clone().create_owned().unwrap().downgrade();
            assert!(self.0.clear(shared.key()));
        }
    }

    thread_local!(static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) });

    let pool = Arc::<Lines>::default();
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let use_pool = || assert!(pool.clear(pool.create_with(|_| ()).unwrap()));
            let use_local = || AT_END.set(Some(AtEnd(Arc::clone(&pool))));
            if pool_first {
                use_pool();
                use_local();
            } else {
                use_local();
                use_pool();
            }
        });
        // Unlike the end of the scope it waits for the destructors too.
        thread.join().unwrap();
    });
    assert_eq!(Arc::strong_count(&pool), 1);
}
