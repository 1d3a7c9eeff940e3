//! The lifecycle word itself: named transitions, and what each ordering is for.

use super::{
    Duty, Lifecycle, MARKED, NotExclusive, ONE, PRESENT, Promise, Promised, Refused, Released, Removal, STATE_MASK,
    State, TAKING, Taking,
};
use crate::{
    config::Config,
    key::{Key, PageNumber},
    sync::{AtomicUsize, Ordering},
};

/// The lifecycle word. All zero: a free slot that was not used since its page was blank; its generation is the page's floor.
#[repr(transparent)]
pub(crate) struct LifecycleCell(AtomicUsize);

impl LifecycleCell {
    #[cfg(flagstone_loom)]
    pub(crate) fn blank() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The word of a slot that the caller owns, or whose slab he has to himself: nobody else writes it.
    #[inline(always)]
    pub(crate) fn owned<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - the caller came to own the slot by an acquiring step of its own (L2), or borrows the slab
        // mutably, so the last write happened before.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// The word of a free slot that the caller owns: its generation and its link.
    #[inline(always)]
    pub(crate) fn owned_free(&self) -> usize {
        // Ordering: Relaxed - as in `owned`.
        self.0.load(Ordering::Relaxed)
    }

    /// Looks, for somebody who will act by key, if at all.
    pub(crate) fn peek<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Relaxed - nothing is read on the strength of this alone: who goes on to the value makes a transition
        // first, or has the whole slab to himself.
        Lifecycle::new(self.0.load(Ordering::Relaxed), page)
    }

    /// Rewrites the word of a free slot that the caller owns.
    #[inline(always)]
    pub(crate) fn rewrite_free<C: Config>(&self, free: Lifecycle<C>) {
        debug_assert!(free.is_free());
        // Ordering: Relaxed - publishes nothing: stale readers only compare the word, and whoever takes the slot from a
        // list next is ordered by the list (invariants F1 and F2).
        self.0.store(free.word, Ordering::Relaxed);
    }

    /// free, owned -> present: the value has been written and may be read from now on.
    #[inline(always)]
    pub(crate) fn publish(&self, generation: usize) {
        // Ordering: Release - pairs with the acquiring transitions `share`, `remove`, `take` and `exclude`; publishes
        // the value.
        self.0.store(generation | PRESENT, Ordering::Release);
    }

    /// free, owned -> present, held exclusively: by the caller, who goes on writing the value.
    #[inline(always)]
    pub(crate) fn publish_exclusive<C: Config>(&self, key: Key<C>) {
        // Ordering: Relaxed - publishes nothing: nobody reads the value before `include` or `downgrade`, which release
        // it; and a removal meanwhile leaves the value to the holder.
        self.0.store(Lifecycle::exclusive(key).word, Ordering::Relaxed);
    }

    /// present -> present with one more guard; or the word that did not allow it, see [`Lifecycle::refusal`].
    #[inline(always)]
    pub(crate) fn share<C: Config>(&self, key: Key<C>) -> Result<(), Lifecycle<C>> {
        let mut seen = self.peek(key.page());
        loop {
            let Some(shared) = seen.shared_by_one_more(key) else { return Err(seen) };
            // Ordering: Acquire - pairs with the Release in `publish`, and with those in `include` and `downgrade` for what
            // an exclusive guard wrote; the value is read after it. Failure is Relaxed: the loop only looks again.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// One more guard beside one that the caller holds.
    pub(crate) fn share_again<C: Config>(&self, page: PageNumber<C>) -> Result<(), Refused> {
        let mut seen = self.peek(page);
        loop {
            let shared = seen.cloned()?;
            // Ordering: Relaxed - the guard that is cloned has acquired the value already, and whoever hands the clone
            // to another thread orders that himself.
            match self.0.compare_exchange_weak(seen.word, shared.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(word) => seen.word = word,
            }
        }
    }

    /// Gives a guard back.
    #[inline(always)]
    pub(crate) fn release(&self) -> Released {
        // Ordering: Release - pairs with the Acquire of whoever ends the entry (`remove`, `take`, `exclude`,
        // `await_release`, `claim_last`): this guard's reads come before the value's end.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        if before & STATE_MASK == PRESENT { Released::Present } else { Released::Gone(before) }
    }

    /// The last guard of a removed entry has been given back, by the caller: makes the slot its own.
    pub(crate) fn claim_last<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Acquire - pairs with the Release in `release` of every other guard, and with that in `remove`: all
        // that they did comes before the value's end.
        Lifecycle::new(self.0.load(Ordering::Acquire), page)
    }

    /// present without guards -> free: whether it was, and the caller owns the slot now.
    #[inline(always)]
    pub(crate) fn remove_unshared<C: Config>(&self, key: Key<C>) -> bool {
        let expected = Lifecycle::unshared(key);
        let next = expected.next_life();
        // Ordering: Acquire - pairs with `publish`, `include`, `downgrade` and `release`: the value was written, and
        // every guard's reads are over, before it is destroyed. Without guards the word is known beforehand, so
        // nothing is loaded first: where the line is another processor's that saves one of two transfers. Failure is
        // Relaxed: `remove` looks again.
        self.0.compare_exchange(expected.word, next.word, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// present, promised -> free (claimed) or marked.
    pub(crate) fn remove<C: Config>(&self, key: Key<C>) -> Removal {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(removed), duty) = seen.removed(key) else { return Removal::Absent };
            // Ordering: Acquire - as in `remove_unshared`, for an entry whose guards have gone meanwhile. Release -
            // pairs with the Acquire in `claim_last`: what the remover did before comes before the value's end on
            // another thread. Failure is Relaxed: the loop only looks again.
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
            // Relaxed: the loop only looks again.
            match self.0.compare_exchange_weak(seen.word, taken.word, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// Whether every guard and pin of an entry that the caller is taking has been given back. Then the slot is the caller's.
    pub(crate) fn await_release<C: Config>(&self, page: PageNumber<C>) -> bool {
        // Ordering: Acquire - pairs with the Release in `release`: the guards' reads come before the value is moved.
        Lifecycle::new(self.0.load(Ordering::Acquire), page).counted() == 0
    }

    /// present -> promised to the caller.
    pub(crate) fn promise<C: Config>(&self, key: Key<C>) -> Promise {
        let mut seen = self.peek(key.page());
        loop {
            let (Some(promised), duty) = seen.promised(key) else { return seen.promised(key).1 };
            // Ordering: Relaxed - `claim_promised` acquires what comes before the caller's access, and nothing is published.
            match self.0.compare_exchange_weak(seen.word, promised.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return duty,
                Err(word) => seen.word = word,
            }
        }
    }

    /// Whether the entry of `key` is promised to some thread. With `only_with_readers`, while guards or pins of it are out.
    pub(crate) fn is_promised<C: Config>(&self, key: Key<C>, only_with_readers: bool) -> bool {
        let seen = self.peek(key.page());
        seen.generation() == key.generation()
            && seen.state() == State::Promised
            && (!only_with_readers || seen.counted() > 0)
    }

    /// promised, no guards or pins -> present, held exclusively by the caller.
    pub(crate) fn claim_promised<C: Config>(&self, key: Key<C>) -> Promised {
        let promised = Lifecycle::unshared(key);
        let promised = promised.with(TAKING, promised.top());
        let exclusive = Lifecycle::exclusive(key);
        // Ordering: Acquire - pairs with `publish`, and with `release` and `release_after_pins`: the value was written, and
        // every guard's and every pin's reads are over, before the caller writes it.
        match self.0.compare_exchange(promised.word, exclusive.word, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Promised::Claimed,
            Err(_) if self.is_promised(key, false) => Promised::Waiting,
            Err(_) => Promised::Broken,
        }
    }

    /// present without guards -> the same, with the intent of the thread that `id` names to have it exclusively.
    pub(crate) fn intend<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        let (expected, intent) = (Lifecycle::unshared(key), Lifecycle::intent(key, id));
        // Ordering: Relaxed - ordered against pins by the barrier that follows; `exclude` and `claim_intended` acquire.
        match self.0.compare_exchange(expected.word, intent.word, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(word) => Err(Lifecycle::new(word, key.page()).why_not_exclusive(key)),
        }
    }

    /// The caller's own intent -> present without guards. Where that is not the word any more, another thread has ended the
    /// attempt, and nothing is left to do.
    pub(crate) fn withdraw<C: Config>(&self, key: Key<C>, id: usize) {
        let (intent, unshared) = (Lifecycle::intent(key, id), Lifecycle::unshared(key));
        // Ordering: Relaxed - the attempt has read and written nothing.
        let _ = self.0.compare_exchange(intent.word, unshared.word, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The caller's own intent -> present, held exclusively.
    pub(crate) fn exclude<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        self.fulfil(key, id, Lifecycle::exclusive(key))
    }

    /// The caller's own intent -> free: the slot is the caller's.
    pub(crate) fn claim_intended<C: Config>(&self, key: Key<C>, id: usize) -> Result<(), NotExclusive> {
        self.fulfil(key, id, Lifecycle::unshared(key).next_life())
    }

    fn fulfil<C: Config>(&self, key: Key<C>, id: usize, end: Lifecycle<C>) -> Result<(), NotExclusive> {
        // Ordering: Acquire - pairs with `publish` for the value and with `release`, `include` and `downgrade`: all reads
        // and writes of others come before those of the exclusive guard.
        match self.0.compare_exchange(Lifecycle::intent(key, id).word, end.word, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(word) => Err(Lifecycle::new(word, key.page()).why_not_exclusive(key)),
        }
    }

    /// An intent of whatever thread -> present with one guard, that of the caller. `seen` is the word with the intent.
    #[cold]
    pub(crate) fn share_intended<C: Config>(&self, key: Key<C>, seen: Lifecycle<C>) -> bool {
        let shared = Lifecycle::unshared(key).with(PRESENT, ONE);
        // Ordering: Acquire - as in `share`. Failure is Relaxed: the caller looks again.
        self.0.compare_exchange(seen.word, shared.word, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Whether a pinned thread can read the entry of `key`. Cancels an intent, so that no thread gets exclusive access that
    /// looked at the pins before the caller's was out.
    #[cold]
    pub(crate) fn become_readable<C: Config>(&self, key: Key<C>) -> bool {
        // Ordering: Acquire - as in `is_plainly_readable`.
        let mut seen = Lifecycle::new(self.0.load(Ordering::Acquire), key.page());
        while seen.is_readable(key) {
            if !seen.is_intent() {
                return true;
            }
            let unshared = Lifecycle::unshared(key);
            // Ordering: Acquire - pairs with the Release in `publish`, `include` and `downgrade`; the value is read after it.
            // Failure is Acquire: the word that is seen then may be the one on which the caller reads.
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
        // Ordering: Relaxed - whoever gives a count back learns of it from an obligation, which is published.
        self.0.store(Lifecycle::unshared(key).with(state, ONE).word, Ordering::Relaxed);
    }

    /// One count more, for a pin, of an entry of which the caller has a count. Whether there was room for it.
    pub(crate) fn count_pin<C: Config>(&self, key: Key<C>) -> bool {
        let mut seen = self.peek(key.page());
        while let Some(counted) = seen.counted_for_pin() {
            // Ordering: Relaxed - the obligation that stands for the count is published when it is pushed.
            match self.0.compare_exchange_weak(seen.word, counted.word, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(word) => seen.word = word,
            }
        }
        false
    }

    /// Gives a count back that stood for a pin, or was the remover's own. With [`Duty::Destroy`] the slot is the caller's; of
    /// an entry that is being taken it is the caller's too if that is the taker.
    pub(crate) fn release_after_pins<C: Config>(&self, key: Key<C>) -> Duty {
        // Ordering: Release - pairs with the Acquire below and in `await_release`: this thread's reads come before the
        // value's end.
        let before = self.0.fetch_sub(ONE, Ordering::Release);
        let duty = Lifecycle::new(before, key.page()).duty_of_release();
        if duty != Duty::None {
            self.claim_last(key.page());
        }
        duty
    }

    /// Whether a pinned thread may read the entry of `key`, on the strength of one look. Else `become_readable` knows.
    #[inline(always)]
    pub(crate) fn is_plainly_readable<C: Config>(&self, key: Key<C>) -> bool {
        // Ordering: Acquire - pairs with the Release in `publish`, `include` and `downgrade`; the value is read after it.
        Lifecycle::new(self.0.load(Ordering::Acquire), key.page()).is_plainly_readable(key)
    }

    /// The word as a pinned thread sees it that walks by.
    #[inline(always)]
    pub(crate) fn seen_by_walk<C: Config>(&self, page: PageNumber<C>) -> Lifecycle<C> {
        // Ordering: Acquire - as in `is_plainly_readable`.
        Lifecycle::new(self.0.load(Ordering::Acquire), page)
    }

    /// Gives an exclusive guard back: present again, unless it was removed or taken meanwhile.
    pub(crate) fn include<C: Config>(&self, key: Key<C>) -> Released {
        let expected = Lifecycle::unshared(key);
        let exclusive = Lifecycle::exclusive(key);
        // Ordering: Release - pairs with the Acquire in `share`, `remove`, `take` and `exclude`; publishes what the
        // guard wrote. Failure is Relaxed: `release` comes next and orders.
        match self.0.compare_exchange(exclusive.word, expected.word, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => Released::Present,
            // Whoever removed or took it made the exclusive guard an ordinary one.
            Err(_) => self.release(),
        }
    }

    /// Makes an exclusive guard an ordinary one: present with one guard, unless it was removed or taken meanwhile, which
    /// made it one already.
    pub(crate) fn downgrade<C: Config>(&self, key: Key<C>) {
        let exclusive = Lifecycle::exclusive(key);
        let shared = exclusive.with(PRESENT, ONE);
        // Ordering: Release - pairs with the Acquire in `share` and, after all guards are gone, in `remove`, `take` and
        // `exclude`; publishes what the guard wrote. Failure is Relaxed: the guard's `release` comes later and orders.
        let _ = self.0.compare_exchange(exclusive.word, shared.word, Ordering::Release, Ordering::Relaxed);
    }
}
