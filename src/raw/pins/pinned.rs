//! A pin: the right to read every entry of a slab without counting.

use core::{
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    ptr::NonNull,
};

use super::{guard_pin::GuardPin, pin::Pin, pinning::Entered};
use crate::{
    config::Config,
    key::Key,
    raw::{
        guards::hold::Hold,
        page::free_list::Slots,
        panics::FirstPanic,
        shards::{directory::DirectoryPointer, walk::Walk},
        slot::Slot,
        typed::typed,
    },
    thread_id::Record,
};

/// A pin of the current thread. It is neither `Send` nor `Sync`, since a pin belongs to its thread.
pub(crate) struct Pinned<T, C: Config, H: Hold<T, C> + Copy> {
    /// The slab's directory when the thread pinned it. It may have been replaced since.
    directory: DirectoryPointer<T, C>,
    /// The number of entries of the directory that may be looked up without counting: all of them, or none if the
    /// thread pins with guards.
    entries: usize,
    /// The pin of the thread's shard, and the record of the thread's number at that time. `None` if the thread pins
    /// with guards.
    own: Option<(NonNull<Pin>, &'static Record)>,
    /// The guards of a thread that has no shard to pin.
    guards: Option<NonNull<GuardPin>>,
    hold: H,
    _of_this_thread: PhantomData<*mut ()>,
}

impl<T, C: Config, H: Hold<T, C> + Copy> Pinned<T, C, H> {
    /// Pins the slab for the current thread. Wait-free, except for the thread's first use of the crate and its first
    /// use of the slab.
    #[inline(always)]
    pub(crate) fn new(hold: H) -> Self {
        // The branches return single parts, so that these stay in registers and no place in memory is needed.
        let (directory, entries, own, guards) = match hold.shards().enter() {
            Some(Entered { directory, pin, record }) => {
                (directory, directory.length(), Some((NonNull::from(pin), record)), None)
            }
            None => (hold.shards().directory(), 0, None, Some(GuardPin::new(hold.shards()))),
        };
        Self { directory, entries, own, guards, hold, _of_this_thread: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn hold(&self) -> H {
        self.hold
    }

    /// Returns the value of the entry of `key`, if there is one. Wait-free. On a thread without a shard it takes a
    /// guard, which is lock-free and may allocate.
    #[inline(always)]
    pub(crate) fn get(&self, key: usize) -> Option<&T> {
        let found = Key::<C>::from_raw(key);
        let index = found.index();
        if index < self.entries {
            // SAFETY: the index was just compared with the directory's length, and the hold keeps the directory (G1).
            if let Some(page) = unsafe { self.directory.page_in(index) } {
                // SAFETY: an offset is masked with the page's size.
                let slot = unsafe { page.slots(found.page()).at(found.offset()) };
                // SAFETY: slots live as long as their slab, which the hold keeps (G1).
                let slot = unsafe { slot.as_ref() };
                if slot.lifecycle.is_plainly_readable(found) {
                    // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until
                    // the pin, from which the result is borrowed, ends (N1), and no thread writes it meanwhile (N2).
                    return Some(unsafe { &*slot.value() });
                }
            }
        }
        self.get_slowly(key)
    }

    /// Does what is left of [`get`](Self::get): looks up entries in pages that the pin's directory does not have,
    /// entries to which another thread tries to get exclusive access, and entries with very many guards. If the thread
    /// pins with guards, it looks up every entry.
    #[cold]
    #[inline(never)]
    fn get_slowly(&self, key: usize) -> Option<&T> {
        let found = match &self.guards {
            // SAFETY: the guard pin lives until this pin is dropped.
            Some(guards) => return unsafe { guards.as_ref() }.get(self.hold, key),
            None => self.hold.shards().find(key)?,
        };
        // SAFETY: as in `get`.
        found.slot.lifecycle.become_readable(found.key).then(|| unsafe { &*found.slot.value() })
    }

    /// Returns whether the pin takes a guard of each entry that it looks up, because the thread has no shard.
    #[cfg(feature = "task")]
    pub(crate) fn takes_guards(&self) -> bool {
        self.own.is_none()
    }

    /// Returns an iterator over all entries that it finds present, in no particular order.
    #[inline]
    pub(crate) fn iter(&self) -> PinnedEntries<'_, T, C, H> {
        PinnedEntries { pinned: self, walk: Walk::new(), page: None, keys: Key::from_raw(0), offset: 0, end: 0 }
    }
}

// Pins and their iterators are references to the values. Their other fields are consistent after a panic.
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> UnwindSafe for Pinned<T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> RefUnwindSafe for Pinned<T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> UnwindSafe for PinnedEntries<'_, T, C, H> {}
impl<T: RefUnwindSafe, C: Config, H: Hold<T, C> + Copy> RefUnwindSafe for PinnedEntries<'_, T, C, H> {}

impl<T, C: Config, H: Hold<T, C> + Copy> Drop for Pinned<T, C, H> {
    #[inline(always)]
    fn drop(&mut self) {
        match self.own {
            Some((pin, record)) => {
                // SAFETY: pins live as long as their slab, which the hold keeps (G1).
                let pin = unsafe { pin.as_ref() };
                // SAFETY: `new` got both from `enter`, on this thread, and they are passed here only.
                unsafe { self.hold.shards().leave::<H::Ending>(pin, record) }
            }
            None => self.let_go(),
        }
    }
}

impl<T, C: Config, H: Hold<T, C> + Copy> Pinned<T, C, H> {
    /// Releases all guards of a pin that is being dropped, then ends the values whose last guards these were. A panic
    /// in user code is resumed when that is done.
    #[cold]
    #[inline(never)]
    fn let_go(&mut self) {
        let Some(guards) = self.guards.take() else { return };
        let shards = self.hold.shards();
        let mut panic = FirstPanic::default();
        // SAFETY: `new` made it, on this thread and for this slab, and `self` is being dropped.
        for key in unsafe { GuardPin::release(guards, shards) } {
            let found = shards.find_own(key);
            // SAFETY: the pin's was the last guard of a removed entry, so its slot is ours (L2).
            panic.catch(|| unsafe { shards.end_value::<H::Ending>(&found) });
        }
        panic.resume();
    }
}

/// An iterator over the entries that a pinned thread finds present, in no particular order.
pub(crate) struct PinnedEntries<'a, T, C: Config, H: Hold<T, C> + Copy> {
    pinned: &'a Pinned<T, C, H>,
    walk: Walk<C>,
    page: Option<Slots<T, C>>,
    /// The bits that all keys of the page share.
    keys: Key<C>,
    offset: usize,
    /// Slots of the page from here on had not been used when the walk reached it.
    end: usize,
}

impl<'a, T, C: Config, H: Hold<T, C> + Copy> PinnedEntries<'a, T, C, H> {
    /// Returns the entry in the slot at `offset`, if there is one.
    ///
    /// # Safety
    ///
    /// `slots` are those of the walk's current page, `offset` is less than `end`, and the pin takes no guards.
    #[inline(always)]
    unsafe fn read(&self, slots: Slots<T, C>, offset: usize) -> Option<(H::Key, &'a T)> {
        // SAFETY: as of this function.
        let (key, slot) = unsafe { self.slot(slots, offset) }?;
        let value = match slot {
            // SAFETY: the entry was present after this thread had pinned the slab, so its value stays until the pin,
            // which is borrowed, ends (N1), and no thread writes it meanwhile (N2).
            Some(slot) => unsafe { &*slot.value() },
            None => self.pinned.get_slowly(key.raw())?,
        };
        // SAFETY: the key has an entry.
        Some((unsafe { typed(key) }, value))
    }

