//! Iteration over all entries of a slab, with exclusive access to it.

use std::{collections::HashMap, iter::FusedIterator, mem, thread};

use flagstone::{Config, Slab};

use crate::{
    configs::{OneSlot, on_every_configuration, room},
    value::{Counted, Ledger},
};

on_every_configuration! {
    each_iterator_comes_by_every_entry_once
    entries_are_changed_in_place
    drain_removes_all
    a_drain_that_is_dropped_early_removes_the_rest
    a_slab_is_consumed_entry_by_entry
    clear_drops_what_forgotten_guards_hold
    removed_entries_that_forgotten_guards_hold_are_not_yielded
    a_slab_is_used_again_after_drain_and_clear
}

/// A slab with some entries, and what is in it by key.
fn filled<C: Config>(ledger: &Ledger) -> (Slab<Counted, C>, HashMap<usize, usize>) {
    let slab = Slab::new_with_config::<C>();
    let mut ids = HashMap::new();
    for index in 0..room::<C>(50) {
        let value = ledger.value();
        let id = value.id();
        let key = slab.insert(value).unwrap();
        if index % 5 == 4 {
            slab.remove(key);
        } else {
            ids.insert(key, id);
        }
    }
    // Some of another thread.
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..3 {
                let value = ledger.value();
                let id = value.id();
                if let Some(key) = slab.insert(value) {
                    ids.insert(key, id);
                }
            }
        });
    });
    (slab, ids)
}

/// Runs an iterator to its end, with its hints checked on the way.
fn checked<I: Iterator + FusedIterator>(mut iterator: I, len: usize) -> Vec<I::Item> {
    let mut items = Vec::new();
    loop {
        let (least, most) = iterator.size_hint();
        assert!(least <= len - items.len() && most.is_some_and(|most| most >= len - items.len()));
        match iterator.next() {
            Some(item) => items.push(item),
            None => break,
        }
    }
    assert!(iterator.next().is_none() && iterator.next().is_none());
    assert_eq!(items.len(), len);
    items
}

fn each_iterator_comes_by_every_entry_once<C: Config>() {
    let ledger = Ledger::new();
    let (mut slab, ids) = filled::<C>(&ledger);
    let mut seen: Vec<_> = checked(slab.unique_iter(), ids.len()).into_iter().map(Counted::id).collect();
    seen.sort_unstable();
    let mut expected: Vec<_> = ids.values().copied().collect();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    let seen: HashMap<_, _> = checked(slab.iter_mut(), ids.len()).into_iter().map(|(key, v)| (key, v.id())).collect();
    assert_eq!(seen, ids);
    let seen: HashMap<_, _> = (&mut slab).into_iter().map(|(key, value)| (key, value.id())).collect();
    assert_eq!(seen, ids);
    assert!(format!("{:?}", slab.unique_iter()).starts_with("UniqueIter { at_most: "));
    assert!(format!("{:?}", slab.iter_mut()).starts_with("IterMut { at_most: "));
    for (&key, &id) in &ids {
        assert_eq!(slab.get(key).unwrap().id(), id);
    }
}

fn entries_are_changed_in_place<C: Config>() {
    let mut slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(10)).map(|value| slab.insert(value).unwrap()).collect();
    for (_key, value) in &mut slab {
        *value += 100;
    }
    for (value, &key) in keys.iter().enumerate() {
        assert_eq!(*slab.get(key).unwrap(), value + 100);
    }
}

fn drain_removes_all<C: Config>() {
    let ledger = Ledger::new();
    let (mut slab, _) = filled::<C>(&ledger);
    assert!(format!("{:?}", slab.drain()).starts_with("Drain { at_most: "));
    assert!(slab.is_empty());
    drop(slab);

    let (mut slab, more_ids) = filled::<C>(&ledger);
    let seen: HashMap<_, _> =
        checked(slab.drain(), more_ids.len()).into_iter().map(|(key, value)| (key, value.id())).collect();
    assert_eq!(seen, more_ids);
    assert!(slab.is_empty() && slab.unique_iter().next().is_none());
    assert!(seen.keys().all(|&key| !slab.contains(key)));
}

fn a_drain_that_is_dropped_early_removes_the_rest<C: Config>() {
    for yielded in 0..4 {
        let ledger = Ledger::new();
        let (mut slab, ids) = filled::<C>(&ledger);
        let before = ledger.dropped();
        let kept: Vec<_> = slab.drain().take(yielded).collect();
        assert_eq!(kept.len(), yielded.min(ids.len()));
        assert_eq!(ledger.dropped(), before + ids.len() - kept.len());
        assert!(kept.iter().all(|(key, value)| ids[key] == value.id()));
        assert!(slab.is_empty());
    }
}

