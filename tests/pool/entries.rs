//! Create, get, clear: what happens to one entry.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
};

use flagstone::{Config, DefaultConfig, ExclusiveError, Pool};

use crate::{
    configs::{OneSlot, on_every_configuration, room},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    an_entry_is_found_by_its_key_until_it_is_cleared
    each_way_to_create_makes_an_entry
    nothing_is_found_in_an_empty_pool
    a_full_pool_creates_nothing_and_asks_nobody
    two_pools_do_not_mix
    len_counts_entries_cleared_here_and_elsewhere
    an_entry_is_changed_through_a_mutable_pool
    capacity_grows_by_pages_that_double
    slots_are_used_again
}

fn an_entry_is_found_by_its_key_until_it_is_cleared<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let keys: Vec<_> =
        (0..room::<C>(100)).map(|number| pool.create_with(|value| value.write(&number.to_string())).unwrap()).collect();
    for (number, &key) in keys.iter().enumerate() {
        assert!(pool.contains(key));
        let entry = pool.get(key).unwrap();
        assert_eq!((entry.text(), entry.key()), (number.to_string().as_str(), key));
    }
    for (number, &key) in keys.iter().enumerate() {
        assert!(pool.clear(key));
        assert_eq!((workshop.cleared(), workshop.dropped()), (number + 1, 0));
        assert!(!pool.contains(key) && pool.get(key).is_none() && !pool.clear(key));
        assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    }
    assert!(pool.is_empty());
    assert_eq!(workshop.cleared(), keys.len());
}

fn each_way_to_create_makes_an_entry<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for _ in 0..2 {
        let key = pool.create_with(|value| value.write("with")).unwrap();
        assert_eq!((pool.get(key).unwrap().text(), pool.len()), ("with", 1));
        assert!(pool.clear(key));

        let mut created = pool.create().unwrap();
        created.write("alone");
        let key = created.key();
        drop(created);
        assert_eq!((pool.get(key).unwrap().text(), pool.len()), ("alone", 1));
        assert!(pool.clear(key));

        let mut created = pool.clone().create_owned().unwrap();
        created.write("owned");
        let key = created.key();
        assert_eq!(Arc::strong_count(&pool), 2);
        drop(created);
        assert_eq!(Arc::strong_count(&pool), 1);
        assert_eq!((pool.clone().get_owned(key).unwrap().text(), pool.len()), ("owned", 1));
        assert!(pool.clear(key));
    }
}

fn nothing_is_found_in_an_empty_pool<C: Config>() {
    let mut pool = Pool::<String>::new_with_config::<C>();
    for key in (0..100).chain((0..usize::BITS).map(|bit| 1 << bit)).chain([usize::MAX, usize::MAX - 1]) {
        assert!(!pool.contains(key) && pool.get(key).is_none() && !pool.clear(key));
        assert!(pool.get_mut(key).is_none());
        assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    }
    pool.retain(|_, _| unreachable!("there is no entry"));
    assert!(pool.iter_mut().next().is_none() && pool.unique_iter().next().is_none());
    pool.clear_all();
    assert_eq!((pool.len(), pool.capacity()), (0, 0));
}

fn a_full_pool_creates_nothing_and_asks_nobody<C: Config>() {
    const MOST: usize = 1000;

    let slots = room::<C>(MOST);
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let keys: Vec<_> = (0..slots).map(|_| pool.create_with(|value| value.write("kept")).unwrap()).collect();
    if slots == MOST {
        return;
    }
    for _ in 0..3 {
        assert!(pool.create_with(|_| unreachable!("there is no room")).is_none());
        assert!(pool.create().is_none());
        assert!(pool.clone().create_owned().is_none());
    }
    assert_eq!((workshop.made(), pool.len(), pool.capacity(), Arc::strong_count(&pool)), (slots, slots, slots, 1));
    assert!(keys.iter().all(|&key| pool.get(key).unwrap().text() == "kept"));
    assert!(pool.clear(keys[slots / 2]));
    let key = pool.create_with(|value| value.write("again")).unwrap();
    assert_eq!(pool.get(key).unwrap().text(), "again");
    assert!(pool.create().is_none());
}

fn slots_are_used_again<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for life in 0..Pool::<Pooled, C>::generations(0).min(50) {
        let key = match life % 4 {
            0 => pool.create_with(|value| value.write("text")).unwrap(),
            1 => pool.create().unwrap().key(),
            2 => pool.create().unwrap().downgrade().key(),
            _ => pool.clone().create_owned().unwrap().key(),
        };
        assert!(pool.clear(key));
        assert_eq!((pool.len(), pool.capacity()), (0, C::INITIAL_PAGE_SIZE.next_power_of_two()));
        assert_eq!((workshop.made(), workshop.cleared()), (1, life + 1));
    }
}

fn two_pools_do_not_mix<C: Config>() {
    let _workshop = Workshop::new();
    let (left, right) = (Pool::<Pooled>::new_with_config::<C>(), Pool::<Pooled>::new_with_config::<C>());
    let in_left = left.create_with(|value| value.write("left")).unwrap();
    assert!(right.get(in_left).is_none() && !right.clear(in_left));
    let in_right = right.create_with(|value| value.write("right")).unwrap();
    assert_eq!(in_left, in_right);
    assert_eq!((left.get(in_left).unwrap().text(), right.get(in_right).unwrap().text()), ("left", "right"));
    assert!(left.clear(in_left));
    assert!(right.contains(in_right));
}

