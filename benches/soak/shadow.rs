//! An independent record of a store's keys: two words for each slot, however long the run is.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use flagstone::{Config, Slab};

/// How many slots of each shard are recorded: all that a run uses.
const SLOTS: usize = 1 << 15;

/// The parts of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) shard: usize,
    pub(crate) page: usize,
    pub(crate) offset: usize,
    pub(crate) generation: usize,
}

impl Parts {
    /// Splits a key according to the documented layout. Returns `None` if it cannot be a key.
    pub(crate) fn of<C: Config>(key: usize) -> Option<Self> {
        let shared = Slab::<(), C>::KEYS_PER_PAGE.ilog2();
        let page_bits = usize::BITS - (C::MAX_PAGES - 1).leading_zeros();
        let page = (key >> shared) & ((1 << page_bits) - 1);
        let shard = key >> (shared + page_bits);
        if page >= C::MAX_PAGES || shard > C::MAX_THREADS {
            return None;
        }
        let offset_bits = shared - Slab::<(), C>::generations(page).ilog2();
        let within = key & ((1 << shared) - 1);
        Some(Self { shard, page, offset: within & ((1 << offset_bits) - 1), generation: within >> offset_bits })
    }
}

/// The record of one slot. Each word is zero, or a generation plus one.
#[derive(Debug, Default)]
struct Noted {
    born: AtomicUsize,
    taken: AtomicUsize,
}

/// The records of all slots.
#[derive(Debug)]
pub(crate) struct Shadow<C> {
    slots: Box<[Noted]>,
    slots_per_shard: usize,
    config: PhantomData<fn() -> C>,
}

impl<C: Config> Shadow<C> {
    /// Records the shards of `threads` threads, and the overflow shard.
    pub(crate) fn new(threads: usize) -> Self {
        let first = C::INITIAL_PAGE_SIZE.next_power_of_two();
        let slots_per_shard = (1..=C::MAX_PAGES)
            .map(|pages| first.saturating_mul((1 << pages) - 1))
            .find(|&slots| slots >= SLOTS)
            .unwrap_or(first * ((1 << C::MAX_PAGES) - 1));
        let shards = C::MAX_THREADS.min(threads) + 1;
        let slots = (0..shards * slots_per_shard).map(|_| Noted::default()).collect();
        Self { slots, slots_per_shard, config: PhantomData }
    }

    /// Records a key that was just handed out. If `first` is set, no other thread can have got the slot meanwhile, so
    /// the generation must be larger than all before. Otherwise threads that share a shard report their keys after the
    /// insertion, and the next key may be reported before. Then only a key that is reported twice in a row is detected.
    pub(crate) fn born(&self, key: usize, first: bool) -> Result<(), String> {
        let Some(parts) = Parts::of::<C>(key) else {
            return Err("a key was handed out that names no slot".to_owned());
        };
        let Some(noted) = self.slot(parts) else { return Ok(()) };
        let before = noted.born.fetch_max(parts.generation + 1, Relaxed);
        if before == parts.generation + 1 || (first && before > parts.generation) {
            return Err(format!(
                "a key was handed out twice, or out of turn: {parts:?} after generation {}",
                before - 1
            ));
        }
        Ok(())
    }

    /// Records that the value of a key was taken.
    pub(crate) fn taken(&self, key: usize) {
        if let Some((noted, parts)) = self.find(key) {
            noted.taken.fetch_max(parts.generation + 1, Relaxed);
        }
    }

    /// Checks that a value of which a guard exists was not taken. Its memory would not show that.
    pub(crate) fn is_there(&self, key: usize) -> Result<(), String> {
        match self.find(key) {
            Some((noted, parts)) if noted.taken.load(Relaxed) > parts.generation => {
                Err("a value was read that had been taken out".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn find(&self, key: usize) -> Option<(&Noted, Parts)> {
        let parts = Parts::of::<C>(key)?;
        Some((self.slot(parts)?, parts))
    }

    fn slot(&self, parts: Parts) -> Option<&Noted> {
        let before = C::INITIAL_PAGE_SIZE.next_power_of_two() * ((1 << parts.page) - 1);
        let place = before + parts.offset;
        if place < self.slots_per_shard { self.slots.get(parts.shard * self.slots_per_shard + place) } else { None }
    }
}
