//! Guards: exclusive ones of creators, shared ones, owned ones, and the step from one kind to the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
    thread,
};

use flagstone::{
    Config, ExclusiveError, Pool,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

use crate::{
    configs::{OneSlot, on_every_configuration},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    an_entry_is_its_creators_alone_until_the_guard_is_dropped
    clearing_is_deferred_to_the_last_guard
    guards_are_cloned_also_after_clearing
    a_creators_entry_can_be_cleared
    an_exclusive_guard_is_the_only_one
    owned_guards_outlive_the_handle_of_the_pool
    the_last_owned_guard_drops_the_pool
    an_owned_creators_guard_goes_to_another_thread
    a_guard_that_a_panic_drops_publishes_or_clears
    guards_show_and_compare_their_values
}

fn an_entry_is_its_creators_alone_until_the_guard_is_dropped<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for owned in [false, true, false] {
        let check = |created: &mut Pooled, key: usize| {
            created.write("text");
            assert!(pool.get(key).is_none() && pool.clone().get_owned(key).is_none() && !pool.contains(key));
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
            pool.retain(|_, _| unreachable!("the only entry is its creator's"));
            assert_eq!(pool.len(), 1);
        };
        let key = if owned {
            let mut created = pool.clone().create_owned().unwrap();
            let key = created.key();
            check(&mut created, key);
            key
        } else {
            let mut created = pool.create().unwrap();
            let key = created.key();
            check(&mut created, key);
            key
        };
        assert!(pool.contains(key));
        assert_eq!((pool.get(key).unwrap().text(), pool.clone().get_owned(key).unwrap().text()), ("text", "text"));
        assert!(pool.clear(key));
    }
}

fn clearing_is_deferred_to_the_last_guard<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for life in 0..3 {
        let key = pool.create_with(|value| value.write("text")).unwrap();
        let guards: Vec<_> = (0..5).map(|_| pool.get(key).unwrap()).collect();
        assert!(pool.clear(key));
        assert!(pool.get(key).is_none() && !pool.contains(key) && !pool.clear(key));
        assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
        for guard in guards {
            assert_eq!((guard.text(), workshop.cleared(), pool.len()), ("text", life, 1));
            drop(guard);
        }
        assert_eq!((workshop.cleared(), pool.len()), (life + 1, 0));
    }
}

fn guards_are_cloned_also_after_clearing<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let key = pool.create_with(|value| value.write("text")).unwrap();
    let (entry, owned) = (pool.get(key).unwrap(), pool.clone().get_owned(key).unwrap());
    assert!(pool.clear(key));
    let (clone, owned_clone) = (Ref::clone(&entry), OwnedRef::clone(&owned));
    assert!(ptr::eq(&raw const *entry, &raw const *clone) && ptr::eq(&raw const *entry, &raw const *owned_clone));
    assert_eq!((clone.key(), owned_clone.key(), Arc::strong_count(&pool)), (key, key, 3));
    drop((entry, owned, owned_clone));
    assert_eq!((clone.text(), workshop.cleared(), Arc::strong_count(&pool)), ("text", 0, 1));
    drop(clone);
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));
}

fn a_creators_entry_can_be_cleared<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for life in 0..6 {
        let check = |created: &mut Pooled, key: usize| {
            assert!(pool.clear(key));
            created.write("after its end");
            assert!(!pool.clear(key) && pool.get(key).is_none() && !pool.contains(key));
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
            assert_eq!((workshop.cleared(), pool.len()), (life, 1));
        };
        match life % 3 {
            0 => {
                let mut created = pool.create().unwrap();
                let key = created.key();
                check(&mut created, key);
            }
            1 => {
                let mut created = pool.clone().create_owned().unwrap();
                let key = created.key();
                check(&mut created, key);
            }
            _ => {
                let key = pool.create().unwrap().key();
                let mut created = pool.get_exclusive(key).unwrap();
                check(&mut created, key);
            }
        }
        assert_eq!((workshop.cleared(), pool.len()), (life + 1, 0));
    }
    assert_eq!(workshop.dropped(), 0);
}

