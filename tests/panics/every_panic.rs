//! Fault injection: every call into user code panics once, and each pair of calls, in scenarios that reach every
//! operation.
//!
//! Nothing is lost by a panic: no slot, no value, no other entry. And no later entry gets what the panic left.

mod pool;
mod slab;

use std::{collections::HashSet, sync::Arc};

use flagstone::{Config, Slab, Stats};

use crate::pooled::{Workshop, attempt};

/// A slab or a pool, and every operation on it once at least, each of them apart, so that a panic undoes nothing but its
/// own call.
trait Scenario<C: Config> {
    fn new(workshop: &Arc<Workshop>, elsewhere: bool) -> Self;
    /// Checks that it is what it should be after each operation, and leaves no entry.
    fn run(&mut self);
    /// How often a slot was asked for.
    fn lives(&self) -> usize;
    /// Inserts an entry, with whose making nothing is wrong.
    fn insert(&self) -> Option<usize>;
    fn remove(&self, key: usize) -> bool;
    fn len(&self) -> usize;
    fn stats(&self) -> Stats;
    /// Ends the whole, whose entries it drops.
    fn end(self);
}

/// Whether other threads take part.
const TWO_THREADS: bool = true;
const ONE_THREAD: bool = false;

fn each_call_panics_once<S: Scenario<C>, C: Config>() {
    let calls = run::<S, C>(TWO_THREADS, &[]);
    assert!(calls > 15, "{calls}");
    for call in 0..calls {
        run::<S, C>(TWO_THREADS, &[call]);
    }
}

fn each_pair_of_calls_panics<S: Scenario<C>, C: Config>() {
    for first in 0..run::<S, C>(ONE_THREAD, &[]) {
        for second in first + 1..run::<S, C>(ONE_THREAD, &[first]) {
            run::<S, C>(ONE_THREAD, &[first, second]);
        }
    }
}

fn scenarios_with_panics_run_again_and_again_in_the_same_room<S: Scenario<C>, C: Config>() {
    let calls = run::<S, C>(TWO_THREADS, &[]);
    let workshop = Arc::new(Workshop::new());
    let mut scenario = S::new(&workshop, TWO_THREADS);
    if spends_slots::<C>() {
        return;
    }
    for distance in 0..3 {
        for call in 0..calls {
            let first = workshop.calls() + call;
            workshop.panic_at(&[first, first + distance]);
            scenario.run();
            workshop.panic_at(&[]);
        }
        assert_no_slot_is_lost(&scenario);
    }
}

/// Whether slots are soon used so often that they are retired.
fn spends_slots<C: Config>() -> bool {
    Slab::<u8, C>::generations(0) < 1000 && !C::WRAP_GENERATIONS
}

/// Runs the scenario with panics at these calls, to its end, and returns how many calls there were.
fn run<S: Scenario<C>, C: Config>(elsewhere: bool, panics_at: &[usize]) -> usize {
    let workshop = Arc::new(Workshop::new());
    let mut scenario = S::new(&workshop, elsewhere);
    workshop.panic_at(panics_at);
    scenario.run();
    let calls = workshop.calls();

    workshop.panic_at(&[]);
    assert_no_slot_is_lost(&scenario);

    // The destructors of what is left panic too.
    while scenario.len() < 3 && scenario.insert().is_some() {}
    let (now, left) = (workshop.calls(), workshop.made() - workshop.dropped());
    let at_the_end: Vec<_> = (0..left).filter(|call| panics_at.contains(&(calls + call))).collect();
    workshop.panic_at(&at_the_end.iter().map(|call| now + call).collect::<Vec<_>>());
    let ended = attempt(|| scenario.end());
    assert_eq!(ended.is_err(), !at_the_end.is_empty());
    assert_eq!((workshop.dropped(), workshop.calls()), (workshop.made(), now + left));
    calls + left
}

/// Asserts that all slots of the thread's first page, but those that are retired, can be used at the same time. There is
/// no entry before or after.
fn assert_no_slot_is_lost<S: Scenario<C>, C: Config>(scenario: &S) {
    const MOST: usize = 100; // it would take long

    let stats = scenario.stats();
    let retired = stats.shards().iter().map(|shard| shard.pages[0].retired).sum::<usize>();
    assert!(!C::WRAP_GENERATIONS && scenario.lives() >= Slab::<u8, C>::generations(0) || retired == 0);
    let slots = C::INITIAL_PAGE_SIZE.next_power_of_two() - retired;
    assert_eq!((scenario.len(), stats.total().live), (0, 0));
    let capacity = stats.total().capacity;
    let mut keys = HashSet::new();
    while keys.len() < MOST {
        let Some(key) = scenario.insert() else { break };
        assert!(keys.insert(key));
        if scenario.stats().total().capacity != capacity {
            assert!(keys.len() > slots, "{} of {slots} slots are left", keys.len() - 1);
            break;
        }
    }
    assert!(keys.len() >= slots.min(MOST), "{} of {slots} slots are left", keys.len());
    assert!(keys.into_iter().all(|key| scenario.remove(key)));
    assert_eq!(scenario.len(), 0);
}

/// Tests of a scenario over every configuration.
macro_rules! in_every_call {
    ($scenario:ident) => {
        $crate::configs::on_every_configuration! {
            each_call_panics_once
            each_pair_of_calls_panics
            scenarios_with_panics_run_again_and_again_in_the_same_room
        }

        fn each_call_panics_once<C: flagstone::Config>() {
            super::each_call_panics_once::<$scenario<C>, C>();
        }

        fn each_pair_of_calls_panics<C: flagstone::Config>() {
            super::each_pair_of_calls_panics::<$scenario<C>, C>();
        }

        fn scenarios_with_panics_run_again_and_again_in_the_same_room<C: flagstone::Config>() {
            super::scenarios_with_panics_run_again_and_again_in_the_same_room::<$scenario<C>, C>();
        }
    };
}
use in_every_call;
