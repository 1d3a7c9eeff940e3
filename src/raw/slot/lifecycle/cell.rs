//! The atomic lifecycle word: named transitions, and the reason for each ordering.

use super::{
    Duty, Lifecycle, MARKED, NotExclusive, ONE, PRESENT, Promise, Promised, Refused, Released, Removal, STATE_MASK,
    State, TAKING, Taking,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    sync::{AtomicUsize, Ordering},
};

/// The lifecycle word. All zero: a free slot that was not used since its page was blank, whose generation is the page's
/// floor.
#[repr(transparent)]
pub(crate) struct LifecycleCell(AtomicUsize);

impl LifecycleCell {
    #[cfg(flagstone_loom)]
    pub(crate) fn blank() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Loads the word of a slot that the caller owns, or whose slab it has exclusive access to: no other thread writes
    /// the word.
    #[inline(always)]
    pub(crate) fn owned<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - the caller came to own the slot by an acquiring step of its own (L2), or borrows the slab
        // mutably, so the last write happened before.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// Loads the word of a free slot that the caller owns: its generation and its link.
    #[inline(always)]
    pub(crate) fn owned_free(&self) -> usize {
        // Ordering: Relaxed - as in `owned`.
        self.0.load(Ordering::Relaxed)
    }

    /// Loads the word, for a caller that acts on it, if at all, by a transition with a key.
    pub(crate) fn peek<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - nothing is read because of this load alone: a thread that accesses the value makes a
        // transition first, or has exclusive access to the whole slab.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// Rewrites the word of a free slot that the caller owns.
    #[inline(always)]
    pub(crate) fn rewrite_free<C: Config>(&self, free: Lifecycle<C>) {
        debug_assert!(free.is_free());
        // Ordering: Relaxed - publishes nothing: stale readers only compare the word, and the thread that takes the
        // slot from a list next is ordered by the list (invariants F1 and F2).
        self.0.store(free.word, Ordering::Relaxed);
    }

    /// free, owned -> present: the value has been written and may be read from now on.
    #[inline(always)]
    pub(crate) fn publish(&self, generation: usize) {
        // Ordering: Release - pairs with the acquiring transitions `share`, `remove`, `take` and `exclude`; publishes
        // the value.
        self.0.store(generation | PRESENT, Ordering::Release);
    }

    /// free, owned -> present, exclusive: the caller continues to write the value.
    #[inline(always)]
    pub(crate) fn publish_exclusive<C: Config>(&self, key: Key<C>) {
        // Ordering: Relaxed - publishes nothing: no thread reads the value before `include` or `downgrade`, which
        // release it; and a removal meanwhile leaves the value to the holder.
        self.0.store(Lifecycle::exclusive(key).word, Ordering::Relaxed);
    }

