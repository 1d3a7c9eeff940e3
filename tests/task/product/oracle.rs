//! What must happen.

use super::circumstance::{Cancelled, Circumstance, Ends, Handle};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Yields {
    Output,
    CancelledWithOutput,
    Cancelled,
    Panic,
    ShutDown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum DroppedBy {
    /// The thread that runs the task.
    Runner,
    /// The thread that has the handle.
    Holder,
    /// No thread: none was made.
    Nobody,
}

#[derive(Debug)]
pub(super) struct Expected {
    pub(super) yields: Yields,
    pub(super) polls: usize,
    pub(super) output: DroppedBy,
    /// What `cancel` returns, if it is called.
    pub(super) cancels: bool,
}

pub(super) fn expect(circumstance: &Circumstance) -> Expected {
    let Circumstance { ends, pending_first, handle, cancelled, .. } = *circumstance;
    let panics_in_its_drop = ends == Ends::PanicsInItsDrop;
    let polls = match cancelled {
        Cancelled::Before => 0,
        Cancelled::InsideTheFirstPoll | Cancelled::Asleep | Cancelled::Queued => 1,
        _ => 1 + usize::from(pending_first),
    };
    let in_poll = matches!(cancelled, Cancelled::InsideTheFirstPoll | Cancelled::InsideTheLastPoll);
    let completes = polls == 1 + usize::from(pending_first) && ends != Ends::Never;
    let yields = if completes {
        match ends {
            Ends::PanicsInPoll | Ends::PanicsInItsDrop => Yields::Panic,
            _ if in_poll => Yields::CancelledWithOutput,
            _ => Yields::Output,
        }
    } else if panics_in_its_drop {
        Yields::Panic
    } else if matches!(cancelled, Cancelled::Never) {
        Yields::ShutDown
    } else {
        Yields::Cancelled
    };
    let is_gone =
        matches!(handle, Handle::DroppedBefore | Handle::DroppedPolled | Handle::DroppedInside | Handle::DroppedAsleep);
    // A handle that the future would have dropped stays if the future is never polled.
    let is_gone = is_gone && !(handle == Handle::DroppedInside && polls == 0);
    let output = match yields {
        Yields::Output | Yields::CancelledWithOutput if is_gone => DroppedBy::Runner,
        Yields::Output | Yields::CancelledWithOutput => DroppedBy::Holder,
        Yields::Panic if completes && panics_in_its_drop => DroppedBy::Runner,
        _ => DroppedBy::Nobody,
    };
    // `Never` and cancelled after its last poll: the task sleeps, so that is in time.
    let cancels = cancelled != Cancelled::After || ends == Ends::Never;
    Expected { yields, polls, output, cancels }
}
