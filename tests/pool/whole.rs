//! All entries of a pool: iterators, `retain`, `clear_all`, `Debug`.

use std::{
    collections::HashMap,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use flagstone::{Config, Pool};

use crate::{
    configs::{on_every_configuration, room},
    pooled::{Call, Pooled, Workshop},
};

on_every_configuration! {
    each_iterator_comes_by_every_entry_once_and_by_no_kept_value
    entries_are_changed_in_place
    retain_asks_about_every_entry_once_and_clears_what_is_not_kept
    a_panic_in_retain_keeps_that_entry_and_the_rest
    retain_may_use_the_pool
    retain_defers_to_guards
    clear_all_on_another_thread
    clear_all_clears_every_entry_and_keeps_the_values
    clear_all_clears_what_forgotten_guards_hold
    clear_all_with_panicking_values_clears_the_rest
}

/// A pool with some entries, and what is in it by key; other slots keep cleared values.
fn filled<C: Config>(workshop: &Workshop) -> (Pool<Pooled, C>, HashMap<usize, usize>) {
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let fill = |count: usize| {
        let keys: Vec<_> = (0..count).filter_map(|_| pool.create_with(|value| value.write("text"))).collect();
        keys.into_iter().map(|key| (key, pool.get(key).unwrap().id())).collect::<Vec<_>>()
    };
    let mut entries = fill(room::<C>(50));
    // Some of another thread.
    entries.extend(thread::scope(|scope| {
        let thread = scope.spawn(|| {
            workshop.open_here();
            fill(3)
        });
        thread.join().unwrap()
    }));
    let ids = entries.into_iter().enumerate().filter(|&(index, (key, _))| index % 3 != 1 || !pool.clear(key));
    let ids = ids.map(|(_, entry)| entry).collect();
    (pool, ids)
}

fn each_iterator_comes_by_every_entry_once_and_by_no_kept_value<C: Config>() {
    let workshop = Workshop::new();
    let (mut pool, ids) = filled::<C>(&workshop);
    let seen: HashMap<_, _> = pool.iter_mut().map(|(key, value)| (key, value.id())).collect();
    assert_eq!((&seen, pool.iter_mut().count()), (&ids, ids.len()));
    let mut seen: Vec<_> = pool.unique_iter().map(Pooled::id).collect();
    let mut expected: Vec<_> = ids.values().copied().collect();
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert!(pool.unique_iter().all(|value| value.text() == "text"));
    let (least, most) = pool.iter_mut().size_hint();
    assert!(least <= ids.len() && most.is_some_and(|most| most >= ids.len()));
    assert_eq!(pool.len(), ids.len());
}

fn entries_are_changed_in_place<C: Config>() {
    let mut pool = Pool::<Vec<u8>>::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(10)).map(|_| pool.create_with(|list| list.push(1)).unwrap()).collect();
    for (_key, list) in &mut pool {
        list.push(2);
    }
    assert!(keys.iter().all(|&key| *pool.get(key).unwrap() == [1, 2]));
    mem::forget(pool.get_exclusive(keys[0]));
    assert_eq!(pool.iter_mut().count(), keys.len());
    assert!(pool.clear(keys[0]));
    assert_eq!(pool.iter_mut().count(), keys.len() - 1);
}

fn retain_asks_about_every_entry_once_and_clears_what_is_not_kept<C: Config>() {
    let workshop = Workshop::new();
    let (pool, ids) = filled::<C>(&workshop);
    let before = workshop.cleared();
    let mut asked = HashMap::new();
    pool.retain(|key, value| {
        assert!(asked.insert(key, value.id()).is_none());
        value.id() % 2 == 1
    });
    assert_eq!(asked, ids);
    assert!(ids.iter().all(|(&key, id)| pool.contains(key) == (id % 2 == 1)));
    let kept = ids.values().filter(|&id| id % 2 == 1).count();
    assert_eq!((pool.len(), workshop.cleared() - before), (kept, ids.len() - kept));
    pool.retain(|_, _| false);
    assert!(pool.is_empty());
    pool.retain(|_, _| unreachable!("there is no entry"));
    assert_eq!((workshop.cleared() - before, workshop.dropped()), (ids.len(), 0));
}

