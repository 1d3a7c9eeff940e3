//! Vacant entries, and values that are made for their keys.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use flagstone::{Config, ExclusiveError, Slab};

use crate::{
    configs::{OneSlot, on_every_configuration, room},
    value::Ledger,
};

on_every_configuration! {
    a_vacant_entrys_key_finds_nothing_until_it_is_inserted
    a_dropped_vacant_entry_gives_its_slot_back_but_not_its_key
    a_forgotten_vacant_entry_costs_one_slot
    a_vacant_entry_is_filled_or_dropped_on_another_thread
    a_value_is_made_for_its_key
    a_panic_while_a_value_is_made_gives_the_slot_back
    reservations_are_not_counted
}

fn a_vacant_entrys_key_finds_nothing_until_it_is_inserted<C: Config>() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<C>();
    for life in 0..3 {
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        assert_eq!(format!("{vacant:?}"), format!("VacantEntry {{ key: {key} }}"));
        assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key));
        assert!(slab.take(key).is_none() && slab.try_take(key).is_none());
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
        slab.retain(|_, _| unreachable!("there is no entry"));
        vacant.insert(ledger.value());
        assert_eq!(slab.get_mut(key).unwrap().id(), life);
        assert!(slab.remove(key));
    }
}

fn a_dropped_vacant_entry_gives_its_slot_back_but_not_its_key<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let mut keys = Vec::new();
    for _ in 0..7 {
        keys.push(slab.vacant_entry().unwrap().key());
    }
    let key = slab.insert(1).unwrap();
    assert!(!keys.contains(&key));
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 7);
    assert_eq!((slab.len(), slab.capacity()), (1, C::INITIAL_PAGE_SIZE.next_power_of_two()));
}

fn a_forgotten_vacant_entry_costs_one_slot<C: Config>() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<C>();
    let slots = room::<C>(1000);
    mem::forget(slab.vacant_entry());
    for _ in 1..slots {
        slab.insert(ledger.value()).unwrap();
    }
    assert_eq!(slab.len(), slots - 1);
    if slots < 1000 {
        assert!(slab.vacant_entry().is_none());
    }
    slab.clear();
    assert_eq!((slab.len(), ledger.dropped()), (0, slots - 1));
    for _ in 1..slots {
        slab.insert(ledger.value()).unwrap();
    }
    if slots < 1000 {
        assert!(slab.insert(ledger.value()).is_none());
    }
}

fn a_vacant_entry_is_filled_or_dropped_on_another_thread<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..3 {
        let vacant = slab.vacant_entry().unwrap();
        thread::scope(|scope| scope.spawn(move || drop(vacant)).join().unwrap());
        assert_eq!(slab.len(), 0);

        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        let value = ledger.value();
        let id = value.id();
        thread::scope(|scope| scope.spawn(move || vacant.insert(value)).join().unwrap());
        assert_eq!((slab.get(key).unwrap().id(), slab.len()), (id, 1));
        assert!(slab.remove(key));
        assert_eq!(slab.len(), 0);
    }
}

fn a_value_is_made_for_its_key<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    for _ in 0..3 {
        let key = slab
            .insert_with_key(|key| {
                assert!(!slab.contains(key) && slab.take(key).is_none());
                key
            })
            .unwrap();
        assert_eq!(slab.take(key), Some(key));
    }
}

fn a_panic_while_a_value_is_made_gives_the_slot_back<C: Config>() {
    let slab = Slab::<u64>::new_with_config::<C>();
    let mut noted = Vec::new();
    for _ in 0..7 {
        catch_unwind(AssertUnwindSafe(|| {
            slab.insert_with_key(|key| {
                noted.push(key);
                panic!("no value");
            })
        }))
        .unwrap_err();
        assert_eq!(slab.len(), 0);
    }
    let key = slab.insert(1).unwrap();
    assert!(!noted.contains(&key));
    assert!(noted.iter().all(|&noted| !slab.contains(noted)));
    assert_eq!(slab.capacity(), C::INITIAL_PAGE_SIZE.next_power_of_two());
}

fn reservations_are_not_counted<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let vacant = slab.vacant_entry().unwrap();
    assert_eq!(slab.len(), 0);
    assert!(slab.is_empty());
    vacant.insert(1);
    assert_eq!(slab.len(), 1);
}

#[test]
fn a_value_is_made_with_the_slab_in_use() {
    let slab = Slab::<usize>::new();
    let outer = slab
        .insert_with_key(|outer| {
            let inner = slab.insert_with_key(|inner| inner).unwrap();
            assert_ne!(outer, inner);
            inner
        })
        .unwrap();
    let inner = *slab.get(outer).unwrap();
    assert_eq!(*slab.get(inner).unwrap(), inner);
    assert_eq!(slab.len(), 2);
}

#[test]
fn a_vacant_entry_keeps_its_slot_while_another_is_sought() {
    let slab = Slab::<u64>::new_with_config::<OneSlot>();
    let vacant = slab.vacant_entry().unwrap();
    assert!(slab.insert(1).is_none());
    drop(vacant);
    assert!(slab.insert(1).is_some());
}
