//! What came of a transition, and so what the caller must now do.

/// What `Lifecycle::refusal` finds in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is not that of a readable entry.
    Absent,
    /// As many guards are out as can be counted.
    Limit,
    /// Some thread is about to try for exclusive access: the entry is readable, and a thread that reads it cancels the attempt.
    Intent,
}

/// What a removal must now do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// Destroy the value and free the slot; the caller owns it.
    Claimed,
    /// The entry had guards. The caller has a count of its own: count the pins, then give that count back.
    Marked,
    /// As `Claimed`, and wake the thread to which the entry was promised.
    ClaimedOfPromised,
    /// Wake the thread to which the entry was promised. The last guard or pin destroys the value.
    MarkedOfPromised,
}

/// What a taker must now do.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// Move the value out and free the slot; the caller owns it.
    Claimed,
    /// The entry had guards. The caller has a count of its own: count the pins, give that count back, and wait until the
    /// count is zero; then the caller owns the slot.
    Marked,
    /// As `Claimed`, and wake the thread to which the entry was promised.
    ClaimedOfPromised,
    /// As `Marked`, but the pins are counted already; and wake the thread to which the entry was promised.
    MarkedOfPromised,
    /// There are so many guards that one count more has no room beside the state: try again when there are fewer.
    Crowded,
}

/// What a thread must now do that asks for an entry to be promised to it.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// The entry is promised to another thread: wait until it is no more, and ask again.
    Busy,
    /// It is promised, and the caller has a count of its own: count the pins, give that count back, and wait until the
    /// count is zero.
    Made,
    /// As with [`Taking::Crowded`].
    Crowded,
}

/// What became of an entry that was promised to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promised {
    /// Guards or pins are still out.
    Waiting,
    /// The caller has exclusive access now.
    Claimed,
    /// The entry was removed or taken.
    Broken,
}

/// Why exclusive access was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotExclusive {
    Absent,
    InUse,
}

/// What the holder of a guard must do after letting go.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    None,
    /// It was the last guard of a removed entry: destroy the value and free the slot; the caller owns it.
    Destroy,
    /// It was the last guard of an entry that is being taken, or is promised: wake the thread that waits, and touch the slot
    /// no more.
    WakeTaker,
}

/// What came of letting go of a guard.
#[must_use]
pub(crate) enum Released {
    /// The entry is present: nothing is to be done.
    Present,
    /// The entry had been removed or taken, and this was its word before: see `Lifecycle::duty_of_release`.
    Gone(usize),
}
