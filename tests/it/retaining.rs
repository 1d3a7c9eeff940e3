//! `retain`, on a slab that others may use.

use std::{
    cell::Cell,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use flagstone::{Config, Slab};

use crate::{
    configs::{on_every_configuration, room},
    value::Ledger,
};

on_every_configuration! {
    retain_asks_about_every_entry_once_and_removes_what_is_not_kept
    a_panic_in_retain_keeps_that_entry_and_the_rest
    retain_may_use_the_slab
    retain_passes_over_what_is_held_exclusively
    retain_defers_to_guards
}

fn retain_asks_about_every_entry_once_and_removes_what_is_not_kept<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(50)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let mut asked = HashMap::new();
    slab.retain(|key, value| {
        assert!(asked.insert(key, value.id()).is_none());
        value.id() % 2 == 1
    });
    assert_eq!(asked, keys.iter().enumerate().map(|(id, &key)| (key, id)).collect());
    assert!(keys.iter().enumerate().all(|(id, &key)| slab.contains(key) == (id % 2 == 1)));
    assert_eq!((slab.len(), ledger.dropped()), (keys.len() / 2, keys.len().div_ceil(2)));
    slab.retain(|_, _| false);
    assert!(slab.is_empty());
    slab.retain(|_, _| unreachable!("there is no entry"));
}

fn a_panic_in_retain_keeps_that_entry_and_the_rest<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let count = room::<C>(10);
    let keys: Vec<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    for panicking in 0..count {
        let before = slab.len();
        let mut asked = 0;
        catch_unwind(AssertUnwindSafe(|| {
            slab.retain(|_, _| {
                assert_ne!(asked, panicking.min(1), "refuses to answer");
                asked += 1;
                false
            });
        }))
        .unwrap_err();
        assert_eq!(slab.len(), before - asked);
        if before == 1 || slab.is_empty() {
            break;
        }
    }
    // Nothing is held any more: each entry that is left can be taken without waiting.
    let left = slab.len();
    assert_eq!(keys.iter().filter_map(|&key| slab.try_take(key)).count(), left);
}

fn retain_may_use_the_slab<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(6)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let inserted = Cell::new(0);
    slab.retain(|key, value| {
        assert!(value == &*slab.get(key).unwrap());
        assert!(slab.try_take(key).is_none());
        // Removes the entry that it is asked about, and says so or not.
        assert!(slab.remove(key));
        assert!(value.id() < 1000);
        if inserted.get() < 2 && slab.insert(ledger.value()).is_some() {
            inserted.set(inserted.get() + 1);
        }
        slab.retain(|_, _| true);
        key % 2 == 0
    });
    assert!(keys.iter().all(|&key| !slab.contains(key)));
    slab.retain(|_, _| false);
    assert!(slab.is_empty());
}

fn retain_passes_over_what_is_held_exclusively<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    let exclusive = slab.get_exclusive(key).unwrap();
    slab.retain(|_, _| unreachable!("the only entry is held exclusively"));
    drop(exclusive);
    slab.retain(|_, _| false);
    assert!(!slab.contains(key));
}

fn retain_defers_to_guards<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.get(key).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| slab.retain(|_, _| false));
    });
    assert!(!slab.contains(key));
    assert_eq!((entry.id(), ledger.dropped()), (0, 0));
    drop(entry);
    assert_eq!(ledger.dropped(), 1);
}

#[test]
fn retain_while_others_insert_and_remove() {
    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    let steady: Vec<_> = (0..100).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let keys: Vec<_> = (0..5).map(|_| slab.insert(ledger.value()).unwrap()).collect();
                    for key in keys {
                        slab.remove(key); // or `retain` has
                    }
                }
            });
        }
        for _ in 0..20 {
            let mut asked = 0;
            slab.retain(|_, value| {
                asked += usize::from(value.id() < 100);
                value.id() < 100
            });
            assert_eq!(asked, 100);
        }
    });
    assert!(steady.iter().all(|&key| slab.contains(key)));
    assert_eq!(slab.len(), 100);
}

/// A walk goes no further than slots were in use when it came to their page.
#[test]
fn retain_ends_while_its_closure_goes_on_inserting() {
    let slab = Slab::<_>::new();
    slab.insert(0).unwrap();
    let mut asked = 0;
    slab.retain(|_, _| {
        asked += 1;
        slab.insert(asked).is_some()
    });
    assert_eq!((asked, slab.len()), (1, 2));
}
