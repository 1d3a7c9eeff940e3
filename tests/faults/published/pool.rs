//! Faults 3, 4, 6 to 9, 11, 15, 16, as far as they concern the pool: slots and values.

use std::{
    cell::Cell,
    collections::HashSet,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{Arc, MutexGuard},
    thread,
};

use super::{
    OneSlot,
    subject::{
        Clear, Pool,
        pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
    },
};
use crate::{
    implements::implements,
    pooled::{Call, Pooled, Workshop, attempt},
};

#[test]
fn fault_03_two_exclusive_guards_never_have_one_slot() {
    let pool = Pool::<String>::new();
    assert!(pool.clear(pool.create_with(|_| ()).unwrap()));
    let first = pool.create().unwrap();
    assert!(pool.clear(first.key()));
    let second = pool.create().unwrap();
    assert_ne!(first.key(), second.key());
    let same = ptr::eq(&raw const *first, &raw const *second);
    mem::forget((first, second)); // whose ends would do harm if they were
    assert!(!same, "both may change one value");
}

#[test]
fn fault_03_nobody_reads_what_its_creator_still_changes() {
    let pool = Pool::<String>::new();
    assert!(pool.clear(pool.create_with(|_| ()).unwrap()));
    let mut first = pool.create().unwrap();
    assert!(pool.clear(first.key()));
    let key = pool.create_with(|line| line.push_str("second")).unwrap();
    let entry = pool.get(key).unwrap();
    let same = ptr::eq(&raw const *first, &raw const *entry);
    if !same {
        first.push_str("first");
    }
    mem::forget(first); // whose end would do harm if they were
    assert!(!same, "one may read what the other may change");
    assert_eq!(*entry, "second");
}

