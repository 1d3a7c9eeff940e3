//! The memory of this process.

use std::error::Error;
use std::fs;

/// How many bytes an experiment may need.
pub(super) const BUDGET: f64 = 4e9;

/// The memory of this process, in bytes.
pub(super) struct Memory {
    /// Bytes that the operating system has backed with memory.
    pub(super) resident: f64,
    /// Bytes of address space.
    pub(super) mapped: f64,
}

impl Memory {
    /// Reads the figures from the operating system. The roll-up counts pages, whereas `statm` sums the processors'
    /// counters, which lag. It also distinguishes the process's own pages from those of the program's file.
    pub(super) fn now() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            resident: kilobytes("/proc/self/smaps_rollup", "Anonymous:")? * 1_024.0,
            mapped: kilobytes("/proc/self/status", "VmSize:")? * 1_024.0,
        })
    }
}

/// Returns the number after the name in a file of the kernel.
fn kilobytes(file: &str, name: &str) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number = number.ok_or_else(|| format!("{file} has no {name}"))?;
    Ok(number.parse()?)
}

/// Calls the function for the numbers from 0 up, at most `most` times, and returns how often it did. Stops early, at a
/// power of two, where as many calls again would need more than the budget.
pub(super) fn within_budget(most: u64, mut step: impl FnMut(u64)) -> Result<u64, Box<dyn Error>> {
    let before = Memory::now()?.resident;
    for done in 0..most {
        let grown = done.is_power_of_two() && 2.0 * (Memory::now()?.resident - before) > BUDGET;
        if grown {
            return Ok(done);
        }
        step(done);
    }
    Ok(most)
}
