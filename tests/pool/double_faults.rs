//! Panics of `Default`, `Clear`, `Drop` and closures, and those that follow upon another: what they leave behind.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use flagstone::{Config, Pool};

use crate::{
    alone::alone,
    configs::{Retiring, on_every_configuration, room},
    pooled::{Call, Pooled, Workshop, attempt, planned},
};

on_every_configuration! {
    a_panicking_closure_and_a_panicking_clear_leave_an_empty_slot
    a_panicking_clear_leaves_an_empty_slot_wherever_it_runs
    a_panicking_default_leaves_the_slot_as_it_was
    values_that_panic_when_the_pool_is_dropped_are_dropped_all
    a_panicking_clear_leaves_other_entries
    a_panicking_closure_leaves_a_cleared_value
}

/// Asserts that a pool without entries, of one page, has given no slot away. (Of a large page a part is looked at.)
fn has_all_slots<C: Config>(pool: &Pool<Pooled, C>) {
    let (count, capacity) = (C::INITIAL_PAGE_SIZE.next_power_of_two().min(100), pool.capacity());
    assert!(pool.is_empty());
    let keys: Vec<_> = (0..count).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
    assert_eq!((pool.capacity(), pool.len()), (capacity, count));
    assert!(keys.into_iter().all(|key| pool.clear(key)));
}

fn a_panicking_closure_leaves_a_cleared_value<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for life in 0..Pool::<u8, C>::generations(0).min(7) / 2 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.create_with(|value| {
                value.write("half");
                panic!("before the other half");
            })
        }));
        assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"before the other half"));
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, 2 * life + 1, 0));
        let created = pool.create().unwrap();
        assert_eq!((created.id(), created.text(), workshop.made()), (0, "", 1));
        assert!(pool.clear(created.key()));
    }
    has_all_slots(&pool);
}

fn a_panicking_closure_and_a_panicking_clear_leave_an_empty_slot<C: Config>() {
    for armed in [&[Call::Clear][..], &[Call::Clear, Call::Drop]] {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new_with_config::<C>();
        for life in 0..3 {
            workshop.arm(armed);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.create_with(|value| {
                    value.write("half");
                    panic!("before the other half");
                })
            }));
            assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"before the other half"));
            assert_eq!((pool.len(), workshop.made(), workshop.dropped()), (0, life + 1, life + 1));
            assert_eq!(workshop.panicked(Call::Drop), if armed.len() == 2 { life + 1 } else { 0 });
        }
        has_all_slots(&pool);
    }
}

fn a_panicking_clear_leaves_an_empty_slot_wherever_it_runs<C: Config>() {
    for armed in [&[Call::Clear][..], &[Call::Clear, Call::Drop]] {
        for place in 0..9 {
            let workshop = Workshop::new();
            let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
            let mut created = pool.clone().create_owned().unwrap();
            created.write("text");
            let key = created.key();
            workshop.arm(armed);
            let outcome = match place {
                0 => {
                    drop(created);
                    attempt(|| assert!(pool.clear(key)))
                }
                1 => {
                    assert!(pool.clear(key));
                    attempt(|| drop(created))
                }
                2 => {
                    let shared = created.downgrade();
                    assert!(pool.clear(key));
                    attempt(|| drop(shared))
                }
                3 => {
                    assert!(pool.clear(key));
                    attempt(|| drop(created.downgrade()))
                }
                4 => {
                    drop(created);
                    attempt(|| pool.retain(|_, _| false))
                }
                5 => {
                    drop(created);
                    planned(thread::scope(|scope| scope.spawn(|| assert!(pool.clear(key))).join()))
                }
                6 => {
                    assert!(pool.clear(key));
                    planned(thread::scope(|scope| scope.spawn(|| drop(created)).join()))
                }
                7 => {
                    drop(created);
                    let entry = pool.get(key).unwrap();
                    assert!(pool.clear(key));
                    planned(thread::scope(|scope| scope.spawn(|| drop(entry)).join()))
                }
                _ => {
                    drop(created);
                    let exclusive = pool.get_exclusive(key).unwrap();
                    assert!(pool.clear(key));
                    attempt(|| drop(exclusive))
                }
            };
            // The first panic is the one that goes on.
            assert_eq!(outcome.unwrap_err().0, Call::Clear);
            assert!(!pool.contains(key) && pool.get(key).is_none() && !pool.clear(key));
            assert_eq!((pool.len(), workshop.made(), workshop.dropped()), (0, 1, 1), "place {place}");
            assert_eq!(workshop.panicked(Call::Drop), armed.len() - 1);
            let fresh = pool.create().unwrap();
            assert_eq!((fresh.id(), fresh.text(), workshop.made()), (1, "", 2));
            assert!(pool.clear(fresh.key()));
            drop(fresh);
            has_all_slots(&pool);
            assert_eq!(Arc::strong_count(&pool), 1);
        }
    }
}

