//! Pins that are forgotten.

use std::{mem, thread};

use flagstone::{Config, Slab};

use crate::{
    alone::alone,
    configs::{self, room},
    value::{Counted, Ledger},
};

/// Checks a behaviour over each configuration. Not in a process with others: what forgets a pin keeps a thread's number,
/// and few threads have a shard in some of the configurations. So those come first, and what forgets on other threads
/// than this one comes last.
macro_rules! check_on_each {
    ($behaviour:ident) => {
        for elsewhere in [false, true] {
            $behaviour::<configs::TwoThreads>(elsewhere);
            $behaviour::<configs::Retiring>(elsewhere);
            $behaviour::<configs::Wrapping>(elsewhere);
            $behaviour::<configs::Odd>(elsewhere);
            $behaviour::<configs::Keys32>(elsewhere);
            $behaviour::<configs::OneSlot>(elsewhere);
            $behaviour::<configs::ReservedByte>(elsewhere);
            $behaviour::<configs::LargePages>(elsewhere);
            $behaviour::<configs::Default>(elsewhere);
        }
    };
}

/// A slab with entries of which some were removed under a pin that was forgotten. How many are left.
fn with_forgotten<C: Config>(ledger: &Ledger, elsewhere: bool) -> (Slab<Counted, C>, usize) {
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(6)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    let forget = || {
        let pinned = slab.pin();
        assert!(keys.iter().all(|&key| pinned.get(key).is_some()));
        mem::forget(pinned);
    };
    if elsewhere {
        thread::scope(|scope| scope.spawn(forget).join().unwrap());
    } else {
        forget();
    }
    assert!(keys.iter().step_by(2).all(|&key| slab.remove(key)));
    assert_eq!((ledger.dropped(), slab.len()), (0, keys.len()));
    // A pin that is not, afterwards.
    drop(slab.pin());
    assert_eq!((ledger.dropped(), slab.len()), (0, keys.len()));
    (slab, keys.len() / 2)
}

fn dropped_with_the_slab<C: Config>(elsewhere: bool) {
    let ledger = Ledger::new();
    let (slab, _) = with_forgotten::<C>(&ledger, elsewhere);
    drop(slab);
    let ledger = Ledger::new();
    let (slab, left) = with_forgotten::<C>(&ledger, elsewhere);
    assert_eq!(slab.into_iter().count(), left);
}

fn cleared<C: Config>(elsewhere: bool) {
    let ledger = Ledger::new();
    let (mut slab, _) = with_forgotten::<C>(&ledger, elsewhere);
    let (count, capacity) = (slab.len(), slab.capacity());
    slab.clear();
    assert_eq!((slab.len(), ledger.dropped()), (0, count));
    for _ in 0..count {
        slab.insert(ledger.value()).unwrap();
    }
    assert_eq!((slab.capacity(), slab.pin().iter().count()), (capacity, count));
}

fn drained<C: Config>(elsewhere: bool) {
    let ledger = Ledger::new();
    let (mut slab, left) = with_forgotten::<C>(&ledger, elsewhere);
    let count = slab.len();
    assert_eq!(slab.drain().count(), left);
    assert_eq!((slab.len(), ledger.dropped()), (0, count));
}

alone! {
    fn what_a_forgotten_pin_keeps_ends_with_the_slab() {
        check_on_each!(dropped_with_the_slab);
    }

    fn clear_ends_what_a_forgotten_pin_keeps() {
        check_on_each!(cleared);
    }

    fn drain_ends_what_a_forgotten_pin_keeps() {
        check_on_each!(drained);
    }

    fn the_number_of_a_thread_that_forgot_a_pin_is_not_used_again() {
        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        for turn in 0..10 {
            let key = slab.insert(ledger.value()).unwrap();
            let join = |behaviour: &(dyn Fn() + Sync)| thread::scope(|scope| scope.spawn(behaviour).join().unwrap());
            join(&|| {
                assert!(slab.insert(ledger.value()).is_some());
                mem::forget(slab.pin());
            });
            // Would end with the pin of a thread that had the same number.
            assert!(slab.remove(key));
            join(&|| drop(slab.pin()));
            assert_eq!((ledger.dropped(), slab.capacity()), (0, 32 * (turn + 2)));
        }
    }

    fn the_number_of_a_thread_that_dropped_its_pins_is_used_again() {
        let slab = Slab::<_>::new();
        for turn in 0..100 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    let pins = [(); 5].map(|()| slab.pin());
                    assert!(slab.insert(turn).is_some_and(|key| slab.remove(key)));
                    drop(pins);
                }).join().unwrap();
            });
            assert_eq!((slab.len(), slab.capacity()), (0, 32));
        }
    }
}
