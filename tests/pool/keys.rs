//! Keys: never twice, and what is no key of an entry finds nothing and does no harm.

use std::collections::HashSet;

use flagstone::{Config, DefaultConfig, ExclusiveError, Pool, Slab};

use crate::{
    configs::{Retiring, Wrapping, flipped, on_every_configuration, room, without_reserved_bits},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    no_key_comes_twice_within_the_generations
    a_flipped_bit_opens_nothing
    a_flipped_bit_opens_nothing_while_the_entry_is_held
    stale_keys_open_nothing
    the_very_next_keys_open_nothing
    all_ones_is_never_a_key
    keys_are_those_of_a_slab
    the_key_that_a_panic_spent_opens_nothing
    the_key_of_the_next_generation_opens_nothing
}

/// Asserts that a key finds nothing, and that asking for it changes nothing. (Nothing that takes `&mut` is asked, which
/// cannot be done under a guard.)
fn opens_nothing<C: Config>(pool: &Pool<Pooled, C>, key: usize) {
    assert!(!pool.contains(key), "{key:#x}");
    assert!(pool.get(key).is_none(), "{key:#x}");
    assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::Absent, "{key:#x}");
    assert!(!pool.clear(key), "{key:#x}");
}

/// The same, with exclusive access to the pool.
fn opens_nothing_at_all<C: Config>(pool: &mut Pool<Pooled, C>, key: usize) {
    opens_nothing(pool, key);
    assert!(pool.get_mut(key).is_none(), "{key:#x}");
}

fn no_key_comes_twice_within_the_generations<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let mut keys = HashSet::new();
    // Fewer lives than the slots of page 0 have together, and at most `generations` of any slot.
    for life in 0..Pool::<u8, C>::generations(0).min(500) {
        let key = match life % 3 {
            0 => pool.create().unwrap().key(),
            1 => pool.create().unwrap().downgrade().key(),
            _ => pool.create_with(|_| ()).unwrap(),
        };
        assert!(keys.insert(key));
        assert_eq!(key.checked_shr(Pool::<u8, C>::USED_BITS as u32).unwrap_or(0), 0);
        assert!(pool.clear(key));
    }
}

fn a_flipped_bit_opens_nothing<C: Config>() {
    let _workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    for _ in 0..Pool::<u8, C>::generations(0).min(20) {
        let key = pool.create().unwrap().key();
        flipped::<C>(key).for_each(|flipped| opens_nothing_at_all(&mut pool, flipped));
        assert!(pool.clear(key));
        flipped::<C>(key).for_each(|flipped| opens_nothing_at_all(&mut pool, flipped));
    }
    let keys: HashSet<_> = (0..room::<C>(12)).filter_map(|_| Some(pool.create()?.key())).collect();
    for &key in &keys {
        for flipped in flipped::<C>(key).filter(|flipped| !keys.contains(flipped)) {
            opens_nothing_at_all(&mut pool, flipped);
        }
    }
    assert!(keys.iter().all(|&key| pool.clear(key)));
}

fn a_flipped_bit_opens_nothing_while_the_entry_is_held<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for life in 0..2 {
        let mut created = pool.create().unwrap();
        created.write("text");
        let key = created.key();
        let flip_all = || flipped::<C>(key).for_each(|flipped| opens_nothing(&pool, flipped));
        flip_all();
        let shared = created.downgrade();
        flip_all();
        let guards = [pool.get(key).unwrap(), pool.get(key).unwrap(), shared];
        flip_all();
        assert!(pool.clear(key));
        flip_all();
        opens_nothing(&pool, key);
        assert_eq!((guards[0].text(), workshop.cleared()), ("text", 2 * life));
        drop(guards);
        flip_all();
        opens_nothing(&pool, key);

        let created = pool.create().unwrap();
        let key = created.key();
        assert!(pool.clear(key));
        flipped::<C>(key).for_each(|flipped| opens_nothing(&pool, flipped));
        opens_nothing(&pool, key);
        drop(created);
        assert_eq!(workshop.cleared(), 2 * life + 2);
    }
}