/// `Sync` but not `Send`.
#[derive(Default)]
struct NotSend(PhantomData<MutexGuard<'static, u8>>);

/// `Send` but not `Sync`.
#[derive(Default)]
struct NotSync(Cell<u8>);

impl Clear for NotSend {
    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Clear for NotSync {
    fn clear(&mut self) {
        self.0.set(0);
    }
}

#[test]
fn fault_04_pooled_values_stay_on_their_thread_unless_they_may_leave_it() {
    let facts = [
        ("Pool<String>: Send", true, implements!(Pool<String>: Send)),
        ("Pool<String>: Sync", true, implements!(Pool<String>: Sync)),
        ("Ref<String>: Sync", true, implements!(Ref<'static, String>: Sync)),
        ("OwnedRef<String>: Send", true, implements!(OwnedRef<String>: Send)),
        ("OwnedRef<String>: Sync", true, implements!(OwnedRef<String>: Sync)),
        ("OwnedRefMut<String>: Send", true, implements!(OwnedRefMut<String>: Send)),
        ("OwnedRefMut<String>: Sync", true, implements!(OwnedRefMut<String>: Sync)),
        ("Pool<NotSync>: Send", true, implements!(Pool<NotSync>: Send)),
        ("Pool<NotSync>: Sync", false, implements!(Pool<NotSync>: Sync)),
        ("Ref<NotSync>: Send", false, implements!(Ref<'static, NotSync>: Send)),
        ("Ref<NotSync>: Sync", false, implements!(Ref<'static, NotSync>: Sync)),
        ("RefMut<NotSync>: Sync", false, implements!(RefMut<'static, NotSync>: Sync)),
        ("OwnedRef<NotSync>: Send", false, implements!(OwnedRef<NotSync>: Send)),
        ("OwnedRef<NotSync>: Sync", false, implements!(OwnedRef<NotSync>: Sync)),
        ("OwnedRefMut<NotSync>: Send", false, implements!(OwnedRefMut<NotSync>: Send)),
        ("OwnedRefMut<NotSync>: Sync", false, implements!(OwnedRefMut<NotSync>: Sync)),
        ("Pool<NotSend>: Send", false, implements!(Pool<NotSend>: Send)),
        ("Pool<NotSend>: Sync", false, implements!(Pool<NotSend>: Sync)),
        ("Ref<NotSend>: Send", false, implements!(Ref<'static, NotSend>: Send)),
        ("Ref<NotSend>: Sync", false, implements!(Ref<'static, NotSend>: Sync)),
        ("RefMut<NotSend>: Send", false, implements!(RefMut<'static, NotSend>: Send)),
        ("RefMut<NotSend>: Sync", false, implements!(RefMut<'static, NotSend>: Sync)),
        ("OwnedRef<NotSend>: Send", false, implements!(OwnedRef<NotSend>: Send)),
        ("OwnedRef<NotSend>: Sync", false, implements!(OwnedRef<NotSend>: Sync)),
        ("OwnedRefMut<NotSend>: Send", false, implements!(OwnedRefMut<NotSend>: Send)),
        ("OwnedRefMut<NotSend>: Sync", false, implements!(OwnedRefMut<NotSend>: Sync)),
    ];
    let wrong: Vec<_> = facts.iter().filter(|(_, wanted, found)| wanted != found).collect();
    assert!(wrong.is_empty(), "(fact, wanted, found): {wrong:?}");
}

#[test]
fn fault_04_an_owned_reference_may_end_its_entry_on_another_thread() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new());
    let mut created = pool.clone().create_owned().unwrap();
    created.write("text");
    let shared = created.downgrade();
    assert!(pool.clear(shared.key()));
    drop(pool);
    thread::spawn(move || drop(shared)).join().unwrap();
    assert_eq!((workshop.cleared(), workshop.dropped()), (1, workshop.made()));
}

#[test]
fn fault_06_clear_of_made_up_keys_leaves_the_free_list_whole() {
    let pool = Pool::<Vec<usize>>::new();
    let key = pool.create_with(|list| list.push(1000)).unwrap();
    for made_up in key + 1..key + 32 {
        assert!(!pool.clear(made_up));
    }
    let keys: Vec<_> = (0..100).map(|value| pool.create_with(|list| list.push(value)).unwrap()).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 100);
    assert!(keys.iter().enumerate().all(|(value, &key)| *pool.get(key).unwrap() == [value]));
    assert_eq!(*pool.get(key).unwrap(), [1000]);
}

/// Clears an entry under the guard of its creator, which is then downgraded; the slot was used before, or was not.
fn clear_under_a_creators_guard(reused: bool) {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<OneSlot>());
    if reused {
        assert!(pool.clear(pool.create_with(|value| value.write("before")).unwrap()));
    }
    let before = workshop.cleared();
    let mut created = pool.clone().create_owned().unwrap();
    created.write("text");
    let key = created.key();
    assert!(pool.clear(key), "there is an entry");
    assert!(!pool.clear(key), "there is none any more");
    let shared = created.downgrade();
    assert_eq!((shared.text(), workshop.cleared()), ("text", before));
    drop(shared);
    assert_eq!(workshop.cleared(), before + 1, "it is cleared once, with its last guard");
    let created = pool.create().expect("the slot is free");
    assert_eq!(created.text(), "");
}

#[test]
fn fault_07_clear_under_a_reused_owned_guard_that_is_downgraded_clears_once() {
    clear_under_a_creators_guard(true);
}

#[test]
fn fault_08_clear_under_a_first_owned_guard_that_is_downgraded_clears_once() {
    clear_under_a_creators_guard(false);
}

#[test]
fn fault_07_clear_under_a_reused_guard_clears_once_with_it() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    for life in 0..10 {
        let mut created = pool.create().expect("the slot is free");
        created.write("text");
        if life > 0 {
            assert!(pool.clear(created.key()));
            assert_eq!((created.text(), workshop.cleared()), ("text", life));
            drop(created);
        } else {
            let key = created.key();
            drop(created);
            assert!(pool.clear(key));
        }
        assert_eq!(workshop.cleared(), life + 1);
    }
    assert_eq!(workshop.made(), 1);
}

#[test]
fn fault_08_clear_under_a_first_guard_is_true_and_frees_the_slot() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    let mut created = pool.create().unwrap();
    created.write("text");
    let key = created.key();
    assert!(pool.clear(key), "there is an entry");
    drop(created);
    assert_eq!(workshop.cleared(), 1);
    assert!(pool.get(key).is_none() && !pool.clear(key));
    assert_eq!(pool.create().expect("the slot is free").text(), "");
}

#[test]
fn fault_09_get_of_an_entry_that_its_creator_holds_is_none() {
    let pool = Arc::new(Pool::<String>::new());
    for round in 0..4 {
        let created = pool.clone().create_owned().unwrap();
        let key = created.key();
        assert!(pool.get(key).is_none() && pool.clone().get_owned(key).is_none(), "round {round}");
        drop(created);
        assert!(pool.get(key).is_some());
        assert!(pool.clear(key));
        assert!(pool.get(key).is_none());
    }
}

#[test]
fn fault_11_clear_is_true_once_while_a_guard_lives() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new();
    let key = pool.create_with(|value| value.write("text")).unwrap();
    let entry = pool.get(key).unwrap();
    assert!(pool.clear(key));
    assert!(!pool.clear(key));
    assert_eq!((entry.text(), workshop.cleared()), ("text", 0));
    drop(entry);
    assert!(!pool.clear(key));
    assert_eq!(workshop.cleared(), 1);
}

#[test]
fn fault_15_a_panic_in_clear_loses_no_slot() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    for _ in 0..10 {
        let key = pool.create_with(|value| value.write("text")).expect("the slot is free");
        workshop.arm(&[Call::Clear]);
        assert_eq!(attempt(|| pool.clear(key)).unwrap_err().0, Call::Clear);
    }
}

#[test]
fn fault_15_a_panic_in_clear_run_by_the_last_guard_loses_no_slot() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    for _ in 0..10 {
        let key = pool.create_with(|value| value.write("text")).expect("the slot is free");
        let entry = pool.get(key).unwrap();
        assert!(pool.clear(key));
        workshop.arm(&[Call::Clear]);
        assert_eq!(attempt(|| drop(entry)).unwrap_err().0, Call::Clear);
    }
}

#[test]
fn fault_15_a_panic_in_the_closure_of_create_with_loses_no_slot() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    for _ in 0..10 {
        catch_unwind(AssertUnwindSafe(|| {
            pool.create_with(|value| {
                value.write("half");
                panic!("before the other half");
            })
        }))
        .expect_err("the slot is free, so the closure is called");
    }
    assert_eq!(workshop.made(), 1);
    // And no entry gets what the closure has left.
    assert_eq!(pool.create().expect("the slot is free").text(), "");
}

#[test]
fn fault_15_a_panic_in_default_loses_no_slot() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    for _ in 0..10 {
        workshop.arm(&[Call::Make]);
        let _ = attempt(|| pool.create().map(|created| created.key()));
    }
    workshop.arm(&[]);
    pool.create_with(|value| value.write("text")).expect("the slot is free");
}

#[test]
fn fault_16_the_limit_of_guards_is_said_and_the_entry_can_still_be_cleared() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<OneSlot>();
    let key = pool.create_with(|value| value.write("text")).unwrap();
    let mut guards = Vec::new();
    catch_unwind(AssertUnwindSafe(|| {
        while guards.len() < 1 << 24 {
            guards.push(pool.get(key).expect("an entry that is there is not absent"));
        }
    }))
    .map_err(|panic| {
        let said = panic.downcast_ref::<String>().expect("the message has a number in it");
        assert!(said.contains(&format!(" {} guards", guards.len())), "{} guards, but: {said}", guards.len());
    })
    .expect_err("there is a limit below sixteen millions");
    drop(guards);
    assert!(pool.clear(key));
    assert_eq!(workshop.cleared(), 1);
    assert!(pool.create().is_some());
}
