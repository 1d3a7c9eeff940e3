//! One hot key that all threads read, and whose entry is replaced again and again.

use std::{
    sync::atomic::{AtomicUsize, Ordering, fence},
    thread,
};

use flagstone::{DefaultConfig, Pool, Slab};

use super::{
    super::{Budget, alone, canary::Canary, crowds::Crowded, pooled::Pooled, random::Random},
    subject::{Checked, Pin, Subject},
};

const READERS: usize = 2;
const REPLACERS: usize = 2;

/// The key of the entry that is there now.
struct Hot<S> {
    subject: S,
    key: AtomicUsize,
}

impl<S: Subject> Hot<S> {
    /// A thread that has just seen the key finds its entry, or else finds that the key has changed.
    fn read<'pin>(&self, pin: &'pin S::Pin<'_>) -> Option<(usize, &'pin S::Value)> {
        let key = self.key.load(Ordering::Relaxed);
        let Some(value) = pin.get(key) else {
            // Pairs with the one below: a thread that sees that the entry has ended sees that the key has changed.
            fence(Ordering::SeqCst);
            assert_ne!(self.key.load(Ordering::Relaxed), key, "an entry is not found that is there");
            return None;
        };
        value.is_of(key);
        Some((key, value))
    }

    fn replace(&self, random: &mut Random) {
        let Some(new) = self.subject.add() else {
            // Pins keep all slots.
            thread::yield_now();
            return;
        };
        let old = self.key.swap(new, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        assert!(self.subject.end(old, random, true), "the thread that takes the key away ends its entry");
    }

    fn read_somehow(&self, random: &mut Random) {
        let subject = &self.subject;
        match random.below(4) {
            0 => {
                self.read(&subject.pin());
            }
            1 => {
                let pin = subject.pin();
                let count = random.below(8);
                let kept: Vec<_> = (0..count).filter_map(|_| self.read(&pin)).collect();
                kept.into_iter().for_each(|(key, value)| value.is_of(key));
            }
            2 => {
                let key = self.key.load(Ordering::Relaxed);
                if let Some(guard) = subject.get(key) {
                    guard.is_of(key);
                }
            }
            _ => {
                let (one, other) = (subject.pin(), subject.pin());
                let kept = self.read(&other);
                drop(one);
                if random.once_in(2) {
                    thread::yield_now();
                }
                kept.iter().for_each(|(key, value)| value.is_of(*key));
            }
        }
    }
}

fn run<S: Subject>(read: impl Fn(&Hot<S>, &mut Random) + Sync, is_small: bool) {
    let subject = S::new();
    // On a thread of its own, whose number is free again.
    let first = thread::scope(|scope| scope.spawn(|| subject.add()).join().expect("no panic"));
    let hot = Hot { subject, key: AtomicUsize::new(first.expect("there is room")) };
    let budget = Budget::new();
    let act = |act: &dyn Fn(&mut Random)| {
        let mut random = Random::new();
        for () in budget {
            (0..64).for_each(|_| act(&mut random));
        }
    };
    thread::scope(|scope| {
        let readers = (0..READERS).map(|_| scope.spawn(|| act(&|random| read(&hot, random))));
        let replacers = (0..REPLACERS).map(|_| scope.spawn(|| act(&|random| hot.replace(random))));
        for thread in readers.chain(replacers).collect::<Vec<_>>() {
            thread.join().expect("no panic");
        }
    });
    // As above: an attempt at exclusive access gives the thread a number.
    let ends = || assert!(hot.subject.end(hot.key.load(Ordering::Relaxed), &mut Random::new(), true));
    thread::scope(|scope| scope.spawn(ends).join().expect("no panic"));
    hot.subject.assert_settled();
    if is_small {
        hot.subject.assert_whole();
    }
    hot.subject.end_all();
}

#[test]
fn whoever_pins_finds_what_is_there_in_a_slab() {
    alone(|| run::<Slab<Canary<'static>, DefaultConfig>>(Hot::read_somehow, false));
}

#[test]
fn whoever_pins_finds_what_is_there_in_a_pool() {
    alone(|| run::<Pool<Pooled, DefaultConfig>>(Hot::read_somehow, false));
}

#[test]
fn whoever_pins_finds_what_is_there_in_a_crowded_slab() {
    alone(|| run::<Slab<Canary<'static>, Crowded>>(Hot::read_somehow, true));
}

#[test]
fn whoever_pins_finds_what_is_there_in_a_crowded_pool() {
    alone(|| run::<Pool<Pooled, Crowded>>(Hot::read_somehow, true));
}

/// Nothing else, so that as many pins as possible end while another thread pushes records onto them.
fn read_at_once<S: Subject>(hot: &Hot<S>, _random: &mut Random) {
    hot.read(&hot.subject.pin());
}

#[test]
fn pins_end_while_they_are_made_to_owe_in_a_slab() {
    alone(|| run::<Slab<Canary<'static>, DefaultConfig>>(read_at_once, false));
}

#[test]
fn pins_end_while_they_are_made_to_owe_in_a_pool() {
    alone(|| run::<Pool<Pooled, DefaultConfig>>(read_at_once, false));
}
