//! Panics that follow upon another when a pin ends.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{Arc, Mutex},
    thread,
};

use flagstone::{Config, Slab};

use crate::crowd::{on_a_thread_without_a_shard, others_claim_all};
use crate::{
    alone::{self, alone},
    configs::{TwoThreads, on_every_configuration, room},
};

on_every_configuration! {
    of_several_panics_the_first_goes_on_and_the_others_are_dropped
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// A value was dropped.
    Value(usize),
    /// What its panic carried was dropped.
    Payload(usize),
}

type Log = Arc<Mutex<Vec<Event>>>;

/// Panics when it is dropped, if it is armed.
struct Bomb {
    number: usize,
    armed: bool,
    log: Log,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.log.lock().unwrap().push(Event::Value(self.number));
        if self.armed {
            panic_any(Payload { number: self.number, panics: self.number % 2 * 2, log: Arc::clone(&self.log) });
        }
    }
}

/// What its panic carries: panics itself, with the like of it, so many times.
struct Payload {
    number: usize,
    panics: usize,
    log: Log,
}

impl Drop for Payload {
    fn drop(&mut self) {
        self.log.lock().unwrap().push(Event::Payload(self.number));
        if self.panics > 0 {
            panic_any(Payload { number: self.number, panics: self.panics - 1, log: Arc::clone(&self.log) });
        }
    }
}

fn of_several_panics_the_first_goes_on_and_the_others_are_dropped<C: Config>() {
    the_first_goes_on(&Slab::new_with_config::<C>());
}

fn the_first_goes_on<C: Config>(slab: &Slab<Bomb, C>) {
    let count = room::<C>(7);
    for turn in 0..3 {
        let log = Log::default();
        // In the last turn there is one that does not panic, which is not the first.
        let insert = |number| {
            let bomb = Bomb { number, armed: turn < 2 || number != count / 2, log: Arc::clone(&log) };
            slab.insert(bomb).unwrap()
        };
        let keys: Vec<_> = (0..count).map(insert).collect();
        let capacity = slab.capacity();
        let pinned = slab.pin();
        assert!(keys.iter().all(|&key| pinned.get(key).is_some() && slab.remove(key)));
        assert_eq!(log.lock().unwrap().len(), 0);
        let outcome = catch_unwind(AssertUnwindSafe(|| drop(pinned)));
        let events = log.lock().unwrap().clone();
        let ended: Vec<_> = events.iter().copied().filter(|event| matches!(event, Event::Value(_))).collect();
        assert!((0..count).all(|number| ended.contains(&Event::Value(number))));
        assert_eq!((ended.len(), slab.len(), slab.capacity()), (count, 0, capacity));
        let armed = |number| turn < 2 || number != count / 2;
        let first = ended.iter().find_map(|&event| match event {
            Event::Value(number) if armed(number) => Some(number),
            _ => None,
        });
        match (first, outcome) {
            (Some(first), Err(panic)) => {
                let mut payload = panic.downcast::<Payload>().unwrap();
                assert_eq!(payload.number, first);
                payload.panics = 0;
                for number in (0..count).filter(|&number| armed(number)) {
                    let dropped = events.iter().filter(|&&event| event == Event::Payload(number)).count();
                    // Each panic of a payload has a payload.
                    let expected = if number == first { 0 } else { number % 2 * 2 + 1 };
                    assert_eq!(dropped, expected, "payloads of {number}, where {first} was the first");
                }
            }
            (first, outcome) => assert_eq!((first, outcome.is_ok()), (None, true)),
        }
    }
}

/// A value that says when it is dropped, and then panics if it is to.
struct Loud(usize, bool);

impl Drop for Loud {
    fn drop(&mut self) {
        println!("value {} was dropped", self.0);
        assert!(!self.1, "value {} panics when it is dropped", self.0);
    }
}

/// Unwinds over a pin under which three values were removed, of which one panics.
fn unwind_over_a_pin<C: Config>(slab: &Slab<Loud, C>) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let keys = [0, 1, 2].map(|number| slab.insert(Loud(number, number == 1)).unwrap());
        let pinned = slab.pin();
        assert!(keys.iter().all(|&key| pinned.get(key).is_some() && slab.remove(key)));
        panic!("over a pin");
    }));
    println!("it went on: {}", outcome.is_err());
}

fn all_have_ended_and_nothing_went_on(said: Option<String>) {
    let Some(said) = said else { return };
    for number in 0..3 {
        assert_eq!(said.matches(&format!("value {number} was dropped")).count(), 1, "{said}");
    }
    assert!(!said.contains("it went on"), "{said}");
}

#[test]
fn a_destructor_that_panics_when_an_unwinding_ends_a_pin_aborts_after_all_others_have_run() {
    const NAME: &str = "a_destructor_that_panics_when_an_unwinding_ends_a_pin_aborts_after_all_others_have_run";
    let unwind = || unwind_over_a_pin(&Slab::<_>::new());
    all_have_ended_and_nothing_went_on(alone::run_until_it_aborts(module_path!(), NAME, unwind));
}

#[test]
fn on_a_thread_without_a_shard_it_aborts_after_all_others_have_run_too() {
    const NAME: &str = "on_a_thread_without_a_shard_it_aborts_after_all_others_have_run_too";
    let unwind = || {
        on_a_thread_without_a_shard(|| {
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            unwind_over_a_pin(&slab);
        });
    };
    all_have_ended_and_nothing_went_on(alone::run_until_it_aborts(module_path!(), NAME, unwind));
}

alone! {
    fn on_a_thread_without_a_shard_the_first_of_several_panics_goes_on_too() {
        on_a_thread_without_a_shard(|| {
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            the_first_goes_on(&slab);
        });
    }

    fn a_thread_that_ends_by_the_panic_of_what_its_pin_kept_gives_its_number_back() {
        let slab = Slab::<_>::new();
        for _ in 0..20 {
            let log = Log::default();
            let outcome = thread::scope(|scope| {
                let pin_and_remove = || {
                    let pinned = slab.pin();
                    for number in 0..3 {
                        let bomb = Bomb { number: 2 * number, armed: true, log: Arc::clone(&log) };
                        let key = slab.insert(bomb).unwrap();
                        assert!(pinned.get(key).is_some() && slab.remove(key));
                    }
                };
                scope.spawn(pin_and_remove).join()
            });
            assert!(outcome.unwrap_err().is::<Payload>());
            assert_eq!((slab.len(), slab.capacity()), (0, 32));
        }
    }
}
