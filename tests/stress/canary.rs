//! Values that tell what was done to them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const ALIVE: u64 = 0xA11C_E5A1_1CE5_A11C;
const DEAD: u64 = 0xDEAD_0FF1_CE0F_DEAD;

/// How many values were made and dropped, and how many were dropped that were none.
#[derive(Debug, Default)]
pub(crate) struct Books {
    made: AtomicUsize,
    dropped: AtomicUsize,
    damaged: AtomicUsize,
}

impl Books {
    pub(crate) const fn new() -> Self {
        Self { made: AtomicUsize::new(0), dropped: AtomicUsize::new(0), damaged: AtomicUsize::new(0) }
    }

    /// A value that knows its key.
    pub(crate) fn make(&self, key: usize) -> Canary<'_> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Canary { seal: AtomicU64::new(ALIVE), key, heap: Box::new(key), left: 0, right: 0, books: self }
    }

    /// As many were dropped as were made, all of them whole. Call it when all threads are done.
    pub(crate) fn balance(&self) {
        assert_eq!(self.damaged.load(Ordering::Relaxed), 0, "values were dropped that were not alive");
        let (made, dropped) = (self.made.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed));
        assert_eq!(dropped, made, "values dropped and made");
    }

    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(crate) struct Canary<'books> {
    seal: AtomicU64,
    key: usize,
    /// A use after free of the value is one of this too, which sanitizers see.
    heap: Box<usize>,
    /// Equal, except for the thread that has the exclusive guard.
    left: u64,
    right: u64,
    books: &'books Books,
}

impl Canary<'_> {
    /// Whether this is the living value of `key`, whole.
    #[track_caller]
    pub(crate) fn check(&self, key: usize) {
        assert_eq!(self.seal.load(Ordering::Relaxed), ALIVE, "a value was read that is not alive");
        assert_eq!((self.key, *self.heap), (key, key), "a value of another key");
        assert_eq!(self.left, self.right, "a thread writes while others read");
    }

    /// What only exclusive access may do.
    #[track_caller]
    pub(crate) fn write(&mut self) {
        self.check(self.key);
        self.left += 1;
        std::hint::black_box(&mut *self);
        self.right += 1;
    }
}

impl Drop for Canary<'_> {
    fn drop(&mut self) {
        // No panic in a destructor: the books tell it.
        if self.seal.swap(DEAD, Ordering::Relaxed) == ALIVE && *self.heap == self.key && self.left == self.right {
            self.books.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            self.books.damaged.fetch_add(1, Ordering::Relaxed);
        }
    }
}
