//! One store with many entries.

use super::memory::Memory;
use crate::compare::subject::{Handle, Subject};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Fills a store, and returns the bytes of an entry and the time of the slowest insertion.
pub(super) fn weigh<S: Subject>(entries: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    let before = Memory::now()?;
    let mut store = S::new();
    let mut handle = store.handle();
    let mut slowest = Duration::ZERO;
    for value in 0..entries {
        let start = Instant::now();
        black_box(handle.insert(value));
        slowest = slowest.max(start.elapsed());
    }
    let full = Memory::now()?;
    drop(handle);
    black_box(&mut store);
    Ok(vec![(full.resident - before.resident) / entries as f64, slowest.as_nanos() as f64])
}