    /// present -> present with one more guard. Otherwise returns the word that did not allow it, see
    /// [`Lifecycle::refusal`].
    #[inline(always)]
    pub(crate) fn share<C: Config>(&self, key: Key<C>) -> Result<(), Lifecycle<C>> {
        let mut seen = self.peek(key.page());
        loop {
            let Some(shared) = seen.shared_by_one_more(key) else { return Err(seen) };
            // Ordering: Acquire - pairs with the Release in `publish`, and with those in `include` and `downgrade` for
            // what an exclusive guard wrote; the value is read after it. Failure is Relaxed: the loop only retries.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// Adds a guard, for a caller that holds one.
    pub(crate) fn share_again<C: Config>(&self, page: PageNumber<C>) -> Result<(), Refused> {
        let mut seen = self.peek(page);
        loop {
            let shared = seen.cloned()?;
            // Ordering: Relaxed - the guard that is cloned has acquired the value already, and the operation that sends
            // the clone to another thread orders that.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// Releases a guard.
    #[inline(always)]
    pub(crate) fn release(&self) -> Released {
        // Ordering: Release - pairs with the Acquire of the thread that ends the entry (`remove`, `take`, `exclude`,
        // `await_release`, `claim_last`): this guard's reads happen before the value's end.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        if before & STATE_MASK == PRESENT { Released::Present } else { Released::Gone(before) }
    }

    /// Makes the slot the caller's, after the caller has released the last guard of a removed entry.
    pub(crate) fn claim_last<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Acquire - pairs with the Release in `release` of every other guard, and with that in `remove`: all
        // that those threads did happens before the value's end.
        Lifecycle::new(self.0.load(Ordering::Acquire), page)
    }

    /// present without guards -> free. Returns whether it was present without guards: then the caller owns the slot
    /// now.
    #[inline(always)]
    pub(crate) fn remove_unshared<C: Config>(&self, key: Key<C>) -> bool {
        let expected = Lifecycle::unshared(key);
        let next = expected.next_life();
        // Ordering: Acquire - pairs with `publish`, `include`, `downgrade` and `release`: the writes of the value, and
        // every guard's reads, happen before it is destroyed. Without guards the word is known beforehand, so nothing
        // is loaded first: if another processor has the cache line, that saves one of two transfers. Failure is
        // Relaxed: `remove` retries.
        self.0.compare_exchange(expected.word, next.word, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// present with an exclusive guard -> free. Called by the holder of an exclusive guard that the entry has had since
    /// it was made. Returns whether the entry was still there; then the caller owns the slot now.
    pub(crate) fn remove_excluded<C: Config>(&self, key: Key<C>) -> bool {
        let (expected, next) = (Lifecycle::exclusive(key), Lifecycle::unshared(key).next_life());
        // Ordering: Relaxed - no other thread has had access to the value, and the free list publishes the slot. Failure
        // is Relaxed: `remove` and `include` follow.
        self.0.compare_exchange(expected.word, next.word, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// present, promised -> free (claimed) or marked.
    pub(crate) fn remove<C: Config>(&self, key: Key<C>) -> Removal {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(removed), duty) = seen.removed(key) else { return Removal::Absent };
            // Ordering: Acquire - as in `remove_unshared`, for an entry whose guards have been released meanwhile.
            // Release - pairs with the Acquire in `claim_last`: what the remover did before happens before the value's
            // end on another thread. Failure is Relaxed: the loop only retries.
            match self.0.compare_exchange_weak(seen.word, removed.word, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// present, promised -> free (claimed) or taking.
    #[inline]
    pub(crate) fn take<C: Config>(&self, key: Key<C>) -> Taking {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(taken), duty) = seen.taken(key) else { return seen.taken(key).1 };
            // Ordering: Acquire - as in `remove`. Nothing is released: the taker ends the entry itself. Failure is
            // Relaxed: the loop only retries.
            match self.0.compare_exchange_weak(seen.word, taken.word, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// Returns whether all counts of an entry that the caller is taking, of guards and pins, have been released. Then
    /// the slot is the caller's.
    pub(crate) fn await_release<C: Config>(&self, page: PageNumber<C>) -> bool {
        // Ordering: Acquire - pairs with the Release in `release`: the guards' reads happen before the value is moved.
        Lifecycle::new(self.0.load(Ordering::Acquire), page).counted() == 0
    }

    /// taking or promised -> marked: the caller, which waits, leaves the entry to the last guard or pin. Returns `false` if
    /// all were released meanwhile, or if a promised entry was removed: then the wait is over.
    pub(crate) fn leave_to_last<C: Config>(&self, key: Key<C>) -> bool {
        let mut seen = self.peek(key.page());
        while let Some(left) = seen.left_to_last(key) {
            // Ordering: Release - pairs with the Acquire in `claim_last`: what the taker did before happens before the
            // value's end on another thread. Failure is Relaxed: the loop only retries.
            match self.0.compare_exchange_weak(seen.word, left.word, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(word) => seen.word = word,
            }
        }
        false
    }

    /// present -> promised to the caller.
    pub(crate) fn promise<C: Config>(&self, key: Key<C>) -> Promise {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(promised), duty) = seen.promised(key) else { return seen.promised(key).1 };
            // Ordering: Relaxed - `claim_promised` acquires what must happen before the caller's access, and nothing is
            // published.
            match self.0.compare_exchange_weak(seen.word, promised.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// Returns whether the entry of `key` is promised to a thread; with `only_with_readers`, whether it also still has
    /// guards or pins.
    pub(crate) fn is_promised<C: Config>(&self, key: Key<C>, only_with_readers: bool) -> bool {
        let seen = self.peek(key.page());
        seen.generation() == key.generation()
            && seen.state() == State::Promised
            && (!only_with_readers || seen.counted() > 0)
    }

    /// promised, no guards or pins -> present, exclusive for the caller.
    pub(crate) fn claim_promised<C: Config>(&self, key: Key<C>) -> Promised {
        let promised = Lifecycle::unshared(key);
        let promised = promised.with(TAKING, promised.top());
        let exclusive = Lifecycle::exclusive(key);
        // Ordering: Acquire - pairs with `publish`, and with `release` and `release_after_pins`: the writes of the
        // value, and every guard's and every pin's reads, happen before the caller writes it.
        match self.0.compare_exchange(promised.word, exclusive.word, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Promised::Claimed,
            Err(_) if self.is_promised(key, false) => Promised::Waiting,
            Err(_) => Promised::Broken,
        }
    }

    /// present without guards -> the same, with the intent of the thread that `id` names to get exclusive access.
    pub(crate) fn intend<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        let (expected, intent) = (Lifecycle::unshared(key), Lifecycle::intent(key, id));
        // Ordering: Relaxed - ordered against pins by the barrier that follows; `exclude` and `claim_intended` acquire.
        match self.0.compare_exchange(expected.word, intent.word, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(word) => Err(Lifecycle::new(word, key.page()).why_not_exclusive(key)),
        }
    }

    /// The caller's own intent -> present without guards. If the word has changed, another thread has ended the
    /// attempt, and nothing is left to do.
    pub(crate) fn withdraw<C: Config>(&self, key: Key<C>, id: usize) {
        let (intent, unshared) = (Lifecycle::intent(key, id), Lifecycle::unshared(key));
        // Ordering: Relaxed - the attempt has read and written nothing.
        let _ = self.0.compare_exchange(intent.word, unshared.word, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The caller's own intent -> present, exclusive.
    pub(crate) fn exclude<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        self.fulfil(key, id, Lifecycle::exclusive(key))
    }

    /// The caller's own intent -> free: the slot is the caller's.
    pub(crate) fn claim_intended<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        self.fulfil(key, id, Lifecycle::unshared(key).next_life())
    }

    fn fulfil<C: Config>(&self, key: Key<C>, id: usize, end: Lifecycle<C>) -> Result<(), NotExclusive> {
        // Ordering: Acquire - pairs with `publish` for the value and with `release`, `include` and `downgrade`: all
        // reads and writes of other threads happen before those of the exclusive guard.
        match self.0.compare_exchange(Lifecycle::intent(key, id).word, end.word, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(word) => Err(Lifecycle::new(word, key.page()).why_not_exclusive(key)),
        }
    }

    /// An intent of whatever thread -> present with one guard, that of the caller. `seen` is the word with the intent.
    #[cold]
    pub(crate) fn share_intended<C: Config>(&self, key: Key<C>, seen: Lifecycle<C>) -> bool {
        let shared = Lifecycle::unshared(key).with(PRESENT, ONE);
        // Ordering: Acquire - as in `share`. Failure is Relaxed: the caller retries.
        self.0.compare_exchange(seen.word, shared.word, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Returns whether a pinned thread can read the entry of `key`. Cancels an intent, so that a thread that looked at
    /// the pins before the caller's pin was published cannot get exclusive access.
    #[cold]
    pub(crate) fn become_readable<C: Config>(&self, key: Key<C>) -> bool {
        // Ordering: Acquire - as in `is_plainly_readable`.
        let mut seen = Lifecycle::new(self.0.load(Ordering::Acquire), key.page());
        while seen.is_readable(key) {
            if !seen.is_intent() {
                return true;
            }
            let unshared = Lifecycle::unshared(key);
            // Ordering: Acquire - pairs with the Release in `publish`, `include` and `downgrade`; the value is read
            // after it. Failure is Acquire: the caller may read the value because of the word that is loaded then.
            match self.0.compare_exchange(seen.word, unshared.word, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return true,
                Err(word) => seen.word = word,
            }
        }
        false
    }

    /// owned -> marked or taking, with one count: the caller's own.
    pub(crate) fn mark_claimed<C: Config>(&self, key: Key<C>, taken: bool) {
        let state = if taken { TAKING } else { MARKED };
        // Ordering: Relaxed - a thread that releases a count learns of it from an obligation, which is published.
        self.0.store(Lifecycle::unshared(key).with(state, ONE).word, Ordering::Relaxed);
    }

    /// Adds a count, for a pin, to an entry of which the caller has a count. Returns whether there was room for it.
    pub(crate) fn count_pin<C: Config>(&self, key: Key<C>) -> bool {
        let mut seen = self.peek(key.page());
        while let Some(counted) = seen.counted_for_pin() {
            // Ordering: Relaxed - the obligation that represents the count is published when it is pushed.
            match self.0.compare_exchange_weak(seen.word, counted.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(word) => seen.word = word,
            }
        }
        false
    }

    /// Releases a count that was taken for a pin, or the remover's own. With [`Duty::Destroy`] the slot is the
    /// caller's. The slot of an entry that is being taken is the caller's too, if the caller is the taker.
    pub(crate) fn release_after_pins<C: Config>(&self, key: Key<C>) -> Duty {
        // Ordering: Release - pairs with the Acquire below and in `await_release`: this thread's reads happen before
        // the value's end.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        let duty = Lifecycle::new(before, key.page()).duty_of_release();
        if duty != Duty::None {
            self.claim_last(key.page());
        }
        duty
    }

    /// Returns whether one load shows that a pinned thread may read the entry of `key`. If not, `become_readable`
    /// decides.
    #[inline(always)]
    pub(crate) fn is_plainly_readable<C: Config>(&self, key: Key<C>) -> bool {
        // Ordering: Acquire - pairs with the Release in `publish`, `include` and `downgrade`; the value is read after
        // it.
        Lifecycle::new(self.0.load(Ordering::Acquire), key.page()).is_plainly_readable(key)
    }

    /// Loads the word for a pinned thread that iterates over the slots.
    #[inline(always)]
    pub(crate) fn seen_by_walk<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Acquire - as in `is_plainly_readable`.
        Lifecycle::new(self.0.load(Ordering::Acquire), page)
    }

    /// Releases an exclusive guard: the entry is present again, unless it was removed or taken meanwhile.
    pub(crate) fn include<C: Config>(&self, key: Key<C>) -> Released {
        let expected = Lifecycle::unshared(key);
        let exclusive = Lifecycle::exclusive(key);
        // Ordering: Release - pairs with the Acquire in `share`, `remove`, `take` and `exclude`; publishes what the
        // guard wrote. Failure is Relaxed: `release` comes next and orders.
        match self.0.compare_exchange(exclusive.word, expected.word, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => Released::Present,
            // The thread that removed or took the entry made the exclusive guard an ordinary one.
            Err(_) => self.release(),
        }
    }

    /// Makes an exclusive guard an ordinary one: the entry is present with one guard. If it was removed or taken
    /// meanwhile, that made the guard an ordinary one already.
    pub(crate) fn downgrade<C: Config>(&self, key: Key<C>) {
        let exclusive = Lifecycle::exclusive(key);
        let shared = exclusive.with(PRESENT, ONE);
        // Ordering: Release - pairs with the Acquire in `share` and, after all guards are released, in `remove`, `take`
        // and `exclude`; publishes what the guard wrote. Failure is Relaxed: the guard's `release` comes later and
        // orders.
        let _ = self.0.compare_exchange(exclusive.word, shared.word, Ordering::Release, Ordering::Relaxed);
    }
}
