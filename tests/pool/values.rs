//! Values: made once for each slot, cleared and used again, dropped with the pool.

use std::{
    collections::{HashMap, HashSet},
    mem, thread,
};

use flagstone::{Config, Pool};

use crate::{
    configs::{Retiring, on_every_configuration, room},
    pooled::{Call, Pooled, Workshop, attempt},
};

on_every_configuration! {
    values_are_dropped_with_the_pool_and_not_before
    forgotten_guards_leak_no_value
    what_a_closure_does_is_in_the_entry
    an_unused_pool_makes_no_value
    values_of_other_threads_end_with_the_pool
    a_value_is_made_for_each_slot_that_is_used
    a_cleared_value_is_used_again_with_its_memory
    the_value_cleared_last_is_used_next
}

fn a_value_is_made_for_each_slot_that_is_used<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let lives = Pool::<Pooled, C>::generations(0).min(6);
    let mut high_water = 0;
    for life in 0..lives {
        let count = [1, 3, 2, 7, 5, 7][life].min(room::<C>(7));
        high_water = high_water.max(count);
        let keys: Vec<_> = (0..count).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
        assert_eq!(workshop.made(), high_water);
        assert!(keys.into_iter().all(|key| pool.clear(key)));
    }
    assert_eq!((workshop.made(), workshop.dropped()), (high_water, 0));
}

fn a_cleared_value_is_used_again_with_its_memory<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let key = pool.create_with(|value| value.write(&"long ".repeat(100))).unwrap();
    let memory = pool.get(key).unwrap().memory();
    assert!(memory.1 >= 500);
    assert!(pool.clear(key));
    for life in 1..Pool::<Pooled, C>::generations(0).min(20) {
        let mut created = pool.create().unwrap();
        assert_eq!((created.id(), created.text(), created.memory()), (0, "", memory));
        created.write("short");
        let key = created.key();
        drop(created);
        match life % 3 {
            0 => assert!(pool.clear(key)),
            1 => pool.retain(|_, _| false),
            _ => {
                let entry = pool.get(key).unwrap();
                assert!(pool.clear(key));
                assert_eq!((entry.text(), entry.memory()), ("short", memory));
            }
        }
    }
    assert_eq!(workshop.made(), 1);
}

fn the_value_cleared_last_is_used_next<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let count = room::<C>(4);
    let keys: Vec<_> = (0..count).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
    for &key in &keys {
        let id = pool.get(key).unwrap().id();
        assert!(pool.clear(key));
        let next = pool.create().unwrap();
        assert_eq!((next.id(), workshop.made()), (id, count));
        mem::forget(next); // so that the slot is not used for the others
    }
}

fn values_are_dropped_with_the_pool_and_not_before<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let count = room::<C>(200);
    let keys: Vec<_> = (0..count).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
    assert!(keys.iter().step_by(2).all(|&key| pool.clear(key)));
    assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (count, count.div_ceil(2), 0));
    drop(pool);
    // Present or cleared; and none is cleared once more for that.
    assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (count, count.div_ceil(2), count));
}

fn forgotten_guards_leak_no_value<C: Config>() {
    for elsewhere in [false, true] {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new_with_config::<C>();
        let count = room::<C>(6);
        for number in 0..count {
            let mut created = pool.create().unwrap();
            created.write("text");
            let key = created.key();
            match number % 6 {
                0 => mem::forget(created),
                1 => {
                    assert!(pool.clear(key));
                    mem::forget(created);
                }
                2 => mem::forget(created.downgrade()),
                3 => {
                    mem::forget(created.downgrade());
                    assert!(pool.clear(key));
                }
                4 => {
                    drop(created);
                    mem::forget([pool.get(key), pool.get(key)]);
                }
                _ => {
                    drop(created);
                    mem::forget(pool.get_exclusive(key));
                    assert!(pool.clear(key));
                }
            }
        }
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (count, 0, 0));
        if elsewhere {
            thread::scope(|scope| scope.spawn(|| drop(pool)).join().unwrap());
        } else {
            drop(pool);
        }
        assert_eq!((workshop.made(), workshop.dropped()), (count, count));
    }
}

fn what_a_closure_does_is_in_the_entry<C: Config>() {
    let pool = Pool::<Vec<u8>>::new_with_config::<C>();
    for life in 0..Pool::<u8, C>::generations(0).min(10) {
        let key = pool
            .create_with(|list| {
                assert!(list.is_empty());
                list.resize(life + 1, 7);
            })
            .unwrap();
        assert_eq!(*pool.get(key).unwrap(), vec![7; life + 1]);
        assert!(pool.clear(key));
    }
}

fn an_unused_pool_makes_no_value<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    assert!(pool.get(0).is_none() && !pool.clear(0));
    pool.clear_all();
    drop(pool);
    assert_eq!(workshop.calls(), 0);
}

fn values_of_other_threads_end_with_the_pool<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for cleared in [false, true, false] {
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                workshop.open_here();
                let Some(created) = pool.create() else { return };
                let key = created.key();
                drop(created);
                assert!(!cleared || pool.clear(key));
            });
            thread.join().unwrap();
        });
    }
    let (made, cleared) = (workshop.made(), workshop.cleared());
    drop(pool);
    assert_eq!((workshop.dropped(), workshop.cleared()), (made, cleared));
}

#[test]
fn a_value_is_dropped_when_its_slot_is_spent() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<Retiring>();
    let lives = Pool::<u8, Retiring>::generations(0);
    let mut keys = HashSet::new();
    let mut used = HashMap::<_, usize>::new();
    while let Some(created) = pool.create() {
        let (key, id) = (created.key(), created.id());
        assert!(keys.insert(key), "the key of an earlier entry");
        if keys.len() % 2 == 0 {
            drop(created);
            assert!(pool.clear(key));
        } else {
            assert!(pool.clear(key));
            drop(created);
        }
        *used.entry(id).or_default() += 1;
        // The slots of the other page live half as often.
        let spent = used.iter().filter(|&(&id, &used)| used == if id < 4 { lives } else { lives / 2 }).count();
        assert_eq!((workshop.cleared(), workshop.dropped(), pool.len()), (keys.len(), spent, 0));
    }
    assert_eq!(keys.len(), 2 * Pool::<u8, Retiring>::KEYS_PER_PAGE);
    assert_eq!((pool.capacity(), workshop.made(), workshop.dropped()), (12, 12, 12));
}

#[test]
fn a_panicking_destructor_of_a_value_in_a_spent_slot_harms_no_other() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<Retiring>();
    let (mut keys, mut panicked) = (0, 0);
    workshop.arm(&[Call::Drop; 12]);
    while let Some(key) = pool.create_with(|value| value.write("text")) {
        keys += 1;
        panicked += usize::from(attempt(|| assert!(pool.clear(key))).is_err());
        assert_eq!((pool.len(), workshop.dropped(), workshop.cleared()), (0, panicked, keys));
    }
    assert_eq!((keys, panicked), (2 * Pool::<u8, Retiring>::KEYS_PER_PAGE, 12));
}

#[test]
fn memory_stays_with_the_value_of_any_clearable_type() {
    let pool = Pool::<Vec<u32>>::new();
    let key = pool.create_with(|list| list.extend(0..1000)).unwrap();
    let (place, capacity) = (pool.get(key).unwrap().as_ptr(), pool.get(key).unwrap().capacity());
    for _ in 0..5 {
        let key = {
            pool.retain(|_, _| false);
            let list = pool.create().unwrap();
            assert_eq!((list.len(), list.capacity(), list.as_ptr()), (0, capacity, place));
            list.key()
        };
        assert!(pool.contains(key));
    }
}
