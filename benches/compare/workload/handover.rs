//! Entries that one thread inserts and another removes.

use super::duet::{self, Stopwatch};
use super::ring::ring;
use super::{Duo, Handle, Shared, Trial};
use std::hint::black_box;

/// A producer inserts and sends each key through a ring that spins; a consumer removes. The time of the ring is in
/// every subject's time, and is measured by itself in the same rounds.
#[derive(Clone, Copy)]
pub(super) struct Handover;

impl Duo for Handover {
    fn prepare<S: Shared>(self) -> Trial {
        let subject = S::new();
        Box::new(move |iterations| {
            let (mut sender, mut receiver) = ring::<S::Key>();
            let produce = |stopwatch: &Stopwatch| {
                let mut handle = subject.share();
                stopwatch.time(|| {
                    for value in 0..iterations {
                        sender.send(handle.insert(value));
                    }
                })
            };
            let consume = |stopwatch: &Stopwatch| {
                let mut handle = subject.share();
                stopwatch.time(|| {
                    for _ in 0..iterations {
                        black_box(handle.remove(receiver.receive()));
                    }
                })
            };
            duet::play(produce, consume)
        })
    }
}
