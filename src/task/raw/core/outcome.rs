//! The outcome of a task: its output, or the reason why it has none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::raw::{Payload, end as end_payload};

/// Why a task has no output.
pub(crate) enum Failure {
    Cancelled,
    Panicked(Payload),
    ShutDown,
}

/// The outcome of a task.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Returns the outcome of a task whose future's destructor panicked: the first panic counts.
#[cold]
pub(in crate::task::raw) fn after_panic<T>(outcome: Outcome<T>, payload: Payload) -> Outcome<T> {
    match outcome {
        Err(Failure::Panicked(first)) => {
            end_payload(payload);
            Err(Failure::Panicked(first))
        }
        outcome => {
            if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(outcome))) {
                end_payload(another);
            }
            Err(Failure::Panicked(payload))
        }
    }
}
