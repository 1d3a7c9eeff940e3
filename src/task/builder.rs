//! Names and kinds of tasks.

mod spawning;

use core::{fmt, panic::Location};
use std::borrow::Cow;

use super::raw::Origin;

/// Sets a task's name and kind before it is spawned.
///
/// Returned by [`LocalExecutor::builder`](super::LocalExecutor::builder) and the other `builder` methods. A name costs
/// a task 24 bytes of its slot's room on 64 bits; a kind costs nothing.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// let task = executor.builder().name("resolver").kind("background").spawn(async { 1 });
/// let info = task.task().info();
/// assert_eq!((info.name.as_deref(), info.kind), (Some("resolver"), "background"));
/// ```
#[derive(Clone)]
#[must_use = "nothing is spawned until `spawn` is called"]
pub struct Builder<'a, S> {
    spawner: &'a S,
    name: Option<Cow<'static, str>>,
    kind: &'static str,
}

impl<'a, S> Builder<'a, S> {
    pub(crate) fn new(spawner: &'a S) -> Self {
        Self { spawner, name: None, kind: TASK }
    }

    /// Sets the task's name.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the task's kind.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    #[track_caller]
    fn origin(&self) -> Origin {
        Origin { location: Location::caller(), kind: self.kind }
    }
}

/// The kind of a task for which no kind was set.
pub(crate) const TASK: &str = "task";

/// The origin of a task of no special kind, spawned where the caller was called.
#[track_caller]
pub(crate) fn plain_origin() -> Origin {
    Origin { location: Location::caller(), kind: TASK }
}

impl<S> fmt::Debug for Builder<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Builder").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
