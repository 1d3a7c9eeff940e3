//! All that can differ in the life of one task.

/// How the future ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ends {
    Ready,
    PanicsInPoll,
    PanicsInItsDrop,
    OutputPanicsInItsDrop,
    Never,
}

/// What happens to the join handle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Handle {
    DroppedBefore,
    /// Polled once, and dropped before the task runs.
    DroppedPolled,
    DroppedInside,
    /// Between two polls.
    DroppedAsleep,
    DroppedAfter,
    DroppedAfterElsewhere,
    /// Polled before the task runs, and again when it is woken.
    JoinedFromTheStart,
    JoinedAfter,
    JoinedAfterElsewhere,
}

/// When the task is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cancelled {
    Never,
    Before,
    InsideTheFirstPoll,
    Asleep,
    /// While it is queued for its second poll.
    Queued,
    InsideTheLastPoll,
    After,
}

/// Which thread wakes it after its first poll.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Woken {
    Inside,
    InsideElsewhere,
    Here,
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstance {
    pub(super) ends: Ends,
    pub(super) pending_first: bool,
    pub(super) handle: Handle,
    pub(super) cancelled: Cancelled,
    pub(super) woken: Woken,
}

impl Circumstance {
    pub(super) fn all() -> Vec<Self> {
        use self::{Cancelled::*, Ends::*, Handle::*};

        let mut all = Vec::new();
        for ends in [Ready, PanicsInPoll, PanicsInItsDrop, OutputPanicsInItsDrop, Ends::Never] {
            for pending_first in [false, true] {
                for handle in [
                    DroppedBefore,
                    DroppedPolled,
                    DroppedInside,
                    DroppedAsleep,
                    DroppedAfter,
                    DroppedAfterElsewhere,
                    JoinedFromTheStart,
                    JoinedAfter,
                    JoinedAfterElsewhere,
                ] {
                    for cancelled in
                        [Cancelled::Never, Before, InsideTheFirstPoll, Asleep, Queued, InsideTheLastPoll, After]
                    {
                        for woken in [Woken::Inside, Woken::InsideElsewhere, Woken::Here, Woken::Elsewhere] {
                            all.push(Self { ends, pending_first, handle, cancelled, woken });
                        }
                    }
                }
            }
        }
        all.retain(Self::is_possible);
        all
    }

    /// Whether it differs from every other one.
    fn is_possible(&self) -> bool {
        let has_two_polls = self.pending_first;
        let needs_two_polls = self.handle == Handle::DroppedAsleep
            || matches!(self.cancelled, Cancelled::Asleep | Cancelled::Queued | Cancelled::InsideTheLastPoll)
            || self.woken != Woken::Inside
            || self.ends == Ends::Never;
        // It does not sleep when it wakes itself.
        let wakes_itself = matches!(self.woken, Woken::Inside | Woken::InsideElsewhere);
        (has_two_polls || !needs_two_polls) && !(self.cancelled == Cancelled::Asleep && wakes_itself)
    }
}
