//! Fault injection: each allocation in turn is refused, alone or with all that follow, in scenarios that reach every
//! allocation.
//!
//! A thread that inserts gets its value back or `None`, and nothing else changes; with memory again it goes on, and no slot and no page
//! number is lost.

use std::{collections::BTreeMap, sync::Arc, thread};

use flagstone::{Config, Pool, Slab, Stats};

use crate::{
    BALANCE,
    refusals::{Number, Plan, ROOM, Refusals, Small},
};

alone_on_a_thread! {
    a_slab_goes_on_after_each_refusal
    a_pool_goes_on_after_each_refusal
    without_a_shard_a_slab_goes_on_after_each_refusal
    without_a_shard_a_pool_goes_on_after_each_refusal
    pages_that_no_memory_can_hold_are_refused
    removing_reading_and_trimming_ask_for_no_memory
}

trait Store: Sync {
    fn new() -> Self;
    /// Claims a shard for the current thread.
    fn claim(&self);
    /// Inserts a value, in the way that has this number. A value that is not inserted must come back.
    fn insert(&self, value: u64, way: usize) -> Option<usize>;
    fn read(&self, key: usize) -> Option<u64>;
    fn remove(&self, key: usize) -> bool;
    fn stats(&self) -> Stats;
    /// Length, capacity.
    fn size(&self) -> (usize, usize);
}

impl Store for Arc<Slab<Number, Small>> {
    fn new() -> Self {
        Self::new(Slab::new_with_config())
    }

    fn claim(&self) {
        drop(self.pin());
    }

    fn insert(&self, value: u64, way: usize) -> Option<usize> {
        match way % 4 {
            0 => Slab::insert(self, Number(value)),
            1 => self.try_insert(Number(value)).map_err(|full| assert_eq!(full.into_inner(), Number(value))).ok(),
            2 => {
                let vacant = self.vacant_entry()?;
                let key = vacant.key();
                vacant.insert(Number(value));
                Some(key)
            }
            _ => self.insert_with_key(|_| Number(value)),
        }
    }

    fn read(&self, key: usize) -> Option<u64> {
        self.get(key).map(|entry| entry.0)
    }

    fn remove(&self, key: usize) -> bool {
        Slab::remove(self, key)
    }

    fn stats(&self) -> Stats {
        Slab::stats(self)
    }

    fn size(&self) -> (usize, usize) {
        (self.len(), self.capacity())
    }
}

impl Store for Arc<Pool<Number, Small>> {
    fn new() -> Self {
        Self::new(Pool::new_with_config())
    }

    fn claim(&self) {
        drop(self.pin());
    }

    fn insert(&self, value: u64, way: usize) -> Option<usize> {
        match way % 4 {
            0 => self.create_with(|number| number.0 = value),
            1 => {
                let mut created = self.create()?;
                created.0 = value;
                Some(created.key())
            }
            2 => {
                let mut created = Arc::clone(self).create_owned()?;
                created.0 = value;
                Some(created.key())
            }
            _ => self.create_with_key(|_, number| number.0 = value),
        }
    }

    fn read(&self, key: usize) -> Option<u64> {
        self.get(key).map(|entry| entry.0)
    }

    fn remove(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn stats(&self) -> Stats {
        Pool::stats(self)
    }

    fn size(&self) -> (usize, usize) {
        (self.len(), self.capacity())
    }
}

/// Whether the thread that fills a store has a shard there, or another thread has claimed the only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filler {
    WithShard,
    WithoutShard,
}

/// Fills a store, removing some now and then, under a plan; returns how many allocations were refused.
fn fill<S: Store>(filler: Filler, plan: Plan, first_way: usize) -> usize {
    let before = BALANCE.get();
    let (store, mut entries) = (S::new(), BTreeMap::new());
    let mut size = BALANCE.get() - before;
    if filler == Filler::WithoutShard {
        // What that thread allocates is freed by this one.
        size += thread::scope(|scope| {
            let claim = || {
                drop(Slab::<u8>::new().pin());
                let before = BALANCE.get();
                store.claim();
                BALANCE.get() - before
            };
            scope.spawn(claim).join().unwrap()
        });
    }
    let before = BALANCE.get() - size;
    // Of the shard that the other thread has claimed.
    let unused = store.size().1;
    let refusals = Refusals::new(plan);
    let check = |store: &S, entries: &BTreeMap<usize, u64>| {
        assert!(entries.iter().all(|(&key, &value)| store.read(key) == Some(value)), "{plan:?}");
        assert_eq!(store.size().0, entries.len(), "{plan:?}");
    };
    for value in 0..ROOM as u64 {
        let (size, stats) = (store.size(), store.stats());
        let (inserted, was_refused) = refusals.under(|| store.insert(value, first_way + value as usize));
        match inserted {
            Some(key) => assert!(entries.insert(key, value).is_none(), "{plan:?}"),
            None => {
                assert!(was_refused, "{plan:?}: there was room, and memory");
                assert_eq!((store.size(), store.stats()), (size, stats), "{plan:?}");
            }
        }
        check(&store, &entries);
        if value % 7 == 6 {
            if let Some((key, _)) = entries.pop_first() {
                assert!(refusals.under(|| store.remove(key)) == (true, false), "{plan:?}");
            }
        }
    }
    // There is memory again.
    for value in 100.. {
        let Some(key) = store.insert(value, first_way + value as usize) else { break };
        assert!(entries.insert(key, value).is_none(), "{plan:?}");
    }
    check(&store, &entries);
    assert_eq!(store.size(), (ROOM, unused + ROOM), "{plan:?}");
    assert_eq!(store.stats().total().high_water, ROOM, "{plan:?}");
    drop((store, entries));
    assert_eq!(BALANCE.get(), before, "{plan:?}: memory that is never freed");
    refusals.count()
}

