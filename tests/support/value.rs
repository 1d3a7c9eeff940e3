//! Values whose every drop is counted, and which notice when they are read after it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Makes values, and checks when it is dropped that each of them was dropped exactly once.
///
/// Declare it before the slab, so that it is dropped after it.
pub(crate) struct Ledger {
    drops: Arc<Mutex<Vec<u32>>>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { drops: Arc::default() }
    }

    /// Returns a new value.
    pub(crate) fn value(&self) -> Counted {
        self.make(false)
    }

    /// Returns a value whose destructor panics, after it has been counted.
    pub(crate) fn bomb(&self) -> Counted {
        self.make(true)
    }

    fn make(&self, panics: bool) -> Counted {
        let mut drops = lock(&self.drops);
        let id = drops.len();
        drops.push(0);
        Counted { id: Box::new(id), canary: id ^ ALIVE, panics, drops: Arc::clone(&self.drops) }
    }

    /// How many values have been dropped so far.
    pub(crate) fn dropped(&self) -> usize {
        lock(&self.drops).iter().map(|&drops| drops as usize).sum()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        for (id, &drops) in lock(&self.drops).iter().enumerate() {
            assert_eq!(drops, 1, "value {id} was dropped {drops} times");
        }
    }
}

const ALIVE: usize = 0x5ca1_ab1e;
const DEAD: usize = 0xdead;

/// A value of a [`Ledger`].
pub(crate) struct Counted {
    /// On the heap, so that a second drop is a double free too.
    id: Box<usize>,
    canary: usize,
    panics: bool,
    drops: Arc<Mutex<Vec<u32>>>,
}

impl Counted {
    /// Returns the number of the value; panics if it is no living value.
    pub(crate) fn id(&self) -> usize {
        assert_eq!(self.canary, *self.id ^ ALIVE, "the value is not alive");
        *self.id
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let id = self.id();
        self.canary = DEAD;
        lock(&self.drops)[id] += 1;
        assert!(!self.panics, "value {id} panics when it is dropped");
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Counted({})", self.id())
    }
}

fn lock(drops: &Mutex<Vec<u32>>) -> impl std::ops::DerefMut<Target = Vec<u32>> + '_ {
    drops.lock().unwrap_or_else(PoisonError::into_inner)
}
