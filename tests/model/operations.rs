//! What may be done, as data that can be generated and shrunk.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    keys::{KeyChoice, key},
    pinning::{self, PinUse},
    value::Curse,
    walking::{self, Walk},
};

/// One operation. An index chooses among what there is; where there is nothing, nothing is done.
#[derive(Clone, Debug)]
pub(crate) enum Operation<Own> {
    /// What only this kind of store can do.
    Own(Own),
    Get(KeyChoice),
    GetOwned(KeyChoice),
    CloneGuard(Index),
    ReadGuard(Index),
    DropGuard(Index),
    EndByGuard(Index),
    ForgetGuard(Index),
    Exclude(KeyChoice),
    /// `wait_exclusive`, by a thread of its own if it has to wait; then, if this is so, the entry ends before it has got it.
    WaitExclusive(KeyChoice, bool),
    Write(Index, u64, Curse),
    Downgrade(Index),
    Include(Index),
    EndByExclusive(Index),
    ForgetExclusive(Index),
    Pin,
    /// Each thread pins.
    PinOnAll,
    OfPin(Index, PinUse),
    Contains(KeyChoice),
    End(KeyChoice),
    /// Keeps the values whose identity is not a multiple; the closure panics the so-manyth time.
    Retain(u64, Option<usize>),
    /// An entry is made and ended, so often: generations pass.
    Churn(u8),
    Trim,
    /// Makes room for so many more entries.
    MakeRoom(usize),
    /// The thread ends, and another takes its place.
    Restart,
    GetArc(KeyChoice),
    TryGet(KeyChoice),
    Walk(Walk),
}

/// Operations between phases, with exclusive access to the store.
#[derive(Clone, Debug)]
pub(crate) enum Interlude {
    Nothing,
    EndAll,
    ShrinkToFit,
    /// So many are taken from the iterator, then it is dropped.
    Drain(u8),
    /// Every value is written.
    IterMut(u64, Curse),
    UniqueIter,
    GetMut(KeyChoice, u64, Curse),
}

/// What is done with threads and guards; when it ends, all guards and pins are dropped and all threads end.
#[derive(Clone, Debug)]
pub(crate) struct Phase<Own> {
    /// Each with the number of the thread that does it.
    pub(crate) operations: Vec<(usize, Operation<Own>)>,
    /// When it ends, pins are dropped before guards are.
    pub(crate) pins_first: bool,
    pub(crate) interlude: Interlude,
}

/// All that is done with one store.
#[derive(Clone, Debug)]
pub(crate) struct Case<Own> {
    pub(crate) phases: Vec<Phase<Own>>,
    /// Otherwise no thread pins, because a store that was never pinned takes another path.
    pub(crate) has_pins: bool,
    /// `None`: the store is dropped; else it is turned into an iterator that yields so many, if it can be.
    pub(crate) into_iter: Option<u8>,
}

pub(crate) fn curse() -> impl Strategy<Value = Curse> {
    let any_curse = || any::<(bool, bool)>().prop_map(|(clear, drop)| Curse { clear, drop });
    prop_oneof![4 => Just(Curse::default()), 1 => any_curse()]
}

pub(crate) fn operation<Own: Clone + std::fmt::Debug>(
    own_weight: u32,
    own: impl Strategy<Value = Own>,
) -> impl Strategy<Value = Operation<Own>> {
    let one = any::<Index>;
    let shared = prop_oneof![
        8 => key().prop_map(Operation::Get),
        3 => key().prop_map(Operation::GetOwned),
        3 => one().prop_map(Operation::CloneGuard),
        2 => one().prop_map(Operation::ReadGuard),
        8 => one().prop_map(Operation::DropGuard),
        2 => one().prop_map(Operation::EndByGuard),
        1 => one().prop_map(Operation::ForgetGuard),
    ];
    let exclusive = prop_oneof![
        5 => key().prop_map(Operation::Exclude),
        3 => (key(), proptest::bool::weighted(0.3)).prop_map(|(key, ends)| Operation::WaitExclusive(key, ends)),
        3 => (one(), any::<u64>(), curse()).prop_map(|(which, number, curse)| Operation::Write(which, number, curse)),
        3 => one().prop_map(Operation::Downgrade),
        4 => one().prop_map(Operation::Include),
        1 => one().prop_map(Operation::EndByExclusive),
        1 => one().prop_map(Operation::ForgetExclusive),
    ];
    let by_key = prop_oneof![
        3 => key().prop_map(Operation::Contains),
        10 => key().prop_map(Operation::End),
        1 => (2..5_u64, proptest::option::weighted(0.2, 0..4_usize))
            .prop_map(|(multiple, panics_at)| Operation::Retain(multiple, panics_at)),
        2 => (1..12_u8).prop_map(Operation::Churn),
        2 => Just(Operation::Trim),
        1 => prop_oneof![8 => 0..40_usize, 1 => Just(usize::MAX)].prop_map(Operation::MakeRoom),
        2 => Just(Operation::Restart),
    ];
    let pinning = prop_oneof![
        7 => Just(Operation::Pin),
        1 => Just(Operation::PinOnAll),
        20 => (one(), pinning::pin_use()).prop_map(|(which, of_pin)| Operation::OfPin(which, of_pin)),
    ];
    prop_oneof![own_weight => own.prop_map(Operation::Own), 27 => shared, 20 => exclusive, 21 => by_key, 28 => pinning]
}

/// Operations that came later, apart from the others so that the fuzzer's inputs keep their meaning.
pub(crate) fn later_operation<Own: Clone + std::fmt::Debug>(
    own: impl Strategy<Value = Own>,
) -> impl Strategy<Value = Operation<Own>> {
    prop_oneof![
        10 => own.prop_map(Operation::Own),
        2 => key().prop_map(Operation::GetArc),
        4 => key().prop_map(Operation::TryGet),
        4 => walking::walk().prop_map(Operation::Walk),
    ]
}

pub(crate) fn interlude() -> impl Strategy<Value = Interlude> {
    prop_oneof![
        3 => Just(Interlude::Nothing),
        1 => Just(Interlude::EndAll),
        1 => Just(Interlude::ShrinkToFit),
        1 => (0..8_u8).prop_map(Interlude::Drain),
        1 => (any::<u64>(), curse()).prop_map(|(number, curse)| Interlude::IterMut(number, curse)),
        1 => Just(Interlude::UniqueIter),
        1 => (key(), any::<u64>(), curse())
            .prop_map(|(key, number, curse)| Interlude::GetMut(key, number, curse)),
    ]
}

/// Cases with these operations of its own, so often, where all others together weigh 96; and with those that came later.
pub(crate) fn case<Own: Clone + std::fmt::Debug + 'static>(
    own_weight: u32,
    own: impl Strategy<Value = Own> + 'static,
    later: impl Strategy<Value = Own> + 'static,
) -> impl Strategy<Value = Case<Own>> {
    // Boxed, since their trees are large for the stack of a test's thread.
    let (operation, later) = (operation(own_weight, own).boxed(), later_operation(later).boxed());
    let operation = prop_oneof![own_weight + 96 => operation, 26 => later];
    let phase = (vec((0..8_usize, operation), 0..60), any::<bool>(), interlude())
        .prop_map(|(operations, pins_first, interlude)| Phase { operations, pins_first, interlude });
    (vec(phase, 1..4), proptest::bool::weighted(0.75), proptest::option::weighted(0.3, 0..6_u8))
        .prop_map(|(phases, has_pins, into_iter)| Case { phases, has_pins, into_iter })
}