fn a_slab_is_consumed_entry_by_entry<C: Config>() {
    let ledger = Ledger::new();
    let (slab, ids) = filled::<C>(&ledger);
    let seen: HashMap<_, _> =
        checked(slab.into_iter(), ids.len()).into_iter().map(|(key, value)| (key, value.id())).collect();
    assert_eq!(seen, ids);

    let (slab, ids) = filled::<C>(&ledger);
    let before = ledger.dropped();
    let mut iterator = slab.into_iter();
    assert!(format!("{iterator:?}").starts_with("IntoIter { at_most: "));
    let first = iterator.next();
    drop(iterator);
    assert_eq!(ledger.dropped(), before + ids.len() - usize::from(first.is_some()));
}

fn clear_drops_what_forgotten_guards_hold<C: Config>() {
    let ledger = Ledger::new();
    let (mut slab, ids) = filled::<C>(&ledger);
    let before = ledger.dropped();
    for (index, &key) in ids.keys().enumerate() {
        match index % 4 {
            0 => mem::forget(slab.get_exclusive(key)),
            1 => mem::forget(slab.get(key)),
            2 => {
                mem::forget(slab.get(key));
                assert!(slab.remove(key));
            }
            _ => {
                mem::forget(slab.get_exclusive(key));
                assert!(slab.remove(key));
            }
        }
    }
    assert_eq!((slab.len(), ledger.dropped()), (ids.len(), before));
    slab.clear();
    assert_eq!((slab.len(), ledger.dropped()), (0, before + ids.len()));
    assert!(ids.keys().all(|&key| !slab.contains(key) && !slab.remove(key)));
}

fn removed_entries_that_forgotten_guards_hold_are_not_yielded<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    mem::forget(slab.get(key));
    assert!(slab.remove(key));
    let mut slab = slab;
    assert_eq!(slab.unique_iter().count() + slab.iter_mut().count(), 0);
    assert_eq!(slab.len(), 1);
    assert!(slab.drain().next().is_none());
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));

    let key = slab.insert(ledger.value()).unwrap();
    mem::forget(slab.get_exclusive(key));
    assert!(slab.remove(key));
    assert!(slab.into_iter().next().is_none());
    assert_eq!(ledger.dropped(), 2);
}

fn a_slab_is_used_again_after_drain_and_clear<C: Config>() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<C>();
    let mut capacity = None;
    let mut seen = Vec::new();
    for round in 0..3 {
        let keys: Vec<_> = (0..room::<C>(12)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
        assert!(keys.iter().all(|key| !seen.contains(key)));
        assert_eq!(*capacity.get_or_insert(slab.capacity()), slab.capacity());
        seen.extend(keys);
        if round % 2 == 0 {
            slab.clear();
        } else {
            assert_eq!(slab.drain().count(), room::<C>(12));
        }
    }
}

#[test]
fn a_slab_is_made_of_an_iterator_and_extended_by_one() {
    let mut slab: Slab<usize> = (0..100).collect();
    slab.extend(100..200);
    assert_eq!(slab.len(), 200);
    let mut values: Vec<_> = slab.into_iter().map(|(_key, value)| value).collect();
    values.sort_unstable();
    assert_eq!(values, (0..200).collect::<Vec<_>>());
}

#[test]
#[cfg(not(target_family = "wasm"))] // where a panic ends the program
#[should_panic = "no room left in the current thread's shard"]
fn extending_a_full_slab_panics() {
    let mut slab = Slab::<_>::new_with_config::<OneSlot>();
    slab.extend([1, 2]);
}

#[test]
fn a_full_drain_drops_nothing_twice_when_entries_of_many_pages_are_drained() {
    let ledger = Ledger::new();
    let mut slab: Slab<Counted> = (0..10_000).map(|_| ledger.value()).collect();
    assert_eq!(slab.drain().take(5_000).map(|(_key, value)| value.id()).max(), Some(4_999));
    assert_eq!(ledger.dropped(), 10_000);
}

#[test]
fn debug_shows_entries_by_key() {
    let slab = Slab::<_>::new();
    assert_eq!(format!("{slab:?}"), "Slab { len: 0, capacity: 0, entries: {} }");
    let key = slab.insert("value").unwrap();
    let hidden = slab.insert("exclusive").unwrap();
    let _exclusive = slab.get_exclusive(hidden).unwrap();
    assert_eq!(format!("{slab:?}"), format!("Slab {{ len: 2, capacity: 32, entries: {{{key}: \"value\"}} }}"));
}