fn a_panic_in_retain_keeps_that_entry_and_the_rest<C: Config>() {
    let workshop = Workshop::new();
    let (pool, ids) = filled::<C>(&workshop);
    let mut asked = 0;
    let answered = ids.len() / 2;
    catch_unwind(AssertUnwindSafe(|| {
        pool.retain(|_, _| {
            assert!(asked < answered, "refuses to answer");
            asked += 1;
            false
        });
    }))
    .unwrap_err();
    assert_eq!(pool.len(), ids.len() - answered);
    // Nothing is held any more.
    let left = ids.keys().filter(|&&key| pool.get_exclusive(key).is_ok()).count();
    assert_eq!(left, ids.len() - answered);
}

fn retain_may_use_the_pool<C: Config>() {
    let workshop = Workshop::new();
    let (pool, ids) = filled::<C>(&workshop);
    let mut created = 0;
    pool.retain(|key, value| {
        assert_eq!(pool.get(key).map(|entry| entry.id()), Some(value.id()));
        // Clears the entry that it is asked about, and says so or not.
        assert!(pool.clear(key));
        assert_eq!(value.text(), "text");
        if created < 2 && pool.create_with(|value| value.write("text")).is_some() {
            created += 1;
        }
        pool.retain(|_, _| true);
        key % 2 == 0
    });
    assert!(ids.keys().all(|&key| !pool.contains(key)));
    pool.retain(|_, _| false);
    assert!(pool.is_empty());
}

fn retain_defers_to_guards<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let mut created = pool.create().unwrap();
    created.write("text");
    let entry = created.downgrade();
    thread::scope(|scope| scope.spawn(|| pool.retain(|_, _| false)).join().unwrap());
    assert!(!pool.contains(entry.key()));
    assert_eq!((entry.text(), workshop.cleared()), ("text", 0));
    drop(entry);
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));
}

fn clear_all_clears_every_entry_and_keeps_the_values<C: Config>() {
    let workshop = Workshop::new();
    let (mut pool, ids) = filled::<C>(&workshop);
    let (made, cleared, capacity) = (workshop.made(), workshop.cleared(), pool.capacity());
    pool.clear_all();
    assert_eq!((workshop.made(), workshop.dropped()), (made, 0));
    assert_eq!((workshop.cleared() - cleared, pool.len(), pool.capacity()), (ids.len(), 0, capacity));
    assert!(ids.keys().all(|&key| !pool.contains(key) && !pool.clear(key)));
    assert!(pool.iter_mut().next().is_none());
    pool.clear_all();
    assert_eq!(workshop.cleared() - cleared, ids.len());
    for _ in 0..room::<C>(50) {
        let key = pool.create_with(|value| value.write("again")).unwrap();
        assert!(!ids.contains_key(&key));
    }
    assert_eq!((workshop.made(), pool.capacity()), (made, capacity));
}

fn clear_all_clears_what_forgotten_guards_hold<C: Config>() {
    let workshop = Workshop::new();
    let (mut pool, ids) = filled::<C>(&workshop);
    let (made, before) = (workshop.made(), workshop.cleared());
    for (index, &key) in ids.keys().enumerate() {
        match index % 4 {
            0 => mem::forget(pool.get_exclusive(key)),
            1 => mem::forget(pool.get(key)),
            2 => {
                mem::forget(pool.get(key));
                assert!(pool.clear(key));
            }
            _ => {
                mem::forget(pool.get_exclusive(key));
                assert!(pool.clear(key));
            }
        }
    }
    assert_eq!((pool.len(), workshop.cleared()), (ids.len(), before));
    pool.clear_all();
    assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, before + ids.len(), 0));
    assert!(ids.keys().all(|&key| !pool.contains(key) && !pool.clear(key)));
    for _ in 0..room::<C>(50) {
        pool.create_with(|value| value.write("again")).unwrap();
    }
    assert_eq!(workshop.made(), made);
}

