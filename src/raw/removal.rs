//! Removal: who ends a value, and where its slot goes.

use super::{
    ending::Ending,
    guard_pin::GuardPin,
    lifecycle::{Duty, Lifecycle, Released, Removal, Taking},
    shard_table::{Found, ShardTable},
    slot::Slot,
};
use crate::{config::Config, key::Key, sync::Ordering, thread_id};

impl<T, C: Config> ShardTable<T, C> {
    /// Puts a slot whose life has ended on a free list, with the next generation, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value if it is `filled`, and knows it no more afterwards.
    #[inline(always)]
    pub(super) unsafe fn free(&self, found: &Found<'_, T, C>, filled: bool) {
        match own_free_word(found.key) {
            // SAFETY: as of this function; the shard is the current thread's.
            Some(free) => unsafe { free_own(found, free.keeping(filled)) },
            // SAFETY: as of this function.
            None => unsafe { self.free_slowly(*found, filled) },
        }
    }

    /// Gives a slot back to another thread's shard, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value if it is `filled`, and knows it no more afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn free_slowly(&self, found: Found<'_, T, C>, filled: bool) {
        let Found { key, slot, page, table } = found;
        // SAFETY: the key was found in the table, so its shard exists.
        let shard = unsafe { table.shard(key.shard()) };
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        if free.has_run_out() && !C::WRAP_GENERATIONS {
            // On no list, it is nobody's from now on.
            slot.lifecycle.rewrite_free(free);
            // Ordering: Relaxed - a number for statistics, and a hint for trimming.
            page.page().others.0.retired.fetch_add(1, Ordering::Relaxed);
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
        let pushed =
            unsafe { page.page().others.0.remote.push(page.slots(key.page()), key.offset(), free.keeping(filled)) };
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
        let claimed = found.slot.lifecycle.remove_unshared(found.key);
        let free = if claimed && !self.was_ever_pinned() { own_free_word(found.key) } else { None };
        let Some(free) = free else {
            // SAFETY: if the entry was claimed, the word says that the slot is ours, and it is not touched again here.
            return unsafe { self.remove_slowly::<E>(key, claimed) };
        };
        // SAFETY: the word says that the slot is ours. The current thread has the shard's number, also after user code.
        let put_back = |filled| unsafe { free_own(&found, free.keeping(filled)) };
        // SAFETY: as above; it held an entry, and nobody was ever pinned.
        unsafe { end_value_then::<T, E>(found.slot, put_back) };
        true
    }

    /// Removes an entry, if there is one, that has guards, or that pins may be reading, or whose slot goes back to another
    /// thread. All that is out of line is here, and the slot is found again, so that `remove` is small enough to be
    /// inlined and needs little stack.
    ///
    /// # Safety
    ///
    /// If the entry is `claimed`, the caller owns its slot (L2), which holds a value, and knows it no more afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn remove_slowly<E: Ending<T>>(&self, key: usize, claimed: bool) -> bool {
        let Some(found) = self.find(key) else { return false };
        match if claimed { Removal::Claimed } else { found.slot.lifecycle.remove(found.key) } {
            Removal::Absent => false,
            Removal::Deferred => true,
            Removal::Claimed => {
                // SAFETY: the slot is ours, by the caller's or this function's claim, and it held an entry.
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
        if GuardPin::is_out(self) || (self.was_ever_pinned() && self.is_pinned_here()) {
            refuse_to_wait_for_own_pin(found.slot.lifecycle.peek(found.key.page()), found.key);
            return None;
        }
        match found.slot.lifecycle.take(found.key) {
            Taking::Absent => return None,
            Taking::Claimed => {}
            Taking::Wait => self.waiters.wait_until(|| found.slot.lifecycle.await_release(found.key.page())),
        }
        // SAFETY: the word says that the slot is ours, and this thread is not pinned.
        unsafe { self.wait_for_pins(&found) };
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
        self.exclude_pins::<E>(&found).ok()?;
        if !found.slot.lifecycle.claim_exclusive(found.key) {
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
    pub(super) unsafe fn destroy<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        // SAFETY: as of this function.
        if !self.is_pinned() || unsafe { self.oblige_pins(found, false) } == Duty::Destroy {
            // SAFETY: as of this function, and no pinned thread reads the value (any more).
            unsafe { self.end_value::<E>(found) };
        }
    }

    /// Ends the value and frees the slot, the latter even if user code panics.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and knows it no more afterwards. No pinned thread
    /// reads the value (N1).
    #[inline(always)]
    pub(super) unsafe fn end_value<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        // SAFETY: as of this function.
        let put_back = |filled| unsafe { self.free(found, filled) };
        // SAFETY: as of this function.
        unsafe { end_value_then::<T, E>(found.slot, put_back) };
    }
}

/// The word with which the slot of `key` goes on a list of the current thread, if it goes there after this life.
#[inline(always)]
fn own_free_word<C: Config>(key: Key<C>) -> Option<Lifecycle<C>> {
    let free = Lifecycle::new(key.generation(), key.page()).next_life();
    let has_run_out = free.has_run_out() && !C::WRAP_GENERATIONS;
    (thread_id::current() == key.shard() && !has_run_out).then_some(free)
}

/// Puts a slot whose life has ended on the current thread's list.
///
/// # Safety
///
/// The caller owns the slot of `found` (L2), which holds a value if `free` says so, and knows it no more afterwards. The
/// shard is the current thread's, and the generation of `free` the slot's next one.
#[inline(always)]
unsafe fn free_own<T, C: Config>(found: &Found<'_, T, C>, free: Lifecycle<C>) {
    let Found { key, page, table, .. } = *found;
    // SAFETY: the key was found in the table, so its shard exists.
    let shard = unsafe { table.shard(key.shard()) };
    // SAFETY: the current thread has the shard's number, so that is not 0 (T3) and it owns the shard (T1); the slot is the
    // caller's.
    let was_empty = unsafe { page.page().owner.0.list.push(page.slots(key.page()), key.offset(), free) };
    if was_empty {
        // SAFETY: as above.
        unsafe { shard.has_slots(page, key.page()) };
    }
    shard.count_by_owner(1_usize.wrapping_neg());
}

/// Ends the value in a slot, then calls `free`, also if user code panics, and says whether the slot keeps the value.
///
/// # Safety
///
/// The caller owns the slot (L2), and it holds a value, which no pinned thread reads (N1).
#[inline(always)]
unsafe fn end_value_then<T, E: Ending<T>>(slot: &Slot<T>, free: impl FnMut(bool)) {
    struct FreeAfter<F: FnMut(bool)> {
        free: F,
        filled: bool,
    }
    impl<F: FnMut(bool)> Drop for FreeAfter<F> {
        #[inline(always)]
        fn drop(&mut self) {
            (self.free)(self.filled);
        }
    }
    let mut after = FreeAfter { free, filled: false };
    // SAFETY: the caller owns the slot, and it holds a value.
    let rest = unsafe { E::end(slot) };
    after.filled = E::KEEPS_VALUE;
    drop(after);
    E::given_back(rest);
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
