//! A bounded set of futures, of which those are polled that were woken.

mod full;
mod keys;
mod next;
mod stream;
mod vacancy;

use core::{
    fmt,
    future::Future,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};
use std::convert::Infallible;

pub use self::{
    full::Full,
    keys::Keys,
    next::{Next, NextWithKey},
    vacancy::{Vacancy, VacancyFuture},
};
use super::{
    raw::{InPlace, OnHeap, RawSet, StackSlots},
    yield_now::yield_now,
};

/// After so many outputs in one poll, whoever drains a set lets others go first.
const OUTPUTS_BETWEEN_YIELDS: usize = 256;

/// A bounded set of futures, which polls those that were woken, and hands out what comes of them as it comes.
///
/// All memory is allocated when the set is made: at most 10 bytes for each future beside it (and what aligns it), 230 for the
/// set, and nothing afterwards. A set is a [`Stream`](futures_core::Stream), works in every executor, and is `Send` if its futures are.
///
/// | | progress | cost |
/// | --- | --- | --- |
/// | [`try_push`](Self::try_push), [`remove`](Self::remove), [`get_pin_mut`](Self::get_pin_mut) | wait-free | constant; no locked instruction |
/// | waking one of its futures, from any thread | lock-free | one exchange; a second one, seldom more, where none of its 512 neighbours is woken; none inside a poll of the set on the same thread; to clone a waker, and to drop it, is one each |
/// | a poll of the set | lock-free | one exchange for up to 64 futures that were woken, one for up to 512, two to sleep; and their polls |
/// | [`keys`](Self::keys), [`clear`](Self::clear) | wait-free | proportional to the capacity |
///
/// (Memory that wakers write for each other is theirs to guard: what was written before a wake is seen by the poll that
/// follows.)
///
/// # Fairness
///
/// The set goes through its futures in rounds: one that was woken is polled before any other is polled three times, in what is
/// left of this round and in the next. No future is polled twice within one poll of the set. That ends, and asks to be polled
/// again, after 64 polls of futures, or 16 of futures that woke themselves: so executors that give each of their tasks a
/// budget, such as tokio, are asked for another before many futures have been polled in vain.
///
/// # When nothing is polled
///
/// The futures of a set run while the set is polled, and at no other time: while the task that owns the set is in another
/// branch, they wait. So do not await there what one of them has: a lock that a future of the set holds is not released until
/// the set is polled again, and to await it outside of the set is a deadlock.
///
/// # Panics
///
/// A panic of a future's `poll` goes on to whoever polls the set. The future is dropped before, its slot is free, and the set goes
/// on when it is polled next. Likewise where a future's destructor panics. Where several do, as in
/// [`clear`](Self::clear), the first panic goes on when all are dropped.
///
/// # Wakers
///
/// A waker that outlives its future may be used: at most the future that has its slot now is polled once too often. It keeps two bytes for
/// each of the set's slots in memory, and 230, and no future. The set keeps the waker with which it was polled last until it
/// is polled again or dropped.
///
/// # Examples
///
/// ```
/// use flagstone::task::{FutureSet, LocalExecutor};
///
/// async fn fetch(page: u32) -> u32 {
///     page * 10
/// }
///
/// LocalExecutor::new().block_on(async {
///     let mut set = FutureSet::with_capacity(4); // at most so many at a time
///     let mut sum = 0;
///     for page in 0..100 {
///         let (done, vacancy) = set.vacancy().await;
///         sum += done.unwrap_or(0);
///         vacancy.insert(fetch(page));
///     }
///     set.drain(|output| sum += output).await;
///     assert_eq!(sum, 49_500);
/// });
/// ```
#[must_use = "futures in a set do nothing unless the set is polled"]
pub struct FutureSet<F, S = OnHeap> {
    set: RawSet<F, S>,
}

impl<F> FutureSet<F> {
    /// Creates a set for at most `capacity` futures, and allocates all that it will need.
    ///
    /// # Panics
    ///
    /// If so many futures cannot be in the address space. (Where memory is refused, the process ends, as it does for a `Vec`.)
    pub fn with_capacity(capacity: usize) -> Self {
        Self::of(RawSet::on_heap(capacity))
    }
}

