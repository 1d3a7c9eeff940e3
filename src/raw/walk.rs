//! Walking over all slots of a slab that were ever used.

use core::marker::PhantomData;

use super::{
    lifecycle::State,
    shard_table::{Found, ShardTable},
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
};

/// A place in a slab: the next slot to look at. It holds no reference, so the slab may change under it.
pub(crate) struct Walk<C> {
    shard: usize,
    page: u32,
    offset: usize,
    _config: PhantomData<fn(C) -> C>,
}

impl<C: Config> Walk<C> {
    pub(crate) const fn new() -> Self {
        Self { shard: 0, page: 0, offset: 0, _config: PhantomData }
    }

    /// The next slot that is in a state that `wanted` accepts, at the moment it is looked at.
    pub(super) fn next<'a, T>(
        &mut self,
        shards: &'a ShardTable<T, C>,
        wanted: impl Fn(State) -> bool,
    ) -> Option<Found<'a, T, C>> {
        while self.shard < shards.shards_in_use() {
            while (self.page as usize) < C::MAX_PAGES {
                let number = PageNumber::<C>::new(self.page);
                let Some(page) = shards.page(self.shard, number) else { break };
                let slots = page.slots(number);
                while self.offset < page.page().owner.0.list.high_water() {
                    let offset = self.offset;
                    self.offset += 1;
                    // SAFETY: the high-water mark is at most the page's size.
                    let slot = unsafe { slots.at(offset) };
                    // SAFETY: slots live as long as `shards`, and all that is shared in them guards itself.
                    let slot = unsafe { slot.as_ref() };
                    let word = slot.lifecycle.peek(number);
                    if wanted(word.state()) {
                        let key = Key::of_page(self.shard, number).with(word.generation(), offset);
                        return shards.find(key.raw());
                    }
                }
                (self.page, self.offset) = (self.page + 1, 0);
            }
            (self.shard, self.page, self.offset) = (self.shard + 1, 0, 0);
        }
        None
    }

    /// The key of the next entry that is present when it is looked at.
    pub(crate) fn next_present<T>(&mut self, shards: &ShardTable<T, C>) -> Option<usize> {
        self.next(shards, |state| state == State::Present).map(|found| found.key.raw())
    }
}

/// All present entries of a slab that nobody else can use, to be changed in place.
pub(crate) struct EntriesMut<'a, T, C: Config> {
    shards: &'a ShardTable<T, C>,
    walk: Walk<C>,
    _unique: PhantomData<&'a mut T>,
}

// SAFETY: it is a `&mut` to values that nobody else can reach; shards and words are only looked at.
unsafe impl<T: Send, C: Config> Send for EntriesMut<'_, T, C> {}

// SAFETY: a shared reference to it gives nothing.
unsafe impl<T: Sync, C: Config> Sync for EntriesMut<'_, T, C> {}

impl<'a, T, C: Config> EntriesMut<'a, T, C> {
    pub(crate) fn new(shards: &'a mut ShardTable<T, C>) -> Self {
        Self { shards, walk: Walk::new(), _unique: PhantomData }
    }
}

impl<'a, T, C: Config> Iterator for EntriesMut<'a, T, C> {
    type Item = (usize, &'a mut T);

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.walk.next(self.shards, |state| state == State::Present)?;
        // SAFETY: the slot holds an entry, the slab is borrowed mutably for `'a`, guards included, and the walk comes
        // by each slot once.
        Some((found.key.raw(), unsafe { &mut *found.slot.value() }))
    }
}

/// What can be done to a slab that nobody else can use: no guards, no other thread.
impl<T, C: Config> ShardTable<T, C> {
    /// The value of the entry of `key`.
    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        let found = self.find(key)?;
        // SAFETY: the slot holds the entry; guards borrow the slab, and it is borrowed mutably, so nobody else has it.
        found.slot.lifecycle.owned(found.key.page()).is_present(found.key).then(|| unsafe { &mut *found.slot.value() })
    }

    /// The next present entry, removed and moved out.
    pub(crate) fn next_taken(&mut self, walk: &mut Walk<C>) -> Option<(usize, T)> {
        let found = walk.next(self, |state| state == State::Present)?;
        // SAFETY: the slot holds an entry. Guards borrow the slab, and it is borrowed mutably, so the slot is ours:
        // those that were counted have been forgotten.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value is out now.
        unsafe { self.free(&found) };
        Some((found.key.raw(), value))
    }

    /// Ends every entry from `walk` on, removed ones that forgotten guards keep among them. When a value's destructor
    /// panics, all others are dropped before the panic goes on; a second panic aborts.
    pub(crate) fn clear(&mut self, walk: Walk<C>) {
        struct Rest<'a, T, C: Config>(&'a mut ShardTable<T, C>, Walk<C>);

        impl<T, C: Config> Rest<'_, T, C> {
            fn run(&mut self) {
                while let Some(found) = self.1.next(self.0, |state| state != State::Free) {
                    // SAFETY: as in `next_taken`.
                    unsafe { self.0.destroy(&found) };
                }
            }
        }

        impl<T, C: Config> Drop for Rest<'_, T, C> {
            fn drop(&mut self) {
                self.run();
            }
        }

        // If it panics, `Rest` is dropped while the panic goes on, and runs again.
        Rest(self, walk).run();
    }
}
