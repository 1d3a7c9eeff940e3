//! Pins of pools on threads that have no shard.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use flagstone::{Clear, ExclusiveError, Pool};

use crate::crowd::{on_a_thread_without_a_shard, others_claim_all};
use crate::{
    alone::alone,
    configs::TwoThreads,
    pooled::{Call, Planned, Pooled, Workshop},
};

/// Runs `behaviour` with a pool, on a thread that has no shard of it.
fn with_a_pool(behaviour: impl FnOnce(Pool<Pooled, TwoThreads>, &Workshop) + Send) {
    on_a_thread_without_a_shard(|| {
        let workshop = Workshop::new();
        let pool = Pool::new_with_config();
        others_claim_all::<TwoThreads>(|| drop(pool.pin()));
        behaviour(pool, &workshop);
    });
}

alone! {
    fn what_was_looked_up_is_cleared_with_the_pin_and_all_else_at_once() {
        with_a_pool(|pool, workshop| {
            for turn in 0..5 {
                let keys = [(); 2].map(|()| pool.create_with(|value| value.write("text")).unwrap());
                let pinned = pool.pin();
                let value = pinned.get(keys[0]).unwrap();
                assert_eq!(pool.get_exclusive(keys[0]).unwrap_err(), ExclusiveError::InUse);
                assert!(keys.iter().all(|&key| pool.clear(key) && !pool.clear(key)));
                assert_eq!((value.text(), pool.len(), workshop.cleared()), ("text", 1, 2 * turn + 1));
                assert!(pinned.get(keys[0]).is_none() && pinned.iter().next().is_none());
                drop(pinned);
                assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, 2 * turn + 2, 0));
            }
        });
    }

    fn what_is_being_made_under_such_a_pin_is_absent_until_it_is_let_go() {
        with_a_pool(|pool, workshop| {
            let pinned = pool.pin();
            let mut created = pool.create().unwrap();
            let key = created.key();
            assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.keys().next().is_none());
            created.write("text");
            let shared = created.downgrade();
            assert_eq!((shared.text(), pinned.get(key).unwrap().text()), ("text", "text"));
            drop(shared);
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
            assert!(pool.clear(key));
            assert_eq!((pool.len(), workshop.cleared()), (1, 0));
            drop(pinned);
            assert_eq!((pool.len(), workshop.cleared()), (0, 1));

            // One that is cleared while it is written in was never looked up.
            let pinned = pool.pin();
            let mut created = pool.create().unwrap();
            created.write("text");
            assert!(pool.clear(created.key()) && pinned.get(created.key()).is_none());
            drop(created);
            assert_eq!((pool.len(), workshop.cleared()), (0, 2));

            // One that is changed meanwhile is seen as it is after that.
            let key = pool.create_with(|value| value.write("a")).unwrap();
            let mut exclusive = pool.get_exclusive(key).unwrap();
            assert!(pinned.get(key).is_none() && pinned.iter().next().is_none());
            exclusive.clear();
            exclusive.write("b");
            drop(exclusive);
            assert_eq!(pinned.iter().map(|(_, value)| value.text()).collect::<Vec<_>>(), ["b"]);
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
        });
    }

    fn what_a_walk_over_a_pool_has_seen_is_cleared_with_the_pin() {
        with_a_pool(|pool, workshop| {
            for turn in 0..3 {
                (0..40).for_each(|_| assert!(pool.create_with(|value| value.write("text")).is_some()));
                let pinned = pool.pin();
                let seen: Vec<_> = pinned.iter().collect();
                assert_eq!((seen.len(), pinned.keys().count()), (40, 40));
                pool.retain(|_, _| false);
                assert_eq!((pool.len(), workshop.cleared(), pinned.iter().count()), (40, 40 * turn, 0));
                assert!(seen.iter().all(|(_, value)| value.text() == "text"));
                drop(pinned);
                assert_eq!((pool.len(), workshop.cleared()), (0, 40 * (turn + 1)));
            }
        });
    }

    fn a_clear_that_panics_when_such_a_pin_ends_leaves_no_other_undone() {
        with_a_pool(|pool, workshop| {
            for turn in 0..4 {
                let (dropped, cleared) = (workshop.dropped(), workshop.cleared());
                let keys = [(); 4].map(|()| pool.create_with(|value| value.write("text")).unwrap());
                let pinned = pool.pin();
                assert!(keys.iter().all(|&key| pinned.get(key).is_some() && pool.clear(key)));
                workshop.arm(&[Call::Clear; 4][..=turn]);
                let panic = catch_unwind(AssertUnwindSafe(|| drop(pinned))).unwrap_err();
                assert_eq!(panic.downcast::<Planned>().unwrap().0, Call::Clear);
                // What was not cleared is not kept.
                assert_eq!((pool.len(), workshop.dropped(), workshop.cleared()), (0, dropped + turn + 1, cleared + 3 - turn));
            }
        });
    }

    fn a_forgotten_pin_of_a_pool_keeps_what_it_has_looked_up() {
        with_a_pool(|mut pool, workshop| {
            let keys = [(); 4].map(|()| pool.create_with(|value| value.write("text")).unwrap());
            let pinned = pool.pin();
            assert!(keys[..2].iter().all(|&key| pinned.get(key).is_some()));
            mem::forget(pinned);
            assert!(keys.iter().all(|&key| pool.clear(key)));
            assert_eq!((pool.len(), workshop.cleared()), (2, 2));
            pool.clear_all();
            assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, 4, 0));
            let key = pool.create_with(|value| value.write("text")).unwrap();
            assert_eq!(pool.pin().get(key).unwrap().text(), "text");
        });
    }
}
