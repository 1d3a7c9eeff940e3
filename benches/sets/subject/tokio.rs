//! `tokio`: tasks of a runtime of one thread, and the set that joins them.
//!
//! The runtime decides when to poll them, so the executor of the other sets cannot poll them. The cost of its
//! `block_on` is part of the figures.

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// The name in tables, plots and on the command line.
pub(crate) const NAME: &str = "tokio, JoinSet";

/// Makes a single-threaded runtime without timers and I/O.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime can be made")
}

/// Returns the first output that is ready, or `None` if there is no task.
#[inline]
pub(crate) async fn output<T: 'static>(set: &mut JoinSet<T>) -> Option<T> {
    set.join_next().await.map(|joined| joined.expect("no task panics"))
}
