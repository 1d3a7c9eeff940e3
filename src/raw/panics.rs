//! Panics in user code while more user code must still run.

use core::mem;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// The payload of a panic. Its destructor is user code too.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The first of several panics, which is resumed when everything is done. The panic hook has reported the others.
#[derive(Default)]
pub(crate) struct FirstPanic(Option<Payload>);

impl FirstPanic {
    /// Calls user code and catches its panic.
    pub(crate) fn catch(&mut self, call: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            match &self.0 {
                None => self.0 = Some(panic),
                Some(_) => end(panic),
            }
        }
    }

    /// Resumes the first panic, if there was one.
    pub(crate) fn resume(self) {
        if let Some(panic) = self.0 {
            resume_unwind(panic);
        }
    }

    /// Does the same at the end of a destructor, but not while another panic is unwinding, which would abort.
    #[cfg(feature = "task")]
    pub(crate) fn resume_from_destructor(self) {
        if std::thread::panicking() { self.forget() } else { self.resume() }
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.0.is_some()
    }

    /// Drops the panic, if there was one: another is unwinding already.
    pub(crate) fn forget(self) {
        self.0.into_iter().for_each(end);
    }
}

/// Drops the payload of a panic. If that panics, drops the new payload too, but only a limited number of times.
pub(crate) fn end(mut panic: Payload) {
    for _ in 0..3 {
        match catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            Ok(()) => return,
            Err(another) => panic = another,
        }
    }
    mem::forget(panic);
}
