//! What pins mean for the entries of a slab: nothing that a pinned thread may be reading is ended.

use core::ptr;

use super::{
    directory::DirectoryPointer,
    ending::Ending,
    guard_pin::GuardPin,
    lifecycle::Duty,
    panics::FirstPanic,
    pin::{Obligation, Obligations, Pin, barrier_of_the_remover},
    shard_table::{Found, ShardTable},
};
use crate::{
    config::Config,
    thread_id::{self, Record},
};

/// What a pin of the current thread knows.
pub(super) struct Entered<'a, T, C> {
    pub(super) directory: DirectoryPointer<T, C>,
    pub(super) pin: &'a Pin,
    pub(super) record: &'static Record,
}

impl<T, C: Config> ShardTable<T, C> {
    /// Pins the current thread. `None` if it has no shard of its own, or there is no memory for one.
    #[inline(always)]
    pub(super) fn enter(&self) -> Option<Entered<'_, T, C>> {
        let record = thread_id::current_record();
        // What stands for a number where a thread has none is longer than any roster.
        if let Some(shard) = self.shard(record.number()) {
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
                // SAFETY: as above; it is listed and not idle, so one is out.
                unsafe { pin.enter_again() };
                return Some(Entered { directory: self.directory(), pin, record });
            }
        }
        self.enter_first()
    }

    /// The first pin of a thread, after which removers look at it.
    #[cold]
    #[inline(never)]
    fn enter_first(&self) -> Option<Entered<'_, T, C>> {
        let pin = &self.own_shard().ok()?.pin.0;
        let record = thread_id::record()?;
        // SAFETY: it is the current thread's shard (T1), and shards live as long as `self`, where they are.
        unsafe { self.pins.list(pin) };
        record.keep();
        // The allocator may have pinned the slab on this very thread while the shard was made, and keep that pin.
        // SAFETY: as above.
        if unsafe { pin.is_idle() } {
            // SAFETY: as above, and none is out.
            unsafe { pin.enter() };
        } else {
            // SAFETY: as above, and one is out.
            unsafe { pin.enter_again() };
        }
        Some(Entered { directory: self.directory(), pin, record })
    }

    /// Ends a pin, and what waits for it.
    ///
    /// # Safety
    ///
    /// The current thread got `pin` and `record` from `enter` of this table, and passes them once.
    #[inline(always)]
    pub(super) unsafe fn leave<E: Ending<T>>(&self, pin: &Pin, record: &Record) {
        // SAFETY: the current thread has kept the number since (N4), so the pin is its own.
        let owed = unsafe { pin.leave() };
        record.give_up();
        if !owed.is_empty() {
            self.settle::<E>(owed);
        }
    }

    /// Gives back what a thread owes that is not pinned any more, then ends the values whose last reader it was: first all
    /// counts and then all destructors, since one of those may wait for a thread that waits for one of the counts. A panic in
    /// user code goes on when all is settled.
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
            // SAFETY: the last count of a removed entry was given back, so the slot is ours (L2), and no pinned thread reads
            // its value any more (N1).
            panic.catch(|| unsafe { self.end_value::<E>(&found) });
        }
        panic.resume();
    }

    pub(super) fn find_own(&self, key: usize) -> Found<'_, T, C> {
        let Some(found) = self.find(key) else { unreachable!("the key was made from this table") };
        found
    }

    /// Whether any thread may have pinned the slab, ever: asked by a thread that has just marked an entry, or made its slot its
    /// own.
    #[inline(always)]
    pub(super) fn was_ever_pinned(&self) -> bool {
        barrier_of_the_remover();
        !self.pins.is_empty()
    }

    /// Whether any thread may be reading, without being counted, the entry whose word the caller has just changed.
    pub(super) fn is_pinned(&self) -> bool {
        self.was_ever_pinned() && self.pins.iter().any(Pin::is_pinned)
    }

    /// Whether the current thread has pinned this slab.
    pub(super) fn has_own_pin(&self) -> bool {
        GuardPin::is_out(self) || (self.was_ever_pinned() && self.is_pinned_here())
    }

    /// Whether the current thread has pinned this slab, by its shard.
    #[cold]
    fn is_pinned_here(&self) -> bool {
        // SAFETY: the current thread has the number, at least for its pins (N4).
        self.shard(thread_id::of_pins()).is_some_and(|shard| unsafe { shard.pin.0.is_own() })
    }

    /// Blocks until no thread that was pinned when the entry was taken is so still.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), and is not pinned itself.
    #[inline]
    pub(super) unsafe fn wait_for_pins(&self, found: &Found<'_, T, C>) {
        if self.was_ever_pinned() {
            // SAFETY: as of this function.
            unsafe { self.wait_for_these_pins(found) };
        }
    }

    /// # Safety
    ///
    /// As of [`wait_for_pins`](Self::wait_for_pins).
    #[cold]
    unsafe fn wait_for_these_pins(&self, found: &Found<'_, T, C>) {
        if self.is_pinned() {
            found.slot.lifecycle.mark_claimed(found.key, true);
            // SAFETY: the word has a count for this thread.
            unsafe { self.wait_for_readers(found, true) };
        }
    }

    /// Gives the caller's own count back, and blocks until all others have been: then the slot is the caller's.
    ///
    /// # Safety
    ///
    /// The entry is being taken, with a count of the caller's own, which is not pinned itself. The pins are counted already,
    /// unless `counts_pins`.
    #[cold]
    pub(super) unsafe fn wait_for_readers(&self, found: &Found<'_, T, C>, counts_pins: bool) {
        if counts_pins {
            // SAFETY: as of this function.
            unsafe { self.oblige_pins(found, true) };
        }
        if found.slot.lifecycle.release_after_pins(found.key) == Duty::None {
            self.waiters.wait_until(|| found.slot.lifecycle.await_release(found.key.page()));
        }
    }

    /// Makes each pinned thread owe a count of the entry. With `waits`, where there is no room or memory for one, waits until
    /// that thread is not pinned any more; else such a count is never given back.
    ///
    /// # Safety
    ///
    /// The entry is marked, being taken or promised, with a count of the caller's own.
    pub(super) unsafe fn oblige_pins(&self, found: &Found<'_, T, C>, waits: bool) {
        if !self.was_ever_pinned() {
            return;
        }
        let lifecycle = &found.slot.lifecycle;
        // What a thread did not take any more because its pin had ended is for the next.
        let (mut spare, mut is_counted) = (None, false);
        // A thread that waits had no pin when it changed the word. If it has one now, its allocator has pinned the slab since,
        // has not seen the entry, and must not be waited for.
        let own = self.shard(thread_id::of_pins()).filter(|_| waits).map(|shard| ptr::from_ref(&shard.pin.0));
        let is_own = |pin: &Pin| own.is_some_and(|own| ptr::eq(own, pin));
        for pin in self.pins.iter().filter(|&pin| pin.is_pinned() && !is_own(pin)) {
            // Counted first: an obligation may be settled as soon as it is pushed.
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
            debug_assert_eq!(duty, Duty::None, "the caller has a count still");
        }
    }
}

/// Panics if the entry is there.
#[cold]
#[inline(never)]
pub(super) fn refuse_to_wait_for_own_pin<T, C: Config>(operation: &str, found: &Found<'_, T, C>) {
    assert!(
        !found.slot.lifecycle.peek(found.key.page()).is_there(found.key),
        "flagstone: `{operation}` of entry {:#x} would wait for ever: this thread has pinned the slab, and may be reading it",
        found.key.raw()
    );
}
