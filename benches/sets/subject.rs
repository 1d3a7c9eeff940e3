//! What is compared: sets of futures, behind traits that the compiler sees through.
//!
//! Every workload is generic over [`Subject`], so each set gets its own copy of every loop and its
//! calls are inlined there, as they would be in a program that uses it. [`tokio`], whose runtime
//! polls the futures, and not the owner of the set, does its own copy of each workload.

pub(crate) mod flagstone;
pub(crate) mod futures_buffered;
pub(crate) mod futures_util;
pub(crate) mod slotpoller;
pub(crate) mod tokio;

use self::flagstone::Flagstone;
use self::futures_buffered::FuturesBuffered;
use self::futures_util::FuturesUtil;
use self::slotpoller::Slotpoller;
use std::task::{Context, Poll};

/// A kind of set.
pub(crate) trait Subject: 'static {
    /// The name in tables, plots and on the command line.
    const NAME: &'static str;

    /// A set of such futures.
    type Set<F: Future + 'static>: Set<F> + 'static;
}

/// A set of futures that its owner polls.
pub(crate) trait Set<F: Future> {
    /// Makes a set for so many futures at most.
    fn with_capacity(futures: usize) -> Self;

    /// Adds a future, for which there is room.
    fn push(&mut self, future: F);

    /// Polls those that were woken, until one is ready. `None`: there is no future.
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>>;
}

/// Something to be done with each kind of set.
pub(crate) trait Visitor {
    /// What it returns.
    type Output;

    /// Does it with the kind `S`.
    fn visit<S: Subject>(&self) -> Self::Output;
}

/// The names of those that are not ours.
pub(crate) const OTHERS: [&str; 4] = [FuturesUtil::NAME, FuturesBuffered::NAME, Slotpoller::NAME, tokio::NAME];

/// Visits every kind that its owner polls.
pub(crate) fn every<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<Flagstone>(),
        visitor.visit::<FuturesUtil>(),
        visitor.visit::<FuturesBuffered>(),
        visitor.visit::<Slotpoller>(),
    ]
}
