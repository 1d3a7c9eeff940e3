//! What becomes of a panic in user code while more user code is due.

use core::mem;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// What a panic carries. Its destructor is user code too.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The first of several panics, which goes on when all is done. The hook has reported the others.
#[derive(Default)]
pub(crate) struct FirstPanic(Option<Payload>);

impl FirstPanic {
    /// Calls user code.
    pub(crate) fn catch(&mut self, call: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            match &self.0 {
                None => self.0 = Some(panic),
                Some(_) => end(panic),
            }
        }
    }

    /// Goes on with the first panic, if there was one.
    pub(crate) fn resume(self) {
        if let Some(panic) = self.0 {
            resume_unwind(panic);
        }
    }

    /// The same at the end of a destructor; but not where another panic goes on already, which would abort.
    #[cfg(feature = "task")]
    pub(crate) fn resume_from_destructor(self) {
        if std::thread::panicking() { self.forget() } else { self.resume() }
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.0.is_some()
    }

    /// Ends the panic, if there was one: another goes on already.
    pub(crate) fn forget(self) {
        self.0.into_iter().for_each(end);
    }
}

/// Drops what a panic carries, and what a panic of that carries, but not for ever: somewhere it must end.
pub(crate) fn end(mut panic: Payload) {
    for _ in 0..3 {
        match catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            Ok(()) => return,
            Err(another) => panic = another,
        }
    }
    mem::forget(panic);
}
