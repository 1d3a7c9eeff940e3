//! Calls of user code, and panics in them that are planned.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

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

/// A thread was refused what it would have waited for for ever, having pinned the store itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

/// Runs `task`, and catches the panic by which the store refuses it. All others go on.
pub(crate) fn unless_refused<R>(task: impl FnOnce() -> R) -> Result<R, Refused> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            // Of thousands of refusals nothing is said.
            if !is_refusal(panicked.payload()) {
                others(panicked);
            }
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(task)).map_err(|panicked| {
        if !is_refusal(&*panicked) {
            panic::resume_unwind(panicked);
        }
        Refused
    })
}

fn is_refusal(panicked: &(dyn Any + Send)) -> bool {
    panicked.downcast_ref::<String>().is_some_and(|message| message.contains("would wait for ever: this thread has"))
}
