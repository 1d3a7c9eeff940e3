//! Keys that were never handed out, tried in every configuration.

use std::{sync::Barrier, thread};

use flagstone::{Config, DefaultConfig, Pool, Slab};
use proptest::{collection::vec, prelude::*};

use super::{
    alone,
    configurations::{self, Crowded, Flipping, OneSlot, Retiring, Shape, Wrapping, every_configuration},
    guess::{Guess, guess},
    guessed::{Guessed, check_guesses, check_guesses_in},
    runner,
    value::Value,
};

fn check<S: Guessed>(cases: u32) {
    alone(|| check_alone::<S>(cases, |_| ()));
}

fn check_alone<S: Guessed>(cases: u32, prepare: impl Fn(&S)) {
    let guesses = (1..20_usize, vec(guess(), 0..150), any::<bool>());
    let outcome = runner(cases).run(&guesses, |(slots, guesses, is_pinned)| {
        let store = S::new();
        prepare(&store);
        check_guesses_in(store, slots, &guesses, is_pinned);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// The same on a thread that has no shard of its own, since others have claimed them all, and pins by guards.
fn check_without_a_shard<S: Guessed>(cases: u32) {
    alone(|| {
        // It gets the first number, under which no other thread claims a shard.
        drop(Slab::<u8>::new().pin());
        check_alone::<S>(cases, |store| {
            let others = S::Config::MAX_THREADS;
            let barrier = Barrier::new(others);
            thread::scope(|scope| {
                let claim = || {
                    drop(store.pin());
                    barrier.wait();
                };
                let threads: Vec<_> = (0..others).map(|_| scope.spawn(claim)).collect();
                threads.into_iter().for_each(|thread| thread.join().expect("a pin panics never"));
            });
        });
    });
}

macro_rules! change_nothing {
    ($($name:ident: $configuration:ty;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn in_a_slab() {
                check::<Slab<Value, $configuration>>(48);
            }

            #[test]
            fn in_a_pool() {
                check::<Pool<Value, $configuration>>(48);
            }
        }
    )*};
}

every_configuration! { change_nothing }

#[test]
fn a_thread_without_a_shard_guesses_in_a_slab() {
    check_without_a_shard::<Slab<Value, OneSlot>>(24);
    check_without_a_shard::<Slab<Value, Wrapping>>(24);
    check_without_a_shard::<Slab<Value, Crowded>>(24);
}

#[test]
fn a_thread_without_a_shard_guesses_in_a_pool() {
    check_without_a_shard::<Pool<Value, Flipping>>(24);
    check_without_a_shard::<Pool<Value, Retiring>>(24);
    check_without_a_shard::<Pool<Value, Crowded>>(24);
}

/// Where a key has so few bits that all can be tried, all are.
#[test]
fn all_keys_of_seven_bits_and_a_few_more() {
    alone(|| {
        let all: Vec<Guess> = (0..1 << 10).map(Guess::Small).collect();
        for slots in 1..20 {
            let is_pinned = slots % 2 == 0;
            check_guesses::<Slab<Value, Retiring>>(slots, &all, is_pinned);
            check_guesses::<Slab<Value, Wrapping>>(slots, &all, is_pinned);
            check_guesses::<Slab<Value, Flipping>>(slots, &all, is_pinned);
            check_guesses::<Pool<Value, Retiring>>(slots, &all, is_pinned);
            check_guesses::<Pool<Value, Wrapping>>(slots, &all, is_pinned);
            check_guesses::<Pool<Value, Flipping>>(slots, &all, is_pinned);
        }
    });
}

/// There has been no entry yet: there is not even a table.
#[test]
fn nothing_is_in_an_empty_store() {
    fn check<S: Guessed>() {
        let store = S::new();
        for is_pinned in [false, true] {
            // The first pin makes the table, and the thread's first page.
            let pin = is_pinned.then(|| store.pin());
            for key in (0..usize::BITS).map(|bit| 1 << bit).chain([0, usize::MAX]) {
                assert!(pin.iter().all(|pin| !pin.contains(key) && pin.get(key).is_none()));
                assert!(
                    !store.contains(key) && store.get(key).is_none() && !store.end(key) && store.gives_nothing(key)
                );
            }
            assert_eq!(pin.iter().flat_map(|pin| pin.entries()).count(), 0);
            assert_eq!((store.len(), store.capacity()), (0, if is_pinned { S::Config::page_size(0) } else { 0 }));
        }
    }
    alone(|| {
        check::<Slab<Value, DefaultConfig>>();
        check::<Pool<Value, DefaultConfig>>();
    });
}
