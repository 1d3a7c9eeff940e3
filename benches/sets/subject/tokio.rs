//! `tokio`: tasks of a runtime of one thread, and the set that joins them.
//!
//! The runtime polls them when it likes, so they cannot be polled by the executor that polls the
//! others, and what its `block_on` costs is part of the figures.

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// The name in tables, plots and on the command line.
pub(crate) const NAME: &str = "tokio, JoinSet";

/// Makes a runtime of one thread that has neither timers nor input and output to look after.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime can be made")
}

/// Returns what is ready first. `None`: there is no task.
#[inline]
pub(crate) async fn output<T: 'static>(set: &mut JoinSet<T>) -> Option<T> {
    set.join_next().await.map(|joined| joined.expect("no task panics"))
}
