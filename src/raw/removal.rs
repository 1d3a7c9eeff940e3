//! Removal: who ends a value, and where its slot goes.

use super::{
    ending::Ending,
    lifecycle::{Duty, Lifecycle, Released, Removal, Taking},
    shard_table::{Found, ShardTable},
};
use crate::{config::Config, key::Key, thread_id};

impl<T, C: Config> ShardTable<T, C> {
    /// Puts a slot whose life has ended on a free list, with the next generation, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value if it is `filled`, and knows it no more afterwards.
    #[inline(always)]
    pub(super) unsafe fn free(&self, found: &Found<'_, T, C>, filled: bool) {
        let Found { key, page, table, .. } = *found;
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        let has_run_out = free.has_run_out() && !C::WRAP_GENERATIONS;
        if thread_id::current() != key.shard() || has_run_out {
            // SAFETY: the slot is the caller's.
            return unsafe { self.free_slowly(found.key.raw(), filled) };
        }
        // SAFETY: the key was found in the table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        // SAFETY: the current thread has the shard's number, so that is not 0 (T3) and it owns the shard (T1); the slot
        // is the caller's.
        let was_empty =
            unsafe { page.page().owner.0.list.push(page.slots(key.page()), key.offset(), free.keeping(filled)) };
        if was_empty {
            // SAFETY: as above.
            unsafe { shard.has_slots(page, key.page()) };
        }
        shard.count_by_owner(1_usize.wrapping_neg());
    }