impl<'a, F> FutureSet<F, InPlace<'a>> {
    /// Creates a set whose futures stand in slots that are pinned somewhere else, for instance on the stack. What
    /// wakers need is allocated still: two bytes for each slot, and 230.
    ///
    /// The slots can be used for another set when this one is gone.
    ///
    /// # Panics
    ///
    /// If so many futures cannot be in memory. If a set in the same slots was forgotten, with futures in it, these are
    /// dropped first; a panic of a destructor goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::{FutureSet, LocalExecutor, StackSlots};
    /// use std::pin::pin;
    ///
    /// let slots = pin!(StackSlots::<_, 8>::new());
    /// let mut set = FutureSet::in_place(slots);
    /// set.try_push(async { 1 }).unwrap();
    /// assert_eq!(LocalExecutor::new().block_on(set.next()), Some(1));
    /// ```
    ///
    /// They are not moved while the set has them, nor is another set made in them:
    ///
    /// ```compile_fail,E0499
    /// use flagstone::task::{FutureSet, StackSlots};
    /// use std::pin::pin;
    ///
    /// let mut slots = pin!(StackSlots::<std::future::Ready<()>, 8>::new());
    /// let set = FutureSet::in_place(slots.as_mut());
    /// let another = FutureSet::in_place(slots.as_mut());
    /// drop(set);
    /// ```
    pub fn in_place<const N: usize>(slots: Pin<&'a mut StackSlots<F, N>>) -> Self {
        Self::of(RawSet::in_place(slots))
    }
}

impl<F, S> FutureSet<F, S> {
    fn of(set: Option<RawSet<F, S>>) -> Self {
        let set = set.expect("flagstone: a set cannot have so many futures");
        Self { set }
    }

    /// Adds a future, and returns its key. It is polled when the set is.
    ///
    /// No other future of this set has had the key before, nor gets it soon: a slot has 2<sup>64</sup> keys, divided by the smallest power
    /// of two that is greater than the capacity. (On 32 bits 2<sup>32</sup>, so divided: a thousand slots have four million keys each.)
    ///
    /// Nobody is woken by this: a task that waits for the set is not the one that calls it.
    ///
    /// # Errors
    ///
    /// [`Full`], with the future, if there are as many as there may be.
    #[inline]
    pub fn try_push(&mut self, future: F) -> Result<usize, Full<F>> {
        self.try_insert(future, |future, _| future)
    }

    /// Adds the future that `make` makes of the key that it will have, and returns that. A panic of `make` changes nothing.
    ///
    /// # Errors
    ///
    /// [`Full`], with `make`, if there are as many as there may be.
    #[inline]
    pub fn try_push_with<G: FnOnce(usize) -> F>(&mut self, make: G) -> Result<usize, Full<G>> {
        self.try_insert(make, |make, key| make(key))
    }

    #[inline(always)]
    fn try_insert<G>(&mut self, source: G, make: impl FnOnce(G, usize) -> F) -> Result<usize, Full<G>> {
        let mut source = Some(source);
        let key = self.set.insert_with(|key| make(source.take().expect("it is made once"), key));
        key.ok_or_else(|| Full::new(source.expect("it was not made")))
    }

    /// Returns room for one future, if there is some.
    #[inline]
    pub fn try_vacancy(&mut self) -> Option<Vacancy<'_, F, S>> {
        Vacancy::of(self)
    }

    /// Drops the future of this key, and frees its slot. Returns whether it was there. A [join handle](super::JoinHandle) detaches its
    /// task.
    ///
    /// # Panics
    ///
    /// If the future's destructor panics: its slot is free then.
    pub fn remove(&mut self, key: usize) -> bool {
        self.set.remove(key)
    }

    /// Returns the future of this key, and frees its slot.
    #[must_use]
    pub fn take(&mut self, key: usize) -> Option<F>
    where
        F: Unpin,
    {
        self.set.take(key)
    }

    /// Returns the future of this key, to be looked at or changed. If it is to be polled after that, [`wake`](Self::wake) it.
    #[must_use]
    pub fn get_pin_mut(&mut self, key: usize) -> Option<Pin<&mut F>> {
        self.set.get(key)
    }

    /// Has the future of this key polled when the set is polled next, as if it had been woken. Returns whether it is
    /// there.
    pub fn wake(&mut self, key: usize) -> bool {
        self.set.wake(key)
    }

    /// Returns whether there is a future of this key: it was pushed, was not ready, did not panic, and was not removed.
    #[must_use]
    pub fn contains(&self, key: usize) -> bool {
        self.set.slots().contains(key)
    }

    /// Returns the keys of all futures, in no particular order.
    pub fn keys(&self) -> Keys<'_, F> {
        Keys::of(self.set.slots())
    }

    /// Drops all futures. Of a set of [join handles](super::JoinHandle) it drops the handles, which detaches their tasks: these go on,
    /// and their outputs are dropped. To end them, [cancel](super::JoinHandle::cancel) each handle before.
    ///
    /// # Panics
    ///
    /// If a destructor does: with the first panic, when all futures are dropped.
    pub fn clear(&mut self) {
        self.set.clear();
    }

    /// Returns the number of futures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.slots().len()
    }

    /// Returns whether there is no future.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether there are as many futures as there may be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Returns the number of futures that there may be.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.set.slots().capacity()
    }
}