fn the_key_of_the_next_generation_opens_nothing<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for _ in 0..(Pool::<u8, C>::generations(0) / 2 - 1).min(20) {
        let created = pool.create().unwrap();
        let key = created.key();
        // As if the same slot had been used again, once or more often.
        let per_generation = C::INITIAL_PAGE_SIZE.next_power_of_two();
        let shared = key % Pool::<u8, C>::KEYS_PER_PAGE;
        let later = |generations: usize| {
            key - shared + shared.wrapping_add(generations.wrapping_mul(per_generation)) % Pool::<u8, C>::KEYS_PER_PAGE
        };
        let generations = (1..5).filter(|&generations| later(generations) != key);
        generations.clone().for_each(|ahead| opens_nothing(&pool, later(ahead)));
        let shared = created.downgrade();
        generations.clone().for_each(|ahead| opens_nothing(&pool, later(ahead)));
        assert!(pool.clear(key));
        generations.clone().for_each(|ahead| opens_nothing(&pool, later(ahead)));
        drop(shared);
        generations.for_each(|ahead| opens_nothing(&pool, later(ahead)));
        // It was a good guess: there the next entry is.
        let next = pool.create_with(|_| ()).unwrap();
        assert_eq!(next, later(1));
        assert!(pool.clear(next));
    }
}

fn stale_keys_open_nothing<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let mut stale = Vec::new();
    for life in 0..Pool::<u8, C>::generations(0).min(50) {
        let mut created = pool.create().unwrap();
        stale.iter().for_each(|&stale| opens_nothing(&pool, stale));
        created.write(&life.to_string());
        let key = created.key();
        drop(created);
        stale.iter().for_each(|&stale| opens_nothing(&pool, stale));
        assert_eq!(pool.get(key).unwrap().text(), life.to_string());
        assert!(pool.clear(key));
        stale.push(key);
    }
    stale.iter().for_each(|&stale| opens_nothing(&pool, stale));
}

fn the_very_next_keys_open_nothing<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    let first = pool.create_with(|value| value.write("first")).unwrap();
    for next in 1..200 {
        opens_nothing_at_all(&mut pool, first.wrapping_add(next));
        opens_nothing_at_all(&mut pool, first.wrapping_sub(next));
    }
    assert_eq!((workshop.made(), workshop.cleared()), (1, 0));
    // Damage would show now: slots that are handed out twice, or values that are lost.
    let keys: Vec<_> = (1..room::<C>(100)).map(|_| pool.create().unwrap().key()).chain([first]).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    assert_eq!((workshop.made(), pool.get(first).unwrap().text()), (keys.len(), "first"));
    assert!(keys.iter().all(|&key| pool.clear(key)));
}

fn all_ones_is_never_a_key<C: Config>() {
    let _workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    for _ in 0..room::<C>(300) {
        assert_ne!(pool.create_with(|_| ()).unwrap(), usize::MAX);
    }
    opens_nothing_at_all(&mut pool, usize::MAX);
    opens_nothing_at_all(&mut pool, usize::MAX >> C::RESERVED_BITS);
}

fn keys_are_those_of_a_slab<C: Config>() {
    let (pool, slab) = (Pool::<u64>::new_with_config::<C>(), Slab::<u64>::new_with_config::<C>());
    for life in 0..Pool::<u64, C>::generations(0).min(20) {
        let key = slab.insert(1).unwrap();
        let created = if life % 2 == 0 { pool.create().unwrap().key() } else { pool.create_with(|_| ()).unwrap() };
        assert_eq!(created, key);
        assert!(pool.clear(key) && slab.remove(key));
    }
}

fn the_key_that_a_panic_spent_opens_nothing<C: Config>() {
    let _workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    let mut keys = HashSet::new();
    for _ in 0..Pool::<u8, C>::generations(0).min(7) / 2 {
        // The key that would come next is known from a twin.
        let twin = Pool::<Pooled>::new_with_config::<C>();
        for _ in 0..keys.len() {
            assert!(twin.clear(twin.create_with(|_| ()).unwrap()));
        }
        let spent = twin.create_with(|_| ()).unwrap();
        let attempt = std::panic::AssertUnwindSafe(|| {
            pool.create_with(|_| {
                opens_nothing(&pool, spent);
                panic!("after it was reserved")
            })
        });
        std::panic::catch_unwind(attempt).unwrap_err();
        assert!(keys.insert(spent));
        opens_nothing_at_all(&mut pool, spent);
        let key = pool.create_with(|_| ()).unwrap();
        opens_nothing_at_all(&mut pool, spent);
        assert!(keys.insert(key), "a spent key came again");
        assert!(pool.clear(key));
    }
}

