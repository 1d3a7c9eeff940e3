//! Pins of pools: what ends under them is cleared when they end.

use std::thread;

use flagstone::{Config, ExclusiveError, Pool};

use crate::{
    configs::{on_every_configuration, room},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    what_is_cleared_under_a_pin_is_cleared_with_it
    what_is_cleared_under_anothers_pin_is_cleared_with_it
    what_is_being_made_is_absent_until_it_is_let_go
    a_pool_is_walked_and_its_values_are_used_again
}

fn what_is_cleared_under_a_pin_is_cleared_with_it<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for turn in 0..3 {
        let key = pool.create_with(|value| value.write("text")).unwrap();
        let (pinned, guard) = (pool.pin(), pool.get(key).unwrap());
        let value = pinned.get(key).unwrap();
        assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
        assert!(pool.clear(key) && !pool.clear(key));
        assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.iter().next().is_none());
        drop(guard);
        assert_eq!((value.text(), pool.len(), workshop.cleared()), ("text", 1, turn));
        drop(pinned);
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, turn + 1, 0));
    }
}

fn what_is_cleared_under_anothers_pin_is_cleared_with_it<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for turn in 0..3 {
        let key = pool.create_with(|value| value.write("text")).unwrap();
        let pinned = pool.pin();
        let value = pinned.get(key).unwrap();
        thread::scope(|scope| {
            let clear = || {
                workshop.open_here();
                assert!(pool.get_exclusive(key).is_err() && pool.clear(key));
            };
            scope.spawn(clear).join().unwrap();
        });
        assert_eq!((value.text(), pool.len(), workshop.cleared()), ("text", 1, turn));
        drop(pinned);
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, turn + 1, 0));
    }
}

fn what_is_being_made_is_absent_until_it_is_let_go<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let pinned = pool.pin();
    let mut created = pool.create().unwrap();
    let key = created.key();
    assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.keys().next().is_none());
    created.write("text");
    let shared = created.downgrade();
    assert_eq!(pinned.get(key).unwrap().text(), "text");
    drop(shared);
    assert_eq!(pinned.keys().collect::<Vec<_>>(), [key]);
    assert!(pool.clear(key));
    assert_eq!((pool.len(), workshop.cleared()), (1, 0));
    drop(pinned);
    assert_eq!((pool.len(), workshop.cleared()), (0, 1));
    let key = pool.create().unwrap().key();
    pool.get_exclusive(key).unwrap().write("text");
}

fn a_pool_is_walked_and_its_values_are_used_again<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    let count = room::<C>(20);
    for round in 0..3 {
        for _ in 0..count {
            pool.create_with(|value| value.write("text")).unwrap();
        }
        let pinned = pool.pin();
        assert_eq!((pinned.iter().count(), pinned.len(), workshop.made()), (count, count, count));
        let values: Vec<_> = pinned.keys().map(|key| pinned.get(key).unwrap()).collect();
        pool.retain(|_, _| false);
        assert_eq!((pinned.iter().count(), workshop.cleared()), (0, round * count));
        assert!(values.iter().all(|value| value.text() == "text"));
        drop(pinned);
        assert_eq!((pool.len(), workshop.cleared()), (0, (round + 1) * count));
    }
    pool.clear_all();
    assert_eq!(workshop.cleared(), 3 * count);
}