fn clear_all_on_another_thread<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    // All slots of a page, so that those which were given back are asked for.
    let count = room::<C>(C::INITIAL_PAGE_SIZE.next_power_of_two());
    for round in 0..3 {
        for _ in 0..count {
            pool.create_with(|value| value.write("text")).unwrap();
        }
        assert_eq!((pool.len(), pool.capacity(), workshop.made()), (count, count, count));
        thread::scope(|scope| scope.spawn(|| pool.clear_all()).join().unwrap());
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, (round + 1) * count, 0));
    }
}

fn clear_all_with_panicking_values_clears_the_rest<C: Config>() {
    for armed in [&[Call::Clear][..], &[Call::Clear, Call::Drop], &[Call::Clear, Call::Clear, Call::Drop]] {
        let workshop = Workshop::new();
        let (mut pool, ids) = filled::<C>(&workshop);
        let (made, before) = (workshop.made(), workshop.cleared());
        workshop.arm(armed);
        let outcome = catch_unwind(AssertUnwindSafe(|| pool.clear_all()));
        assert_eq!(outcome.is_err(), !ids.is_empty());
        let panicked = workshop.panicked(Call::Clear);
        assert_eq!(workshop.dropped(), panicked);
        assert_eq!((pool.len(), workshop.cleared() - before), (0, ids.len() - panicked));
        // Those slots get new values, all others have theirs.
        workshop.arm(&[]);
        let keys: Vec<_> =
            (0..room::<C>(50)).map(|_| pool.create_with(|value| value.write("again")).unwrap()).collect();
        assert!(keys.iter().all(|key| !ids.contains_key(key)));
        assert!(workshop.made() <= made + panicked);
    }
}

#[test]
fn debug_shows_entries_by_key() {
    let pool = Pool::<String>::new();
    assert_eq!(format!("{pool:?}"), "Pool { len: 0, capacity: 0, entries: {} }");
    let key = pool.create_with(|line| line.push_str("text")).unwrap();
    let cleared = pool.create_with(|line| line.push_str("cleared")).unwrap();
    assert!(pool.clear(cleared));
    let _created = pool.create().unwrap();
    assert_eq!(format!("{pool:?}"), format!("Pool {{ len: 2, capacity: 32, entries: {{{key}: \"text\"}} }}"));
}

#[test]
fn a_panicking_debug_leaves_its_entry() {
    #[derive(Default)]
    struct Mute;

    impl flagstone::Clear for Mute {
        fn clear(&mut self) {}
    }

    impl std::fmt::Debug for Mute {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("says nothing");
        }
    }

    let pool = Pool::<Mute>::new();
    let key = pool.create().unwrap().key();
    catch_unwind(AssertUnwindSafe(|| format!("{pool:?}"))).unwrap_err();
    assert!(pool.get_exclusive(key).is_ok(), "no guard is left");
}

#[test]
fn retain_while_others_create_and_clear() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new();
    let steady: Vec<_> = (0..100).map(|_| pool.create_with(|value| value.write("steady")).unwrap()).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                workshop.open_here();
                for _ in 0..500 {
                    let keys: Vec<_> =
                        (0..5).map(|_| pool.create_with(|value| value.write("passing")).unwrap()).collect();
                    for key in keys {
                        pool.clear(key); // or `retain` has
                    }
                }
            });
        }
        for _ in 0..20 {
            let mut asked = 0;
            pool.retain(|_, value| {
                asked += usize::from(value.text() == "steady");
                value.text() == "steady"
            });
            assert_eq!(asked, 100);
        }
    });
    assert!(steady.iter().all(|&key| pool.get(key).unwrap().text() == "steady"));
    assert_eq!((pool.len(), workshop.dropped()), (100, 0));
}

/// A walk goes no further than slots were in use when it came to their page.
#[test]
fn retain_ends_while_its_closure_goes_on_creating() {
    let pool: Pool<String> = Pool::new();
    pool.create_with(|_| ()).unwrap();
    let mut asked = 0;
    pool.retain(|_, _| {
        asked += 1;
        pool.create_with(|_| ()).is_some()
    });
    assert_eq!((asked, pool.len()), (1, 2));
}
