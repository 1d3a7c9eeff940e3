//! The memory that the process uses.

use std::fs;

/// How much more memory there may be at the end of a round, with all stores empty and trimmed, than after the first.
///
/// It is not zero, since what the stores gave back to the allocator it may keep: each of its arenas, of which there are
/// eight per processor at most, what lies between blocks that are in use; and the C library keeps the stacks of ended
/// threads, of which what was written to is backed with memory. In the first rounds this grows (by 12 MiB in the first
/// minute, with six threads), then it stays. What leaks here leaks at some hundred thousand places a second, so that a
/// lost block of 16 bytes in each is noticed within a minute; what leaks more slowly is seen in `soak.svg`.
const MARGIN: u64 = 64 << 20;

/// The memory at the first quiet point, with which later ones are compared.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    pub(crate) first: Option<u64>,
    pub(crate) most: u64,
    pub(crate) last: u64,
}

impl Quiet {
    /// Looks at what there is now that nothing goes on.
    pub(crate) fn look(&mut self, resident: u64) -> Result<(), String> {
        let first = *self.first.get_or_insert(resident);
        (self.most, self.last) = (self.most.max(resident), resident);
        if resident <= first + MARGIN {
            return Ok(());
        }
        Err(format!(
            "memory grows: {resident} bytes with all stores empty and trimmed, {first} at the first such moment"
        ))
    }
}

/// Bytes that are backed with memory of the process's own, code not counted; 0 where the system does not tell.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}
