//! Every call into user code panics once, and each pair of them, in a scenario that comes by every operation.
//!
//! Nothing is lost for that: no slot, no value, no other entry. And nobody is given what the last one left.

use std::{collections::HashSet, sync::Arc, thread};

use flagstone::{Config, Pool};

use crate::{
    configs::on_every_configuration,
    pooled::{Call, Planned, Pooled, Workshop, attempt, planned},
};

on_every_configuration! {
    each_call_panics_once
    each_pair_of_calls_panics
    a_scenario_without_panics_runs_again_and_again_in_the_same_room
    scenarios_with_panics_run_again_and_again_in_the_same_room
}

fn each_call_panics_once<C: Config>() {
    let calls = run::<C>(TWO_THREADS, &[]);
    assert!(calls > 15, "{calls}");
    for call in 0..calls {
        run::<C>(TWO_THREADS, &[call]);
    }
}

fn each_pair_of_calls_panics<C: Config>() {
    for first in 0..run::<C>(ONE_THREAD, &[]) {
        for second in first + 1..run::<C>(ONE_THREAD, &[first]) {
            run::<C>(ONE_THREAD, &[first, second]);
        }
    }
}

/// Whether other threads take part.
const TWO_THREADS: bool = true;
const ONE_THREAD: bool = false;

fn a_scenario_without_panics_runs_again_and_again_in_the_same_room<C: Config>() {
    let workshop = Workshop::new();
    let mut scenario = Scenario::<C>::new(&workshop, TWO_THREADS);
    if spends_slots::<C>() {
        return;
    }
    for _ in 0..50 {
        scenario.run();
        assert_no_slot_is_lost(&scenario.pool, first_page::<C>());
    }
    assert_eq!(workshop.dropped(), 0);
}

fn scenarios_with_panics_run_again_and_again_in_the_same_room<C: Config>() {
    let calls = run::<C>(TWO_THREADS, &[]);
    let workshop = Workshop::new();
    let mut scenario = Scenario::<C>::new(&workshop, TWO_THREADS);
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
        assert_no_slot_is_lost(&scenario.pool, first_page::<C>());
    }
}

fn first_page<C: Config>() -> usize {
    C::INITIAL_PAGE_SIZE.next_power_of_two()
}

/// Whether slots are soon used so often that they are retired.
fn spends_slots<C: Config>() -> bool {
    Pool::<u8, C>::generations(0) < 1000 && !C::WRAP_GENERATIONS
}

/// Runs the scenario with panics at these calls, to the pool's end, and returns how many calls there were.
fn run<C: Config>(elsewhere: bool, panics_at: &[usize]) -> usize {
    let workshop = Workshop::new();
    let mut scenario = Scenario::<C>::new(&workshop, elsewhere);
    workshop.panic_at(panics_at);
    scenario.run();
    let calls = workshop.calls();

    workshop.panic_at(&[]);
    let spent = if C::WRAP_GENERATIONS { 0 } else { scenario.lives / Pool::<u8, C>::generations(0) };
    assert_no_slot_is_lost(&scenario.pool, first_page::<C>() - spent);

    // The destructors of what is left panic too.
    let (now, left) = (workshop.calls(), workshop.made() - workshop.dropped());
    let at_the_end: Vec<_> = (0..left).filter(|call| panics_at.contains(&(calls + call))).collect();
    workshop.panic_at(&at_the_end.iter().map(|call| now + call).collect::<Vec<_>>());
    let ended = attempt(|| drop(Arc::into_inner(scenario.pool).unwrap()));
    assert_eq!(ended.is_err(), !at_the_end.is_empty());
    assert_eq!((workshop.dropped(), workshop.calls()), (workshop.made(), now + left));
    calls + left
}

/// Asserts that all slots of the thread's first page can be used at the same time. There is no entry before or after.
fn assert_no_slot_is_lost<C: Config>(pool: &Pool<Pooled, C>, slots: usize) {
    const MOST: usize = 100; // it would take long

    assert_eq!(pool.len(), 0);
    let capacity = pool.capacity();
    let mut keys = HashSet::new();
    while keys.len() < MOST {
        let Some(key) = pool.create_with(|value| value.write("text")) else { break };
        assert!(keys.insert(key));
        if pool.capacity() != capacity {
            assert!(keys.len() > slots, "{} of {slots} slots are left", keys.len() - 1);
            break;
        }
    }
    assert!(keys.len() >= slots.min(MOST), "{} of {slots} slots are left", keys.len());
    assert!(keys.into_iter().all(|key| pool.clear(key)));
    assert_eq!(pool.len(), 0);
}

/// Every operation once at least, each of them apart, so that a panic undoes nothing but its own call.
struct Scenario<'a, C: Config> {
    workshop: &'a Workshop,
    pool: Arc<Pool<Pooled, C>>,
    /// The keys of all entries that are there.
    live: Vec<usize>,
    /// How often a slot was asked for.
    lives: usize,
    /// Whether another thread takes part.
    elsewhere: bool,
}

impl<'a, C: Config> Scenario<'a, C> {
    fn new(workshop: &'a Workshop, elsewhere: bool) -> Self {
        Self { workshop, pool: Arc::new(Pool::new_with_config()), live: Vec::new(), lives: 0, elsewhere }
    }

    fn run(&mut self) {
        self.check();
        self.create_with();
        self.clear();
        self.create();
        self.clear_under_guards();
        self.downgrade_and_clear();
        self.clear_and_downgrade();
        self.create_owned();
        if self.elsewhere {
            self.clear_elsewhere();
            self.create_elsewhere();
        }
        self.create_with();
        self.change();
        self.retain();
        self.create_with();
        self.clear_all();
    }

