//! Walks under pins: what is there throughout is seen once, whatever comes and goes beside it.

use std::{
    collections::HashSet,
    sync::{Barrier, Mutex},
    thread,
};

use flagstone::{DefaultConfig, Pool, Slab};

use super::{
    super::{Budget, alone, canary::Canary, crowds::Crowded, pooled::Pooled, random::Random},
    subject::{Checked, Pin, Subject},
};

const WALKERS: usize = 2;
const CHURNERS: usize = 2;
/// How many entries each churner leaves alone.
const PERMANENT: usize = 4;
const AT_MOST: usize = 60;

/// Adds and ends entries of its own.
fn churn<S: Subject>(subject: &S, keys: &mut Vec<usize>, random: &mut Random) {
    if keys.len() < AT_MOST && random.once_in(2) {
        if let Some(key) = subject.add() {
            keys.push(key);
        }
    } else if !keys.is_empty() {
        let key = keys.swap_remove(random.below(keys.len()));
        assert!(subject.end(key, random, true), "no other thread ends it");
    }
}

fn walk<S: Subject>(subject: &S, permanent: &HashSet<usize>, random: &mut Random) {
    let pin = subject.pin();
    let mut kept = Vec::new();
    for _ in 0..1 + random.below(3) {
        let mut seen = HashSet::new();
        let mut see = |(key, value): (usize, _)| {
            S::Value::is_of(value, key);
            assert!(seen.insert(key), "{key:#x} was seen twice");
            kept.push((key, value));
        };
        match random.below(3) {
            0 => pin.iter().for_each(see),
            1 => {
                for entry in pin.iter() {
                    see(entry);
                    if random.once_in(8) {
                        thread::yield_now();
                    }
                }
            }
            _ => {
                for key in pin.keys() {
                    assert!(seen.insert(key), "{key:#x} was seen twice");
                }
            }
        }
        assert!(permanent.is_subset(&seen), "not seen: {:x?}", permanent.difference(&seen));
    }
    kept.into_iter().for_each(|(key, value)| value.is_of(key));
}

fn run<S: Subject>(is_small: bool) {
    let subject = S::new();
    let permanent = Mutex::new(HashSet::new());
    let all_are_there = Barrier::new(WALKERS + CHURNERS);
    let budget = Budget::new();
    thread::scope(|scope| {
        let churn = || {
            let (mut random, mut own) = (Random::new(), Vec::new());
            permanent.lock().expect("no panic").extend((0..PERMANENT).filter_map(|_| subject.add()));
            all_are_there.wait();
            for () in budget {
                (0..64).for_each(|_| churn(&subject, &mut own, &mut random));
            }
            assert!(own.into_iter().all(|key| subject.end(key, &mut random, true)));
        };
        let look = || {
            let mut random = Random::new();
            all_are_there.wait();
            let permanent = permanent.lock().expect("no panic").clone();
            for () in budget {
                walk(&subject, &permanent, &mut random);
            }
        };
        let churners = [(); CHURNERS].map(|()| scope.spawn(churn));
        let walkers = [(); WALKERS].map(|()| scope.spawn(look));
        for thread in churners.into_iter().chain(walkers) {
            thread.join().expect("no panic");
        }
        // On a thread of its own, whose number is free again: an attempt at exclusive access gives the thread one.
        let ends = || {
            let permanent = permanent.lock().expect("no panic");
            assert!(permanent.iter().all(|&key| subject.end(key, &mut Random::new(), true)));
        };
        scope.spawn(ends).join().expect("no panic");
    });
    subject.assert_settled();
    if is_small {
        subject.assert_whole();
    }
    subject.end_all();
}

#[test]
fn what_is_in_a_slab_throughout_is_seen_once() {
    alone(|| run::<Slab<Canary<'static>, DefaultConfig>>(false));
}

#[test]
fn what_is_in_a_pool_throughout_is_seen_once() {
    alone(|| run::<Pool<Pooled, DefaultConfig>>(false));
}

#[test]
fn what_is_in_a_crowded_slab_throughout_is_seen_once() {
    alone(|| run::<Slab<Canary<'static>, Crowded>>(true));
}

#[test]
fn what_is_in_a_crowded_pool_throughout_is_seen_once() {
    alone(|| run::<Pool<Pooled, Crowded>>(true));
}
