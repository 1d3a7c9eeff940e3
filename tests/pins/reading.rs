//! What is found through a pin, and what is not.

use std::{ptr, thread};

use flagstone::{Config, ExclusiveError, Slab};

use crate::{
    configs::{ReservedByte, flipped, on_every_configuration, room, without_reserved_bits},
    shaped::{in_every_shape, is_aligned},
    value::Ledger,
};

in_every_shape! { is_read }

on_every_configuration! {
    what_is_present_is_found_and_nothing_else_is
    before_the_first_insertion_ever_nothing_is_found
    what_comes_under_a_pin_is_found_through_it
    what_is_held_exclusively_is_absent_until_it_is_let_go
    vacant_entries_are_absent_until_they_are_filled
    a_pin_is_left_when_it_is_dropped_and_exclusive_access_works_again
    len_is_that_of_the_slab
}

fn is_read<T: PartialEq + std::fmt::Debug + Copy + Send + Sync, C: Config>(make: impl Fn(usize) -> T) {
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(70)).map(|index| slab.insert(make(index)).unwrap()).collect();
    let pinned = slab.pin();
    for (index, &key) in keys.iter().enumerate() {
        let value = pinned.get(key).unwrap();
        assert!(is_aligned(value) && *value == make(index));
        assert_eq!(ptr::from_ref(value), ptr::from_ref(&*slab.get(key).unwrap()));
    }
    assert_eq!(pinned.iter().count(), keys.len());
    for (key, value) in &pinned {
        let index = keys.iter().position(|&inserted| inserted == key).unwrap();
        assert!(is_aligned(value) && *value == make(index));
    }
    let value = pinned.get(keys[0]).unwrap();
    assert!(keys.iter().all(|&key| slab.remove(key)));
    assert_eq!(*value, make(0));
}

fn what_is_present_is_found_and_nothing_else_is<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let stale = slab.insert(ledger.value()).unwrap();
    assert!(slab.remove(stale));
    let keys: Vec<_> = (0..room::<C>(10)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let pinned = slab.pin();
    for (index, &key) in keys.iter().enumerate() {
        assert_eq!(pinned.get(key).unwrap().id(), index + 1);
        assert!(pinned.contains(key));
    }
    // Shards and pages that there are not, generations to come, all ones.
    let flipped = keys.iter().flat_map(|&key| flipped::<C>(key));
    let guessed = [stale, 0, 1, usize::MAX, usize::MAX >> 1, !0 << 8].into_iter().chain(flipped);
    for key in guessed {
        assert_eq!(pinned.get(key).is_some(), slab.get(key).is_some(), "{key:#x}");
        assert_eq!(pinned.contains(key), slab.contains(key), "{key:#x}");
        assert_eq!(pinned.get(key).is_some(), keys.contains(&without_reserved_bits::<C>(key)), "{key:#x}");
    }
}

fn before_the_first_insertion_ever_nothing_is_found<C: Config>() {
    let slab = Slab::<u8>::new_with_config::<C>();
    let pinned = slab.pin();
    for key in [0, 1, usize::MAX, 1 << (usize::BITS / 2)] {
        assert!(pinned.get(key).is_none() && !pinned.contains(key));
    }
    assert!(pinned.iter().next().is_none() && pinned.keys().next().is_none());
    assert!(pinned.is_empty() && ptr::eq(pinned.store(), &slab));
    assert_eq!(format!("{pinned:?}"), "{}");
}

fn what_comes_under_a_pin_is_found_through_it<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let pinned = slab.pin();
    let theirs = thread::scope(|scope| scope.spawn(|| slab.insert("theirs").unwrap()).join().unwrap());
    assert_eq!(pinned.get(theirs), Some(&"theirs"));
    let Some(ours) = slab.insert("ours") else { return };
    assert_eq!(pinned.get(ours), Some(&"ours"));
    assert_eq!(pinned.iter().count(), 2);
    assert!(pinned.keys().all(|key| pinned.get(key).is_some()));
}

fn what_is_held_exclusively_is_absent_until_it_is_let_go<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    let mut exclusive = slab.get_exclusive(key).unwrap();
    let pinned = slab.pin();
    assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.iter().next().is_none());
    assert_eq!(pinned.len(), 1);
    *exclusive = 2;
    drop(exclusive);
    assert_eq!((pinned.get(key), pinned.iter().next()), (Some(&2), Some((key, &2))));
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    assert_eq!(slab.try_take(key), None);
    assert_eq!(pinned.get(key), Some(&2), "the failed attempt has left no guard");
}

fn vacant_entries_are_absent_until_they_are_filled<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let pinned = slab.pin();
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.iter().next().is_none());
    vacant.insert(1);
    assert_eq!((pinned.get(key), pinned.iter().next()), (Some(&1), Some((key, &1))));
    slab.remove(key);
    drop(pinned);
    let pinned = slab.pin();
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    assert!(pinned.iter().next().is_none());
    drop(vacant);
    assert!(pinned.get(key).is_none() && pinned.iter().next().is_none());
}

fn a_pin_is_left_when_it_is_dropped_and_exclusive_access_works_again<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(0).unwrap();
    for turn in 0..3 {
        let refused = || {
            assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
            assert_eq!(slab.try_take(key), None);
        };
        let pinned = slab.pin();
        assert_eq!(pinned.get(key), Some(&turn));
        refused();
        drop(pinned);
        super::under_anothers_pin(&slab, key, |&value| assert_eq!(value, turn), refused);
        *slab.get_exclusive(key).unwrap() += 1;
    }
    assert_eq!(slab.try_take(key), Some(3));
}

fn len_is_that_of_the_slab<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let pinned = slab.pin();
    let keys: Vec<_> = (0..room::<C>(5)).map(|value| slab.insert(value).unwrap()).collect();
    assert_eq!((pinned.len(), pinned.is_empty()), (keys.len(), false));
    for &key in &keys {
        assert!(pinned.get(key).is_some() && slab.remove(key));
        assert_eq!(pinned.len(), slab.len());
    }
    // They end with the pin.
    assert_eq!((pinned.len(), pinned.iter().count()), (keys.len(), 0));
    drop(pinned);
    assert!(slab.is_empty() && slab.pin().is_empty());
}

#[test]
fn reserved_bits_are_no_part_of_a_key() {
    let slab = Slab::new_with_config::<ReservedByte>();
    let key = slab.insert(1).unwrap();
    let pinned = slab.pin();
    let marked = key | 0xa5 << (usize::BITS - 8);
    assert_eq!((pinned.get(marked), pinned.contains(marked)), (Some(&1), true));
    assert!(pinned.keys().eq([key]));
}

#[test]
fn debug_shows_entries_by_key() {
    let slab = Slab::<_>::new();
    let key = slab.insert("value").unwrap();
    let hidden = slab.insert("exclusive").unwrap();
    let _exclusive = slab.get_exclusive(hidden).unwrap();
    let pinned = slab.pin();
    assert_eq!(format!("{pinned:?}"), format!("{{{key}: \"value\"}}"));
    assert_eq!(format!("{:?} {:?}", pinned.iter(), pinned.keys()), "Iter { .. } Keys { entries: Iter { .. } }");
}
