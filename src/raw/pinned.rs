//! A pin: the right to read every entry of a slab without counting.

use core::{cell::RefCell, marker::PhantomData};
use std::collections::BTreeSet;

use super::{free_list::Slots, hold::Hold, panics::FirstPanic, table::TablePointer, walk::Walk};
use crate::{
    config::{Config, Layout},
    key::Key,
};

/// A pin of the current thread. Neither `Send` nor `Sync`: the pin is its thread's.
pub(crate) struct Pinned<T, C: Config, H: Hold<T, C> + Copy> {
    /// Where pages are found; `None` if the thread pins by guards.
    table: Option<TablePointer<T, C>>,
    /// How many entries of the table may be looked up without counting: all, or none if the thread pins by guards.
    entries: usize,
    /// The thread's number when it pinned.
    number: usize,
    /// The keys of entries that are counted for a thread that has no shard to pin.
    guarded: RefCell<BTreeSet<usize>>,
    hold: H,
    _of_this_thread: PhantomData<*mut ()>,
}

impl<T, C: Config, H: Hold<T, C> + Copy> Pinned<T, C, H> {
    /// Wait-free, but for a thread's first use of the crate and the slab's first table.
    #[inline(always)]
    pub(crate) fn new(hold: H) -> Self {
        let (table, number, entries) = match hold.shards().enter() {
            Some((table, number)) => (Some(table), number, Layout::<C>::TABLE_LENGTH),
            None => (None, 0, 0),
        };
        Self { table, entries, number, guarded: RefCell::new(BTreeSet::new()), hold, _of_this_thread: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn hold(&self) -> H {
        self.hold
    }

    /// The value of the entry of `key`, if there is one. Wait-free; a thread without a shard takes a guard.
    #[inline(always)]
    pub(crate) fn get(&self, key: usize) -> Option<&T> {
        let found = Key::<C>::from_raw(key);
        let index = found.table_index();
        let (true, Some(table)) = (index < self.entries, self.table) else { return self.get_guarded(key) };
        // SAFETY: the index was just compared, and the hold keeps the table (G1).
        let page = unsafe { table.entry(index) }.page()?;
        // SAFETY: an offset is masked with the page's size.
        let slot = unsafe { page.slots(found.page()).at(found.offset()) };
        // SAFETY: slots live as long as their table.
        let slot = unsafe { slot.as_ref() };
        // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until the pin, from
        // which the result is borrowed, ends (N1), and nobody writes it meanwhile (N2).
        slot.lifecycle.is_readable(found).then(|| unsafe { &*slot.value() })
    }

    /// Counts a guard of the entry, unless the pin has one already.
    #[cold]
    #[inline(never)]
    fn get_guarded(&self, key: usize) -> Option<&T> {
        if self.table.is_some() {
            return None;
        }
        let mut guarded = self.guarded.borrow_mut();
        let found = if guarded.contains(&key) {
            self.hold.shards().find(key).filter(|found| found.slot.lifecycle.is_readable(found.key))?
        } else {
            let found = self.hold.shards().share(key)?;
            guarded.insert(key);
            found
        };
        // SAFETY: the entry is counted until `self`, from which the result is borrowed, is dropped (L3).
        Some(unsafe { &*found.slot.value() })
    }

    /// Every entry in turn.
    #[inline]
    pub(crate) fn iter(&self) -> PinnedEntries<'_, T, C, H> {
        PinnedEntries { pinned: self, walk: Walk::new(), page: None, keys: Key::from_raw(0), offset: 0, end: 0 }
    }
}

impl<T, C: Config, H: Hold<T, C> + Copy> Drop for Pinned<T, C, H> {
    #[inline(always)]
    fn drop(&mut self) {
        match self.table {
            // SAFETY: `new` got them from `enter`, on this thread, and they are passed here only.
            Some(table) => unsafe { self.hold.shards().leave::<H::Ending>(table, self.number) },
            None => self.let_go(),
        }
    }
}

impl<T, C: Config, H: Hold<T, C> + Copy> Pinned<T, C, H> {
    /// Gives all guards back. A panic in user code goes on when that is done.
    #[cold]
    fn let_go(&mut self) {
        let shards = self.hold.shards();
        let mut panic = FirstPanic::default();
        while let Some(key) = self.guarded.get_mut().pop_first() {
            let Some(found) = shards.find(key) else { unreachable!("a guard's entry is in the table") };
            let released = found.slot.lifecycle.release();
            // SAFETY: a guard of this entry was let go, and this is what that returned.
            panic.catch(|| unsafe { shards.finish::<H::Ending>(found.key, released) });
        }
        panic.resume();
    }
}

/// Every entry that a pinned thread finds present, in no particular order.
pub(crate) struct PinnedEntries<'a, T, C: Config, H: Hold<T, C> + Copy> {
    pinned: &'a Pinned<T, C, H>,
    walk: Walk<C>,
    page: Option<Slots<T, C>>,
    /// What all keys of the page share.
    keys: Key<C>,
    offset: usize,
    /// Slots of the page from here on had not been used when the walk came to it.
    end: usize,
}

impl<'a, T, C: Config, H: Hold<T, C> + Copy> Iterator for PinnedEntries<'a, T, C, H> {
    type Item = (usize, &'a T);

    #[inline]
    fn next(&mut self) -> Option<(usize, &'a T)> {
        loop {
            if let Some(slots) = self.page {
                while self.offset < self.end {
                    let offset = self.offset;
                    self.offset += 1;
                    // SAFETY: the high-water mark is at most the page's size.
                    let slot = unsafe { slots.at(offset) };
                    // SAFETY: slots live as long as their table, which the pin's hold keeps (G1).
                    let slot = unsafe { slot.as_ref() };
                    if let Some(generation) = slot.lifecycle.readable_generation(slots.page()) {
                        // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until
                        // the pin, which is borrowed, ends (N1), and nobody writes it meanwhile (N2).
                        return Some((self.keys.with(generation, offset).raw(), unsafe { &*slot.value() }));
                    }
                }
            }
            self.next_page()?;
        }
    }
}

impl<T, C: Config, H: Hold<T, C> + Copy> PinnedEntries<'_, T, C, H> {
    #[cold]
    fn next_page(&mut self) -> Option<()> {
        let (slots, used, keys) = self.walk.next_page(self.pinned.hold.shards())?;
        (self.page, self.keys, self.offset, self.end) = (Some(slots), keys, 0, used);
        Some(())
    }
}
