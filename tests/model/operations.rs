//! What may be done, as data that can be generated and shrunk.

use proptest::{collection::vec, prelude::*, sample::Index};

/// A key to use, chosen among those there are when its time comes.
#[derive(Clone, Debug)]
pub(crate) enum KeyChoice {
    /// Of an entry.
    Live(Index),
    /// One that was handed out at some time, the latest first.
    Given(u8),
    /// One that was handed out, changed.
    Changed(Index, Change),
    Raw(usize),
}

/// How a key is made another.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// One bit is flipped.
    Flip(u32),
    /// A small number is added.
    Add(isize),
    /// The slot's next or last generations.
    Generation(isize),
    /// The generations of all bits.
    AllOnes,
}

/// One operation. An index chooses among what there is; where there is nothing, nothing is done.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Insert,
    TryInsert,
    InsertWithKey,
    Reserve,
    Fill(Index),
    GiveUp(Index),
    Get(KeyChoice),
    GetOwned(KeyChoice),
    CloneGuard(Index),
    ReadGuard(Index),
    DropGuard(Index),
    RemoveByGuard(Index),
    ForgetGuard(Index),
    Exclude(KeyChoice),
    Write(Index, u64),
    Include(Index),
    RemoveByExclusive(Index),
    ForgetExclusive(Index),
    Contains(KeyChoice),
    Remove(KeyChoice),
    /// `take` where it need not wait, else `try_take`.
    Take(KeyChoice),
    TryTake(KeyChoice),
    /// `take` on another thread, which waits if it must.
    TakeLater(KeyChoice),
    /// Keeps the values whose identity is not a multiple.
    Retain(u64),
    /// A value is inserted and removed, so often: generations pass.
    Churn(u8),
    /// The thread ends, and another takes its place.
    Restart,
}

/// What is done between phases, when nobody else uses the slab.
#[derive(Clone, Debug)]
pub(crate) enum Interlude {
    Nothing,
    Clear,
    /// So many are taken from the iterator, then it is dropped.
    Drain(u8),
    /// Every value is written.
    IterMut(u64),
    UniqueIter,
    GetMut(KeyChoice, u64),
}

/// What is done with threads and guards; when it ends, all guards are dropped and all threads end.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    /// Each with the number of the thread that does it.
    pub(crate) operations: Vec<(usize, Operation)>,
    pub(crate) interlude: Interlude,
}

/// All that is done with one slab.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) phases: Vec<Phase>,
    /// `None`: the slab is dropped; else it is turned into an iterator that yields so many.
    pub(crate) into_iter: Option<u8>,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0..usize::BITS).prop_map(Change::Flip),
        2 => (-3..=3_isize).prop_map(Change::Add),
        4 => (-2..=2_isize).prop_map(Change::Generation),
        1 => Just(Change::AllOnes),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = KeyChoice> {
    prop_oneof![
        12 => any::<Index>().prop_map(KeyChoice::Live),
        3 => (0..12_u8).prop_map(KeyChoice::Given),
        3 => (any::<Index>(), change()).prop_map(|(which, change)| KeyChoice::Changed(which, change)),
        1 => prop_oneof![Just(0), Just(usize::MAX), any::<usize>(), 0..256_usize].prop_map(KeyChoice::Raw),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let one = any::<Index>;
    prop_oneof![
        12 => Just(Operation::Insert),
        3 => Just(Operation::TryInsert),
        4 => Just(Operation::InsertWithKey),
        3 => Just(Operation::Reserve),
        2 => one().prop_map(Operation::Fill),
        2 => one().prop_map(Operation::GiveUp),
        8 => key().prop_map(Operation::Get),
        3 => key().prop_map(Operation::GetOwned),
        3 => one().prop_map(Operation::CloneGuard),
        2 => one().prop_map(Operation::ReadGuard),
        8 => one().prop_map(Operation::DropGuard),
        2 => one().prop_map(Operation::RemoveByGuard),
        1 => one().prop_map(Operation::ForgetGuard),
        5 => key().prop_map(Operation::Exclude),
        2 => (one(), any::<u64>()).prop_map(|(which, value)| Operation::Write(which, value)),
        4 => one().prop_map(Operation::Include),
        1 => one().prop_map(Operation::RemoveByExclusive),
        1 => one().prop_map(Operation::ForgetExclusive),
        3 => key().prop_map(Operation::Contains),
        10 => key().prop_map(Operation::Remove),
        4 => key().prop_map(Operation::Take),
        3 => key().prop_map(Operation::TryTake),
        2 => key().prop_map(Operation::TakeLater),
        1 => (2..5_u64).prop_map(Operation::Retain),
        2 => (1..12_u8).prop_map(Operation::Churn),
        2 => Just(Operation::Restart),
    ]
}

fn interlude() -> impl Strategy<Value = Interlude> {
    prop_oneof![
        3 => Just(Interlude::Nothing),
        1 => Just(Interlude::Clear),
        1 => (0..8_u8).prop_map(Interlude::Drain),
        1 => any::<u64>().prop_map(Interlude::IterMut),
        1 => Just(Interlude::UniqueIter),
        1 => (key(), any::<u64>()).prop_map(|(key, value)| Interlude::GetMut(key, value)),
    ]
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let phase = (vec((0..8_usize, operation()), 0..60), interlude())
        .prop_map(|(operations, interlude)| Phase { operations, interlude });
    (vec(phase, 1..4), proptest::option::weighted(0.3, 0..6_u8))
        .prop_map(|(phases, into_iter)| Case { phases, into_iter })
}
