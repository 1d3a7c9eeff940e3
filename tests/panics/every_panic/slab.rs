//! Of a slab.

use std::{
    panic::resume_unwind,
    sync::{Arc, Barrier},
    thread,
};

use flagstone::{Config, Slab, Stats};

use super::{Scenario, in_every_call};
use crate::{
    configs::room,
    pooled::{Call, Planned, Pooled, Workshop, attempt, planned},
};

in_every_call! { InSlab }

struct InSlab<C: Config> {
    workshop: Arc<Workshop>,
    slab: Arc<Slab<Pooled, C>>,
    /// The keys of all entries that are there.
    live: Vec<usize>,
    /// How often a slot was asked for.
    lives: usize,
    /// Whether another thread takes part.
    elsewhere: bool,
}

impl<C: Config> Scenario<C> for InSlab<C> {
    fn new(workshop: &Arc<Workshop>, elsewhere: bool) -> Self {
        let (workshop, slab) = (Arc::clone(workshop), Arc::new(Slab::new_with_config()));
        Self { workshop, slab, live: Vec::new(), lives: 0, elsewhere }
    }

    fn run(&mut self) {
        self.check();
        self.insert_with_key();
        self.remove_all();
        self.extend();
        self.look();
        self.remove_under_a_pin();
        self.fill();
        self.remove_under_guards();
        self.fill();
        self.remove_exclusively();
        self.take();
        self.fill();
        self.retain();
        if self.elsewhere {
            self.fill();
            self.remove_elsewhere();
            self.fill();
            self.remove_under_anothers_pin();
        }
        self.collect();
        self.fill();
        self.drain();
        self.fill();
        self.clear();
        self.trim();
    }

    fn lives(&self) -> usize {
        self.lives
    }

    fn insert(&self) -> Option<usize> {
        self.slab.insert(self.workshop.value("text"))
    }

    fn remove(&self, key: usize) -> bool {
        self.slab.remove(key)
    }

    fn len(&self) -> usize {
        self.slab.len()
    }

    fn stats(&self) -> Stats {
        self.slab.stats()
    }

    fn end(self) {
        let mut left = Arc::into_inner(self.slab).unwrap().into_iter();
        let first = left.next();
        // Apart, since a second panic while one goes on would abort, as that of any two destructors.
        let outcomes = [attempt(|| drop(left)), attempt(|| drop(first))];
        if let Some(planned) = outcomes.into_iter().find_map(Result::err) {
            resume_unwind(Box::new(planned));
        }
    }
}

impl<C: Config> InSlab<C> {
    /// Asserts that those entries are there which should be, and no other value.
    fn check(&self) {
        assert_eq!((self.slab.len(), Arc::strong_count(&self.slab)), (self.live.len(), 1));
        for &key in &self.live {
            assert_eq!(self.slab.get(key).unwrap().text(), "text");
        }
        assert_eq!(self.workshop.made() - self.workshop.dropped(), self.live.len());
    }

    /// Asserts that entries have ended, whatever came of that.
    fn ended<R>(&mut self, keys: &[usize], outcome: Result<R, Planned>) {
        if let Err(Planned(call)) = outcome {
            assert_eq!(call, Call::Drop);
        }
        self.live.retain(|live| !keys.contains(live));
        assert!(keys.iter().all(|&key| !self.slab.contains(key) && self.slab.get(key).is_none()));
        self.check();
    }

    /// Where there is room, some entries more.
    fn fill(&mut self) {
        self.lives += 2;
        self.live.extend((0..2).map_while(|_| {
            let vacant = self.slab.vacant_entry()?;
            let key = vacant.key();
            vacant.insert(self.workshop.value("text"));
            Some(key)
        }));
        self.check();
    }

    fn insert_with_key(&mut self) {
        for _ in 0..2 {
            self.lives += 1;
            let make = |key| {
                assert!(!self.slab.contains(key));
                self.workshop.call();
                self.workshop.value("text")
            };
            let outcome = attempt(|| self.slab.insert_with_key(make));
            match outcome {
                Ok(key) => self.live.extend(key),
                Err(Planned(call)) => assert_eq!(call, Call::Closure),
            }
            self.check();
        }
    }

    fn remove_all(&mut self) {
        while let Some(&key) = self.live.first() {
            let outcome = attempt(|| assert!(self.slab.remove(key)));
            self.ended(&[key], outcome);
        }
    }

    /// As many values as there is room for, but not more than two, by an iterator that panics.
    fn values(&self, count: usize) -> impl Iterator<Item = Pooled> + use<C> {
        let workshop = Arc::clone(&self.workshop);
        (0..count).map(move |_| {
            workshop.call();
            workshop.value("text")
        })
    }

    fn extend(&mut self) {
        // What is too much panics too, but not as planned.
        let count = room::<C>(2).min(1 + usize::from(!super::spends_slots::<C>()));
        self.lives += count;
        let values = self.values(count - self.live.len().min(count));
        let outcome = attempt(|| Arc::get_mut(&mut self.slab).unwrap().extend(values));
        assert!(!matches!(outcome, Err(Planned(call)) if call != Call::Closure));
        self.live = self.slab.pin().keys().collect();
        assert!(outcome.is_err() || self.live.len() == count);
        self.check();
    }

    fn collect(&mut self) {
        // One, since what an iterator has given before it panics is dropped meanwhile, and then nothing must panic.
        let values = self.values(1);
        let _ = attempt(|| assert_eq!(values.collect::<Slab<_, C>>().len(), 1));
        self.check();
    }

