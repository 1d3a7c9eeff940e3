//! Calls of user code, and panics in them that are planned.

use std::panic::{self, AssertUnwindSafe};

/// A call that a store makes of code that is not its own, where a test can make it panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Default,
    Clear,
    Drop,
    Closure,
}

impl Call {
    /// Panics with itself, past the panic hook, so that thousands of panics say nothing.
    pub(crate) fn panic(self) -> ! {
        panic::resume_unwind(Box::new(self))
    }
}

/// Runs `task`, and catches a panic that was planned: which call it came from. All others go on.
pub(crate) fn attempt<R>(task: impl FnOnce() -> R) -> Result<R, Call> {
    panic::catch_unwind(AssertUnwindSafe(task)).map_err(|panicked| match panicked.downcast::<Call>() {
        Ok(call) => *call,
        Err(unplanned) => panic::resume_unwind(unplanned),
    })
}
