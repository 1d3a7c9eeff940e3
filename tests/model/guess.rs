//! Keys made up from real ones.

use proptest::{prelude::*, sample::Index};

use super::configurations::Shape;

/// A key, made of the keys of real slots where that is possible.
#[derive(Clone, Debug)]
pub(crate) enum Guess {
    Anything(usize),
    Small(usize),
    Large(usize),
    /// A slot's key with some bits flipped.
    Near(Index, usize),
    /// A slot's key, so many slots, generations, pages or shards further.
    Beside(Index, Unit, isize),
    /// Some bits of one slot's key, all others of another's.
    Mixed(Index, Index, usize),
    /// The low bits of a slot's key, others above them.
    LowBitsOf(Index, u32, usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Slot,
    Generation,
    Page,
    Shard,
    /// The lowest reserved bit, if any bits are reserved.
    Reserved,
}

impl Guess {
    /// The key that it means, where these are those of real slots.
    pub(crate) fn key<C: Shape>(&self, real: &[usize]) -> usize {
        match *self {
            Self::Anything(key) | Self::Small(key) => key,
            Self::Large(below) => usize::MAX - below,
            Self::Near(which, bits) => *which.get(real) ^ bits,
            Self::Beside(which, unit, steps) => {
                let key = *which.get(real);
                let page_shift = C::SHARED_BITS;
                let shard_shift = page_shift + C::PAGE_BITS;
                let size = match unit {
                    Unit::Slot => 1,
                    Unit::Generation => C::page_size(C::unpack(key).0.page),
                    Unit::Page => 1 << page_shift,
                    Unit::Shard => 1 << shard_shift,
                    Unit::Reserved => 1_usize.checked_shl((shard_shift + C::SHARD_BITS) as u32).unwrap_or(0),
                };
                key.wrapping_add(usize::wrapping_mul(size, steps as usize))
            }
            Self::Mixed(one, other, bits) => (one.get(real) & bits) | (other.get(real) & !bits),
            Self::LowBitsOf(which, count, above) => {
                let low = (1 << count) - 1;
                (which.get(real) & low) | (above & !low)
            }
        }
    }
}

pub(crate) fn guess() -> impl Strategy<Value = Guess> {
    let one = any::<Index>;
    let unit = prop_oneof![
        1 => Just(Unit::Slot),
        3 => Just(Unit::Generation),
        1 => Just(Unit::Page),
        1 => Just(Unit::Shard),
        1 => Just(Unit::Reserved),
    ];
    let one_bit = (0..usize::BITS).prop_map(|bit| 1 << bit);
    let two_bits = (0..usize::BITS, 0..usize::BITS).prop_map(|(one, other)| (1 << one) | (1 << other));
    prop_oneof![
        2 => any::<usize>().prop_map(Guess::Anything),
        1 => (0..1024_usize).prop_map(Guess::Small),
        1 => (0..64_usize).prop_map(Guess::Large),
        6 => (one(), prop_oneof![3 => one_bit, 1 => two_bits]).prop_map(|(which, bits)| Guess::Near(which, bits)),
        8 => (one(), unit, -3..=3_isize).prop_map(|(which, unit, steps)| Guess::Beside(which, unit, steps)),
        2 => (one(), one(), any::<usize>()).prop_map(|(one, other, bits)| Guess::Mixed(one, other, bits)),
        2 => (one(), 0..usize::BITS, any::<usize>())
            .prop_map(|(which, count, above)| Guess::LowBitsOf(which, count, above)),
    ]
}
