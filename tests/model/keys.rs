//! Keys for operations, chosen when their time comes.

use proptest::{prelude::*, sample::Index};

use super::{configurations::Shape, oracle::Oracle};

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

/// Which of these is chosen; `None` if there is none.
pub(crate) fn one_of<T>(index: &Index, all: &[T]) -> Option<usize> {
    (!all.is_empty()).then(|| index.index(all.len()))
}

impl KeyChoice {
    /// The key that it means now.
    pub(crate) fn key<C: Shape>(&self, oracle: &Oracle<C>) -> usize {
        let given = oracle.given();
        match self {
            Self::Live(index) => {
                let live: Vec<usize> = oracle.entries().map(|(key, _)| key).collect();
                one_of(index, &live).map_or(0, |chosen| live[chosen])
            }
            Self::Given(back) => given.iter().rev().nth(usize::from(*back)).copied().unwrap_or(usize::MAX),
            Self::Changed(index, change) => one_of(index, given).map_or(1, |chosen| change.of::<C>(given[chosen])),
            Self::Raw(key) => *key,
        }
    }
}

impl Change {
    fn of<C: Shape>(&self, key: usize) -> usize {
        let (place, _) = C::unpack(key);
        let shared = (1_usize << C::SHARED_BITS) - 1;
        match *self {
            Self::Flip(bit) => key ^ (1 << bit),
            Self::Add(number) => key.wrapping_add_signed(number),
            Self::Generation(steps) => {
                let moved = key.wrapping_add(C::page_size(place.page).wrapping_mul(steps as usize));
                (key & !shared) | (moved & shared)
            }
            Self::AllOnes => key | (shared & !(C::page_size(place.page) - 1)),
        }
    }
}