fn each_refusal<S: Store>(filler: Filler) {
    // The thread has its number already.
    Slab::<u8>::new().insert(1).unwrap();
    for (zeroed, others) in [(true, false), (false, true), (true, true)] {
        for only in [true, false] {
            let refused_at = |first: usize| {
                // Each way of inserting is the one that needs the memory.
                (0..4).map(|way| fill::<S>(filler, Plan { zeroed, others, first, only }, way)).min().unwrap_or(0)
            };
            let points = (0..).take_while(|&first| refused_at(first) > 0).count();
            // All blocks are so small that no zeroed memory is asked for. What the first thread needs is one block, with the
            // first page in it, and three more pages; a thread without a shard needs the overflow shard and four pages.
            let blocks = if filler == Filler::WithShard { 4 } else { 5 };
            assert_eq!(points, if others { blocks } else { 0 });
        }
    }
}

fn a_slab_goes_on_after_each_refusal() {
    each_refusal::<Arc<Slab<Number, Small>>>(Filler::WithShard);
}

fn a_pool_goes_on_after_each_refusal() {
    each_refusal::<Arc<Pool<Number, Small>>>(Filler::WithShard);
}

fn without_a_shard_a_slab_goes_on_after_each_refusal() {
    each_refusal::<Arc<Slab<Number, Small>>>(Filler::WithoutShard);
}

fn without_a_shard_a_pool_goes_on_after_each_refusal() {
    each_refusal::<Arc<Pool<Number, Small>>>(Filler::WithoutShard);
}

fn pages_that_no_memory_can_hold_are_refused() {
    struct Huge;

    impl Config for Huge {
        const MAX_THREADS: usize = 1;
        const MAX_PAGES: usize = if usize::BITS >= 64 { 40 } else { 8 };
        const INITIAL_PAGE_SIZE: usize = if usize::BITS >= 64 { 1 } else { 4 };
    }

    /// Of such values a page is more than an address space.
    type Giant = [u64; 1 << if usize::BITS >= 64 { 48 } else { 27 }];

    // No value could be made, but slots can be asked for.
    let slab = Slab::<Giant>::new_with_config::<Huge>();
    for _ in 0..3 {
        assert!(slab.vacant_entry().is_none());
        assert_eq!((slab.len(), slab.capacity()), (0, 0));
    }
}

fn removing_reading_and_trimming_ask_for_no_memory() {
    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: false });
    let mut slab = Slab::<Number>::new_with_config::<Small>();
    let mut pool = Pool::<Number>::new_with_config::<Small>();
    let keys: Vec<_> = (0..ROOM).map(|_| slab.insert(Number(1)).unwrap()).collect();
    let created: Vec<_> = (0..ROOM).map(|_| pool.create().unwrap().key()).collect();
    let act = || {
        for (turn, (&key, &created)) in keys.iter().zip(&created).enumerate() {
            assert!(slab.get(key).is_some() && slab.contains(key) && slab.get_exclusive(key).is_ok());
            let pin = slab.pin();
            assert!(pin.get(key).is_some() && pin.iter().count() == ROOM - turn);
            drop(pin);
            match turn % 4 {
                0 => assert!(slab.remove(key)),
                1 => assert!(slab.take(key).is_some()),
                2 => assert!(slab.try_take(key).is_some()),
                _ => assert!(slab.get(key).unwrap().remove()),
            }
            assert!(pool.get(created).is_some() && pool.clear(created));
        }
        assert_eq!((slab.len(), pool.len()), (0, 0));
        slab.retain(|_, _| true);
        slab.trim();
        pool.trim();
        // No page is missing, so this needs no memory either.
        assert!((0..ROOM).all(|_| slab.insert(Number(2)).is_some() && pool.create().is_some()));
        slab.clear();
        pool.clear_all();
        slab.shrink_to_fit() + pool.shrink_to_fit()
    };
    assert!(!refusals.under(act).1);
}
