//! Keys that nobody handed out: they find nothing, or an entry that is really there, and change nothing.

use std::sync::Arc;

use flagstone::{DefaultConfig, ExclusiveError, Slab};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    alone,
    configurations::{Crowded, Flipping, Narrow, OneSlot, Reserved, Retiring, Shape, Wrapping},
    runner,
    value::{Ledger, Value},
};

/// A key, made of the keys of real slots where that is possible.
#[derive(Clone, Debug)]
enum Guess {
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
enum Unit {
    Slot,
    Generation,
    Page,
    Shard,
    /// The lowest reserved bit, if any bits are reserved.
    Reserved,
}

impl Guess {
    fn key<C: Shape>(&self, real: &[usize]) -> usize {
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

fn guess() -> impl Strategy<Value = Guess> {
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

/// A slab with slots in every state: read, removed but held, held exclusively, reserved, free, and never used.
fn check_guesses<C: Shape>(slots: usize, guesses: &[Guess]) {
    let ledger = Arc::new(Ledger::default());
    let slab = Slab::<Value>::new_with_config::<C>();
    let mut real = Vec::new();
    let (mut guards, mut exclusives, mut vacancies) = (Vec::new(), Vec::new(), Vec::new());
    let mut readable = Vec::new();
    for number in 0..slots {
        let Some(vacancy) = slab.vacant_entry() else { break };
        let key = vacancy.key();
        real.push(key);
        if number % 6 == 5 {
            vacancies.push(vacancy);
            continue;
        }
        let value = ledger.make();
        let id = value.id();
        vacancy.insert(value);
        match number % 6 {
            0 => readable.push((key, id)),
            1 => {
                readable.push((key, id));
                guards.push(slab.get(key).expect("it was just inserted"));
            }
            2 => exclusives.push(slab.get_exclusive(key).expect("nobody else has it")),
            3 => {
                guards.push(slab.get(key).expect("it was just inserted"));
                assert!(slab.remove(key));
            }
            _ => assert!(slab.remove(key)),
        }
    }
    let seen = || (slab.len(), slab.capacity(), ledger.alive());
    let before = seen();
    for guess in guesses {
        let key = guess.key::<C>(&real);
        if let Some(&(_, id)) = readable.iter().find(|&&(real, _)| real == key) {
            assert_eq!(slab.get(key).map(|entry| entry.id()), Some(id));
            continue;
        }
        assert!(!slab.contains(key), "contains {key:#x}");
        assert!(slab.get(key).is_none(), "get {key:#x}");
        if exclusives.iter().any(|exclusive| exclusive.key() == key) {
            assert_eq!(slab.get_exclusive(key).err(), Some(ExclusiveError::InUse), "get_exclusive {key:#x}");
            assert!(slab.try_take(key).is_none(), "try_take {key:#x}");
            continue;
        }
        assert_eq!(slab.get_exclusive(key).err(), Some(ExclusiveError::Absent), "get_exclusive {key:#x}");
        assert!(!slab.remove(key), "remove {key:#x}");
        assert!(slab.try_take(key).is_none(), "try_take {key:#x}");
        assert!(slab.take(key).is_none(), "take {key:#x}");
    }
    assert_eq!(seen(), before, "a guess changed something");
    for (key, id) in readable {
        assert_eq!(slab.get(key).map(|entry| entry.id()), Some(id), "{key:#x}");
    }
    for exclusive in exclusives {
        let (key, id) = (exclusive.key(), exclusive.id());
        drop(exclusive);
        assert_eq!(slab.get(key).map(|entry| entry.id()), Some(id), "{key:#x}");
    }
    for vacancy in vacancies {
        let (key, value) = (vacancy.key(), ledger.make());
        let id = value.id();
        vacancy.insert(value);
        assert_eq!(slab.get(key).map(|entry| entry.id()), Some(id), "{key:#x}");
    }
    drop(guards);
    drop(slab);
    assert_eq!(ledger.alive(), 0);
}

fn check<C: Shape>(cases: u32) {
    alone(|| {
        let guesses = (1..20_usize, vec(guess(), 0..150));
        let outcome = runner(cases).run(&guesses, |(slots, guesses)| {
            check_guesses::<C>(slots, &guesses);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{error}");
        }
    });
}

macro_rules! change_nothing {
    ($($name:ident: $configuration:ty;)*) => {$(
        #[test]
        fn $name() {
            check::<$configuration>(48);
        }
    )*};
}

change_nothing! {
    default: DefaultConfig;
    one_slot: OneSlot;
    retiring: Retiring;
    wrapping: Wrapping;
    flipping: Flipping;
    crowded: Crowded;
    narrow: Narrow;
    reserved: Reserved;
}

/// Where a key has so few bits that all can be tried, all are.
#[test]
fn all_keys_of_seven_bits_and_a_few_more() {
    alone(|| {
        let all: Vec<Guess> = (0..1 << 10).map(Guess::Small).collect();
        for slots in 1..20 {
            check_guesses::<Retiring>(slots, &all);
            check_guesses::<Wrapping>(slots, &all);
            check_guesses::<Flipping>(slots, &all);
        }
    });
}

/// Nobody has inserted anything yet: there is not even a table.
#[test]
fn nothing_is_in_an_empty_slab() {
    alone(|| {
        let slab = Slab::<u8>::new();
        for key in (0..usize::BITS).map(|bit| 1 << bit).chain([0, usize::MAX]) {
            assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key) && slab.take(key).is_none());
        }
        assert_eq!((slab.len(), slab.capacity()), (0, 0));
    });
}
