//! How many bytes a set needs in addition to its futures.

use super::outer::{Outer, Rest};
use super::subject::{self, Set, Subject, Visitor, tokio};
use crate::report::allocations;
use crate::report::program::Footprint;
use ::tokio::task::{JoinSet, yield_now};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The name on the command line and in files.
pub(crate) const ID: &str = "memory-slot";

/// What is weighed.
pub(crate) const FOOTPRINT: Footprint =
    Footprint { id: ID, title: "memory beside futures of 64 B, 1,000 of them, per future", weigh };

/// How many futures are in the set.
const FUTURES: usize = 1_000;

/// A future that is never ready.
struct Large {
    _bytes: [u64; 8],
}

const _: () = assert!(size_of::<Large>() == 64);

impl Large {
    fn new() -> Self {
        Self { _bytes: [0; 8] }
    }
}

impl Future for Large {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<u64> {
        Poll::Pending
    }
}

/// Measures each kind's set when it is full and has been polled.
struct Weigh;

impl Visitor for Weigh {
    type Output = (&'static str, f64);

    fn visit<S: Subject>(&self) -> Self::Output {
        let outer = Outer::new(Rest::Watch);
        let bytes = allocations::bytes_left_by(|bytes| {
            let mut set = S::Set::<Large>::with_capacity(FUTURES);
            for _ in 0..FUTURES {
                set.push(Large::new());
            }
            outer.settle(&mut set, drop);
            bytes()
        });
        (S::NAME, beside(bytes))
    }
}

/// The same, without the runtime.
fn weigh_tokio() -> (&'static str, f64) {
    let runtime = tokio::runtime();
    let bytes = allocations::bytes_left_by(|bytes| {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            for _ in 0..FUTURES {
                set.spawn(Large::new());
            }
            // Until each task has been polled.
            for _ in 0..FUTURES {
                yield_now().await;
            }
            bytes()
        })
    });
    (tokio::NAME, beside(bytes))
}

/// Returns the bytes per future, without the future itself.
fn beside(bytes: isize) -> f64 {
    bytes as f64 / FUTURES as f64 - size_of::<Large>() as f64
}

/// Measures the sets of all kinds.
fn weigh() -> Vec<(&'static str, f64)> {
    let mut weights = subject::every(&Weigh);
    weights.push(weigh_tokio());
    weights
}
