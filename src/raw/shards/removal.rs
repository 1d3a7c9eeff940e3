//! Removal: which thread ends a value, and which list its slot goes on.

use super::shard_table::{Found, ShardTable};
use crate::{
    config::Config,
    key::Key,
    raw::{
        pins::pinning::refuse_to_wait_for_own_pin,
        slot::{
            Slot,
            ending::Ending,
            lifecycle::{Duty, Lifecycle, Released, Removal, Taking},
        },
    },
    sync::{self, Ordering},
    thread_id,
};

impl<T, C: Config> ShardTable<T, C> {
    /// Puts a slot whose life has ended on a free list, with the next generation, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value if it is `filled`, and does not use it afterwards.
    #[inline(always)]
    pub(in crate::raw) unsafe fn free(&self, found: &Found<'_, T, C>, filled: bool) {
        match own_free_word(found) {
            // SAFETY: as of this function; the shard is the current thread's.
            Some(free) => unsafe { free_own(found, free.keeping(filled)) },
            // SAFETY: as of this function.
            None => unsafe { self.free_slowly(*found, filled) },
        }
    }

    /// Returns a slot to another thread's shard, or retires it.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value if it is `filled`, and does not use it afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn free_slowly(&self, found: Found<'_, T, C>, filled: bool) {
        let Found { key, slot, page, .. } = found;
        let others = &page.page().others.0;
        // SAFETY: shards live as long as `self`.
        let shard = unsafe { others.shard.as_ref() };
        let free = Lifecycle::new(key.generation(), key.page()).next_life();
        if free.has_run_out() && !C::WRAP_GENERATIONS {
            // The slot is on no list, so no thread owns it from now on.
            slot.lifecycle.rewrite_free(free);
            // Ordering: Relaxed - a number for statistics, and a hint for trimming.
            others.retired.fetch_add(1, Ordering::Relaxed);
            shard.count(1_usize.wrapping_neg());
            if filled {
                // No thread will use the value again. Its drop is user code, as in any ending.
                // SAFETY: the slot is the caller's and on no list, and its word says that no value is kept.
                unsafe { slot.drop_value() };
            }
            return;
        }
        // SAFETY: the slot is the caller's, and lies in the page.
        let pushed = unsafe { others.remote.push(page.slots(key.page()), key.offset(), free.keeping(filled)) };
        if pushed.was_empty {
            shard.announce_returned(key.page().get());
        }
        if pushed.uncounted {
            shard.count_by_other(1_usize.wrapping_neg());
        }
    }

    /// Removes `key`'s entry, at once or when the last guard or pin of it ends. Returns whether there was an entry.
    #[inline(always)]
    pub(crate) fn remove<E: Ending<T>>(&self, key: usize) -> bool {
        let Some(found) = self.find(key) else { return false };
        let claimed = found.slot.lifecycle.remove_unshared(found.key);
        let free = if claimed && !self.was_ever_pinned() { own_free_word(&found) } else { None };
        let Some(free) = free else {
            // SAFETY: if the entry was claimed, the word says that the slot is ours, and it is not touched again here.
            return unsafe { self.remove_slowly::<E>(key, claimed) };
        };
        // SAFETY: the word says that the slot is ours. The current thread has the shard's number, also after user code.
        let put_back = |filled| unsafe { free_own(&found, free.keeping(filled)) };
        // SAFETY: as above; it held an entry, and no thread was ever pinned.
        unsafe { end_value_then::<T, E>(found.slot, put_back) };
        true
    }

    /// Removes an entry, if there is one, that has guards, that pinned threads may be reading, or whose slot belongs to
    /// another thread's shard. All out-of-line code is here, and the slot is looked up again, so that `remove` is small
    /// enough to be inlined and needs little stack.
    ///
    /// # Safety
    ///
    /// If the entry is `claimed`, the caller owns its slot (L2), which holds a value, and does not use it afterwards.
    #[cold]
    #[inline(never)]
    unsafe fn remove_slowly<E: Ending<T>>(&self, key: usize, claimed: bool) -> bool {
        let Some(found) = self.find(key) else { return false };
        match if claimed { Removal::Claimed } else { found.slot.lifecycle.remove(found.key) } {
            Removal::Absent => return false,
            // SAFETY: the slot is ours, by the caller's or this function's claim, and it held an entry.
            Removal::Claimed => unsafe { self.destroy::<E>(&found) },
            // SAFETY: the entry was marked with a count for this thread, which is released here.
            Removal::Marked => unsafe { self.finish_marked::<E>(&found) },
            Removal::ClaimedOfPromised => {
                self.waiters.wake();
                // SAFETY: as above. The pins that were active at the promise have ended, and later ones have not seen
                // the entry.
                unsafe { self.end_value::<E>(&found) };
            }
            Removal::MarkedOfPromised => self.waiters.wake(),
        }
        true
    }

    /// Removes `key`'s entry and returns its value. Waits for guards, and for pins of other threads.
    ///
    /// # Panics
    ///
    /// If there is such an entry and the current thread has pinned the slab: it would wait for itself.
    #[inline]
    #[track_caller]
    pub(crate) fn take(&self, key: usize) -> Option<T> {
        self.take_then(key, || ())
    }

    /// Does the same; calls `release` between the removal and the wait, to release a guard of the entry that this thread
    /// has. So the entry that is taken is the guard's, even where keys repeat.
    ///
    /// # Panics
    ///
    /// As [`take`](Self::take).
    #[inline]
    #[track_caller]
    pub(crate) fn take_then(&self, key: usize, release: impl FnOnce()) -> Option<T> {
        let found = self.find(key)?;
        loop {
            // Before the entry is taken, so that a refusal leaves it as it is.
            if self.has_own_pin() {
                refuse_to_wait_for_own_pin("take", &found);
                return None;
            }
            let taking = found.slot.lifecycle.take(found.key);
            match taking {
                Taking::Absent => return None,
                Taking::Crowded => {
                    sync::sleep_a_little();
                    continue;
                }
                _ => release(),
            }
            match taking {
                Taking::Absent | Taking::Crowded => unreachable!("handled above"),
                // SAFETY: the word says that the slot is ours, and this thread is not pinned.
                Taking::Claimed => unsafe { self.wait_for_pins(&found) },
                // SAFETY: the entry is being taken, with a count for this thread, which is released here.
                Taking::Marked => unsafe { self.wait_for_readers(&found, true) },
                Taking::ClaimedOfPromised => self.waiters.wake(),
                Taking::MarkedOfPromised => {
                    self.waiters.wake();
                    // SAFETY: as above; the pins were counted when the entry was promised.
                    unsafe { self.wait_for_readers(&found, false) };
                }
            }
            break;
        }
        // SAFETY: the slot is ours, no thread reads it, and it held an entry.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value was moved out.
        unsafe { self.free(&found, false) };
        Some(value)
    }

    /// Removes `key`'s entry and returns its value, if no other thread can be reading it.
    #[inline]
    pub(crate) fn try_take(&self, key: usize) -> Option<T> {
        let found = self.find(key)?;
        self.attempt(&found, |id| found.slot.lifecycle.claim_intended(found.key, id)).ok()?;
        // SAFETY: the slot is ours, no thread reads it, and it held an entry.
        let value = unsafe { found.slot.read() };
        // SAFETY: as above, and its value was moved out.
        unsafe { self.free(&found, false) };
        Some(value)
    }

    /// Does what is due after a guard of `key`'s entry was released.
    ///
    /// # Safety
    ///
    /// `released` is what the release of a guard of this entry returned, and is passed once.
    #[inline(always)]
    pub(in crate::raw) unsafe fn finish<E: Ending<T>>(&self, key: Key<C>, released: Released) {
        if let Released::Gone(before) = released {
            // SAFETY: the caller passes what the release returned, once.
            unsafe { self.finish_gone::<E>(key, before) };
        }
    }

    /// # Safety
    ///
    /// The caller has released a guard of the entry. `before` was the word before that, and is passed once.
    #[cold]
    #[inline(never)]
    unsafe fn finish_gone<E: Ending<T>>(&self, key: Key<C>, before: usize) {
        match Lifecycle::new(before, key.page()).duty_of_release() {
            Duty::None => {}
            Duty::WakeTaker => self.waiters.wake(),
            Duty::Destroy => {
                let Some(found) = self.find(key.raw()) else { unreachable!("a guard's entry is in the table") };
                found.slot.lifecycle.claim_last(key.page());
                // SAFETY: the caller's guard was the last one of a removed entry, so the slot is the caller's (L2);
                // pins that were active at the removal were counted too (N1).
                unsafe { self.end_value::<E>(&found) };
            }
        }
    }

    /// Ends the value and frees the slot, as soon as no pinned thread can be reading the value.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and does not use it afterwards.
    unsafe fn destroy<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        if self.is_pinned() {
            found.slot.lifecycle.mark_claimed(found.key, false);
            // SAFETY: the word has a count for this thread, which is released there.
            unsafe { self.finish_marked::<E>(found) };
        } else {
            // SAFETY: as of this function, and no pinned thread reads the value (any more).
            unsafe { self.end_value::<E>(found) };
        }
    }

    /// Takes a count of a marked entry for each active pin, and releases the remover's own count. If that was the last
    /// count, ends the value and frees the slot.
    ///
    /// # Safety
    ///
    /// The entry is marked with a count of the caller's own, which is not released elsewhere.
    unsafe fn finish_marked<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        // SAFETY: as of this function.
        unsafe { self.oblige_pins(found, false) };
        if found.slot.lifecycle.release_after_pins(found.key) == Duty::Destroy {
            // SAFETY: the last count was released, so the slot is ours (L2), and no pinned thread reads it (N1).
            unsafe { self.end_value::<E>(found) };
        }
    }

    /// Ends the value, then frees the slot, even if user code panics.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), which holds a value, and does not use it afterwards. No pinned thread
    /// reads the value (N1).
    #[inline(always)]
    pub(in crate::raw) unsafe fn end_value<E: Ending<T>>(&self, found: &Found<'_, T, C>) {
        // SAFETY: as of this function.
        let put_back = |filled| unsafe { self.free(found, filled) };
        // SAFETY: as of this function.
        unsafe { end_value_then::<T, E>(found.slot, put_back) };
    }
}

