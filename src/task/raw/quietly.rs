//! Wakers that are called while there is more to do, so that a panic of theirs must not get out.

use core::task::Waker;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::raw::end as end_payload;

/// Wakes; a panic of the waker, which is user code, is forgotten. The hook has reported it.
pub(super) fn wake(waker: Waker) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        end_payload(payload);
    }
}
