//! Wakers that are called while more work remains, so that their panics must not propagate.

use core::task::Waker;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::raw::end as end_payload;

/// Wakes. A panic of the waker, which is user code, is discarded; the hook has reported it.
pub(super) fn wake(waker: Waker) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        end_payload(payload);
    }
}
