//! Of a pool.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use flagstone::{Config, Pool, Stats};

use super::{Scenario, TWO_THREADS, assert_no_slot_is_lost, in_every_call, spends_slots};
use crate::{
    configs::on_every_configuration,
    pooled::{Call, Planned, Pooled, Workshop, attempt, planned},
};

in_every_call! { InPool }

on_every_configuration! {
    a_scenario_without_panics_runs_again_and_again_in_the_same_room
}

fn a_scenario_without_panics_runs_again_and_again_in_the_same_room<C: Config>() {
    let workshop = Arc::new(Workshop::new());
    let mut scenario = InPool::<C>::new(&workshop, TWO_THREADS);
    if spends_slots::<C>() {
        return;
    }
    for _ in 0..50 {
        scenario.run();
        assert_no_slot_is_lost(&scenario);
    }
    assert_eq!(workshop.dropped(), scenario.trimmed);
}

struct InPool<C: Config> {
    workshop: Arc<Workshop>,
    pool: Arc<Pool<Pooled, C>>,
    /// The keys of all entries that are there.
    live: Vec<usize>,
    /// How often a slot was asked for.
    lives: usize,
    /// How many values were dropped by trimming.
    trimmed: usize,
    /// Whether another thread takes part.
    elsewhere: bool,
}

impl<C: Config> Scenario<C> for InPool<C> {
    fn new(workshop: &Arc<Workshop>, elsewhere: bool) -> Self {
        let (workshop, pool) = (Arc::clone(workshop), Arc::new(Pool::new_with_config()));
        Self { workshop, pool, live: Vec::new(), lives: 0, trimmed: 0, elsewhere }
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
        self.look();
        self.clear_under_a_pin();
        self.create_with();
        if self.elsewhere {
            self.clear_under_anothers_pin();
        }
        self.change();
        self.retain();
        self.create_with();
        self.clear_all();
        self.trim();
    }

    fn lives(&self) -> usize {
        self.lives
    }

    fn insert(&self) -> Option<usize> {
        self.pool.create_with(|value| value.write("text"))
    }

    fn remove(&self, key: usize) -> bool {
        self.pool.clear(key)
    }

    fn len(&self) -> usize {
        self.pool.len()
    }

    fn stats(&self) -> Stats {
        self.pool.stats()
    }

    fn end(self) {
        drop(Arc::into_inner(self.pool).unwrap());
    }
}

impl<C: Config> InPool<C> {
    /// Asserts that those entries are there which should be, and that values were dropped only after a panic in their
    /// `Clear`, by trimming, or where a slot's generations are used up.
    fn check(&self) {
        assert_eq!((self.pool.len(), Arc::strong_count(&self.pool)), (self.live.len(), 1));
        for &key in &self.live {
            assert_eq!(self.pool.get(key).unwrap().text(), "text");
        }
        let (dropped, panicked) = (self.workshop.dropped() - self.trimmed, self.workshop.panicked(Call::Clear));
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

    fn look(&mut self) {
        let _ = attempt(|| format!("{:?}", self.pool));
        self.check();
        let Some(&key) = self.live.first() else { return };
        let _ = attempt(|| {
            let guards = [self.pool.get(key).unwrap(), self.pool.get(key).unwrap()];
            assert!(*guards[0] == *guards[1] && format!("{:?}", guards[0]).contains("text"));
        });
        let _ = attempt(|| {
            let pinned = self.pool.pin();
            pinned.iter().for_each(|(_, value)| assert!(value == pinned.get(key).unwrap() || value.text() == "text"));
        });
        self.check();
        assert!(self.pool.get_exclusive(key).is_ok(), "neither a guard nor a pin is left");
    }

    fn clear_under_a_pin(&mut self) {
        let pool = Arc::clone(&self.pool);
        let pinned = pool.pin();
        let keys = self.live.clone();
        for &key in &keys {
            let value = pinned.get(key).unwrap();
            assert!(pool.clear(key));
            assert_eq!(value.text(), "text");
        }
        let outcome = attempt(|| drop(pinned));
        drop(pool);
        self.all_ended(&keys, outcome);
    }

    fn clear_under_anothers_pin(&mut self) {
        let keys = self.live.clone();
        let (pool, barrier) = (&self.pool, Barrier::new(2));
        let outcome = thread::scope(|scope| {
            let other = scope.spawn(|| {
                let pinned = pool.pin();
                assert!(keys.iter().all(|&key| pinned.get(key).is_some()));
                barrier.wait();
                barrier.wait();
            });
            barrier.wait();
            assert!(keys.iter().all(|&key| pool.clear(key)));
            barrier.wait();
            other.join()
        });
        self.all_ended(&keys, planned(outcome));
    }

    fn all_ended(&mut self, keys: &[usize], outcome: Result<(), Planned>) {
        self.live.clear();
        assert!(keys.iter().all(|&key| !self.pool.contains(key)));
        if let Err(Planned(call)) = outcome {
            assert!(call == Call::Clear || call == Call::Drop && spends_slots::<C>());
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

    fn trim(&mut self) {
        for all in [false, true] {
            let kept = self.workshop.made() - self.workshop.dropped();
            let trimmed = attempt(|| match Arc::get_mut(&mut self.pool) {
                Some(pool) if all => pool.shrink_to_fit(),
                _ => self.pool.trim(),
            });
            let left = self.workshop.made() - self.workshop.dropped();
            self.trimmed += kept - left;
            if let Err(Planned(call)) = trimmed {
                assert!(call == Call::Drop && kept > left);
            }
            // Where generations wrap, pages stay whose slots have had very different numbers of lives.
            let all_go = all && !spends_slots::<C>() && !C::WRAP_GENERATIONS;
            assert!(left == 0 || !all_go, "{left} values are left");
            self.check();
        }
    }
}
