//! The key of the next generation once opened an entry whose count of guards was at its end: held exclusively, or at
//! the limit. A count that was raised by one carried into the generation.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use flagstone::{Config, DefaultConfig, ExclusiveError, Slab};

use crate::{
    configs::Wrapping,
    value::{Counted, Ledger},
};

/// The key of the same slot, some generations later, as if it had been handed out.
fn later<C: Config>(key: usize, generations: usize) -> usize {
    let offsets = C::INITIAL_PAGE_SIZE.next_power_of_two();
    let shared = key % Slab::<u8, C>::KEYS_PER_PAGE;
    key - shared + (shared + generations * offsets) % Slab::<u8, C>::KEYS_PER_PAGE
}

fn opens_nothing<C: Config>(slab: &Slab<Counted, C>, key: usize) {
    assert!(slab.get(key).is_none() && !slab.contains(key));
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    assert!(!slab.remove(key) && slab.try_take(key).is_none() && slab.take(key).is_none());
}

fn forget_guards_up_to_the_limit<C: Config>(slab: &Slab<Counted, C>, key: usize) -> usize {
    let mut guards = 0;
    catch_unwind(AssertUnwindSafe(|| {
        loop {
            mem::forget(slab.get(key).expect("the entry is there"));
            guards += 1;
        }
    }))
    .unwrap_err();
    guards
}

#[test]
fn the_key_of_the_next_generation_does_not_open_an_exclusive_entry() {
    let ledger = Ledger::new();
    let slab = Slab::<Counted>::new();
    let key = slab.insert(ledger.value()).unwrap();
    let next = later::<DefaultConfig>(key, 1);
    assert_eq!(next, key + 32);
    let exclusive = slab.get_exclusive(key).unwrap();
    opens_nothing(&slab, next);
    opens_nothing(&slab, key.wrapping_sub(32));
    assert_eq!((exclusive.id(), ledger.dropped()), (0, 0));
    drop(exclusive);
    opens_nothing(&slab, next);
    assert_eq!((slab.get(key).unwrap().id(), slab.len()), (0, 1));
}

#[test]
fn the_key_of_the_next_generation_does_not_open_an_entry_at_its_guard_limit() {
    let ledger = Ledger::new();
    let slab = Slab::<Counted>::new();
    let key = slab.insert(ledger.value()).unwrap();
    let next = later::<DefaultConfig>(key, 1);
    let limit = forget_guards_up_to_the_limit(&slab, key);
    assert!(limit.is_power_of_two() && limit >= 1024);
    opens_nothing(&slab, next);
    assert!(slab.contains(key));
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    assert!(slab.remove(key));
    opens_nothing(&slab, key);
    opens_nothing(&slab, next);
    assert_eq!(ledger.dropped(), 0);
    let mut slab = slab;
    slab.clear();
    assert_eq!((ledger.dropped(), slab.len()), (1, 0));
}

#[test]
fn the_key_of_the_next_generation_does_not_open_an_exclusive_entry_where_generations_wrap() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<Wrapping>();
    let period = Slab::<u8, Wrapping>::generations(0);
    // All keys of one slot, genuine ones: each has been, or will be, an entry's.
    let keys: Vec<_> = (0..period)
        .map(|_| {
            let key = slab.insert(ledger.value()).unwrap();
            assert!(slab.remove(key));
            key
        })
        .collect();
    for life in 0..2 * period {
        let key = slab.insert(ledger.value()).unwrap();
        assert_eq!(key, keys[life % period]);
        assert_eq!(later::<Wrapping>(key, 1), keys[(life + 1) % period]);
        let exclusive = slab.get_exclusive(key).unwrap();
        for &stale in keys.iter().filter(|&&stale| stale != key) {
            opens_nothing(&slab, stale);
        }
        assert_eq!(exclusive.id(), period + life);
        drop(exclusive);
        assert!(slab.remove(key));
    }
}

#[test]
fn the_key_of_the_first_generation_does_not_open_an_exclusive_entry_of_the_last() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<Wrapping>();
    // The last generation: its successor is the first, whose key is known.
    let first = slab.insert(ledger.value()).unwrap();
    assert!(slab.remove(first));
    let generations = Slab::<u8, Wrapping>::generations(0);
    for _ in 1..generations - 1 {
        let key = slab.insert(ledger.value()).unwrap();
        assert!(slab.remove(key));
    }
    let key = slab.insert(ledger.value()).unwrap();
    assert_eq!(later::<Wrapping>(key, 1), first);
    // Exclusive access sets all bits of the count; the limit of guards is out of reach with so few generations.
    let exclusive = slab.get_exclusive(key).unwrap();
    (1..generations).for_each(|generation| opens_nothing(&slab, later::<Wrapping>(key, generation)));
    assert_eq!(exclusive.id(), generations - 1);
    drop(exclusive);
    slab.clear();
    assert_eq!(slab.insert(ledger.value()), Some(first));
}