    /// Does the same as [`read`](Self::read) on a thread that pins with guards.
    ///
    /// # Safety
    ///
    /// `slots` are those of the walk's current page, and `offset` is less than `end`.
    unsafe fn read_by_guard(&self, slots: Slots<T, C>, offset: usize) -> Option<(H::Key, &'a T)> {
        // SAFETY: as of this function.
        let (key, _) = unsafe { self.slot(slots, offset) }?;
        let value = self.pinned.get_slowly(key.raw())?;
        // SAFETY: the key has an entry.
        Some((unsafe { typed(key) }, value))
    }

    /// Returns the key of the entry in the slot at `offset`, if there is one. Also returns the slot, if its word alone
    /// shows that the entry can be read.
    ///
    /// # Safety
    ///
    /// `slots` are those of the walk's current page, and `offset` is less than `end`.
    #[inline(always)]
    unsafe fn slot(&self, slots: Slots<T, C>, offset: usize) -> Option<(Key<C>, Option<&'a Slot<T>>)> {
        // SAFETY: the walk ends at the high-water mark, which is at most the page's number of slots.
        let slot = unsafe { slots.at(offset) };
        // SAFETY: slots live as long as their slab, which the pin's hold keeps (G1).
        let slot = unsafe { slot.as_ref() };
        let seen = slot.lifecycle.seen_by_walk(slots.page());
        match seen.readable_generation() {
            Some(generation) => Some((self.keys.with(generation, offset), Some(slot))),
            None if seen.may_be_readable() => Some((self.keys.with(seen.generation(), offset), None)),
            None => None,
        }
    }

    #[cold]
    fn next_page(&mut self) -> Option<()> {
        let Some((slots, used, keys)) = self.walk.next_page(self.pinned.hold.shards()) else {
            // The walk stays at its end, even if a shard gets its first page afterwards.
            self.walk = Walk::finished();
            return None;
        };
        (self.page, self.keys, self.offset, self.end) = (Some(slots), keys, 0, used);
        Some(())
    }
}

impl<'a, T, C: Config, H: Hold<T, C> + Copy> Iterator for PinnedEntries<'a, T, C, H> {
    type Item = (H::Key, &'a T);

    #[inline]
    fn next(&mut self) -> Option<(H::Key, &'a T)> {
        loop {
            if let Some(slots) = self.page {
                while self.offset < self.end {
                    let offset = self.offset;
                    self.offset += 1;
                    let entry = match self.pinned.own {
                        // SAFETY: these are the page's slots, and the offset was just compared.
                        Some(_) => unsafe { self.read(slots, offset) },
                        // SAFETY: as above.
                        None => unsafe { self.read_by_guard(slots, offset) },
                    };
                    if entry.is_some() {
                        return entry;
                    }
                }
            }
            self.next_page()?;
        }
    }

    /// Does the same as [`next`](Self::next) until the end, but with the position in registers.
    #[inline]
    fn fold<B, F: FnMut(B, (H::Key, &'a T)) -> B>(mut self, start: B, mut combine: F) -> B {
        let mut combined = start;
        loop {
            match (self.page, self.pinned.own) {
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
