//! Nothing is kept.

use core::{fmt, ops::Range, time::Duration};

/// A thread waits without looking for a guard of its own.
pub(in crate::raw) struct Patience;

impl Patience {
    #[inline(always)]
    pub(in crate::raw) const fn begin() -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::raw) const fn left(&self) -> Option<Duration> {
        None
    }
}

/// Where a guard was got, or is waited for.
#[derive(Clone, Copy)]
pub(in crate::raw) struct Caller;

impl Caller {
    #[inline(always)]
    pub(in crate::raw) const fn here() -> Self {
        Self
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// The record of one guard.
pub(in crate::raw) struct Holding;

impl Holding {
    #[inline(always)]
    pub(in crate::raw) const fn new<S>(_slot: *const S, _caller: Caller) -> Self {
        Self
    }

    #[inline(always)]
    pub(in crate::raw) const fn used(&self) {}

    #[inline(always)]
    pub(in crate::raw) const fn end(&mut self) {}
}

#[inline(always)]
pub(in crate::raw) const fn forget<S>(_slot: *const S) {}

#[inline(always)]
pub(in crate::raw) fn forget_all(_memory: Range<usize>) {}

/// Returns where the current thread got a guard of the entry in this slot.
pub(in crate::raw) const fn own<S>(_slot: *const S) -> Option<Caller> {
    None
}
