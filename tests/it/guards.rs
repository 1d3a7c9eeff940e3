//! Guards: borrowed, owned, exclusive.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{Config, Entry, ExclusiveError, OwnedEntry, Slab};

use crate::{configs::on_every_configuration, value::Ledger};

on_every_configuration! {
    the_last_guard_ends_a_removed_value
    guards_are_cloned_also_after_removal
    a_guard_removes_its_entry
    owned_guards_outlive_the_handle_of_the_slab
    an_exclusive_guard_is_the_only_one
    an_exclusive_guards_entry_can_be_removed
    an_exclusive_guard_that_a_panic_drops_gives_its_entry_back
    try_take_leaves_an_entry_that_is_held
    take_waits_for_all_guards
    take_waits_for_an_exclusive_guard
    guards_show_and_compare_their_values
}

fn the_last_guard_ends_a_removed_value<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let guards: Vec<_> = (0..10).map(|_| slab.get(key).unwrap()).collect();
    assert!(slab.remove(key));
    assert!(slab.get(key).is_none() && !slab.contains(key) && !slab.remove(key));
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    for guard in guards {
        assert_eq!((guard.id(), ledger.dropped()), (0, 0));
    }
    assert_eq!(ledger.dropped(), 1);
    assert!(slab.insert(ledger.value()).is_some());
}

fn guards_are_cloned_also_after_removal<C: Config>() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new_with_config::<C>());
    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.get(key).unwrap();
    assert!(slab.remove(key));
    let clone = Entry::clone(&entry);
    assert!(ptr::eq(&raw const *entry, &raw const *clone));
    assert_eq!(clone.key(), key);
    drop(entry);
    assert_eq!((clone.id(), ledger.dropped()), (0, 0));
    drop(clone);
    assert_eq!(ledger.dropped(), 1);

    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.clone().get_owned(key).unwrap();
    assert!(slab.remove(key));
    let clone = OwnedEntry::clone(&entry);
    drop(entry);
    assert_eq!((clone.id(), clone.key(), ledger.dropped()), (1, key, 1));
    drop(clone);
    assert_eq!(ledger.dropped(), 2);
}

fn a_guard_removes_its_entry<C: Config>() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new_with_config::<C>());
    for round in 0..3 {
        let key = slab.insert(ledger.value()).unwrap();
        let (entry, other) = (slab.get(key).unwrap(), slab.get(key).unwrap());
        assert!(entry.remove());
        assert_eq!((other.id(), ledger.dropped()), (2 * round, 2 * round));
        assert!(!other.remove());
        assert_eq!(ledger.dropped(), 2 * round + 1);

        let key = slab.insert(ledger.value()).unwrap();
        if round == 0 {
            assert!(slab.get_exclusive(key).unwrap().remove());
        } else {
            assert!(slab.clone().get_owned(key).unwrap().remove());
        }
        assert_eq!(ledger.dropped(), 2 * round + 2);
    }
}

fn owned_guards_outlive_the_handle_of_the_slab<C: Config>() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new_with_config::<C>());
    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.clone().get_owned(key).unwrap();
    assert!(Arc::ptr_eq(entry.slab(), &slab));
    assert!(slab.clone().get_owned(usize::MAX).is_none());
    assert_eq!(Arc::strong_count(&slab), 2);
    drop(slab);
    let clone = OwnedEntry::clone(&entry);
    drop(entry);
    assert_eq!((clone.id(), ledger.dropped()), (0, 0));
    drop(clone);
    assert_eq!(ledger.dropped(), 1);
}

fn an_exclusive_guard_is_the_only_one<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(vec![1]).unwrap();
    let mut exclusive = slab.get_exclusive(key).unwrap();
    assert_eq!(exclusive.key(), key);
    assert!(ptr::eq(exclusive.slab(), &raw const slab));
    exclusive.push(2);
    assert!(slab.get(key).is_none() && !slab.contains(key) && slab.try_take(key).is_none());
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    drop(exclusive);
    assert_eq!(*slab.get(key).unwrap(), [1, 2]);
    let guards = [slab.get(key).unwrap(), slab.get(key).unwrap()];
    for guard in guards {
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
        drop(guard);
    }
    slab.get_exclusive(key).unwrap().push(3);
    assert_eq!(slab.take(key).unwrap(), [1, 2, 3]);
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    assert_eq!(ExclusiveError::Absent.to_string(), "the key has no entry");
    assert_eq!(ExclusiveError::InUse.to_string(), "a guard of the entry or a pin is out");
}

