//! Who holds which entry, while debug assertions are on: so that a thread that waits for its own guard finds out.
//!
//! Without debug assertions, under the model checkers, and where there are neither threads nor clocks, all of it is
//! nothing, and costs nothing.

#[cfg_attr(
    all(debug_assertions, not(any(flagstone_loom, flagstone_shuttle, target_family = "wasm"))),
    path = "holding/watched.rs"
)]
#[cfg_attr(
    not(all(debug_assertions, not(any(flagstone_loom, flagstone_shuttle, target_family = "wasm")))),
    path = "holding/unwatched.rs"
)]
mod kept;

pub(in crate::raw) use self::kept::{Caller, Holding, Patience, forget, forget_all, own};

/// Panics with the place of the call, and that of the guard.
#[cold]
#[inline(never)]
#[track_caller]
pub(in crate::raw) fn refuse_to_wait_for_own_guard(operation: &str, key: usize, guard: Caller) -> ! {
    panic!(
        "flagstone: `{operation}` of entry {key:#x} at {} waits for a guard of the same thread, got at {}: for ever, \
         unless another thread has it, or may use it, and has not used it yet. Drop the guard first, or use a call \
         that does not wait",
        Caller::here(),
        guard,
    )
}