    /// Asserts that those entries are there which should be, and that values were dropped only after a panic in their
    /// `Clear`, or where a slot's generations are used up.
    fn check(&self) {
        assert_eq!((self.pool.len(), Arc::strong_count(&self.pool)), (self.live.len(), 1));
        for &key in &self.live {
            assert_eq!(self.pool.get(key).unwrap().text(), "text");
        }
        let (dropped, panicked) = (self.workshop.dropped(), self.workshop.panicked(Call::Clear));
        assert!(dropped == panicked || spends_slots::<C>() && dropped > panicked);
    }

    /// Asserts that an entry has ended, whatever came of that.
    fn ended<R>(&mut self, key: usize, outcome: Result<R, Planned>) {
        if let Err(Planned(call)) = outcome {
            assert!(call == Call::Clear || call == Call::Drop && spends_slots::<C>());
        }
        self.live.retain(|&live| live != key);
        assert!(!self.pool.contains(key) && self.pool.get(key).is_none());
        self.check();
    }

    fn create_with(&mut self) {
        for _ in 0..2 {
            self.lives += 1;
            let outcome = attempt(|| {
                self.pool.create_with(|value| {
                    value.write("text");
                    self.workshop.call();
                })
            });
            self.live.extend(outcome.ok().flatten());
            self.check();
        }
    }

    fn clear(&mut self) {
        while let Some(&key) = self.live.first() {
            let outcome = attempt(|| assert!(self.pool.clear(key)));
            self.ended(key, outcome);
        }
    }

    fn create(&mut self) {
        self.lives += 1;
        let created = attempt(|| self.pool.create());
        if let Ok(Some(mut created)) = created {
            created.write("text");
            self.live.push(created.key());
        }
        self.check();
    }

    fn clear_under_guards(&mut self) {
        let Some(&key) = self.live.first() else { return };
        let guards = [self.pool.get(key).unwrap(), self.pool.get(key).unwrap()];
        assert!(self.pool.clear(key));
        let outcomes = guards.map(|guard| attempt(|| drop(guard)));
        self.ended(key, outcomes.into_iter().collect::<Result<Vec<_>, _>>());
    }

    fn downgrade_and_clear(&mut self) {
        self.lives += 1;
        let Some(mut created) = attempt(|| self.pool.create()).ok().flatten() else { return self.check() };
        created.write("text");
        let shared = created.downgrade();
        let key = shared.key();
        assert!(self.pool.clear(key));
        let outcome = attempt(|| drop(shared));
        self.ended(key, outcome);
    }

    fn clear_and_downgrade(&mut self) {
        self.lives += 1;
        let Some(mut created) = attempt(|| self.pool.create()).ok().flatten() else { return self.check() };
        created.write("text");
        let key = created.key();
        assert!(self.pool.clear(key));
        let outcome = attempt(|| drop(created.downgrade()));
        self.ended(key, outcome);
    }

    fn create_owned(&mut self) {
        for cleared in [false, true] {
            self.lives += 1;
            if let Ok(Some(mut created)) = attempt(|| self.pool.clone().create_owned()) {
                created.write("text");
                let key = created.key();
                self.live.push(key);
                if cleared {
                    assert!(self.pool.clear(key));
                    let outcome = attempt(|| drop(created));
                    self.ended(key, outcome);
                } else {
                    drop(created);
                }
            }
            self.check();
        }
    }

    fn clear_elsewhere(&mut self) {
        let Some(&key) = self.live.first() else { return };
        let outcome = thread::scope(|scope| scope.spawn(|| assert!(self.pool.clear(key))).join());
        self.ended(key, planned(outcome));
    }

    fn create_elsewhere(&mut self) {
        let outcome = thread::scope(|scope| {
            let thread = scope.spawn(|| {
                self.workshop.open_here();
                let mut created = self.pool.create()?;
                created.write("text");
                Some(created.key())
            });
            thread.join()
        });
        if let Ok(Some(key)) = planned(outcome) {
            self.live.push(key);
            self.check();
            let outcome = attempt(|| assert!(self.pool.clear(key)));
            self.ended(key, outcome);
        }
        self.check();
    }

    fn change(&mut self) {
        for &key in &self.live {
            let _ = attempt(|| {
                let exclusive = self.pool.get_exclusive(key).unwrap();
                assert_eq!(exclusive.text(), "text");
                self.workshop.call();
            });
        }
        self.check();
    }

    fn retain(&mut self) {
        let mut asked = 0;
        let outcome = attempt(|| {
            self.pool.retain(|_, value| {
                assert_eq!(value.text(), "text");
                self.workshop.call();
                asked += 1;
                asked % 2 == 0
            });
        });
        let before = self.live.len();
        self.live.retain(|&key| self.pool.contains(key));
        assert!(outcome.is_err() || before - self.live.len() == before.div_ceil(2));
        self.check();
    }

    fn clear_all(&mut self) {
        if let Some(&key) = self.live.first() {
            std::mem::forget(self.pool.get_exclusive(key));
        }
        let outcome = attempt(|| Arc::get_mut(&mut self.pool).unwrap().clear_all());
        if let Err(Planned(call)) = outcome {
            assert!(call == Call::Clear || call == Call::Drop && spends_slots::<C>());
        }
        self.live.clear();
        self.check();
    }
}
