//! Memory is used when slots are, not before.

use flagstone::{Config, Slab};

use crate::alone::alone;

/// Sixteen million; or a million where addresses are few.
const SLOTS: usize = 1 << if usize::BITS >= 64 { 24 } else { 20 };

/// A first page of so many slots.
struct Vast;

impl Config for Vast {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 2;
    const INITIAL_PAGE_SIZE: usize = SLOTS;
}

/// Bytes of the process that are backed with memory of its own, code not counted.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = status.lines().find(|line| line.starts_with("Anonymous:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
}

/// How much more memory the process uses after `make`, whose result lives until that is known.
fn cost<T>(make: impl FnOnce() -> T) -> usize {
    let before = resident();
    let made = make();
    let cost = resident().saturating_sub(before);
    drop(made);
    cost
}

/// What a machine with large pages of memory might round up to.
const LITTLE: usize = 4 << 20;

alone! {
    fn one_entry_in_a_vast_page_costs_little() {
        let cost = cost(|| {
            let slab = Slab::new_with_config::<Vast>();
            let key = slab.insert(1_u64).unwrap();
            assert_eq!((*slab.get(key).unwrap(), slab.capacity()), (1, SLOTS));
            slab
        });
        assert!(cost < LITTLE, "{cost} bytes");
    }

    fn one_entry_of_large_alignment_in_a_vast_page_costs_little() {
        #[repr(align(128))]
        struct Aligned(u64);

        let cost = cost(|| {
            let slab = Slab::new_with_config::<Vast>();
            let key = slab.insert(Aligned(1)).unwrap();
            assert_eq!(slab.get(key).unwrap().0, 1);
            slab
        });
        assert!(cost < LITTLE, "{cost} bytes");
    }

    fn removing_and_looking_around_in_a_vast_page_costs_little() {
        let cost = cost(|| {
            let mut slab = Slab::new_with_config::<Vast>();
            for value in 0..1000_u64 {
                let key = slab.insert(value).unwrap();
                assert!(slab.remove(key));
                assert!(!slab.contains(key ^ (1 << 20)));
            }
            slab.insert(7).unwrap();
            slab.retain(|_, _| true);
            assert_eq!((slab.len(), slab.unique_iter().count()), (1, 1));
            slab.clear();
            slab
        });
        assert!(cost < LITTLE, "{cost} bytes");
    }

    fn an_empty_slab_costs_nothing_and_a_first_entry_next_to_nothing() {
        assert!(size_of::<Slab<u64>>() <= 128, "{} bytes", size_of::<Slab<u64>>());
        let empty = cost(|| [const { Slab::<u64>::new() }; 100]);
        let first = cost(|| {
            let slab = Slab::<u64>::new();
            slab.insert(1).unwrap();
            slab
        });
        assert!(empty < 64 << 10, "{empty} bytes");
        assert!(first < 1 << 20, "{first} bytes");
    }

    fn memory_is_given_back_when_the_slab_is_dropped() {
        let slab = Slab::new_with_config::<Vast>();
        let before = resident();
        for value in 0..1_000_000_u64 {
            slab.insert(value).unwrap();
        }
        let filled = resident();
        assert!(filled > before + (8 << 20), "{before}, {filled}");
        drop(slab);
        let after = resident();
        assert!(after < before + LITTLE, "{before}, {filled}, {after}");
    }
}
