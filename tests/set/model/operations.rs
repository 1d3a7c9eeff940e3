//! The operations, as data that can be generated and shrunk.

use proptest::{collection::vec, prelude::*, sample::Index};

/// How a waker is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    ByReference,
    /// A clone, by value.
    Clone,
    /// On another thread.
    Elsewhere,
}

/// What a future does in a poll.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Wakes itself.
    WakeItself(How),
    /// Puts its waker on the board.
    Keep,
    /// Calls a waker of the board.
    Wake(Index, How),
    /// Drops a waker of the board.
    Forget(Index),
}

/// How a poll ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Pending,
    Ready,
    Panic,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) acts: Vec<Act>,
    pub(super) end: End,
}

/// What a future does in successive polls; after the last entry it starts again.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    pub(super) destructor_panics: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// Of a live future.
    Live(Index),
    /// A key that was returned, whether or not its future still exists.
    Given(Index),
    Any(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Pushing {
    Try,
    With,
    MakePanics,
    TryVacancy,
    /// Used as a future that is polled once; its output is used, or dropped.
    Vacancy {
        used: bool,
    },
}

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Push(Pushing, Script),
    /// This number of the same.
    PushMany(u16, Script),
    /// With one of several outer wakers, this number of times.
    Poll(usize, u8),
    /// Until the set sleeps, or this number of outputs has come.
    Run(u8),
    DropNext,
    Remove(Key),
    RemoveMany(Index, u16),
    Take(Key),
    /// Reads a future, and replaces its script.
    Replace(Key, Script),
    Wake(Key),
    Contains(Key),
    Clear,
    /// Between polls.
    OfBoard(Act),
    WakeMany(Index, u16),
}

/// The operations on one set, and whether the set is then forgotten instead of dropped.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) operations: Vec<Operation>,
    pub(super) is_forgotten: bool,
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![4 => Just(How::ByReference), 2 => Just(How::Clone), 1 => Just(How::Elsewhere)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => how().prop_map(Act::WakeItself),
        3 => Just(Act::Keep),
        5 => (any::<Index>(), how()).prop_map(|(which, how)| Act::Wake(which, how)),
        1 => any::<Index>().prop_map(Act::Forget),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let end = prop_oneof![8 => Just(End::Pending), 3 => Just(End::Ready), 1 => Just(End::Panic)];
    let step = (vec(act(), 0..4), end).prop_map(|(acts, end)| Step { acts, end });
    (vec(step, 1..4), proptest::bool::weighted(0.08))
        .prop_map(|(steps, destructor_panics)| Script { steps, destructor_panics })
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        6 => any::<Index>().prop_map(Key::Live),
        2 => any::<Index>().prop_map(Key::Given),
        1 => prop_oneof![Just(usize::MAX), Just(0), any::<usize>(), 0..2000_usize].prop_map(Key::Any),
    ]
}

fn operation(capacity: usize) -> impl Strategy<Value = Operation> {
    let most = (capacity as u16).max(2);
    let pushing = prop_oneof![
        4 => Just(Pushing::Try),
        2 => Just(Pushing::With),
        1 => Just(Pushing::MakePanics),
        2 => Just(Pushing::TryVacancy),
        2 => any::<bool>().prop_map(|used| Pushing::Vacancy { used }),
    ];
    prop_oneof![
        10 => (pushing, script()).prop_map(|(pushing, script)| Operation::Push(pushing, script)),
        4 => (1..most, script()).prop_map(|(count, script)| Operation::PushMany(count, script)),
        12 => (0..3_usize, 1..4_u8).prop_map(|(who, polls)| Operation::Poll(who, polls)),
        6 => (1..9_u8).prop_map(Operation::Run),
        1 => Just(Operation::DropNext),
        4 => key().prop_map(Operation::Remove),
        2 => (any::<Index>(), 1..most).prop_map(|(which, count)| Operation::RemoveMany(which, count)),
        3 => key().prop_map(Operation::Take),
        3 => (key(), script()).prop_map(|(key, script)| Operation::Replace(key, script)),
        4 => key().prop_map(Operation::Wake),
        2 => key().prop_map(Operation::Contains),
        1 => Just(Operation::Clear),
        8 => act().prop_map(Operation::OfBoard),
        4 => (any::<Index>(), 1..most).prop_map(|(which, count)| Operation::WakeMany(which, count)),
    ]
}

pub(super) fn lives(capacity: usize) -> impl Strategy<Value = Vec<Life>> {
    let life = (vec(operation(capacity), 0..40), proptest::bool::weighted(0.3))
        .prop_map(|(operations, is_forgotten)| Life { operations, is_forgotten });
    vec(life, 1..4)
}
