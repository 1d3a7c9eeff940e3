//! Guards, reservations and exclusive entries that are forgotten: they keep their own slot, and nothing else, until the slab
//! is cleared or dropped.

use std::{
    any::Any,
    mem,
    sync::{Arc, Mutex},
};

use flagstone::{Config, ExclusiveError, Pool, Slab};

use crate::{
    configs::{on_every_configuration, room},
    pooled::{Pooled, Workshop},
    value::{Counted, Ledger},
};

on_every_configuration! {
    what_forgotten_guards_keep_goes_with_the_slab
    what_forgotten_guards_keep_is_not_drained_but_dropped
    a_forgotten_exclusive_entry_is_absent_until_the_slab_is_cleared
    a_pool_clears_what_forgotten_guards_keep
    forgotten_guards_keep_their_slots_and_nothing_else
    forgotten_reservations_keep_their_slots
}

/// How many entries there are, at most; fewer where there is no room.
const ENTRIES: usize = 6;

/// A slab of which every second entry was removed while guards of it were out, which were forgotten; and the keys of those.
fn with_forgotten<C: Config>(ledger: &Ledger) -> (Slab<Counted, C>, Vec<usize>, Vec<usize>) {
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(ENTRIES)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let (mut forgotten, mut present) = (Vec::new(), Vec::new());
    for (index, &key) in keys.iter().enumerate() {
        (0..=index).for_each(|_| mem::forget(slab.get(key)));
        if index % 2 == 0 {
            assert!(slab.get(key).unwrap().remove());
            forgotten.push(key);
        } else {
            present.push(key);
        }
    }
    (slab, forgotten, present)
}

/// Live, used and retired slots.
fn numbers<C: Config>(slab: &Slab<Counted, C>) -> (usize, usize, usize) {
    let total = slab.stats().total();
    (total.live, total.high_water, total.retired)
}

fn forgotten_guards_keep_their_slots_and_nothing_else<C: Config>() {
    let ledger = Ledger::new();
    let (slab, forgotten, present) = with_forgotten::<C>(&ledger);
    let count = forgotten.len() + present.len();
    assert_eq!((slab.len(), numbers(&slab), ledger.dropped()), (count, (count, count, 0), 0));
    for &key in &forgotten {
        assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key) && slab.take(key).is_none());
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    }
    for &key in &present {
        assert!(slab.get(key).is_some() && slab.try_take(key).is_none());
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    }
    // A trimmed page would be one whose slots are all free.
    assert_eq!((slab.trim(), numbers(&slab)), (0, (count, count, 0)));
    // All other slots are used, again and again.
    let slots = room::<C>(C::INITIAL_PAGE_SIZE.next_power_of_two().max(count));
    for turn in 1..4 {
        let others: Vec<_> = (count..slots.min(50)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
        assert_eq!((slab.len(), slab.pin().iter().count()), (count + others.len(), present.len() + others.len()));
        slab.retain(|key, _| present.contains(&key));
        assert_eq!((slab.len(), ledger.dropped()), (count, turn * others.len()));
    }
    assert!(present.iter().all(|&key| slab.remove(key)));
    assert_eq!(slab.len(), count);
}

fn what_forgotten_guards_keep_goes_with_the_slab<C: Config + 'static>() {
    let ledger = Ledger::new();
    let (slab, forgotten, present) = with_forgotten::<C>(&ledger);
    drop(slab);
    assert_eq!(ledger.dropped(), forgotten.len() + present.len());
    // An owned guard keeps a count of the slab too, so nothing goes: that is a leak, and said to be one.
    let slab = Arc::new(Slab::new_with_config::<C>());
    let key = slab.insert(Arc::new(())).unwrap();
    mem::forget(Arc::clone(&slab).get_owned(key));
    let value = Arc::clone(&slab.get(key).unwrap());
    assert!(slab.remove(key));
    let weak = Arc::downgrade(&slab);
    drop(slab);
    assert_eq!((weak.strong_count(), Arc::strong_count(&value)), (1, 2));
    // Where leak checkers see it.
    LEAKED.lock().unwrap().push(Box::new(weak));
}

static LEAKED: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

