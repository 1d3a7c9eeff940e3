//! An entry is ended by one thread, once, when all guards are dropped.

use std::thread;

use flagstone::{DefaultConfig, Entry, Slab};

use super::{
    alone,
    canary::{Books, Canary},
    random::Random,
    together,
};

const THREADS: usize = 4;

/// Runs rounds in which all threads do something to one entry at the same time; `act` says whether it ended it.
fn one_ends_it(act: impl Fn(&Slab<Canary<'_>, DefaultConfig>, usize, &mut Random) -> bool + Sync) {
    alone(|| {
        let books = Books::new();
        let slab = Slab::new();
        together::one_ends_it(
            THREADS,
            |tell, _| tell(slab.insert_with_key(|key| books.make(key)).expect("there is room")),
            |key, random| act(&slab, key, random),
            || {
                assert_eq!(slab.len(), 0, "it has ended");
                books.balance();
            },
        );
        assert_eq!(slab.capacity(), slab.capacity().min(64), "one entry at a time");
    });
}

#[test]
fn one_of_many_that_remove_or_take_succeeds() {
    one_ends_it(|slab, key, random| match random.below(4) {
        0 => slab.take(key).is_some_and(|value| {
            value.check(key);
            true
        }),
        // Unlike the others it may miss an entry, one that has a guard; no guard is out for ever, so again.
        1 => loop {
            match slab.try_take(key) {
                Some(value) => {
                    value.check(key);
                    break true;
                }
                None if !slab.contains(key) => break false,
                None => thread::yield_now(),
            }
        },
        2 => slab.get(key).is_some_and(Entry::remove),
        _ => slab.remove(key),
    });
}

#[test]
fn takers_sleep_until_the_last_guard_is_gone() {
    one_ends_it(|slab, key, random| {
        let guard = slab.get(key);
        let clone = guard.as_ref().filter(|_| random.once_in(2)).map(Entry::clone);
        if random.once_in(2) {
            thread::yield_now();
        }
        for entry in guard.iter().chain(&clone) {
            entry.check(key);
        }
        // Guards end in both orders, and every thread tries to take when its own are dropped.
        if random.once_in(2) {
            drop(clone);
            drop(guard);
        } else {
            drop(guard);
            drop(clone);
        }
        slab.take(key).is_some_and(|value| {
            value.check(key);
            true
        })
    });
}

#[test]
fn an_exclusive_guard_is_waited_for_and_excludes_readers() {
    one_ends_it(|slab, key, random| {
        match slab.get_exclusive(key) {
            Ok(mut only) => {
                only.write();
                if random.once_in(2) {
                    thread::yield_now();
                }
                only.write();
            }
            Err(_) => {
                if let Some(entry) = slab.get(key) {
                    entry.check(key);
                }
            }
        }
        if random.once_in(2) { slab.remove(key) } else { slab.take(key).is_some() }
    });
}
