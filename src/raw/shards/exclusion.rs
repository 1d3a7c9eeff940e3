//! How a thread gets exclusive access to an entry: by an attempt that other threads do not notice, or by waiting.

use super::shard_table::{Found, ShardTable};
use crate::{
    config::{Config, MOST_NUMBERS},
    raw::{
        guards::holding::{self, refuse_to_wait_for_own_guard},
        pins::pinning::refuse_to_wait_for_own_pin,
        slot::{
            ending::Ending,
            lifecycle::{Duty, NotExclusive, Promise, Promised},
        },
    },
    sync, thread_id,
};

/// The id of the thread that holds the overflow lock. No other thread has that id.
const HOLDER_OF_THE_LOCK: usize = 0;

impl<T, C: Config> ShardTable<T, C> {
    /// Tries to get exclusive access to an entry. If the entry has no guard and no thread has the slab pinned, calls
    /// `fulfil` with the id of the intent in the entry's word. Until `fulfil` has changed the word, all other threads
    /// find the entry as before, and a thread that reads it makes the attempt fail (N2).
    ///
    /// Nothing is done here on behalf of other threads: if the word has changed, the thread that changed it has done
    /// everything.
    pub(in crate::raw) fn attempt(
        &self,
        found: &Found<'_, T, C>,
        fulfil: impl FnOnce(usize) -> Result<(), NotExclusive>,
    ) -> Result<(), NotExclusive> {
        let number = match thread_id::current() {
            number if number <= MOST_NUMBERS => number,
            _ => thread_id::current_or_register(),
        };
        // A thread whose number does not fit into the word needs a unique id all the same.
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

    /// Waits until the caller has exclusive access to the entry of `key`. `None` if there is no entry, or if it is
    /// removed meanwhile, in which case its value may be ended here.
    ///
    /// # Panics
    ///
    /// If there is such an entry and the current thread has pinned the slab: it would wait for itself. With debug
    /// assertions also if it has waited for a while, and the current thread has a guard of the entry. Then the entry is
    /// removed, if it was promised to this thread.
    #[track_caller]
    pub(in crate::raw) fn wait_exclusive<E: Ending<T>>(&self, key: usize) -> Option<Found<'_, T, C>> {
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
                Promise::Busy => {
                    let is_promised = || lifecycle.is_promised(found.key, false);
                    let own_guard = || holding::own(found.slot).filter(|_| is_promised());
                    let waited = self.waiters.wait_until(|| !is_promised(), own_guard);
                    if let Err(guard) = waited {
                        refuse_to_wait_for_own_guard("wait_exclusive", found.key.raw(), guard);
                    }
                }
                Promise::Made => {
                    // SAFETY: the entry is promised, with a count of this thread's own.
                    unsafe { self.oblige_pins(&found, true) };
                    if lifecycle.release_after_pins(found.key) == Duty::Destroy {
                        // It was removed meanwhile, and this thread's count was the last one.
                        // SAFETY: hence the slot is ours (L2), and no pinned thread reads its value (N1).
                        unsafe { self.end_value::<E>(&found) };
                        return None;
                    }
                    // The promise cannot be taken back: what the count counts may be an exclusive guard. So the entry is
                    // a removed one then.
                    let own_guard = || holding::own(found.slot).filter(|_| lifecycle.leave_to_last(found.key));
                    let waited = self.waiters.wait_until(|| !lifecycle.is_promised(found.key, true), own_guard);
                    if let Err(guard) = waited {
                        self.waiters.wake();
                        refuse_to_wait_for_own_guard("wait_exclusive", found.key.raw(), guard);
                    }
                    let promised = lifecycle.claim_promised(found.key);
                    // Threads to which it could not be promised meanwhile must check again.
                    self.waiters.wake();
                    if promised == Promised::Claimed {
                        return Some(found);
                    }
                }
            }
        }
    }
}
