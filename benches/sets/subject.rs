//! The subjects: sets of futures, behind traits that are resolved statically.
//!
//! Every workload is generic over [`Subject`], so each set gets its own copy of every loop and its calls are inlined
//! there, as they would be in a program that uses it. In [`tokio`] the runtime polls the futures, not the owner of the
//! set, so it has its own version of each workload.

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
    /// Makes a set for at most `futures` futures.
    fn with_capacity(futures: usize) -> Self;

    /// Adds a future, for which there is room.
    fn push(&mut self, future: F);

    /// Polls the futures that were woken, until one is ready. Returns `None` if the set is empty.
    fn poll_output(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>>;
}

/// An operation on each kind of set.
pub(crate) trait Visitor {
    /// What it returns.
    type Output;

    /// Applies it to the kind `S`.
    fn visit<S: Subject>(&self) -> Self::Output;
}

/// The names of the other crates' sets.
pub(crate) const OTHERS: [&str; 4] = [FuturesUtil::NAME, FuturesBuffered::NAME, Slotpoller::NAME, tokio::NAME];

/// Visits every kind of set that its owner polls.
pub(crate) fn every<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<Flagstone>(),
        visitor.visit::<FuturesUtil>(),
        visitor.visit::<FuturesBuffered>(),
        visitor.visit::<Slotpoller>(),
    ]
}
