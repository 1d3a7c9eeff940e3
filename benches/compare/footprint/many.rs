//! A program with very many stores of one entry each.

use super::memory::{Memory, within_budget};
use crate::compare::subject::{Handle, Subject};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Makes stores and inserts one value into each, then drops them all. Returns the time and the resident bytes of one.
/// The system calls that read the memory usage in between are not timed.
pub(super) fn weigh<S: Subject>(stores: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    /// How many are timed together.
    const BATCH: u64 = 16;
    let before = Memory::now()?;
    let mut all: Vec<S> = Vec::with_capacity(stores as usize);
    let mut elapsed = Duration::ZERO;
    let batches = within_budget(stores.div_ceil(BATCH), |batch| {
        let start = Instant::now();
        for value in batch * BATCH..(batch + 1) * BATCH {
            let mut store = S::new();
            black_box(store.handle().insert(value));
            all.push(store);
        }
        elapsed += start.elapsed();
    })?;
    let made = (batches * BATCH) as f64;
    let full = Memory::now()?;
    let start = Instant::now();
    drop(black_box(all));
    elapsed += start.elapsed();
    Ok(vec![elapsed.as_nanos() as f64 / made, (full.resident - before.resident) / made])
}
