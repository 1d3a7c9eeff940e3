//! Results of transitions: what the caller must do next.

/// The result of `Lifecycle::refusal`: why a guard was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The key is not that of a readable entry.
    Absent,
    /// There are as many guards as can be counted.
    Limit,
    /// A thread has announced its intent to get exclusive access. The entry is readable, and a thread that reads it
    /// cancels the attempt.
    Intent,
}

/// The reason why there is no guard of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// There is no entry, or it was removed.
    Absent,
    /// A thread has the entry, or awaits it, exclusively.
    Withheld,
}

/// What a removal must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// Destroy the value and free the slot; the caller owns it.
    Claimed,
    /// The entry had guards. The caller has a count of its own: count the pins, then release that count.
    Marked,
    /// As `Claimed`, and wake the thread to which the entry was promised.
    ClaimedOfPromised,
    /// Wake the thread to which the entry was promised. The last guard or pin destroys the value.
    MarkedOfPromised,
}

/// What a taker must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// Move the value out and free the slot; the caller owns it.
    Claimed,
    /// The entry had guards. The caller has a count of its own: count the pins, release that count, and wait until the
    /// count is zero. Then the caller owns the slot.
    Marked,
    /// As `Claimed`, and wake the thread to which the entry was promised.
    ClaimedOfPromised,
    /// As `Marked`, but the pins are counted already. Also wake the thread to which the entry was promised.
    MarkedOfPromised,
    /// There are so many guards that the count has no room for one more beside the state: try again when there are
    /// fewer.
    Crowded,
}

/// What a thread that requests a promise of an entry must do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Nothing: the key is not that of an entry.
    Absent,
    /// The entry is promised to another thread: wait until that ends, and try again.
    Busy,
    /// The entry is promised to the caller, which has a count of its own: count the pins, release that count, and wait
    /// until the count is zero.
    Made,
    /// As with [`Taking::Crowded`].
    Crowded,
}

/// The current state of an entry that was promised to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promised {
    /// Guards or pins are still active.
    Waiting,
    /// The caller has exclusive access now.
    Claimed,
    /// The entry was removed or taken.
    Broken,
}

/// The reason why exclusive access was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotExclusive {
    Absent,
    InUse,
}

/// What a thread must do after it has released a guard.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    None,
    /// It was the last guard of a removed entry: destroy the value and free the slot; the caller owns it.
    Destroy,
    /// It was the last guard of an entry that is being taken or is promised: wake the thread that waits, and do not
    /// access the slot any more.
    WakeTaker,
}

/// The result of the release of a guard.
#[must_use]
pub(crate) enum Released {
    /// The entry is present: nothing to do.
    Present,
    /// The entry had been removed, taken or promised. This was its word before the release: see
    /// `Lifecycle::duty_of_release`.
    Gone(usize),
}
