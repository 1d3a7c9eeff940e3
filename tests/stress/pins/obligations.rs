//! Many entries that end under pins, of several threads, short and long and nested.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{DefaultConfig, Pool, Slab};

use super::{
    super::{Budget, alone, canary::Canary, crowds::Crowded, pooled::Pooled, random::Random},
    subject::{Checked, Pin, Subject},
};

const ENTRIES: usize = 40;
const NO_KEY: usize = usize::MAX;
const READERS: usize = 2;
const REMOVERS: usize = 2;

/// What is done in each round, in step.
struct Rounds<S> {
    subject: S,
    keys: [AtomicUsize; ENTRIES],
    ended: AtomicUsize,
    /// The barrier orders all that is relaxed here.
    barrier: Barrier,
    go_on: AtomicBool,
}

impl<S: Subject> Rounds<S> {
    fn keys(&self) -> impl Iterator<Item = usize> {
        self.keys.iter().map(|key| key.load(Ordering::Relaxed)).filter(|&key| key != NO_KEY)
    }

    fn find_all<'pin>(&self, pin: &'pin S::Pin<'_>) -> Vec<(usize, &'pin S::Value)> {
        self.keys().map(|key| (key, pin.get(key).expect("it was not ended"))).collect()
    }

    /// Reads all that is there, and goes on to while it ends.
    fn read(&self, random: &mut Random, holds_on: bool) {
        let subject = &self.subject;
        let mut pins = vec![subject.pin()];
        let others = random.below(3);
        pins.extend((0..others).map(|_| subject.pin()));
        // Nested pins end in any order, and what one of them has shown is there as long as that one is.
        let pin = pins.swap_remove(random.below(pins.len()));
        let kept = self.find_all(&pin);
        self.barrier.wait();
        for _ in 0..random.below(4) {
            kept.iter().for_each(|(key, value)| value.is_of(*key));
            pins.pop();
        }
        if holds_on {
            self.barrier.wait();
            kept.iter().for_each(|(key, value)| value.is_of(*key));
            assert!(self.keys().all(|key| pin.get(key).is_none()));
            assert_eq!(pin.iter().count() + pin.keys().len(), 0);
        } else {
            // While others end what it has seen.
            drop((pins, pin));
            self.barrier.wait();
        }
    }

    fn end_all(&self, random: &mut Random) {
        self.barrier.wait();
        let from = random.below(ENTRIES);
        for place in 0..ENTRIES {
            let key = self.keys[(from + place) % ENTRIES].load(Ordering::Relaxed);
            if key != NO_KEY && self.subject.end(key, random, false) {
                self.ended.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.barrier.wait();
    }

    fn add_all(&self) -> usize {
        self.keys.iter().for_each(|key| key.store(self.subject.add().unwrap_or(NO_KEY), Ordering::Relaxed));
        self.keys().count()
    }
}

fn run<S: Subject>(is_small: bool) {
    let rounds = Rounds {
        subject: S::new(),
        keys: [const { AtomicUsize::new(NO_KEY) }; ENTRIES],
        ended: AtomicUsize::new(0),
        barrier: Barrier::new(READERS + REMOVERS + 1),
        go_on: AtomicBool::new(true),
    };
    let Rounds { subject, ended, barrier, go_on, .. } = &rounds;
    thread::scope(|scope| {
        let act = |act: &dyn Fn(&mut Random)| {
            let mut random = Random::new();
            loop {
                barrier.wait();
                if !go_on.load(Ordering::Relaxed) {
                    return;
                }
                act(&mut random);
                barrier.wait();
            }
        };
        let rounds = &rounds;
        let readers = (0..READERS).map(|reader| scope.spawn(move || act(&|random| rounds.read(random, reader == 0))));
        let removers = (0..REMOVERS).map(|_| scope.spawn(move || act(&|random| rounds.end_all(random))));
        let threads: Vec<_> = readers.chain(removers).collect();
        // The one that makes the entries has no other part, so that all are ended by others.
        let maker = scope.spawn(move || {
            for () in Budget::new() {
                let count = rounds.add_all();
                // It begins, all is read, all has ended, all pins have.
                for _ in 0..4 {
                    barrier.wait();
                }
                assert_eq!(ended.swap(0, Ordering::Relaxed), count, "each is ended by one");
                subject.assert_settled();
            }
            go_on.store(false, Ordering::Relaxed);
            barrier.wait();
        });
        for thread in threads.into_iter().chain([maker]) {
            thread.join().expect("no panic");
        }
    });
    if is_small {
        subject.assert_whole();
    }
    rounds.subject.end_all();
}

#[test]
fn what_ends_under_pins_of_a_slab_stays_and_goes_with_them() {
    alone(|| run::<Slab<Canary<'static>, DefaultConfig>>(false));
}

#[test]
fn what_ends_under_pins_of_a_pool_stays_and_goes_with_them() {
    alone(|| run::<Pool<Pooled, DefaultConfig>>(false));
}

#[test]
fn what_ends_under_pins_of_a_crowded_slab_stays_and_goes_with_them() {
    alone(|| run::<Slab<Canary<'static>, Crowded>>(true));
}

#[test]
fn what_ends_under_pins_of_a_crowded_pool_stays_and_goes_with_them() {
    alone(|| run::<Pool<Pooled, Crowded>>(true));
}