/// Returns the free word of a slot that is put on a local list of the current thread after this life. `None` if it is
/// not put on such a list.
#[inline(always)]
fn own_free_word<T, C: Config>(found: &Found<'_, T, C>) -> Option<Lifecycle<C>> {
    let key = found.key;
    let free = Lifecycle::new(key.generation(), key.page()).next_life();
    let has_run_out = free.has_run_out() && !C::WRAP_GENERATIONS;
    (found.directory.owner(key.shard()).is(thread_id::current()) && !has_run_out).then_some(free)
}

/// Puts a slot whose life has ended on the current thread's list.
///
/// # Safety
///
/// The caller owns the slot of `found` (L2), which holds a value if `free` says so, and does not use it afterwards. The
/// shard is the current thread's, and the generation of `free` the slot's next one.
#[inline(always)]
unsafe fn free_own<T, C: Config>(found: &Found<'_, T, C>, free: Lifecycle<C>) {
    let Found { key, page, .. } = *found;
    // SAFETY: shards live as long as their pages.
    let shard = unsafe { page.page().owner.0.shard.as_ref() };
    // SAFETY: the current thread has the shard's number, so that is not 0 (T3) and it owns the shard (T1); the slot is
    // the caller's.
    let was_empty = unsafe { page.page().owner.0.list.push(page.slots(key.page()), key.offset(), free) };
    if was_empty {
        // SAFETY: as above.
        unsafe { shard.has_slots(page, key.page()) };
    }
    shard.count_by_owner(1_usize.wrapping_neg());
}

/// Ends the value in a slot, then calls `free`, even if user code panics, with whether the slot keeps the value.
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
