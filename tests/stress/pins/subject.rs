//! A slab or a pool, whose values tell what was done to them.

use std::{
    ops::Deref,
    sync::atomic::{AtomicUsize, Ordering},
};

use flagstone::{Config, Entry, Pinned, Pool, Slab, pool};

use super::super::{
    canary::{Books, Canary},
    pooled::{self, Pooled},
    random::Random,
    whole::{assert_pool_whole, assert_whole},
};

// One scenario runs at a time, so all can share the books.
static BOOKS: Books = Books::new();
/// How many values will have been cleared when all entries of a pool have ended.
static TO_BE_CLEARED: AtomicUsize = AtomicUsize::new(0);

pub(super) trait Checked {
    /// Whether this is the live value of `key`, complete, and no thread is changing it.
    fn is_of(&self, key: usize);
}

impl Checked for Canary<'_> {
    #[track_caller]
    fn is_of(&self, key: usize) {
        self.check(key);
    }
}

impl Checked for Pooled {
    #[track_caller]
    fn is_of(&self, key: usize) {
        self.check(key);
    }
}

/// A pin.
pub(super) trait Pin<V> {
    fn get(&self, key: usize) -> Option<&V>;
    fn iter<'a>(&'a self) -> impl Iterator<Item = (usize, &'a V)>
    where
        V: 'a;
    fn keys(&self) -> Vec<usize>;
}

macro_rules! pin {
    ($pinned:ty, $value:ty) => {
        impl<C: Config> Pin<$value> for $pinned {
            fn get(&self, key: usize) -> Option<&$value> {
                self.get(key)
            }

            fn iter<'a>(&'a self) -> impl Iterator<Item = (usize, &'a $value)>
            where
                $value: 'a,
            {
                self.iter()
            }

            fn keys(&self) -> Vec<usize> {
                self.keys().collect()
            }
        }
    };
}

pin! { Pinned<'_, Canary<'static>, C>, Canary<'static> }
pin! { pool::Pinned<'_, Pooled, C>, Pooled }

pub(super) trait Subject: Sync + Sized + 'static {
    type Value: Checked + 'static;
    type Pin<'a>: Pin<Self::Value>;
    type Guard<'a>: Deref<Target = Self::Value>;

    fn new() -> Self;
    fn pin(&self) -> Self::Pin<'_>;
    fn get(&self, key: usize) -> Option<Self::Guard<'_>>;
    /// The key of a new entry, if there is room.
    fn add(&self) -> Option<usize>;
    /// Ends an entry in one of all ways, some of which wait for guards and pins of others if that `may_wait`. Whether
    /// there was one.
    fn end(&self, key: usize, random: &mut Random, may_wait: bool) -> bool;
    /// All entries have ended, and no thread is pinned: each value has been ended once.
    fn assert_settled(&self);
    /// Whether every slot can be used. Where they are few.
    fn assert_whole(&self);
    /// All values were dropped once.
    fn end_all(self);
}

impl<C: Config + 'static> Subject for Slab<Canary<'static>, C> {
    type Value = Canary<'static>;
    type Pin<'a> = Pinned<'a, Canary<'static>, C>;
    type Guard<'a> = Entry<'a, Canary<'static>, C>;

    fn new() -> Self {
        Slab::new_with_config()
    }

    fn pin(&self) -> Self::Pin<'_> {
        self.pin()
    }

    fn get(&self, key: usize) -> Option<Self::Guard<'_>> {
        self.get(key)
    }

    fn add(&self) -> Option<usize> {
        self.insert_with_key(|key| BOOKS.make(key))
    }

    fn end(&self, key: usize, random: &mut Random, may_wait: bool) -> bool {
        let is_of_key = |value: Canary<'_>| value.check(key);
        match random.below(6) {
            0 | 1 if may_wait => self.take(key).map(is_of_key).is_some(),
            // These may miss an entry that a thread reads or has exclusive access to.
            2 => self.try_take(key).map(is_of_key).is_some() || self.remove(key),
            3 => self.get(key).is_some_and(Entry::remove) || self.remove(key),
            4 => {
                let exclusive = self.get_exclusive(key).ok();
                let ended = exclusive.is_some_and(|mut entry| {
                    entry.write();
                    entry.remove()
                });
                ended || self.remove(key)
            }
            _ => self.remove(key),
        }
    }

    fn assert_settled(&self) {
        assert_eq!(self.len(), 0, "something is left");
        BOOKS.balance();
    }

    fn assert_whole(&self) {
        assert_whole(self, |key| BOOKS.make(key));
    }

    fn end_all(self) {
        drop(self);
        BOOKS.balance();
    }
}

impl<C: Config + 'static> Subject for Pool<Pooled, C> {
    type Value = Pooled;
    type Pin<'a> = pool::Pinned<'a, Pooled, C>;
    type Guard<'a> = pool::Ref<'a, Pooled, C>;

    fn new() -> Self {
        begin_pool();
        Pool::new_with_config()
    }

    fn pin(&self) -> Self::Pin<'_> {
        self.pin()
    }

    fn get(&self, key: usize) -> Option<Self::Guard<'_>> {
        self.get(key)
    }

    fn add(&self) -> Option<usize> {
        let mut entry = self.create()?;
        TO_BE_CLEARED.fetch_add(1, Ordering::Relaxed);
        let key = entry.key();
        entry.fill(Some(key));
        Some(key)
    }

    fn end(&self, key: usize, random: &mut Random, _may_wait: bool) -> bool {
        match random.below(4) {
            0 => self.get(key).is_some_and(|_guard| self.clear(key)) || self.clear(key),
            1 => {
                let exclusive = self.get_exclusive(key).ok();
                let ended = exclusive.is_some_and(|mut entry| {
                    entry.write(key);
                    let ended = self.clear(key);
                    entry.write(key);
                    ended
                });
                ended || self.clear(key)
            }
            _ => self.clear(key),
        }
    }

    fn assert_settled(&self) {
        assert_eq!(self.len(), 0, "something is left");
        pooled::assert_no_damage();
        assert_eq!(pooled::cleared(), TO_BE_CLEARED.load(Ordering::Relaxed), "one clearing for each entry");
        assert!(pooled::alive() <= self.capacity(), "a value is kept for each slot, and no more");
    }

    fn assert_whole(&self) {
        assert_pool_whole(self);
    }

    fn end_all(self) {
        drop(self);
        pooled::balance();
    }
}

/// A scenario with a pool begins.
pub(super) fn begin_pool() {
    TO_BE_CLEARED.store(pooled::cleared(), Ordering::Relaxed);
}
