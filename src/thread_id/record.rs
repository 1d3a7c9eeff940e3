//! The reference count of a number: how many registrations and pins hold it. It is not in a thread-local.

use core::sync::atomic::{AtomicUsize, Ordering};

/// The record of one number. It is never freed, so a pin can refer to it until the pin ends, even after the
/// thread-locals of its thread are destroyed.
///
/// Only the thread that has the number uses the count (T1). The registry's lock orders the last store of one such
/// thread before the first load of the next (T2). So it is a plain counter: an atomic only because of `Sync`, and not
/// one of `sync`, since there is nothing to interleave.
#[repr(align(64))] // A line of its own: every pin of the thread writes it.
#[derive(Debug)]
pub(crate) struct Record {
    number: usize,
    /// 1 for the registration of a thread, and 1 for each of that thread's pins, of any slab. 0: the number is free, or
    /// borrowed. At most `isize::MAX`.
    count: AtomicUsize,
}

impl Record {
    pub(super) const fn new(number: usize) -> Self {
        Self { number, count: AtomicUsize::new(0) }
    }

    /// Returns the number of this record.
    #[inline(always)]
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Increments the count for a pin of the current thread, which has the number. The thread keeps the number until
    /// that count is released.
    ///
    /// # Panics
    ///
    /// With `isize::MAX` counts, before anything has changed. No thread has that many pins unless it leaks them.
    #[inline(always)]
    pub(crate) fn keep(&self) {
        // Ordering: Relaxed - only the thread that has the number uses the count (T1, T2).
        let count = self.count.load(Ordering::Relaxed).wrapping_add(1);
        if (count as isize) < 0 {
            too_many_pins();
        }
        // Ordering: Relaxed - as above.
        self.count.store(count, Ordering::Relaxed);
    }

    /// Sets the count for the registration of a thread that has just got the number.
    pub(super) fn begin(&self) {
        // Ordering: Relaxed - only the thread that has the number uses the count (T1, T2).
        self.count.store(1, Ordering::Relaxed);
    }

    /// Releases one count. Returns `true` if it was the last: then the caller must give the number back.
    #[inline(always)]
    #[must_use]
    pub(super) fn release(&self) -> bool {
        // Ordering: Relaxed - only the thread that has the number uses the count (T1, T2).
        let count = self.count.load(Ordering::Relaxed) - 1;
        // Ordering: Relaxed - as above; the registry's lock publishes the last one.
        self.count.store(count, Ordering::Relaxed);
        count == 0
    }
}

#[cold]
#[inline(never)]
fn too_many_pins() -> ! {
    panic!(
        "flagstone: `pin` failed: this thread has {} pins already; drop pins, and do not `mem::forget` them",
        isize::MAX - 1
    );
}

#[cfg(all(test, not(flagstone_loom)))]
impl Record {
    /// Returns the count.
    pub(super) fn count(&self) -> usize {
        // Ordering: Relaxed - a test calls it on the thread that has the number, or when no thread has it.
        self.count.load(Ordering::Relaxed)
    }

    /// Sets the count, for tests of the limit.
    pub(super) fn pretend(&self, count: usize) {
        // Ordering: Relaxed - only the thread that has the number uses the count.
        self.count.store(count, Ordering::Relaxed);
    }
}