fn len_counts_entries_cleared_here_and_elsewhere<C: Config>() {
    let pool = Pool::<String>::new_with_config::<C>();
    assert!(pool.is_empty());
    for _ in 0..2 {
        let keys: Vec<_> = (0..room::<C>(10)).map(|_| pool.create().unwrap().key()).collect();
        for (index, &key) in keys.iter().enumerate() {
            assert_eq!((pool.len(), pool.is_empty()), (keys.len() - index, false));
            match index % 4 {
                0 => assert!(pool.clear(key)),
                1 => {
                    let entry = pool.get(key).unwrap();
                    assert!(pool.clear(key));
                    assert_eq!(pool.len(), keys.len() - index); // while it is held
                    drop(entry);
                }
                2 => std::thread::scope(|scope| assert!(scope.spawn(|| pool.clear(key)).join().unwrap())),
                _ => {
                    let entry = pool.get_exclusive(key).unwrap();
                    assert!(pool.clear(key));
                    std::thread::scope(|scope| scope.spawn(move || drop(entry)).join().unwrap());
                }
            }
        }
        assert_eq!((pool.len(), pool.is_empty()), (0, true));
    }
    let created = pool.create().unwrap();
    assert_eq!(pool.len(), 1);
    let key = created.key();
    drop(created);
    assert_eq!(pool.len(), 1);
    assert!(pool.clear(key));
    catch_unwind(AssertUnwindSafe(|| pool.create_with(|_| panic!("no entry")))).unwrap_err();
    assert!(pool.create_with(|_| assert_eq!(pool.len(), 0)).is_some());
}

fn an_entry_is_changed_through_a_mutable_pool<C: Config>() {
    let mut pool = Pool::<String>::new_with_config::<C>();
    let key = pool.create_with(|value| value.push('a')).unwrap();
    pool.get_mut(key).unwrap().push('b');
    assert_eq!(*pool.get(key).unwrap(), "ab");
    std::mem::forget(pool.get_exclusive(key).unwrap());
    pool.get_mut(key).unwrap().push('c'); // the guard is leaked, so it cannot be used
    assert!(pool.clear(key));
    assert!(pool.get_mut(key).is_none());
    assert_eq!(pool.len(), 1);
}

fn capacity_grows_by_pages_that_double<C: Config>() {
    let pool = Pool::<u64>::new_with_config::<C>();
    let (mut slots, mut created) = (0, 0);
    for page in 0..C::MAX_PAGES.min(4) {
        let size = C::INITIAL_PAGE_SIZE.next_power_of_two() << page;
        slots += size;
        if size > 1000 {
            break;
        }
        for _ in 0..size {
            drop(pool.create().unwrap());
            created += 1;
            assert_eq!((pool.len(), pool.capacity()), (created, slots));
        }
    }
}

#[test]
fn a_static_pool_needs_no_initialisation() {
    static POOL: Pool<String> = Pool::new();
    static CONFIGURED: Pool<String, OneSlot> = Pool::new_with_config();

    let key = std::thread::spawn(|| POOL.create_with(|line| line.push_str("from a thread")).unwrap()).join().unwrap();
    assert_eq!(*POOL.get(key).unwrap(), "from a thread");
    assert!(POOL.clear(key));

    let created = CONFIGURED.create().unwrap();
    assert!(CONFIGURED.create().is_none());
    assert!(ptr::eq(flagstone::pool::RefMut::pool(&created), &raw const CONFIGURED));
}

#[test]
fn all_constructors_are_alike() {
    let pools = [Pool::new(), Pool::default(), Pool::<String>::new_with_config::<DefaultConfig>(), Default::default()];
    let keys = pools.each_ref().map(|pool: &Pool<String>| pool.create().unwrap().key());
    assert!(keys.iter().all(|&key| key == keys[0]));
}

#[test]
fn constants_are_those_of_the_slab() {
    type Slab = flagstone::Slab<u8, OneSlot>;
    type Lines = Pool<String, OneSlot>;

    assert_eq!((Lines::USED_BITS, Lines::KEYS_PER_PAGE), (Slab::USED_BITS, Slab::KEYS_PER_PAGE));
    assert_eq!(Lines::generations(0), Slab::generations(0));
    catch_unwind(|| Lines::generations(1)).unwrap_err();
}

#[test]
fn a_hundred_thousand_entries() {
    let pool = Pool::<Vec<usize>>::new();
    for _ in 0..2 {
        let keys: Vec<_> = (0..100_000).map(|number| pool.create_with(|list| list.push(number)).unwrap()).collect();
        assert_eq!(pool.len(), keys.len());
        assert!(keys.iter().enumerate().all(|(number, &key)| *pool.get(key).unwrap() == [number]));
        assert!(keys.iter().all(|&key| pool.clear(key)));
        assert!(pool.is_empty());
    }
}
