//! Operations that only some stores have.

use super::{Handle, Trial, fill};
use crate::compare::subject::{Exclusive, GuardedRemoval, Take};
use std::hint::black_box;
use std::time::Instant;

/// How many other entries stand.
const LIVE: usize = 1_000;

/// Each operation inserts a value, takes a guard of it, removes it, and drops the guard, and with it the value.
pub(super) fn remove_guarded<S: GuardedRemoval>() -> Trial {
    let mut subject = S::new();
    fill(&mut subject, LIVE);
    Box::new(move |iterations| {
        let start = Instant::now();
        for value in 0..iterations {
            let key = black_box(subject.handle().insert(value));
            black_box(subject.remove_guarded(key));
        }
        start.elapsed()
    })
}

/// Each operation inserts a value and takes it out.
pub(super) fn take<S: Take>() -> Trial {
    let mut subject = S::new();
    fill(&mut subject, LIVE);
    Box::new(move |iterations| {
        let start = Instant::now();
        for value in 0..iterations {
            let key = black_box(subject.handle().insert(value));
            black_box(subject.take(key).expect("a live key"));
        }
        start.elapsed()
    })
}

/// Each operation takes exclusive access to an entry, changes the value, and ends the access. Each operation visits the
/// next entry, because operations on the same one would wait for the previous store to it.
pub(super) fn exclusive<S: Exclusive>() -> Trial {
    let mut subject = S::new();
    let keys = fill(&mut subject, LIVE);
    Box::new(move |iterations| {
        let start = Instant::now();
        for &key in keys.iter().cycle().take(iterations as usize) {
            subject.increment(black_box(key));
        }
        start.elapsed()
    })
}
