//! The memory that the process uses.

use std::fs;

/// How much more memory than after the first round may be in use at the end of a round, with all stores empty and
/// trimmed.
///
/// It is not zero, because the allocator may keep what the stores freed: each of its arenas, at most eight per
/// processor, keeps what lies between blocks in use. The C library also keeps the stacks of ended threads, and the
/// parts that were written to stay resident. In the first rounds this grows (by 12 MiB in the first minute, with six
/// threads), then it is constant. A leak here occurs some hundred thousand times a second, so a lost block of 16 bytes
/// each time is detected within a minute. Slower leaks are visible in `soak.svg`.
const MARGIN: u64 = 64 << 20;

/// The memory after the first round, with which later rounds are compared.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    pub(crate) first: Option<u64>,
    pub(crate) most: u64,
    pub(crate) last: u64,
}

impl Quiet {
    /// Checks the memory while no worker runs.
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

/// Returns the bytes of the process's own resident memory, without code, or 0 where the system does not report it.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}