    /// Gives a slot back to another thread's shard, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `key` (L2), which holds a value if it is `filled`, and knows it no more afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn free_slowly(&self, key: usize, filled: bool) {
        let Some(Found { key, slot, page, table }) = self.find(key) else { unreachable!("the caller owns the slot") };
        // SAFETY: the key was found in the table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        if free.has_run_out() && !C::WRAP_GENERATIONS {
            // On no list, it is nobody's from now on.
            slot.lifecycle.rewrite_free(free);
            // SAFETY: the key was found in this table.
            unsafe { self.count(key, 1_usize.wrapping_neg()) };
            if filled {
                // Nobody will use the value again. User code, as in any ending.
                // SAFETY: the slot is the caller's and on no list, and its word says that no value is kept.
                unsafe { slot.drop_value() };
            }
            return;
        }
        // SAFETY: the slot is the caller's, and lies in the page.
        let pushed = unsafe { page.page().remote.0.push(page.slots(key.page()), key.offset(), free.keeping(filled)) };
        if pushed.was_empty {
            shard.announce_returned(key.page().get());
        }
        if pushed.uncounted {
            shard.count_by_other(1_usize.wrapping_neg());
        }
    }

    /// Removes the entry of `key`: now, or when its last guard lets go. Whether there was one.
    #[inline(always)]
    pub(crate) fn remove<E: Ending<T>>(&self, key: usize) -> bool {
        let Some(found) = self.find(key) else { return false };
        if !found.slot.lifecycle.remove_unshared(found.key) {
            return self.remove_slowly::<E>(key);
        }
        // SAFETY: the word says that the slot is ours, and it held an entry.
        unsafe { self.destroy::<E>(&found) };
        true
    }

    /// Out of line, and so little is kept across the call, that the fast path needs no stack.
    #[cold]
    #[inline(never)]
    fn remove_slowly<E: Ending<T>>(&self, key: usize) -> bool {
        let Some(found) = self.find(key) else { return false };
        match found.slot.lifecycle.remove(found.key) {
            Removal::Absent => false,
            Removal::Deferred => true,
            Removal::Claimed => {
                // SAFETY: the word says that the slot is ours, and it held an entry.
                unsafe { self.destroy::<E>(&found) };
                true
            }
        }
    }

    /// Removes the entry of `key` and moves its value out; waits for guards and pins of other threads.
    ///
    /// # Panics
    ///
    /// If there is such an entry and the current thread has pinned the slab: it would wait for itself.
    #[inline]
    pub(crate) fn take(&self, key: usize) -> Option<T> {
        let found = self.find(key)?;
        // Before the entry is taken, so that a refusal leaves it as it is.
        if self.was_ever_pinned() && self.is_pinned_here() {
            refuse_to_wait_for_own_pin(found.slot.lifecycle.peek(found.key.page()), found.key);
        }
        match found.slot.lifecycle.take(found.key) {
            Taking::Absent => return None,
            Taking::Claimed => {}
            Taking::Wait => self.waiters.wait_until(|| found.slot.lifecycle.await_release(found.key.page())),
        }
        if self.was_ever_pinned() {
            // SAFETY: the word says that the slot is ours, and this thread is not pinned.
            unsafe { self.wait_for_pins(&found) };
        }
        // SAFETY: the slot is ours, nobody reads it, and it held an entry.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value is out now.
        unsafe { self.free(&found, false) };
        Some(value)
    }

    /// Removes the entry of `key` and moves its value out, if nobody else can be reading it.
    #[inline]
    pub(crate) fn try_take<E: Ending<T>>(&self, key: usize) -> Option<T> {
        let found = self.find(key)?;
        // Exclusive first, and the entry goes only when no pin is seen: one that has gone could not come back.
        found.slot.lifecycle.exclude(found.key).ok()?;
        if self.is_pinned() || !found.slot.lifecycle.claim_exclusive(found.key) {
            // SAFETY: this is what letting go of the exclusive guard returns.
            unsafe { self.finish::<E>(found.key, found.slot.lifecycle.include(found.key)) };
            return None;
        }
        // SAFETY: the slot is ours, nobody reads it, and it held an entry.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value is out now.
        unsafe { self.free(&found, false) };
        Some(value)
    }

    /// Does what is due after a guard of `key`'s entry has let go.
    ///
    /// # Safety
    ///
    /// `released` is what letting go of a guard of this entry returned, and is passed once.
    #[inline(always)]
    pub(super) unsafe fn finish<E: Ending<T>>(&self, key: Key<C>, released: Released) {
        if let Released::Gone(before) = released {
            // SAFETY: the caller passes what letting go returned, once.
            unsafe { self.finish_gone::<E>(key, before) };
        }
    }

    /// # Safety
    ///
    /// The caller has let go of a guard of the entry, and `before` was the word, which is passed once.
    #[cold]
    #[inline(never)]
    unsafe fn finish_gone<E: Ending<T>>(&self, key: Key<C>, before: usize) {
        match Lifecycle::new(before, key.page()).duty_of_release() {
            Duty::None => {}
            Duty::WakeTaker => self.waiters.wake(),
            Duty::Destroy => {
                let Some(found) = self.find(key.raw()) else { unreachable!("a guard's entry is in the table") };
                found.slot.lifecycle.claim_last(key.page());
                // SAFETY: the caller's was the last guard of a removed entry, so the slot is the caller's (L2).
                unsafe { self.destroy::<E>(&found) };
            }
        }
    }

    /// Ends the value and frees the slot, as soon as no pinned thread can be reading the value.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and knows it no more afterwards.
    #[inline(always)]
    unsafe fn destroy<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        if self.was_ever_pinned() {
            // SAFETY: as of this function.
            return unsafe { self.destroy_after_pins::<E>(found.key.raw()) };
        }
        // SAFETY: as of this function; nobody was ever pinned.
        unsafe { self.end_value::<E>(found) };
    }

    /// Ends the value and frees the slot, the latter even if user code panics.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and knows it no more afterwards. No pinned thread
    /// reads the value (N1).
    #[inline(always)]
    pub(super) unsafe fn end_value<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        struct FreeAfter<'a, T, C: Config> {
            shards: &'a ShardTable<T, C>,
            found: &'a Found<'a, T, C>,
            filled: bool,
        }
        impl<T, C: Config> Drop for FreeAfter<'_, T, C> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: `destroy`'s caller owns the slot; after a panic no value is there.
                unsafe { self.shards.free(self.found, self.filled) };
            }
        }
        let mut free = FreeAfter { shards: self, found, filled: false };
        // SAFETY: the caller owns the slot, and it holds a value.
        unsafe { E::end(found.slot) };
        free.filled = E::KEEPS_VALUE;
    }
}

/// Panics if `seen` is the word of `key`'s entry.
#[cold]
#[inline(never)]
fn refuse_to_wait_for_own_pin<C: Config>(seen: Lifecycle<C>, key: Key<C>) {
    assert!(
        !seen.is_present(key),
        "flagstone: `take` of entry {:#x} would wait for ever: this thread has pinned the slab, and may be reading it",
        key.raw()
    );
}
