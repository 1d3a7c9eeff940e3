//! Every transition from every state that matters; and every order of the steps of all threads that share a task.

use std::collections::HashSet;

use super::*;

/// Snapshots with every combination of flags, and wakes at the edges of their range.
fn snapshots() -> impl Iterator<Item = Snapshot> {
    let wakes = [0, 1, 2, MOST_WAKES / 2, MOST_WAKES / 2 + 1, MOST_WAKES - 1, MOST_WAKES];
    (0..=FLAGS).flat_map(move |flags| wakes.map(|wakes| Snapshot(flags | (wakes << WAKES_SHIFT))))
}

#[test]
fn flags_and_wakes_share_the_word() {
    let flags = [ENDED, CANCELLED, JOINED, JOIN_WAKER, HANDED_OVER, TAKEN, END_CLAIMED];
    assert_eq!(flags.iter().sum::<u32>(), flags.iter().fold(0, |all, flag| all | flag));
    assert!(flags.iter().all(|flag| flag & FLAGS == *flag));
    assert_eq!(Snapshot(u32::MAX).wakes(), MOST_WAKES);
}

#[test]
fn a_wake_counts_one_and_changes_no_flag() {
    for before in snapshots() {
        match before.woken() {
            (None, duty) => {
                assert!(before.has_ended());
                assert_eq!(duty, Woken::Nothing);
            }
            (Some(after), duty) => {
                assert!(!before.has_ended());
                assert_eq!(after.0 & FLAGS, before.0 & FLAGS);
                assert_eq!(after.wakes(), (before.wakes() + 1).min(MOST_WAKES));
                assert_eq!(duty == Woken::Submit, before.wakes() == 0);
            }
        }
    }
}

#[test]
fn a_cancellation_is_a_wake_once() {
    for before in snapshots() {
        match before.cancelled() {
            (None, Cancelled::Ended) => assert!(before.has_ended()),
            (None, Cancelled::WillEnd) => assert!(before.is_cancelled() && !before.has_ended()),
            (None, Cancelled::Submit) => panic!("no thread got the token of {before:?}"),
            (Some(after), result) => {
                assert_eq!(Some(Snapshot(after.0 & !CANCELLED)), before.woken().0);
                assert!(after.is_cancelled() && !before.is_cancelled());
                assert_eq!(result, if before.wakes() == 0 { Cancelled::Submit } else { Cancelled::WillEnd });
            }
        }
    }
}

