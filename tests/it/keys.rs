//! Keys: never twice, and what is no key of an entry finds nothing and does no harm.

use std::collections::HashSet;

use flagstone::{Config, DefaultConfig, ExclusiveError, Slab};

use crate::{
    configs::{
        Keys32, Odd, ReservedByte, Retiring, Wrapping, flipped, on_every_configuration, room, without_reserved_bits,
    },
    value::{Counted, Ledger},
};

on_every_configuration! {
    keys_use_no_more_bits_than_they_say
    no_key_comes_twice_within_the_generations
    a_flipped_bit_opens_nothing
    a_flipped_bit_opens_nothing_while_the_entry_is_held
    stale_keys_open_nothing
    the_very_next_keys_open_nothing
    all_ones_is_never_a_key
}

/// Asserts that a key finds nothing, and that asking for it changes nothing.
fn opens_nothing<C: Config>(slab: &Slab<Counted, C>, key: usize) {
    assert!(!slab.contains(key), "{key:#x}");
    assert!(slab.get(key).is_none(), "{key:#x}");
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent, "{key:#x}");
    assert!(!slab.remove(key), "{key:#x}");
    assert!(slab.try_take(key).is_none(), "{key:#x}");
    assert!(slab.take(key).is_none(), "{key:#x}");
}

fn keys_use_no_more_bits_than_they_say<C: Config>() {
    let used = Slab::<u8, C>::USED_BITS;
    assert!(used + C::RESERVED_BITS <= usize::BITS as usize);
    let slab = Slab::new_with_config::<C>();
    for _ in 0..room::<C>(300) {
        let key = slab.insert(()).unwrap();
        assert_eq!(key.checked_shr(used as u32).unwrap_or(0), 0);
    }
}

fn no_key_comes_twice_within_the_generations<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let mut keys = HashSet::new();
    // Fewer lives than the slots of page 0 have together, and at most `generations` of any slot.
    for _ in 0..Slab::<u8, C>::generations(0).min(500) {
        let key = slab.insert(ledger.value()).unwrap();
        assert!(keys.insert(key));
        assert!(slab.remove(key));
    }
}

fn a_flipped_bit_opens_nothing<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..Slab::<u8, C>::generations(0).min(20) {
        let key = slab.insert(ledger.value()).unwrap();
        flipped::<C>(key).for_each(|flipped| opens_nothing(&slab, flipped));
        assert!(slab.remove(key));
    }
    let keys: Vec<_> = (0..room::<C>(12)).map(|_| slab.insert(ledger.value())).collect();
    let keys: HashSet<_> = keys.into_iter().flatten().collect();
    for &key in &keys {
        for flipped in flipped::<C>(key).filter(|flipped| !keys.contains(flipped)) {
            opens_nothing(&slab, flipped);
        }
    }
    assert!(keys.iter().all(|&key| slab.try_take(key).is_some()));
}

fn a_flipped_bit_opens_nothing_while_the_entry_is_held<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    let flip_all = || flipped::<C>(key).for_each(|flipped| opens_nothing(&slab, flipped));
    let exclusive = slab.get_exclusive(key).unwrap();
    flip_all();
    drop(exclusive);
    let guards = [slab.get(key).unwrap(), slab.get(key).unwrap(), slab.get(key).unwrap()];
    flip_all();
    assert!(slab.remove(key));
    flip_all();
    opens_nothing(&slab, key);
    assert_eq!((guards[0].id(), ledger.dropped()), (0, 0));
    drop(guards);
    flip_all();

    let vacant = slab.vacant_entry().unwrap();
    flipped::<C>(vacant.key()).for_each(|flipped| opens_nothing(&slab, flipped));
    opens_nothing(&slab, vacant.key());
    let key = vacant.key();
    vacant.insert(ledger.value());
    assert_eq!(slab.take(key).unwrap().id(), 1);
}

fn stale_keys_open_nothing<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let mut stale = Vec::new();
    for life in 0..Slab::<u8, C>::generations(0).min(50) {
        let key = slab.insert(ledger.value()).unwrap();
        stale.iter().for_each(|&stale| opens_nothing(&slab, stale));
        let exclusive = slab.get_exclusive(key).unwrap();
        stale.iter().for_each(|&stale| opens_nothing(&slab, stale));
        assert_eq!(exclusive.id(), life);
        drop(exclusive);
        assert_eq!(slab.get(key).unwrap().id(), life);
        assert!(slab.remove(key));
        stale.push(key);
    }
    stale.iter().for_each(|&stale| opens_nothing(&slab, stale));
}

fn the_very_next_keys_open_nothing<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let first = slab.insert(ledger.value()).unwrap();
    for next in 1..200 {
        opens_nothing(&slab, first.wrapping_add(next));
        opens_nothing(&slab, first.wrapping_sub(next));
    }
    // Damage would show now: slots that are handed out twice, or values that are lost.
    let keys: Vec<_> = (1..room::<C>(100)).map(|_| slab.insert(ledger.value()).unwrap()).chain([first]).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    assert!(keys.iter().all(|&key| slab.try_take(key).is_some()));
}

fn all_ones_is_never_a_key<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..room::<C>(300) {
        assert_ne!(slab.insert(ledger.value()).unwrap(), usize::MAX);
    }
    opens_nothing(&slab, usize::MAX);
    opens_nothing(&slab, usize::MAX >> C::RESERVED_BITS);
}