#[test]
fn generations_wrap_after_exactly_as_many_entries_as_they_say() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<Wrapping>();
    let period = Pool::<u8, Wrapping>::generations(0);
    let keys: Vec<_> = (0..5 * period)
        .map(|_| {
            let key = pool.create_with(|value| value.write("text")).unwrap();
            assert!(pool.clear(key));
            key
        })
        .collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), period);
    assert!(keys.windows(period + 1).all(|window| window[0] == window[period]));
    assert_eq!((workshop.made(), pool.capacity()), (1, 4));
}

#[test]
fn a_spent_pool_has_handed_out_every_key_once() {
    let _workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<Retiring>();
    let mut keys = HashSet::new();
    // All slots in use at a time, and cleared on another thread.
    loop {
        let round: Vec<_> = std::iter::from_fn(|| Some(pool.create()?.key())).collect();
        if round.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            scope.spawn(|| round.iter().for_each(|&key| assert!(pool.clear(key))));
        });
        assert!(round.into_iter().all(|key| keys.insert(key)));
    }
    assert_eq!(keys.len(), Retiring::MAX_PAGES * Pool::<u8, Retiring>::KEYS_PER_PAGE);
    assert_eq!((pool.len(), pool.capacity()), (0, 4 + 8));
    keys.iter().for_each(|&key| opens_nothing_at_all(&mut pool, key));
    pool.clear_all();
    assert!(pool.create().is_none() && pool.create_with(|_| unreachable!("there is no key")).is_none());
}

#[test]
fn a_creator_learns_the_key_and_nobody_else_finds_anything_under_it() {
    let _workshop = Workshop::new();
    let pool = Pool::<Pooled>::new();
    for _ in 0..3 {
        let mut noted = 0;
        let created = pool.create_with_key(|key, value| {
            opens_nothing(&pool, key);
            value.write("text");
            noted = key;
        });
        assert_eq!(created, Some(noted));
        assert_eq!(pool.get(noted).unwrap().text(), "text");
        assert!(pool.clear(noted));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.create_with_key(|key, _| {
                noted = key;
                panic!("after it is known");
            })
        }))
        .unwrap_err();
        opens_nothing(&pool, noted);
        assert!(pool.is_empty());
    }
}

#[test]
fn made_up_keys_of_every_bit_pattern_do_no_harm() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<Retiring>();
    let mut keys: HashSet<_> = (0..6).map(|_| pool.create().unwrap().key()).collect();
    // Some slots are free and filled.
    for _ in 0..3 {
        assert!(pool.clear(*keys.iter().next().unwrap()));
        keys.retain(|&key| pool.contains(key));
    }
    let most: usize = 1 << (Pool::<u8, Retiring>::USED_BITS + 2);
    for key in (0..most).filter(|&key| !keys.contains(&without_reserved_bits::<Retiring>(key))) {
        opens_nothing_at_all(&mut pool, key);
    }
    assert!(keys.iter().all(|&key| pool.contains(key)));
    assert_eq!((workshop.made(), workshop.cleared(), workshop.dropped()), (6, 3, 0));
    while let Some(created) = pool.create() {
        assert!(keys.insert(created.key()));
    }
    assert_eq!((keys.len(), pool.len(), workshop.made()), (4 + 8, 4 + 8, 4 + 8));
}

#[test]
fn no_slot_link_is_taken_for_an_entry() {
    // Free slots whose words hold a link and the bit of a kept value, under every key of their generation.
    let _workshop = Workshop::new();
    let mut pool = Pool::<Pooled, DefaultConfig>::new();
    let keys: Vec<_> = (0..100).map(|_| pool.create().unwrap().key()).collect();
    assert!(keys.iter().rev().all(|&key| pool.clear(key)));
    for &key in &keys {
        opens_nothing_at_all(&mut pool, key);
        opens_nothing_at_all(&mut pool, key + 32);
        opens_nothing_at_all(&mut pool, key + 64);
    }
}