    fn look(&mut self) {
        let _ = attempt(|| format!("{:?}", self.slab));
        self.check();
        let Some(&key) = self.live.first() else { return };
        let _ = attempt(|| {
            let guards = [self.slab.get(key).unwrap(), self.slab.get(key).unwrap()];
            assert!(*guards[0] == *guards[1] && format!("{:?}", guards[0]).contains("text"));
        });
        let _ = attempt(|| format!("{:?}", self.slab.get_exclusive(key).unwrap()));
        let _ = attempt(|| {
            let pinned = self.slab.pin();
            pinned.iter().for_each(|(_, value)| assert!(value == pinned.get(key).unwrap() || value.text() == "text"));
        });
        self.check();
        assert!(self.slab.get_exclusive(key).is_ok(), "neither a guard nor a pin is left");
    }

    fn remove_under_a_pin(&mut self) {
        let slab = Arc::clone(&self.slab);
        let (pinned, nested) = (slab.pin(), slab.pin());
        let keys = self.live.clone();
        for &key in &keys {
            let value = pinned.get(key).unwrap();
            assert!(nested.get(key).is_some() && slab.remove(key));
            assert_eq!(value.text(), "text");
        }
        // Of a thread without a shard each pin keeps what it has read itself; so that the last one ends all.
        assert!(attempt(|| drop(nested)).is_ok());
        let outcome = attempt(|| drop(pinned));
        drop(slab);
        self.ended(&keys, outcome);
    }

    fn remove_under_anothers_pin(&mut self) {
        let keys = self.live.clone();
        let (slab, barrier) = (&self.slab, Barrier::new(2));
        let outcome = thread::scope(|scope| {
            let other = scope.spawn(|| {
                let pinned = slab.pin();
                assert!(keys.iter().all(|&key| pinned.get(key).is_some()));
                barrier.wait();
                barrier.wait();
            });
            barrier.wait();
            assert!(keys.iter().all(|&key| slab.remove(key)));
            barrier.wait();
            other.join()
        });
        self.ended(&keys, planned(outcome));
    }

    fn remove_under_guards(&mut self) {
        let Some(&key) = self.live.first() else { return };
        let guard = self.slab.get(key).unwrap();
        let owned = Arc::clone(&self.slab).get_owned(key).unwrap();
        assert!(guard.remove());
        let outcome = attempt(|| drop(owned));
        self.ended(&[key], outcome);
        let Some(&key) = self.live.first() else { return };
        let outcome = attempt(|| assert!(self.slab.get(key).unwrap().remove()));
        self.ended(&[key], outcome);
    }

    fn remove_exclusively(&mut self) {
        let Some(&key) = self.live.first() else { return };
        let changed = attempt(|| {
            let exclusive = self.slab.get_exclusive(key).unwrap();
            self.workshop.call();
            exclusive.downgrade()
        });
        drop(changed);
        self.check();
        let exclusive = self.slab.get_exclusive(key).unwrap();
        assert!(self.slab.remove(key));
        let outcome = attempt(|| drop(exclusive));
        self.ended(&[key], outcome);
    }

    fn take(&mut self) {
        for patient in [true, false] {
            self.fill();
            let Some(&key) = self.live.first() else { return };
            let taken = if patient { self.slab.take(key) } else { self.slab.try_take(key) };
            assert_eq!(taken.as_ref().unwrap().text(), "text");
            // The slot is free before the caller's value ends.
            assert_eq!(self.slab.len(), self.live.len() - 1);
            let outcome = attempt(|| drop(taken));
            self.ended(&[key], outcome);
        }
    }

    fn retain(&mut self) {
        let mut asked = 0;
        let outcome = attempt(|| {
            self.slab.retain(|_, value| {
                assert_eq!(value.text(), "text");
                self.workshop.call();
                asked += 1;
                asked % 2 == 0
            });
        });
        let before = self.live.len();
        self.live.retain(|&key| self.slab.contains(key));
        assert!(outcome.is_err() || before - self.live.len() == before.div_ceil(2));
        self.check();
    }

    fn remove_elsewhere(&mut self) {
        let Some(&key) = self.live.first() else { return };
        let outcome = thread::scope(|scope| scope.spawn(|| assert!(self.slab.remove(key))).join());
        self.ended(&[key], planned(outcome));
    }

    fn drain(&mut self) {
        let keys = self.live.clone();
        let mut drain = Arc::get_mut(&mut self.slab).unwrap().drain();
        let first = drain.next();
        let outcomes = [attempt(|| drop(drain)), attempt(|| drop(first))];
        self.ended(&keys, outcomes.into_iter().collect::<Result<Vec<_>, _>>());
    }

    fn clear(&mut self) {
        let keys = self.live.clone();
        if let Some(&key) = keys.first() {
            std::mem::forget(self.slab.get(key));
        }
        let outcome = attempt(|| Arc::get_mut(&mut self.slab).unwrap().clear());
        self.ended(&keys, outcome);
    }

    /// Which runs no user code, and loses nothing of what the panics have left.
    fn trim(&mut self) {
        let calls = self.workshop.calls();
        self.slab.trim();
        Arc::get_mut(&mut self.slab).unwrap().shrink_to_fit();
        assert_eq!(self.workshop.calls(), calls);
        self.check();
    }
}
