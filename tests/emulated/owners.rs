//! Which thread has which number.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use flagstone::{Config, DefaultConfig, Slab};

use crate::ledger::{SLAB, Value};

/// For each number under which pins are out: the thread, and how many.
static OWNERS: LazyLock<Mutex<HashMap<usize, (usize, usize)>>> = LazyLock::new(Mutex::default);

/// The number of the thread that made the key; 0 if it had none.
pub(crate) fn number_of(key: usize) -> usize {
    key / Slab::<Value>::KEYS_PER_PAGE / DefaultConfig::MAX_PAGES.next_power_of_two()
}

/// Inserts on test thread `thread`, and asserts that no other one has pins under its number.
pub(crate) fn insert(thread: usize) -> usize {
    let key = SLAB.insert(Value::new()).expect("there is room");
    let owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, _)) = owners.get(&number_of(key)) {
        assert_eq!(*owner, thread, "two threads have the number {}", number_of(key));
    }
    key
}

/// Test thread `thread` has one pin more under that number.
pub(crate) fn claim(number: usize, thread: usize) {
    if number > 0 {
        let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
        let (owner, pins) = owners.entry(number).or_insert((thread, 0));
        assert_eq!(*owner, thread, "two threads have the number {number}");
        *pins += 1;
    }
}

/// It has one less, in a moment.
pub(crate) fn release(number: usize, thread: usize) {
    if number > 0 {
        let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
        let (owner, pins) = owners.get_mut(&number).expect("it was claimed");
        assert_eq!(*owner, thread);
        *pins -= 1;
        if *pins == 0 {
            owners.remove(&number);
        }
    }
}
