//! The server's limits.

use std::time::Duration;

/// Numbers that bound the memory and the time that a client can cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Bytes of a line, without its end.
    pub(crate) line: usize,
    /// Bytes that wait for a client to read them.
    pub(crate) outbox: usize,
    /// The time to give a name.
    pub(crate) introduction: Duration,
    /// The time to read what is left when the conversation is over, and again to close.
    pub(crate) farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            line: 512,
            outbox: 64 * 1024,
            introduction: Duration::from_secs(30),
            farewell: Duration::from_secs(5),
        }
    }
}

impl Limits {
    /// For a machine that is so busy that nothing should depend on time.
    pub(crate) fn patient() -> Self {
        let hour = Duration::from_secs(3600);
        Self { introduction: hour, farewell: hour, ..Self::default() }
    }
}