/// Inserts and removes until there is no room; returns all keys in order. There is at most one entry at a time.
fn exhaust<C: Config>(slab: &Slab<Counted, C>, ledger: &Ledger) -> Vec<usize> {
    let mut keys = Vec::new();
    while let Some(key) = slab.insert(ledger.value()) {
        keys.push(key);
        assert!(keys.len() <= C::MAX_PAGES * Slab::<u8, C>::KEYS_PER_PAGE, "it never ends");
        assert!(slab.remove(key));
    }
    keys
}

#[test]
fn a_spent_slab_has_handed_out_every_key_once() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<Retiring>();
    let keys = exhaust(&slab, &ledger);
    assert_eq!(keys.len(), Retiring::MAX_PAGES * Slab::<u8, Retiring>::KEYS_PER_PAGE);
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    assert_eq!((slab.len(), slab.capacity()), (0, 4 + 8));
    keys.iter().for_each(|&key| opens_nothing(&slab, key));
    assert!(slab.insert(ledger.value()).is_none() && slab.vacant_entry().is_none());
    // Another shard of the same slab is not spent; a thread beyond `MAX_THREADS` may have had the same one.
    drop(slab);

    // The same, all slots in use at a time, and freed on another thread.
    let slab = Slab::new_with_config::<Retiring>();
    let mut keys = HashSet::new();
    loop {
        let round: Vec<_> = std::iter::from_fn(|| slab.insert(ledger.value())).collect();
        if round.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            scope.spawn(|| round.iter().for_each(|&key| assert!(slab.remove(key))));
        });
        assert!(round.into_iter().all(|key| keys.insert(key)));
    }
    assert_eq!(keys.len(), Retiring::MAX_PAGES * Slab::<u8, Retiring>::KEYS_PER_PAGE);
    assert_eq!((slab.len(), slab.capacity()), (0, 4 + 8));
}

#[test]
fn a_spent_page_is_followed_by_the_next() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<Retiring>();
    let per_page = Slab::<u8, Retiring>::KEYS_PER_PAGE;
    for used in 0..2 * per_page {
        let key = slab.insert(ledger.value()).unwrap();
        assert_eq!(slab.capacity(), if used < per_page { 4 } else { 4 + 8 });
        assert!(slab.remove(key));
    }
    assert!(slab.insert(ledger.value()).is_none());
}

#[test]
fn dropped_reservations_and_taken_values_spend_keys_too() {
    let ledger = Ledger::new();
    let mut slab = Slab::new_with_config::<Retiring>();
    let mut keys = HashSet::new();
    for turn in 0.. {
        let Some(vacant) = slab.vacant_entry() else { break };
        let key = vacant.key();
        assert!(keys.insert(key));
        match turn % 4 {
            0 => drop(vacant),
            1 => {
                vacant.insert(ledger.value());
                assert!(slab.take(key).is_some());
            }
            2 => {
                vacant.insert(ledger.value());
                slab.clear();
            }
            _ => {
                vacant.insert(ledger.value());
                assert_eq!(slab.drain().count(), 1);
            }
        }
    }
    assert_eq!(keys.len(), 2 * Slab::<u8, Retiring>::KEYS_PER_PAGE);
    assert!(slab.is_empty());
}

#[test]
fn generations_wrap_after_exactly_as_many_insertions_as_they_say() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<Wrapping>();
    let period = Slab::<u8, Wrapping>::generations(0);
    let keys: Vec<_> = (0..5 * period)
        .map(|_| {
            let key = slab.insert(ledger.value()).unwrap();
            assert!(slab.remove(key));
            key
        })
        .collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), period);
    assert!(keys.windows(period + 1).all(|window| window[0] == window[period]));
    assert_eq!((slab.len(), slab.capacity()), (0, 4));
}

#[test]
fn generations_follow_from_the_sizes() {
    fn check<C: Config>() {
        for page in 0..C::MAX_PAGES {
            let size = C::INITIAL_PAGE_SIZE.next_power_of_two() << page;
            assert_eq!(Slab::<u8, C>::generations(page) * size, Slab::<u8, C>::KEYS_PER_PAGE);
            assert_eq!(Slab::<String, C>::generations(page), Slab::<u8, C>::generations(page));
        }
        std::panic::catch_unwind(|| Slab::<u8, C>::generations(C::MAX_PAGES)).unwrap_err();
    }
    check::<DefaultConfig>();
    check::<Retiring>();
    check::<Keys32>();
    check::<ReservedByte>();
    check::<Odd>();
}

#[test]
fn made_up_keys_of_every_bit_pattern_do_no_harm() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<Retiring>();
    let mut keys: HashSet<_> = (0..6).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let most: usize = 1 << (Slab::<u8, Retiring>::USED_BITS + 2);
    for key in (0..most).filter(|&key| !keys.contains(&without_reserved_bits::<Retiring>(key))) {
        opens_nothing(&slab, key);
    }
    assert!(keys.iter().all(|&key| slab.contains(key)));
    while let Some(key) = slab.insert(ledger.value()) {
        assert!(keys.insert(key));
    }
    assert_eq!(keys.len(), 4 + 8);
    assert_eq!(slab.len(), 4 + 8);
}
