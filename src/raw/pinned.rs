//! A pin: the right to read every entry of a slab without counting.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    panic::{RefUnwindSafe, UnwindSafe},
};
use std::collections::BTreeSet;

use super::{
    free_list::Slots, guard_pin::GuardPin, hold::Hold, panics::FirstPanic, slot::Slot, table::TablePointer, walk::Walk,
};
use crate::{
    config::{Config, Layout},
    key::Key,
};

/// A pin of the current thread. Neither `Send` nor `Sync`: the pin is its thread's.
pub(crate) struct Pinned<T, C: Config, H: Hold<T, C> + Copy> {
    /// Where pages are found; `None` if the thread pins by guards.
    table: Option<TablePointer<T, C>>,
    /// How many entries of the table may be looked up without counting: all of them, or none if there is no table.
    entries: usize,
    /// The thread's number when it pinned.
    number: usize,
    /// If the thread has no shard to pin.
    guards: ManuallyDrop<Option<Box<GuardPin>>>,
    hold: H,
    _of_this_thread: PhantomData<*mut ()>,
}

impl<T, C: Config, H: Hold<T, C> + Copy> Pinned<T, C, H> {
    /// Wait-free, but for a thread's first use of the crate and the slab's first table.
    #[inline(always)]
    pub(crate) fn new(hold: H) -> Self {
        // Part by part, so that only their registers meet and not two places in memory.
        let (table, number, entries, guards) = match hold.shards().enter() {
            Some((table, number)) => (Some(table), number, Layout::<C>::TABLE_LENGTH, None),
            None => (None, 0, 0, Some(GuardPin::new(hold.shards()))),
        };
        Self { table, number, entries, guards: ManuallyDrop::new(guards), hold, _of_this_thread: PhantomData }
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
        if index < self.entries {
            // SAFETY: entries are counted only where there is a table.
            let table = unsafe { self.table.unwrap_unchecked() };
            // SAFETY: the index was just compared, and the hold keeps the table (G1).
            if let Some(page) = unsafe { table.entry(index) }.page() {
                // SAFETY: an offset is masked with the page's size.
                let slot = unsafe { page.slots(found.page()).at(found.offset()) };
                // SAFETY: slots live as long as their table.
                let slot = unsafe { slot.as_ref() };
                if slot.lifecycle.is_readable(found) {
                    // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until
                    // the pin, from which the result is borrowed, ends (N1), and nobody writes it meanwhile (N2).
                    return Some(unsafe { &*slot.value() });
                }
            }
        }
        self.get_guarded(key)
    }

    /// Counts a guard of the entry, unless the pin has one already. `None` also if it does not pin by guards: then what
    /// `get` has not found is not there.
    #[cold]
    #[inline(never)]
    fn get_guarded(&self, key: usize) -> Option<&T> {
        let mut guarded = self.guards.as_ref()?.keys.borrow_mut();
        let shards = self.hold.shards();
        let found = if guarded.contains(&key) {
            shards.find(key).filter(|found| found.slot.lifecycle.is_readable(found.key))?
        } else {
            let found = shards.share(key)?;
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

// A pin and its walks are references to the values; what else is in them is whole after a panic.
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> UnwindSafe for Pinned<T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> RefUnwindSafe for Pinned<T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> UnwindSafe for PinnedEntries<'_, T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> RefUnwindSafe for PinnedEntries<'_, T, C, H> {}

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
    /// Gives all guards back that the pin has counted, when it is dropped. A panic in user code goes on when that is done.
    #[cold]
    #[inline(never)]
    fn let_go(&mut self) {
        // SAFETY: taken here only, and `self` is being dropped.
        let guards = unsafe { ManuallyDrop::take(&mut self.guards) };
        let keys = guards.map_or_else(BTreeSet::new, |guards| guards.keys.take());
        let shards = self.hold.shards();
        let mut panic = FirstPanic::default();
        for key in keys {
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

impl<'a, T, C: Config, H: Hold<T, C> + Copy> PinnedEntries<'a, T, C, H> {
    /// The entry in the slot at `offset`, if there is one and the pin needs not count it.
    ///
    /// # Safety
    ///
    /// `slots` are those of the page at which the walk is, `offset` is less than `end`, and the pin has a table.
    #[inline(always)]
    unsafe fn read(&self, slots: Slots<T, C>, offset: usize) -> Option<(usize, &'a T)> {
        // SAFETY: as of this function.
        let (key, slot) = unsafe { self.slot(slots, offset) }?;
        // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until the pin, which
        // is borrowed, ends (N1), and nobody writes it meanwhile (N2).
        Some((key, unsafe { &*slot.value() }))
    }

    /// The slot at `offset`, with the key of its entry, if there is one.
    ///
    /// # Safety
    ///
    /// `slots` are those of the page at which the walk is, and `offset` is less than `end`.
    #[inline(always)]
    unsafe fn slot(&self, slots: Slots<T, C>, offset: usize) -> Option<(usize, &'a Slot<T>)> {
        // SAFETY: the high-water mark, at which the page ends for the walk, is at most the page's size.
        let slot = unsafe { slots.at(offset) };
        // SAFETY: slots live as long as their table, which the pin's hold keeps (G1).
        let slot = unsafe { slot.as_ref() };
        let generation = slot.lifecycle.readable_generation(slots.page())?;
        Some((self.keys.with(generation, offset).raw(), slot))
    }

    #[cold]
    fn next_page(&mut self) -> Option<()> {
        let Some((slots, used, keys)) = self.walk.next_page(self.pinned.hold.shards()) else {
            // A shard that gets its first page after that does not go on with the walk.
            self.walk = Walk::finished();
            return None;
        };
        (self.page, self.keys, self.offset, self.end) = (Some(slots), keys, 0, used);
        Some(())
    }
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
                    let entry = match self.pinned.table {
                        // SAFETY: these are the page's slots, and the offset was just compared.
                        Some(_) => unsafe { self.read(slots, offset) },
                        // SAFETY: as above.
                        None => unsafe { self.slot(slots, offset) }
                            .and_then(|(key, _)| Some((key, self.pinned.get_guarded(key)?))),
                    };
                    if entry.is_some() {
                        return entry;
                    }
                }
            }
            self.next_page()?;
        }
    }

    /// As [`next`](Self::next) until the end, but with the place in registers.
    #[inline]
    fn fold<B, F: FnMut(B, (usize, &'a T)) -> B>(mut self, start: B, mut combine: F) -> B {
        let mut combined = start;
        loop {
            match (self.page, self.pinned.table) {
                (Some(slots), Some(_)) => {
                    for offset in self.offset..self.end {
                        // SAFETY: these are the page's slots, and the range ends where the page does.
                        if let Some(entry) = unsafe { self.read(slots, offset) } {
                            combined = combine(combined, entry);
                        }
                    }
                }
                (Some(_), None) => {
                    for entry in self.by_ref() {
                        combined = combine(combined, entry);
                    }
                    return combined;
                }
                (None, _) => {}
            }
            if self.next_page().is_none() {
                return combined;
            }
        }
    }
}