#[test]
fn the_token_is_given_up_only_if_nothing_came() {
    for now in snapshots() {
        for seen in [now, Snapshot(now.0 ^ ONE_WAKE), Snapshot(now.0 ^ CANCELLED), Snapshot(now.0 ^ JOINED)] {
            let came = now.wakes() != seen.wakes() || (now.is_cancelled() && !seen.is_cancelled());
            match now.rested(seen) {
                (None, Rested::Submit) => assert!(came),
                (Some(after), Rested::GivenUp) => {
                    assert!(!came);
                    assert_eq!(after.0, now.0 & FLAGS);
                }
                other => panic!("{now:?} rested from {seen:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_poll_never_begins_so_crowded_that_a_wake_could_be_missed() {
    for seen in snapshots() {
        let begun = if seen.is_crowded() { seen.with_one_wake() } else { seen };
        assert!(begun.wakes() < MOST_WAKES);
        assert_eq!(begun.is_scheduled(), seen.is_scheduled());
        assert_eq!(begun.0 & FLAGS, seen.0 & FLAGS);
        if let (Some(woken), _) = begun.woken() {
            assert_ne!(woken.wakes(), begun.wakes());
        }
    }
}

/// Where the token of the task in [`World`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Holder {
    Nobody,
    Queue,
    Poller(u32),
    /// The outcome is in place, and `end` comes next.
    Ender,
    /// The joiner's waker is taken, and `hand_over` comes next.
    EnderAfterWaking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Handle {
    /// Between its calls. The waker's place is empty, or not; the output was taken, or not.
    Idle {
        waker_is_there: bool,
        taken: bool,
    },
    /// It has put a waker in its place, and `register` comes next.
    Registering,
    Gone,
}

/// A task and all threads that share it, each between two of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct World {
    state: u32,
    holder: Holder,
    handle: Handle,
    wakes_left: u8,
    cancels_left: u8,
    /// The joiner waits, and was not woken.
    joiner_sleeps: bool,
    outcome_is_there: bool,
    removed: bool,
}

impl World {
    fn state(&self) -> Snapshot {
        Snapshot(self.state)
    }

    fn with(mut self, state: Option<Snapshot>) -> Self {
        self.state = state.map_or(self.state, |state| state.0);
        self
    }

    fn submitted(mut self) -> Self {
        assert_eq!(self.holder, Holder::Nobody, "two tokens: {self:?}");
        self.holder = Holder::Queue;
        self
    }

    fn inherited(mut self, drops_outcome: bool) -> Self {
        assert!(!self.removed, "removed twice: {self:?}");
        if drops_outcome {
            assert!(self.outcome_is_there, "dropped twice: {self:?}");
            self.outcome_is_there = false;
        }
        assert!(!self.outcome_is_there, "the outcome is left behind: {self:?}");
        self.removed = true;
        self
    }

    fn settled(mut self, heir: Heir) -> Self {
        self.holder = Holder::Nobody;
        match heir {
            Heir::JoinHandle => self,
            Heir::Ender { output_is_there } => self.inherited(output_is_there),
            Heir::AfterWaking => {
                let Handle::Idle { waker_is_there: true, .. } = self.handle else {
                    panic!("there is no waker: {self:?}")
                };
                self.joiner_sleeps = false;
                self.holder = Holder::EnderAfterWaking;
                self
            }
        }
    }

    /// The possible worlds after one step of one thread.
    fn next(self) -> Vec<Self> {
        let mut worlds = Vec::new();
        if self.wakes_left > 0 {
            let woken = Self { wakes_left: self.wakes_left - 1, ..self };
            let (state, duty) = self.state().woken();
            let woken = woken.with(state);
            worlds.push(if duty == Woken::Submit { woken.submitted() } else { woken });
        }
        if self.cancels_left > 0 {
            let cancelled = Self { cancels_left: self.cancels_left - 1, ..self };
            let (state, result) = self.state().cancelled();
            let cancelled = cancelled.with(state);
            worlds.push(if result == Cancelled::Submit { cancelled.submitted() } else { cancelled });
        }
        match self.holder {
            Holder::Nobody => {}
            Holder::Queue if self.state().is_cancelled() => {
                worlds.push(Self { holder: Holder::Ender, outcome_is_there: true, ..self });
            }
            Holder::Queue => worlds.push(Self { holder: Holder::Poller(self.state), ..self }),
            Holder::Poller(seen) => {
                worlds.push(Self { holder: Holder::Ender, outcome_is_there: true, ..self });
                let (state, rested) = self.state().rested(Snapshot(seen));
                let holder = if rested == Rested::Submit { Holder::Queue } else { Holder::Nobody };
                worlds.push(Self { holder, ..self.with(state) });
            }
            Holder::Ender => {
                let ended = self.with(Some(Snapshot(self.state | ENDED)));
                worlds.push(ended.settled(self.state().heir()));
            }
            Holder::EnderAfterWaking => {
                let handed = self.with(Some(Snapshot(self.state | HANDED_OVER)));
                worlds.push(handed.settled(self.state().heir_after_waking()));
            }
        }
        match self.handle {
            Handle::Gone => {}
            Handle::Registering => match self.state().joining() {
                Joining::Ended { .. } => worlds.push(self.idle(false, false)),
                Joining::Empty => {
                    let registered = self.with(Some(Snapshot(self.state | JOIN_WAKER)));
                    worlds.push(Self { joiner_sleeps: true, ..registered.idle(true, false) });
                }
                Joining::Registered => panic!("registered twice: {self:?}"),
            },
            Handle::Idle { waker_is_there, taken } => {
                if !taken {
                    match self.state().joining() {
                        Joining::Ended { .. } => {
                            assert!(self.outcome_is_there, "there is no outcome: {self:?}");
                            worlds.push(Self {
                                outcome_is_there: false,
                                joiner_sleeps: false,
                                ..self.idle(false, true)
                            });
                        }
                        Joining::Empty => worlds.push(Self { handle: Handle::Registering, ..self }),
                        // It changes its waker.
                        Joining::Registered => {
                            assert!(waker_is_there);
                            let taken_back = self.with(Some(Snapshot(self.state & !JOIN_WAKER)));
                            worlds.push(Self { joiner_sleeps: false, ..taken_back.idle(false, false) });
                        }
                    }
                }
                let (state, left) = self.state().left(taken);
                let gone = Self { handle: Handle::Gone, joiner_sleeps: false, ..self.with(state) };
                worlds.push(match left {
                    Left::Nothing => gone,
                    Left::DropWaker => {
                        assert!(waker_is_there, "there is no waker: {self:?}");
                        gone
                    }
                    Left::Inherited => gone.inherited(!taken),
                });
            }
        }
        worlds
    }

    fn idle(self, waker_is_there: bool, taken: bool) -> Self {
        Self { handle: Handle::Idle { waker_is_there, taken }, ..self }
    }

    /// What holds between any two steps.
    fn check(&self) {
        let state = self.state();
        let is_held = !matches!(self.holder, Holder::Nobody | Holder::EnderAfterWaking);
        if !state.has_ended() {
            assert_eq!(state.is_scheduled(), is_held, "a token too many, or a wake lost: {self:?}");
        }
        if state.has_ended() && self.holder == Holder::Nobody {
            assert!(!self.joiner_sleeps, "the joiner was not woken: {self:?}");
            assert!(self.removed || self.handle != Handle::Gone, "no side removes the task: {self:?}");
        }
        if self.removed {
            assert_eq!(self.handle, Handle::Gone, "removed under the handle: {self:?}");
            assert_eq!(self.holder, Holder::Nobody, "removed under the ender: {self:?}");
        }
    }
}

#[test]
fn whatever_the_order_of_steps_one_polls_one_inherits_and_nobody_waits_in_vain() {
    let first = World {
        state: Snapshot::new(true).0,
        holder: Holder::Queue,
        handle: Handle::Idle { waker_is_there: false, taken: false },
        wakes_left: 3,
        cancels_left: 2,
        joiner_sleeps: false,
        outcome_is_there: false,
        removed: false,
    };
    let (mut known, mut left) = (HashSet::from([first]), vec![first]);
    while let Some(world) = left.pop() {
        world.check();
        for next in world.next() {
            if known.insert(next) {
                left.push(next);
            }
        }
    }
    assert!(known.len() > 1000, "only {} worlds", known.len());
    assert!(known.iter().any(|world| world.removed && Snapshot(world.state).has(TAKEN)));
}
