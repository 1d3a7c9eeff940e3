//! Snapshots of tasks, for display.

use core::{panic::Location, time::Duration};

/// A snapshot of a task.
pub(crate) struct Seen<'a> {
    pub(crate) executor: usize,
    pub(crate) key: usize,
    pub(crate) name: Option<&'a str>,
    pub(crate) kind: &'static str,
    pub(crate) has_ended: bool,
    pub(crate) is_scheduled: bool,
    pub(crate) is_running: bool,
    pub(crate) polls: u32,
    pub(crate) wakes: u32,
    pub(crate) location: &'static Location<'static>,
    pub(crate) age: Option<Duration>,
    pub(crate) type_name: &'static str,
    pub(crate) size: usize,
    pub(crate) references: usize,
}

/// A callback that is given a snapshot.
pub(crate) type Show<'a> = dyn FnMut(Seen<'_>) + 'a;
