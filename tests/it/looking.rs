//! Look-ups that say why they fail, guards through which entries end, and walks over guards.

use std::{collections::BTreeSet, sync::Arc, thread};

use flagstone::{Config, Entry, GetError, Slab};

use crate::{
    configs::{on_every_configuration, room},
    crowd::{on_a_thread_without_a_shard, others_claim_all},
    value::Ledger,
};

on_every_configuration! {
    try_get_says_why_there_is_no_guard
    get_arc_takes_no_arc
    a_guard_takes_its_own_entry
    try_take_of_a_guard_leaves_an_entry_that_others_read
    a_walk_yields_a_guard_of_each_entry_once
    a_walk_may_end_what_it_visits
    a_walk_passes_what_is_held_exclusively
    zero_is_never_a_key
}

fn try_get_says_why_there_is_no_guard<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    assert_eq!(slab.try_get(usize::MAX).unwrap_err(), GetError::Absent);
    let key = slab.insert('a').unwrap();
    assert_eq!(*slab.try_get(key).unwrap(), 'a');
    let exclusive = slab.get_exclusive(key).unwrap();
    assert_eq!(slab.try_get(key).unwrap_err(), GetError::Exclusive);
    assert!(slab.remove(key));
    assert_eq!(slab.try_get(key).unwrap_err(), GetError::Absent, "it is removed, although the guard has the value");
    drop(exclusive);
    assert_eq!(slab.try_get(key).unwrap_err(), GetError::Absent);
    assert_eq!(GetError::Absent.to_string(), "the key has no entry");
}

fn get_arc_takes_no_arc<C: Config>() {
    let slab = Arc::new(Slab::new_with_config::<C>());
    let key = slab.insert('a').unwrap();
    let guard = slab.get_arc(key).unwrap();
    assert_eq!((*guard, Arc::strong_count(&slab)), ('a', 2));
    drop(guard);
    assert!(slab.remove(key) && slab.get_arc(key).is_none());
    assert_eq!(Arc::strong_count(&slab), 1);
}

fn a_guard_takes_its_own_entry<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let value = ledger.value();
    let id = value.id();
    let key = slab.insert(value).unwrap();
    if let Some(entry) = slab.get(key) {
        assert_eq!(entry.take().unwrap().id(), id);
    }
    assert!(slab.is_empty() && slab.get(key).is_none());

    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.get(key).unwrap();
    assert!(slab.remove(key));
    assert!(entry.take().is_none(), "it was removed before");
}

fn try_take_of_a_guard_leaves_an_entry_that_others_read<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert('a').unwrap();
    let (first, second) = (slab.get(key).unwrap(), slab.get(key).unwrap());
    assert_eq!(first.try_take(), None);
    assert_eq!((*second, slab.len()), ('a', 1));
    let third = Entry::clone(&second);
    drop(second);
    assert_eq!(third.try_take(), Some('a'));
    assert!(slab.is_empty());
}

fn a_walk_yields_a_guard_of_each_entry_once<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    assert!(slab.iter().next().is_none() && slab.keys().next().is_none());
    let keys: BTreeSet<usize> = (0..room::<C>(100)).map(|number| slab.insert(number).unwrap()).collect();
    let visited: Vec<_> = slab.iter().map(|entry| (entry.key(), *entry)).collect();
    assert_eq!(visited.len(), keys.len());
    assert_eq!(visited.iter().map(|(key, _)| *key).collect::<BTreeSet<_>>(), keys);
    assert_eq!(visited.iter().map(|(_, number)| *number).collect::<BTreeSet<_>>(), (0..keys.len()).collect());
    assert_eq!(slab.keys().collect::<BTreeSet<_>>(), keys);
    let mut count = 0;
    for entry in &slab {
        assert!(keys.contains(&entry.key()));
        count += 1;
    }
    assert_eq!(count, keys.len());
}

fn a_walk_may_end_what_it_visits<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let all = room::<C>(20);
    for _ in 0..all {
        slab.insert(ledger.value()).unwrap();
    }
    for (number, entry) in slab.iter().enumerate() {
        match number % 3 {
            0 => assert!(entry.remove()),
            1 => assert!(entry.take().is_some()),
            _ => assert!(entry.try_take().is_some()),
        }
    }
    assert!(slab.is_empty());
}

fn a_walk_passes_what_is_held_exclusively<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert('a').unwrap();
    let exclusive = slab.get_exclusive(key).unwrap();
    assert_eq!((slab.iter().count(), slab.keys().count()), (0, 0));
    drop(exclusive);
    assert_eq!((slab.iter().count(), slab.keys().next()), (1, Some(key)));
}

/// Its first slot would have the key 0 in its first life, and, where generations wrap, in others again.
fn zero_is_never_a_key<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let use_slots = || {
        for _ in 0..40 {
            let keys: Vec<_> = (0..room::<C>(8)).map_while(|number| slab.insert(number)).collect();
            for key in keys {
                assert_ne!(key, 0);
                assert!(slab.remove(key));
            }
            slab.trim();
        }
    };
    use_slots();
    if C::MAX_THREADS <= 64 {
        on_a_thread_without_a_shard(|| {
            others_claim_all::<C>(|| drop(slab.pin()));
            use_slots();
            let vacancy = slab.vacant_entry();
            assert_ne!(vacancy.map(|vacancy| vacancy.key()), Some(0));
        });
    }
    thread::scope(|scope| scope.spawn(|| assert!(slab.get(0).is_none())).join()).unwrap();
    assert!(slab.get(0).is_none() && !slab.remove(0) && slab.take(0).is_none());
}
