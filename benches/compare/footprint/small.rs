//! Stores with no entry and with one.

use super::memory::{Memory, within_budget};
use crate::compare::subject::{Handle, Subject};
use std::error::Error;
use std::hint::black_box;

/// Makes empty stores, then inserts one value into each. Returns the resident bytes and the address space of an empty
/// store, the same of what the first insertion adds, and the resident bytes of a store with one entry.
pub(super) fn weigh<S: Subject>(stores: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut small: Vec<S> = Vec::with_capacity(stores as usize);
    // The vector's own pages become resident here, so they are not counted with the stores.
    small.spare_capacity_mut().fill_with(std::mem::MaybeUninit::zeroed);
    let nothing = Memory::now()?;
    let made = within_budget(stores, |_| small.push(S::new()))? as f64;
    let empty = Memory::now()?;
    let used = within_budget(made as u64, |store| {
        black_box(small[store as usize].handle().insert(store));
    })? as f64;
    let first = Memory::now()?;
    black_box(&mut small);

    // The part of a store that is in the vector itself.
    let inline = size_of::<S>() as f64;
    let empty_resident = inline + (empty.resident - nothing.resident) / made;
    let first_resident = (first.resident - empty.resident) / used;
    Ok(vec![
        empty_resident,
        inline + (empty.mapped - nothing.mapped) / made,
        first_resident,
        (first.mapped - empty.mapped) / used,
        empty_resident + first_resident,
    ])
}
