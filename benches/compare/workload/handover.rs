//! Entries that one thread inserts and another removes.

use super::duet::{self, Stopwatch};
use super::{Duo, Handle, Shared, Trial};
use crossbeam_channel::bounded;
use std::array;
use std::hint::black_box;

/// A producer inserts and sends the keys through a bounded channel; a consumer removes. Keys
/// travel in blocks, so that the channel, which is measured by itself in the same rounds, does
/// not drown what is sent through it.
#[derive(Clone, Copy)]
pub(super) struct Handover;

impl Handover {
    /// How many keys travel together: an iteration is one block.
    pub(super) const BLOCK: usize = 32;

    /// How many blocks the channel holds.
    pub(super) const CAPACITY: usize = 32;
}

impl Duo for Handover {
    fn prepare<S: Shared>(self) -> Trial {
        let subject = S::new();
        Box::new(move |iterations| {
            let (sender, receiver) = bounded::<[S::Key; Self::BLOCK]>(Self::CAPACITY);
            let produce = |stopwatch: &Stopwatch| {
                let mut handle = subject.share();
                stopwatch.time(move || {
                    for _ in 0..iterations {
                        let keys = array::from_fn(|value| black_box(handle.insert(value as u64)));
                        sender.send(keys).expect("the consumer listens");
                    }
                })
            };
            let consume = |stopwatch: &Stopwatch| {
                let mut handle = subject.share();
                stopwatch.time(|| {
                    for key in receiver.iter().flatten() {
                        black_box(handle.remove(black_box(key)));
                    }
                })
            };
            duet::play(produce, consume)
        })
    }
}
