//! The effect of pins on the entries of a slab: no value that a pinned thread may be reading is ended.

use core::ptr;

use super::{
    guard_pin::GuardPin,
    pin::{Obligation, Obligations, Pin, barrier_of_the_remover},
};
use crate::{
    config::Config,
    raw::{
        guards::holding::{self, refuse_to_wait_for_own_guard},
        panics::FirstPanic,
        shards::{
            directory::DirectoryPointer,
            shard_table::{Found, ShardTable},
        },
        slot::{ending::Ending, lifecycle::Duty},
    },
    thread_id::{self, Record},
};

/// The contents of a pin of the current thread.
pub(in crate::raw) struct Entered<'a, T, C> {
    pub(in crate::raw) directory: DirectoryPointer<T, C>,
    pub(in crate::raw) pin: &'a Pin,
    pub(in crate::raw) record: &'static Record,
}

impl<T, C: Config> ShardTable<T, C> {
    /// Pins the slab for the current thread. `None` if the thread has no shard of its own, or the allocator refuses
    /// memory for one.
    #[inline(always)]
    pub(in crate::raw) fn enter(&self) -> Option<Entered<'_, T, C>> {
        let record = thread_id::record();
        if let Some((record, shard)) = record.and_then(|record| Some((record, self.shard(record.number())?))) {
            let pin = &shard.pin.0;
            // SAFETY: the current thread has the number, so the pin is its own (T1).
            if unsafe { pin.is_idle() } {
                record.keep();
                // SAFETY: as above.
                unsafe { pin.enter() };
                return Some(Entered { directory: self.directory(), pin, record });
            }
            // SAFETY: as above.
            if unsafe { pin.is_listed() } {
                record.keep();
                // SAFETY: as above; it is listed and not idle, so a pin is active.
                unsafe { pin.enter_again() };
                return Some(Entered { directory: self.directory(), pin, record });
            }
        }
        self.enter_first()
    }

    /// Takes a thread's first pin of the slab, after which removers read its pin word.
    #[cold]
    #[inline(never)]
    fn enter_first(&self) -> Option<Entered<'_, T, C>> {
        let pin = &self.own_shard().ok()?.pin.0;
        let record = thread_id::record()?;
        // SAFETY: it is the current thread's shard (T1), and shards live as long as `self` and do not move.
        unsafe { self.pins.list(pin) };
        record.keep();
        // The allocator may have pinned the slab on this same thread while the shard was made, and may keep that pin.
        // SAFETY: as above.
        if unsafe { pin.is_idle() } {
            // SAFETY: as above, and no pin is active.
            unsafe { pin.enter() };
        } else {
            // SAFETY: as above, and a pin is active.
            unsafe { pin.enter_again() };
        }
        Some(Entered { directory: self.directory(), pin, record })
    }

    /// Ends a pin, and the values whose reclamation waits only for it.
    ///
    /// # Safety
    ///
    /// The current thread got `pin` and `record` from `enter` of this table, and passes them once.
    #[inline(always)]
    pub(in crate::raw) unsafe fn leave<E: Ending<T>>(&self, pin: &Pin, record: &Record) {
        // SAFETY: the current thread has kept the number since (N4), so the pin is its own.
        let owed = unsafe { pin.leave() };
        record.give_up();
        if !owed.is_empty() {
            self.settle::<E>(owed);
        }
    }

    /// Settles the obligations of a thread that is not pinned any more: releases their counts, and ends the values
    /// whose last counts these were. All counts are released before the first destructor runs, since a destructor may
    /// wait for a thread that waits for one of the counts. A panic in user code is resumed when everything is settled.
    #[cold]
    #[inline(never)]
    fn settle<E: Ending<T>>(&self, owed: Obligations) {
        let (mut ended, mut settled, mut wakes) = (Obligations::none(), Obligations::none(), false);
        for obligation in owed {
            let found = self.find_own(obligation.key());
            let duty = found.slot.lifecycle.release_after_pins(found.key);
            wakes |= duty == Duty::WakeTaker;
            if duty == Duty::Destroy { &mut ended } else { &mut settled }.add(obligation);
        }
        if wakes {
            self.waiters.wake();
        }
        settled.for_each(drop);
        let mut panic = FirstPanic::default();
        for obligation in ended {
            let found = self.find_own(obligation.key());
            drop(obligation);
            // SAFETY: the last count of a removed entry was released, so the slot is ours (L2), and no pinned thread
            // reads its value any more (N1).
            panic.catch(|| unsafe { self.end_value::<E>(&found) });
        }
        panic.resume();
    }

    pub(in crate::raw) fn find_own(&self, key: usize) -> Found<'_, T, C> {
        let Some(found) = self.find(key) else { unreachable!("the key was made from this table") };
        found
    }

    /// Returns whether any thread may ever have pinned the slab. To be called after an entry was marked, or its slot
    /// claimed.
    #[inline(always)]
    pub(in crate::raw) fn was_ever_pinned(&self) -> bool {
        barrier_of_the_remover();
        !self.pins.is_empty()
    }

    /// Returns whether any thread may be reading, without a reference count, the entry whose word the caller has just
    /// changed.
    pub(in crate::raw) fn is_pinned(&self) -> bool {
        self.was_ever_pinned() && self.pins.iter().any(Pin::is_pinned)
    }

    /// Returns whether the current thread has pinned this slab.
    pub(in crate::raw) fn has_own_pin(&self) -> bool {
        GuardPin::is_out(self) || (self.was_ever_pinned() && self.is_pinned_here())
    }

    /// Returns whether the current thread has pinned this slab with the pin of its shard.
    #[cold]
    fn is_pinned_here(&self) -> bool {
        // SAFETY: the current thread has the number, at least for its pins (N4).
        self.shard(thread_id::of_pins()).is_some_and(|shard| unsafe { shard.pin.0.is_own() })
    }

    /// Blocks until all pins that were active when the entry was taken have ended.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), and is not pinned itself.
    ///
    /// # Panics
    ///
    /// As [`wait_for_readers`](Self::wait_for_readers).
    #[inline]
    #[track_caller]
    pub(in crate::raw) unsafe fn wait_for_pins(&self, found: &Found<'_, T, C>) {
        if self.was_ever_pinned() {
            // SAFETY: as of this function.
            unsafe { self.wait_for_these_pins(found) };
        }
    }

    /// # Safety
    ///
    /// As of [`wait_for_pins`](Self::wait_for_pins).
    #[cold]
    #[track_caller]
    unsafe fn wait_for_these_pins(&self, found: &Found<'_, T, C>) {
        if self.is_pinned() {
            found.slot.lifecycle.mark_claimed(found.key, true);
            // SAFETY: the word has a count for this thread.
            unsafe { self.wait_for_readers(found, true) };
        }
    }

    /// Releases the caller's own count, and blocks until all other counts are released: then the slot is the caller's.
    ///
    /// # Safety
    ///
    /// The entry is being taken, with a count of the caller's own. The calling thread is not pinned. The pins are
    /// counted already, unless `counts_pins`.
    ///
    /// # Panics
    ///
    /// With debug assertions, if it has waited for a while, and the current thread has a guard of the entry. Then the
    /// entry is removed.
    #[cold]
    #[track_caller]
    pub(in crate::raw) unsafe fn wait_for_readers(&self, found: &Found<'_, T, C>, counts_pins: bool) {
        if counts_pins {
            // SAFETY: as of this function.
            unsafe { self.oblige_pins(found, true) };
        }
        let lifecycle = &found.slot.lifecycle;
        if lifecycle.release_after_pins(found.key) == Duty::None {
            let waited = self.waiters.wait_until(
                || lifecycle.await_release(found.key.page()),
                // The entry is a removed one then, whose last guard or pin ends the value. Unless that was a moment ago.
                || holding::own(found.slot).filter(|_| lifecycle.leave_to_last(found.key)),
            );
            if let Err(guard) = waited {
                refuse_to_wait_for_own_guard("take", found.key.raw(), guard);
            }
        }
    }

    /// Takes a count of the entry on behalf of each pinned thread, and pushes an obligation for it. If there is no room
    /// for the count or no memory for the obligation: with `waits`, waits until that thread is not pinned any more;
    /// without, such a count is never released.
    ///
    /// # Safety
    ///
    /// The entry is marked, being taken or promised, with a count of the caller's own.
    pub(in crate::raw) unsafe fn oblige_pins(&self, found: &Found<'_, T, C>, waits: bool) {
        if !self.was_ever_pinned() {
            return;
        }
        let lifecycle = &found.slot.lifecycle;
        // An obligation that could not be pushed because the pin had ended is used for the next pin, and so is the
        // count.
        let (mut spare, mut is_counted) = (None, false);
        // A thread that waits had no pin when it changed the word. If it has one now, its allocator has pinned the slab
        // since. That pin has not seen the entry, and must not be waited for.
        let own = self.shard(thread_id::of_pins()).filter(|_| waits).map(|shard| ptr::from_ref(&shard.pin.0));
        let is_own = |pin: &Pin| own.is_some_and(|own| ptr::eq(own, pin));
        for pin in self.pins.iter().filter(|&pin| pin.is_pinned() && !is_own(pin)) {
            // The count comes first: an obligation may be settled as soon as it is pushed.
            is_counted = is_counted || lifecycle.count_pin(found.key);
            let obligation = spare.take().or_else(|| Obligation::new(found.key.raw())).filter(|_| is_counted);
            match obligation.map(|obligation| pin.push(obligation)) {
                Some(Ok(())) => is_counted = false,
                Some(Err(obligation)) => spare = Some(obligation),
                None if waits => pin.await_leave(),
                None => is_counted = false,
            }
        }
        if is_counted {
            let duty = lifecycle.release_after_pins(found.key);
            debug_assert_eq!(duty, Duty::None, "the caller still has a count");
        }
    }
}

/// Panics if the entry exists.
#[cold]
#[inline(never)]
#[track_caller]
pub(in crate::raw) fn refuse_to_wait_for_own_pin<T, C: Config>(operation: &str, found: &Found<'_, T, C>) {
    assert!(
        !found.slot.lifecycle.peek(found.key.page()).is_there(found.key),
        "flagstone: `{operation}` of entry {:#x} would wait for ever: this thread has pinned the slab, and may be reading it",
        found.key.raw()
    );
}