fn what_forgotten_guards_keep_is_not_drained_but_dropped<C: Config>() {
    let ledger = Ledger::new();
    let (mut slab, forgotten, present) = with_forgotten::<C>(&ledger);
    let capacity = slab.capacity();
    assert_eq!((slab.iter_mut().count(), slab.unique_iter().count()), (present.len(), present.len()));
    assert!(forgotten.iter().all(|&key| slab.get_mut(key).is_none()));
    let drained: Vec<_> = slab.drain().collect();
    assert!(drained.iter().all(|(key, value)| present.contains(key) && value.id() % 2 == 1));
    assert_eq!((drained.len(), ledger.dropped()), (present.len(), forgotten.len()));
    assert_eq!((slab.len(), slab.stats().total().live), (0, 0));
    // Their slots, too, are free now.
    let again = (0..forgotten.len() + present.len()).filter(|_| slab.insert(ledger.value()).is_some()).count();
    assert_eq!((again, slab.capacity()), (forgotten.len() + present.len(), capacity));
}

fn a_forgotten_exclusive_entry_is_absent_until_the_slab_is_cleared<C: Config>() {
    for removed in [false, true] {
        let ledger = Ledger::new();
        let mut slab = Slab::new_with_config::<C>();
        let key = slab.insert(ledger.value()).unwrap();
        mem::forget(slab.get_exclusive(key));
        assert!(!slab.contains(key) && slab.get(key).is_none() && slab.try_take(key).is_none());
        assert_eq!((slab.pin().get(key).is_none(), slab.len(), slab.stats().total().live), (true, 1, 1));
        if removed {
            assert!(slab.remove(key) && !slab.remove(key));
        }
        slab.retain(|_, _| unreachable!("it cannot be read"));
        assert_eq!((slab.len(), ledger.dropped(), slab.get_mut(key).is_some()), (1, 0, !removed));
        slab.clear();
        assert_eq!((slab.len(), ledger.dropped(), slab.stats().total().live), (0, 1, 0));
        let key = slab.insert(ledger.value()).unwrap();
        assert!(slab.get_exclusive(key).is_ok());
    }
}

fn forgotten_reservations_keep_their_slots<C: Config>() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<C>();
    let given_back = slab.vacant_entry().unwrap().key();
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    assert_ne!(key, given_back);
    mem::forget(vacant);
    assert!(!slab.contains(key) && !slab.remove(key));
    // It is no entry, and no value.
    assert_eq!((slab.len(), slab.stats().total().live), (0, 0));
    let slots = C::INITIAL_PAGE_SIZE.next_power_of_two();
    let inserted: Vec<_> = (0..slots.min(50) - 1).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    assert!(slots > 50 || slab.insert(ledger.value()).is_some() == (room::<C>(slots + 1) > slots));
    assert_eq!(slab.stats().shards()[0].pages[0].live, inserted.len());
    slab.clear();
    slab.shrink_to_fit();
    // Neither of these gets it back, and so the page stays as it is.
    assert!(slab.stats().shards()[0].pages[0].high_water > 0 && !slab.contains(key));
}

fn a_pool_clears_what_forgotten_guards_keep<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    // Of one page: another one, whose slots are all free, would be trimmed.
    let count = room::<C>(ENTRIES).min(C::INITIAL_PAGE_SIZE.next_power_of_two());
    for turn in 0..2 {
        for index in 0..count {
            let mut created = pool.create().unwrap();
            created.write("text");
            let key = created.key();
            match index % 3 {
                0 => mem::forget(created),
                1 => mem::forget(created.downgrade()),
                _ => drop(created),
            }
            assert!(pool.clear(key) && pool.get(key).is_none());
        }
        let held = (0..count).filter(|index| index % 3 < 2).count();
        assert_eq!((pool.len(), pool.stats().total().live), (held, held));
        assert_eq!((pool.trim(), workshop.dropped()), (0, 0));
        pool.clear_all();
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, (turn + 1) * count, 0));
    }
    // Values without guards, and one with a leaked guard.
    mem::forget(pool.create());
    drop(pool);
    assert_eq!(workshop.dropped(), workshop.made());
}