fn an_exclusive_guard_is_the_only_one<C: Config>() {
    let pool = Pool::<Vec<u8>>::new_with_config::<C>();
    let key = pool.create_with(|list| list.push(1)).unwrap();
    let mut exclusive = pool.get_exclusive(key).unwrap();
    assert_eq!(exclusive.key(), key);
    exclusive.push(2);
    assert!(pool.get(key).is_none() && !pool.contains(key));
    assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    drop(exclusive);
    for guard in [pool.get(key).unwrap(), pool.get(key).unwrap()] {
        assert_eq!(*guard, [1, 2]);
        assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    }
    let mut exclusive = pool.get_exclusive(key).unwrap();
    exclusive.push(3);
    let shared = exclusive.downgrade();
    assert_eq!((pool.get(key).unwrap().len(), shared.len()), (3, 3));
    drop(shared);
    assert!(pool.clear(key));
    assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
}

fn owned_guards_outlive_the_handle_of_the_pool<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let key = pool.create_with(|value| value.write("text")).unwrap();
    let entry = pool.clone().get_owned(key).unwrap();
    assert!(Arc::ptr_eq(OwnedRef::pool(&entry), &pool));
    assert!(pool.clone().get_owned(usize::MAX).is_none());
    assert_eq!(Arc::strong_count(&pool), 2);
    drop(pool);
    let clone = OwnedRef::clone(&entry);
    drop(entry);
    assert_eq!((clone.text(), workshop.dropped()), ("text", 0));
    drop(clone);
    assert_eq!(workshop.dropped(), 1);
}

fn the_last_owned_guard_drops_the_pool<C: Config>() {
    for cleared in [false, true] {
        let workshop = Workshop::new();
        let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
        let mut created = pool.clone().create_owned().unwrap();
        assert!(!cleared || pool.clear(created.key()));
        drop(pool);
        created.write("text");
        assert_eq!(OwnedRefMut::pool(&created).len(), 1);
        let shared = created.downgrade();
        assert_eq!((shared.text(), workshop.dropped()), ("text", 0));
        drop(shared);
        assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (1, usize::from(cleared), 1));

        let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
        let created = pool.clone().create_owned().unwrap();
        assert!(!cleared || pool.clear(created.key()));
        drop(pool);
        drop(created);
        assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (2, 2 * usize::from(cleared), 2));
    }
}

fn an_owned_creators_guard_goes_to_another_thread<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for (turn, downgrade) in [false, true].into_iter().enumerate() {
        let mut created = pool.clone().create_owned().unwrap();
        let key = created.key();
        thread::scope(|scope| {
            let thread = scope.spawn(move || {
                created.write("from elsewhere");
                if downgrade { drop(created.downgrade()) } else { drop(created) }
            });
            thread.join().unwrap();
        });
        assert_eq!(pool.get(key).unwrap().text(), "from elsewhere");
        assert!(pool.clear(key));
        assert_eq!(workshop.cleared(), 2 * turn + 1);

        let created = pool.clone().create_owned().unwrap();
        assert!(pool.clear(created.key()));
        thread::scope(|scope| scope.spawn(move || drop(created)).join().unwrap());
        assert_eq!((workshop.cleared(), pool.len()), (2 * turn + 2, 0));
    }
    assert_eq!(Arc::strong_count(&pool), 1);
}