fn an_exclusive_guards_entry_can_be_removed<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let exclusive = slab.get_exclusive(key).unwrap();
    assert!(slab.remove(key));
    assert!(!slab.remove(key) && slab.get(key).is_none());
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    assert_eq!((exclusive.id(), ledger.dropped()), (0, 0));
    drop(exclusive);
    assert_eq!(ledger.dropped(), 1);
    assert!(slab.is_empty());
}

fn an_exclusive_guard_that_a_panic_drops_gives_its_entry_back<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    catch_unwind(AssertUnwindSafe(|| {
        *slab.get_exclusive(key).unwrap() += 1;
        let _exclusive = slab.get_exclusive(key).unwrap();
        panic!("with the guard");
    }))
    .unwrap_err();
    assert_eq!(*slab.get(key).unwrap(), 2);
}

fn try_take_leaves_an_entry_that_is_held<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let (first, second) = (slab.get(key).unwrap(), slab.get(key).unwrap());
    for guard in [first, second] {
        assert!(slab.try_take(key).is_none());
        assert!(slab.contains(key));
        drop(guard);
    }
    assert_eq!(slab.try_take(key).unwrap().id(), 0);
    assert!(slab.try_take(key).is_none());
}

fn take_waits_for_all_guards<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let (first, second) = (slab.get(key).unwrap(), slab.get(key).unwrap());
    thread::scope(|scope| {
        let (taken, wait_for_taken) = mpsc::channel();
        let slab = &slab;
        scope.spawn(move || taken.send(slab.take(key).unwrap()).unwrap());
        while slab.contains(key) {
            thread::yield_now();
        }
        // Refused meanwhile, but clones are not.
        assert!(slab.get(key).is_none() && slab.take(key).is_none() && !slab.remove(key));
        let third = Entry::clone(&first);
        for guard in [first, second, third] {
            assert_eq!(guard.id(), 0);
            assert!(wait_for_taken.try_recv().is_err());
            drop(guard);
        }
        assert_eq!(wait_for_taken.recv().unwrap().id(), 0);
    });
    assert!(slab.is_empty());
    assert!(slab.insert(ledger.value()).is_some());
}

fn take_waits_for_an_exclusive_guard<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(vec![1]).unwrap();
    let mut exclusive = slab.get_exclusive(key).unwrap();
    thread::scope(|scope| {
        let taker = scope.spawn(|| slab.take(key).unwrap());
        while slab.get_exclusive(key).is_err_and(|error| error == ExclusiveError::InUse) {
            thread::yield_now();
        }
        exclusive.push(2);
        drop(exclusive);
        assert_eq!(taker.join().unwrap(), [1, 2]);
    });
}

fn guards_show_and_compare_their_values<C: Config>() {
    let slab = Arc::new(Slab::new_with_config::<C>());
    let key = slab.insert("text").unwrap();
    let (entry, owned) = (slab.get(key).unwrap(), slab.clone().get_owned(key).unwrap());
    assert_eq!(format!("{entry:?} {owned:?}"), r#""text" "text""#);
    assert!(entry == "text" && owned == "text" && entry != "other" && owned != "other");
    assert!(ptr::eq(entry.slab(), Arc::as_ptr(&slab)));
    drop((entry, owned));
    let exclusive = slab.get_exclusive(key).unwrap();
    assert_eq!(format!("{exclusive:?}"), r#""text""#);
    assert!(exclusive == "text" && exclusive != "other");
}

#[test]
fn a_guard_goes_to_another_thread_and_ends_the_value_there() {
    let ledger = Ledger::new();
    let slab = Slab::<_>::new();
    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.get(key).unwrap();
    assert!(slab.remove(key));
    thread::scope(|scope| scope.spawn(move || drop(entry)).join().unwrap());
    assert_eq!(ledger.dropped(), 1);
    assert!(slab.is_empty());
}
