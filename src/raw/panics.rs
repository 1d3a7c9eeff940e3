//! What becomes of a panic in user code while more user code is due.

use core::mem;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// The first of several panics, which goes on when all is done. The hook has reported the others; what they carry is
/// forgotten, since its destructor is user code too.
#[derive(Default)]
pub(super) struct FirstPanic(Option<Box<dyn Any + Send>>);

impl FirstPanic {
    /// Calls user code.
    pub(super) fn catch(&mut self, call: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            match &self.0 {
                None => self.0 = Some(panic),
                Some(_) => mem::forget(panic),
            }
        }
    }

    /// Goes on with the first panic, if there was one.
    pub(super) fn resume(self) {
        if let Some(panic) = self.0 {
            resume_unwind(panic);
        }
    }

    pub(super) fn has_happened(&self) -> bool {
        self.0.is_some()
    }

    /// Ends the panic, if there was one: another goes on already.
    pub(super) fn forget(self) {
        mem::forget(self.0);
    }
}
