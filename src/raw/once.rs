//! A pointer that is written once, in a table that may concurrently be replaced by a larger copy.
//!
//! A pointer has three states. It is empty, or filled for ever, or closed, which means that it was empty when the table
//! was copied. A single word decides whether a pointer is in the copy. If a thread fills an empty word before the
//! copying thread closes it, the pointer is copied. A later thread finds the word closed and uses the copy. So no fence
//! is needed, and no thread waits for another.

use core::ptr::{self, NonNull};

use super::memory::Blank;
use crate::sync::{AtomicPtr, Ordering};

/// A pointer that is written once. All zero: empty.
#[repr(transparent)]
pub(super) struct Once<P>(AtomicPtr<P>);

// SAFETY: all zero is a null pointer.
unsafe impl<P> Blank for Once<P> {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }
}

/// The reason why a pointer could not be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotEmpty<P> {
    /// It is filled with this pointer already.
    Filled(NonNull<P>),
    /// The table was, or is being, replaced.
    Closed,
}

/// Returns the word of a closed pointer. It is not a valid address, since pointers are aligned.
fn closed<P>() -> *mut P {
    ptr::without_provenance_mut(1)
}

/// Returns the pointer in a word, unless the word is empty or closed.
#[inline(always)]
fn filled<P>(word: *mut P) -> Option<NonNull<P>> {
    // One comparison for both.
    if word.addr() > 1 { NonNull::new(word) } else { None }
}

impl<P> Once<P> {
    /// Returns the pointer, if it is filled. Wait-free.
    #[inline(always)]
    pub(super) fn get(&self) -> Option<NonNull<P>> {
        // Ordering: Acquire - pairs with the Release in `fill`; the pointee is initialised before the pointer is
        // published.
        filled(self.0.load(Ordering::Acquire))
    }

    /// Fills an empty pointer. Wait-free.
    pub(super) fn fill(&self, pointer: NonNull<P>) -> Result<(), NotEmpty<P>> {
        // Ordering: Release - pairs with the Acquire in `get` and in `close`; publishes the pointee. Failure is
        // Acquire: the other thread's pointer is followed.
        match self.0.compare_exchange(ptr::null_mut(), pointer.as_ptr(), Ordering::Release, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(word) => Err(filled(word).map_or(NotEmpty::Closed, NotEmpty::Filled)),
        }
    }

    /// Closes the pointer if it is empty. Otherwise returns it, to be copied. Wait-free.
    pub(super) fn close(&self) -> Option<NonNull<P>> {
        // Ordering: Relaxed - nothing is published: a thread that finds it closed loads the table's pointer. Failure is
        // Acquire: pairs with the Release in `fill`, since the copy publishes the pointee too.
        match self.0.compare_exchange(ptr::null_mut(), closed(), Ordering::Relaxed, Ordering::Acquire) {
            Ok(_) => None,
            Err(word) => filled(word),
        }
    }

    /// Writes a pointer in a table that no other thread knows yet.
    pub(super) fn init(&self, pointer: NonNull<P>) {
        // Ordering: Relaxed - published with the table.
        self.0.store(pointer.as_ptr(), Ordering::Relaxed);
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