fn a_panicking_default_leaves_the_slot_as_it_was<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for _ in 0..3 {
        // The first time the thread's page is made for it.
        workshop.arm(&[Call::Make]);
        assert_eq!(attempt(|| pool.create().map(|created| created.key())).unwrap_err().0, Call::Make);
        workshop.arm(&[Call::Make]);
        assert_eq!(attempt(|| pool.create_with(|_| unreachable!("no value"))).unwrap_err().0, Call::Make);
        workshop.arm(&[Call::Make]);
        let owned = attempt(|| pool.clone().create_owned().map(|created| created.key()));
        assert_eq!((owned.unwrap_err().0, Arc::strong_count(&pool)), (Call::Make, 1));
        assert_eq!((pool.len(), pool.capacity()), (0, C::INITIAL_PAGE_SIZE.next_power_of_two()));
        assert_eq!((workshop.made(), workshop.calls()), (0, workshop.panicked(Call::Make)));
        if Pool::<u8, C>::generations(0) < 12 {
            break; // each attempt spends a key
        }
    }
    workshop.arm(&[]);
    let key = pool.create_with(|value| value.write("text")).unwrap();
    assert_eq!((pool.get(key).unwrap().text(), workshop.made()), ("text", 1));
    assert!(pool.clear(key));
    has_all_slots(&pool);
}

fn values_that_panic_when_the_pool_is_dropped_are_dropped_all<C: Config>() {
    for panicking in 1..=3 {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new_with_config::<C>();
        let count = room::<C>(10);
        for number in 0..count {
            let key = pool.create_with(|value| value.write("text")).unwrap();
            match number % 4 {
                0 => {}
                1 => std::mem::forget(pool.get_exclusive(key)),
                2 => {
                    std::mem::forget(pool.get(key));
                    assert!(pool.clear(key));
                }
                _ => assert!(pool.clear(key)),
            }
        }
        workshop.arm(&[Call::Drop; 3][..panicking]);
        assert_eq!(attempt(|| drop(pool)).unwrap_err().0, Call::Drop);
        assert_eq!(
            (workshop.dropped(), workshop.panicked(Call::Drop)),
            (workshop.made(), panicking.min(workshop.made()))
        );
    }
}

fn a_panicking_clear_leaves_other_entries<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(10)).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
    for (number, key) in keys.iter().enumerate() {
        workshop.arm(&[Call::Clear]);
        attempt(|| pool.clear(*key)).unwrap_err();
        assert!(keys[..number].iter().all(|&key| !pool.contains(key)));
        assert!(keys[number + 1..].iter().all(|&key| pool.get(key).unwrap().text() == "text"));
        assert_eq!((pool.len(), workshop.dropped()), (keys.len() - number - 1, number + 1));
    }
}

#[test]
fn a_panic_on_each_of_many_threads_loses_nothing() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                workshop.open_here();
                for turn in 0..200 {
                    if turn % 7 == 0 {
                        workshop.arm(&[[Call::Clear], [Call::Make], [Call::Drop]][turn % 3]);
                    }
                    let Ok(Some(key)) = attempt(|| pool.create_with(|value| value.write("text"))) else { continue };
                    let _ = attempt(|| assert!(pool.clear(key)));
                }
            });
        }
    });
    workshop.arm(&[]);
    assert!(pool.is_empty());
    assert!(pool.capacity() <= 8 * 32);
    assert_eq!(workshop.dropped(), workshop.panicked(Call::Clear));
}

alone! {
    fn a_panicking_closure_and_a_panicking_drop_in_a_slots_last_life_do_not_abort() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new_with_config::<Retiring>();
        for _ in 1..Pool::<u8, Retiring>::generations(0) {
            assert!(pool.clear(pool.create_with(|value| value.write("text")).unwrap()));
        }
        assert_eq!((workshop.made(), workshop.dropped()), (1, 0));
        // The slot is spent, so its value is dropped; in an unwinding, since the closure panics.
        workshop.arm(&[Call::Closure, Call::Drop]);
        let outcome = attempt(|| {
            pool.create_with(|value| {
                value.write("half");
                workshop.call();
            })
        });
        assert_eq!(outcome.unwrap_err().0, Call::Closure);
        assert_eq!((pool.len(), workshop.made(), workshop.dropped()), (0, 1, 1));
        assert!(pool.create().is_some());
    }
}
