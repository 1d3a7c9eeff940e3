//! `len`, `is_empty`, `capacity`.

use std::{mem, thread};

use flagstone::{Config, Slab};

use crate::{
    alone::alone,
    configs::{TwoThreads, on_every_configuration, room},
};

on_every_configuration! {
    len_counts_entries_freed_here_and_elsewhere
    what_was_removed_counts_while_it_is_held
    clear_counts_down_to_zero_also_with_forgotten_guards
    capacity_grows_by_pages_that_double
}

fn len_counts_entries_freed_here_and_elsewhere<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    assert!(slab.is_empty());
    for _ in 0..2 {
        let keys: Vec<_> = (0..room::<C>(10)).map(|value| slab.insert(value).unwrap()).collect();
        for (index, &key) in keys.iter().enumerate() {
            assert_eq!((slab.len(), slab.is_empty()), (keys.len() - index, false));
            match index % 4 {
                0 => assert!(slab.remove(key)),
                1 => assert_eq!(slab.take(key), Some(index)),
                2 => thread::scope(|scope| assert!(scope.spawn(|| slab.remove(key)).join().unwrap())),
                _ => thread::scope(|scope| assert_eq!(scope.spawn(|| slab.take(key)).join().unwrap(), Some(index))),
            }
        }
        assert_eq!((slab.len(), slab.is_empty()), (0, true));
    }
}

fn what_was_removed_counts_while_it_is_held<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    let entry = slab.get(key).unwrap();
    assert!(slab.remove(key));
    assert_eq!(slab.len(), 1);
    drop(entry);
    assert_eq!(slab.len(), 0);

    let key = slab.insert(1).unwrap();
    let entry = slab.get(key).unwrap();
    thread::scope(|scope| {
        assert!(scope.spawn(|| slab.remove(key)).join().unwrap());
        assert_eq!(slab.len(), 1);
        scope.spawn(move || drop(entry)).join().unwrap();
    });
    assert_eq!(slab.len(), 0);
}

fn clear_counts_down_to_zero_also_with_forgotten_guards<C: Config>() {
    let mut slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(6)).map(|value| slab.insert(value).unwrap()).collect();
    let capacity = slab.capacity();
    for (index, &key) in keys.iter().enumerate() {
        match index % 3 {
            0 => {}
            1 => mem::forget(slab.get(key)),
            _ => {
                mem::forget(slab.get(key));
                assert!(slab.remove(key));
            }
        }
    }
    assert_eq!(slab.len(), keys.len());
    thread::scope(|scope| scope.spawn(|| slab.clear()).join().unwrap());
    assert_eq!((slab.len(), slab.capacity()), (0, capacity));
}

fn capacity_grows_by_pages_that_double<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let (mut slots, mut inserted) = (0, 0);
    for page in 0..C::MAX_PAGES.min(4) {
        let size = C::INITIAL_PAGE_SIZE.next_power_of_two() << page;
        slots += size;
        if size > 1000 {
            break;
        }
        for _ in 0..size {
            slab.insert(inserted).unwrap();
            inserted += 1;
            assert_eq!((slab.len(), slab.capacity()), (inserted, slots));
        }
    }
}

alone! {
    fn each_thread_has_pages_of_its_own() {
        let slab = Slab::new();
        let barrier = std::sync::Barrier::new(5);
        thread::scope(|scope| {
            for value in 0..5 {
                let (slab, barrier) = (&slab, &barrier);
                scope.spawn(move || {
                    slab.insert(value).unwrap();
                    barrier.wait();
                });
            }
        });
        assert_eq!((slab.len(), slab.capacity()), (5, 5 * 32));
    }

    fn threads_without_a_shard_share_one() {
        let slab = Slab::new_with_config::<TwoThreads>();
        let barrier = std::sync::Barrier::new(10);
        thread::scope(|scope| {
            for value in 0..10 {
                let (slab, barrier) = (&slab, &barrier);
                scope.spawn(move || {
                    slab.insert(value).unwrap();
                    barrier.wait();
                });
            }
        });
        assert_eq!((slab.len(), slab.capacity()), (10, 3 * 32));
    }
}