impl<F: Future, S> FutureSet<F, S> {
    /// Waits for the output of a future: whichever is ready first. `None`: there is no future.
    ///
    /// Nothing is lost if this is dropped before it is ready.
    #[allow(clippy::should_implement_trait, reason = "streams call it so; the set is none of iterators")]
    pub fn next(&mut self) -> Next<'_, F, S> {
        Next::of(self)
    }

    /// Like [`next`](Self::next), and also returns the key that the future had.
    pub fn next_with_key(&mut self) -> NextWithKey<'_, F, S> {
        NextWithKey::of(self)
    }

    /// Polls the futures that were woken, until one is ready; returns its key, and its output.
    ///
    /// # Panics
    ///
    /// If one of the futures does.
    #[inline]
    pub fn poll_next_with_key(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        self.set.poll(context)
    }

    /// Waits for room for one future. If the set is full, its futures are polled until one is ready, whose output is
    /// returned too.
    ///
    /// Nothing is lost if this is dropped before it is ready. Who wants the key of that output too calls
    /// [`next_with_key`](Self::next_with_key) while the set [is full](Self::is_full).
    ///
    /// # Panics
    ///
    /// When it is polled: if the set's capacity is zero; if one of the futures panics.
    ///
    /// # Examples
    ///
    /// ```
    /// # use flagstone::task::{FutureSet, LocalExecutor};
    /// # LocalExecutor::new().block_on(async {
    /// let mut set = FutureSet::with_capacity(1);
    /// let (output, vacancy) = set.vacancy().await;
    /// assert_eq!(output, None); // there was room
    /// vacancy.insert(std::future::ready("first"));
    ///
    /// let (output, vacancy) = set.vacancy().await;
    /// assert_eq!(output, Some("first"));
    /// vacancy.insert(std::future::ready("second"));
    /// # });
    /// ```
    pub fn vacancy(&mut self) -> VacancyFuture<'_, F, S> {
        VacancyFuture::of(self)
    }

    /// Waits for all futures, and calls `each` with every output as it comes. Others have their turn after 256 of them.
    ///
    /// If this is dropped before it is ready, the set has the futures that are left.
    ///
    /// # Panics
    ///
    /// If `each` or one of the futures does: the set has the others still.
    pub async fn drain(&mut self, mut each: impl FnMut(F::Output)) {
        let drained = self.try_drain(|output| {
            each(output);
            Ok::<(), Infallible>(())
        });
        match drained.await {
            Ok(()) => (),
        }
    }

    /// Waits for all futures, and calls `each` with every output as it comes, until that returns an error.
    ///
    /// # Errors
    ///
    /// The first that `each` returns. The set has the futures that are left.
    ///
    /// # Panics
    ///
    /// As of [`drain`](Self::drain).
    pub async fn try_drain<E>(&mut self, mut each: impl FnMut(F::Output) -> Result<(), E>) -> Result<(), E> {
        let mut outputs = 0_usize;
        while let Some(output) = self.next().await {
            each(output)?;
            outputs = outputs.wrapping_add(1);
            if outputs % OUTPUTS_BETWEEN_YIELDS == 0 {
                yield_now().await;
            }
        }
        Ok(())
    }
}

impl<F, S> Unpin for FutureSet<F, S> {} // futures stand elsewhere, and are pinned there

// After a panic a set is as it should be; its futures may not be.
impl<F: UnwindSafe, S> UnwindSafe for FutureSet<F, S> {}
impl<F, S> RefUnwindSafe for FutureSet<F, S> {}

impl<F, S> fmt::Debug for FutureSet<F, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = formatter.debug_struct("FutureSet");
        set.field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