fn a_guard_that_a_panic_drops_publishes_or_clears<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let mut key = 0;
    catch_unwind(AssertUnwindSafe(|| {
        let mut created = pool.create().unwrap();
        key = created.key();
        created.write("half");
        panic!("with the guard");
    }))
    .unwrap_err();
    assert_eq!(pool.get(key).unwrap().text(), "half");
    catch_unwind(AssertUnwindSafe(|| {
        let _exclusive = pool.get_exclusive(key).unwrap();
        panic!("with the guard");
    }))
    .unwrap_err();
    assert_eq!(pool.get(key).unwrap().text(), "half");
    catch_unwind(AssertUnwindSafe(|| {
        let _shared = pool.get_exclusive(key).unwrap().downgrade();
        assert!(pool.clear(key));
        panic!("with the guard");
    }))
    .unwrap_err();
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));
    catch_unwind(AssertUnwindSafe(|| {
        let created = pool.create().unwrap();
        assert!(pool.clear(created.key()));
        panic!("with the guard");
    }))
    .unwrap_err();
    assert_eq!((workshop.cleared(), pool.len()), (2, 0));
}

fn guards_show_and_compare_their_values<C: Config>() {
    let pool = Arc::new(Pool::<String>::new_with_config::<C>());
    let created = pool.clone().create_owned().unwrap();
    assert_eq!(format!("{created:?}"), r#""""#);
    assert!(created == String::new() && created != "text".to_owned());
    assert!(Arc::ptr_eq(OwnedRefMut::pool(&created), &pool));
    let key = created.key();
    drop(created);
    let mut exclusive = pool.get_exclusive(key).unwrap();
    exclusive.push_str("text");
    assert_eq!(format!("{exclusive:?}"), r#""text""#);
    assert!(exclusive == "text".to_owned() && exclusive != "other".to_owned());
    assert!(ptr::eq(RefMut::pool(&exclusive), Arc::as_ptr(&pool)));
    drop(exclusive);
    let (entry, owned) = (pool.get(key).unwrap(), pool.clone().get_owned(key).unwrap());
    assert_eq!(format!("{entry:?} {owned:?}"), r#""text" "text""#);
    let (text, other) = ("text".to_owned(), "other".to_owned());
    assert!(entry == text && owned == text && entry != other && owned != other);
    assert!(ptr::eq(Ref::pool(&entry), Arc::as_ptr(&pool)));
    // The value's own methods, as with the guards of the published crate.
    let _: (String, String) = (entry.clone(), owned.clone());
}

#[test]
fn a_borrowed_creators_guard_goes_to_another_thread() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new();
    let mut created = pool.create().unwrap();
    let key = created.key();
    thread::scope(|scope| {
        scope.spawn(move || created.write("from elsewhere")).join().unwrap();
        let entry = pool.get(key).unwrap();
        assert_eq!(entry.text(), "from elsewhere");
        assert!(pool.clear(key));
        scope.spawn(move || drop(entry)).join().unwrap();
    });
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));
}

#[test]
fn clear_runs_on_the_thread_of_the_last_guard() {
    #[derive(Default)]
    struct Where(Arc<std::sync::Mutex<Vec<thread::ThreadId>>>);

    impl flagstone::Clear for Where {
        fn clear(&mut self) {
            self.0.lock().unwrap().push(thread::current().id());
        }
    }

    fn elsewhere(behaviour: impl FnOnce() + Send) -> thread::ThreadId {
        thread::scope(|scope| {
            let thread = scope.spawn(behaviour);
            let id = thread.thread().id();
            thread.join().unwrap();
            id
        })
    }

    // In its only slot the value comes again, wherever it was cleared.
    let pool = Pool::<Where>::new_with_config::<OneSlot>();
    let created = pool.create().unwrap();
    let (here, noted) = (thread::current().id(), Arc::clone(&created.0));
    let shared = created.downgrade();
    assert!(pool.clear(shared.key()));
    let first = elsewhere(|| drop(shared));
    let created = pool.create().unwrap();
    let second = elsewhere(|| assert!(pool.clear(created.key())));
    drop(created);
    let key = pool.create().unwrap().key();
    let third = elsewhere(|| assert!(pool.clear(key)));
    assert_eq!(*noted.lock().unwrap(), [first, here, third]);
    assert!(second != here && pool.is_empty());
}
