//! How a thread comes to have an entry to itself: by an attempt that other threads do not notice, or by waiting.

use super::{
    ending::Ending,
    lifecycle::{Duty, NotExclusive, Promise, Promised},
    pinning::refuse_to_wait_for_own_pin,
    shard_table::{Found, ShardTable},
};
use crate::{
    config::{Config, MOST_NUMBERS},
    sync, thread_id,
};

/// The name of the thread that holds the overflow lock, which no other thread has.
const HOLDER_OF_THE_LOCK: usize = 0;

impl<T, C: Config> ShardTable<T, C> {
    /// Tries to get an entry of which no guard is out, while no thread has the slab pinned: then calls `fulfil` with the name
    /// under which the entry's word says so. Until that has changed the word all other threads find the entry as before,
    /// and one that reads it makes the attempt fail (N2).
    ///
    /// Nothing of other threads is done here: where the word has changed, who changed it has done all.
    pub(super) fn attempt(
        &self,
        found: &Found<'_, T, C>,
        fulfil: impl FnOnce(usize) -> Result<(), NotExclusive>,
    ) -> Result<(), NotExclusive> {
        let number = match thread_id::current() {
            number if number <= MOST_NUMBERS => number,
            _ => thread_id::current_or_register(),
        };
        // A thread whose number has no room in the word needs a name of its own all the same.
        let (_lock, id) = if number <= MOST_NUMBERS {
            (None, number)
        } else {
            (Some(self.lock_overflow_shard()), HOLDER_OF_THE_LOCK)
        };
        let lifecycle = &found.slot.lifecycle;
        lifecycle.intend(found.key, id)?;
        if self.is_pinned() {
            lifecycle.withdraw(found.key, id);
            return Err(NotExclusive::InUse);
        }
        fulfil(id)
    }

    /// Waits until the caller has the entry of `key` to itself. `None` if there is no entry, or no more; its value may be ended
    /// here, if it was removed meanwhile.
    ///
    /// # Panics
    ///
    /// If there is such an entry and the current thread has pinned the slab: it would wait for itself.
    pub(super) fn wait_exclusive<E: Ending<T>>(&self, key: usize) -> Option<Found<'_, T, C>> {
        let found = self.find(key)?;
        let lifecycle = &found.slot.lifecycle;
        loop {
            if self.has_own_pin() {
                refuse_to_wait_for_own_pin("wait_exclusive", &found);
                return None;
            }
            match lifecycle.promise(found.key) {
                Promise::Absent => return None,
                Promise::Crowded => sync::sleep_a_little(),
                Promise::Busy => self.waiters.wait_until(|| !lifecycle.is_promised(found.key, false)),
                Promise::Made => {
                    // SAFETY: the entry is promised, with a count of this thread's own.
                    unsafe { self.oblige_pins(&found, true) };
                    if lifecycle.release_after_pins(found.key) == Duty::Destroy {
                        // It was removed meanwhile, and this thread's count was the last one.
                        // SAFETY: so the slot is ours (L2), and no pinned thread reads its value (N1).
                        unsafe { self.end_value::<E>(&found) };
                        return None;
                    }
                    self.waiters.wait_until(|| !lifecycle.is_promised(found.key, true));
                    let promised = lifecycle.claim_promised(found.key);
                    // Those to which it could not be promised meanwhile look again.
                    self.waiters.wake();
                    if promised == Promised::Claimed {
                        return Some(found);
                    }
                }
            }
        }
    }
}
