//! Bounded sets of futures that poll only futures that were woken (feature `task`).
//!
//! A [`FutureSet`] runs a bounded number of futures inside one task, in any executor.
//!
//! | I want to | call |
//! | --- | --- |
//! | get outputs as they become ready | [`FutureSet::next`], or use the set as a `Stream` |
//! | add a future as soon as there is room | [`FutureSet::vacancy`] |
//! | wait for all | [`FutureSet::drain`] |
//! | do without the heap for the futures | [`FutureSet::in_place`], [`StackSlots`] |
//!
//! # Coming from other crates
//!
//! | `FuturesUnordered` | `FuturesUnorderedBounded` | slotpoller | tokio's `JoinSet` | here |
//! | --- | --- | --- | --- | --- |
//! | | | `SlotPoller`, `HeapSlots`, `StackSlots` | | [`FutureSet::with_capacity`]; [`FutureSet::in_place`], [`StackSlots`] |
//! | `push` | `try_push` | `try_push` | `spawn` | [`FutureSet::try_push`], which returns a key |
//! | `next` | `next` | `next_completion` | `join_next` | [`FutureSet::next`], [`next_with_key`](FutureSet::next_with_key) |
//! | | | `next_vacancy` | | [`FutureSet::vacancy`] |
//! | | | `drain`, `try_drain` | `join_all` | [`FutureSet::drain`], [`try_drain`](FutureSet::try_drain) |
//! | `clear` | | | `abort_all` | [`FutureSet::clear`], [`remove`](FutureSet::remove) |
//! | `iter_pin_mut` | | | | [`FutureSet::keys`], [`get_pin_mut`](FutureSet::get_pin_mut) |

#[allow(unsafe_code, reason = "the third module that may, behind a safe interface")]
mod raw;

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

use self::raw::RawSet;
pub use self::{
    full::Full,
    keys::Keys,
    next::{Next, NextWithKey},
    raw::{InPlace, OnHeap, StackSlots},
    vacancy::{Vacancy, VacancyFuture},
};
use crate::task::yield_now;

/// A drain yields after this number of outputs in one poll, so that other tasks run.
const OUTPUTS_BETWEEN_YIELDS: usize = 256;

/// Holds a bounded number of futures, polls those that were woken, and returns each output as it becomes ready.
///
/// All memory is allocated when the set is made: at most 10 bytes for each future beside the future itself (and its
/// alignment), and 230 for the set. Nothing is allocated afterwards. A set is a [`Stream`](futures_core::Stream), works
/// in every executor, and is `Send` if its futures are.
///
/// | | progress | cost |
/// | --- | --- | --- |
/// | [`try_push`](Self::try_push), [`remove`](Self::remove), [`get_pin_mut`](Self::get_pin_mut) | wait-free | constant; no RMW (atomic read-modify-write) |
/// | waking one of its futures, from any thread | lock-free | one RMW; a second one, seldom more, where none of its 512 neighbours is woken; none inside a poll of the set on the same thread; cloning a waker, and dropping it, is one each |
/// | a poll of the set | lock-free | one RMW for up to 64 futures that were woken, one for up to 512, two to sleep; and their polls |
/// | [`keys`](Self::keys), [`clear`](Self::clear) | wait-free | proportional to the capacity |
///
/// A wake synchronizes with the poll that follows it: that poll sees what the waking thread wrote before the wake. What
/// wakers write for one another needs synchronization of its own.
///
/// # Fairness
///
/// The set polls its futures in rounds. A future that was woken is polled before any other is polled three times: in
/// the rest of this round, or in the next. No future is polled twice within one poll of the set. A poll of the set
/// returns after 64 polls of futures, or 16 of futures that woke themselves, and asks to be polled again. So an
/// executor that gives each of its tasks a budget, such as tokio, can renew it before many futures have been polled in
/// vain.
///
/// # Panics
///
/// A panic of a future's `poll` propagates to the caller that polls the set. The future is dropped first, its slot is
/// free, and the set goes on when it is polled next. The same holds where a future's destructor panics. Where several
/// destructors panic, as in [`clear`](Self::clear), the first panic propagates when all futures are dropped.
///
/// # Deadlocks
///
/// The futures of a set run while the set is polled, and at no other time: while the task that owns the set awaits
/// something else, they wait. A lock that a future of the set holds is not released until the set is polled again:
/// awaiting that lock outside of the set is a deadlock.
///
/// # Wakers
///
/// A waker may be used after its future has ended: at most, the future that has the slot now gets one spurious poll.
/// Such a waker keeps two bytes for each of the set's slots in memory, and 230, and no future. The set keeps the waker
/// with which it was polled last until it is polled again or dropped.
///
/// # Examples
///
/// ```
/// use flagstone::{FutureSet, task::LocalExecutor};
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
    /// If that many futures exceed the address space. (Where the allocator refuses memory, the process aborts, as for a
    /// `Vec`.)
    pub fn with_capacity(capacity: usize) -> Self {
        Self::of(RawSet::on_heap(capacity))
    }
}

impl<'a, F> FutureSet<F, InPlace<'a>> {
    /// Creates a set whose futures are kept in slots that are pinned elsewhere, for instance on the stack. What wakers
    /// need is still allocated: two bytes for each slot, and 230.
    ///
    /// The slots can be used for another set once this set is dropped.
    ///
    /// # Panics
    ///
    /// If that many futures exceed the address space. If an earlier set in the same slots was forgotten with futures in
    /// it, these are dropped first; a panic of a destructor propagates.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{future_set::{FutureSet, StackSlots}, task::LocalExecutor};
    /// use std::pin::pin;
    ///
    /// let slots = pin!(StackSlots::<_, 8>::new());
    /// let mut set = FutureSet::in_place(slots);
    /// set.try_push(async { 1 }).unwrap();
    /// assert_eq!(LocalExecutor::new().block_on(set.next()), Some(1));
    /// ```
    ///
    /// The slots cannot be moved while the set uses them, and no other set can be made in them:
    ///
    /// ```compile_fail,E0499
    /// use flagstone::future_set::{FutureSet, StackSlots};
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
    /// No other future of this set has had this key before, and none gets it soon: a slot has 2<sup>64</sup> keys,
    /// divided by the smallest power of two that is greater than the capacity. (On 32 bits 2<sup>32</sup>, divided in
    /// the same way: of a thousand slots, each has four million keys.)
    ///
    /// Adding a future wakes no task, not even the one that polled the set last.
    ///
    /// # Errors
    ///
    /// [`Full`], with the future, if the set holds as many futures as its capacity.
    #[inline]
    pub fn try_push(&mut self, future: F) -> Result<usize, Full<F>> {
        self.try_insert(future, |future, _| future)
    }

    /// Adds the future that `make` returns, and returns its key. `make` is called with that key.
    ///
    /// # Panics
    ///
    /// If `make` panics: nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Full`], with `make`, if the set holds as many futures as its capacity.
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

    /// Drops the future of this key, and frees its slot. Returns whether the set had it. Dropping a
    /// [join handle](crate::task::JoinHandle) detaches its task.
    ///
    /// # Panics
    ///
    /// If the future's destructor panics: its slot is then free.
    pub fn remove(&mut self, key: usize) -> bool {
        self.set.remove(key)
    }

    /// Returns the future of this key by value, and frees its slot; `None` if the set has no such future.
    #[must_use]
    pub fn take(&mut self, key: usize) -> Option<F>
    where
        F: Unpin,
    {
        self.set.take(key)
    }

    /// Returns a reference to the future of this key, to read or change it; `None` if the set has no such future.
    ///
    /// To have it polled after that, call [`wake`](Self::wake).
    #[must_use]
    pub fn get_pin_mut(&mut self, key: usize) -> Option<Pin<&mut F>> {
        self.set.get(key)
    }

    /// Marks the future of this key as woken, so that the next poll of the set polls it. Returns whether the set has
    /// it.
    pub fn wake(&mut self, key: usize) -> bool {
        self.set.wake(key)
    }

    /// Returns whether the set has a future of this key: it was pushed, has not completed or panicked, and was not
    /// removed.
    #[must_use]
    pub fn contains(&self, key: usize) -> bool {
        self.set.slots().contains(key)
    }

    /// Returns the keys of all futures, in no particular order.
    pub fn keys(&self) -> Keys<'_, F> {
        Keys::of(self.set.slots())
    }

    /// Drops all futures.
    ///
    /// In a set of [join handles](crate::task::JoinHandle) this detaches their tasks: the tasks go on, and their
    /// outputs are dropped. To end them, [cancel](crate::task::JoinHandle::cancel) each handle first.
    ///
    /// # Panics
    ///
    /// If a destructor panics: with the first panic, after all futures are dropped.
    pub fn clear(&mut self) {
        self.set.clear();
    }

    /// Returns the number of futures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.slots().len()
    }

    /// Returns whether the set holds no future.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether the set holds as many futures as its capacity.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// Returns the largest number of futures that the set can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.set.slots().capacity()
    }
}

impl<F: Future, S> FutureSet<F, S> {
    /// Polls the futures that were woken, until one is ready, and returns its key and its output. Returns `None` if the
    /// set is empty.
    ///
    /// # Panics
    ///
    /// If one of the futures panics.
    #[inline]
    pub fn poll_next_with_key(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        self.set.poll(context)
    }

    /// Waits for all futures, and calls `each` with every output as it becomes ready. It yields to other tasks after
    /// 256 outputs.
    ///
    /// If this is dropped before it is ready, the remaining futures stay in the set.
    ///
    /// # Panics
    ///
    /// If `each` or one of the futures panics: the other futures stay in the set.
    pub async fn drain(&mut self, mut each: impl FnMut(F::Output)) {
        let drained = self.try_drain(|output| {
            each(output);
            Ok::<(), Infallible>(())
        });
        match drained.await {
            Ok(()) => (),
        }
    }

    /// Waits for all futures, and calls `each` with every output as it becomes ready, until `each` returns an error.
    ///
    /// # Panics
    ///
    /// As [`drain`](Self::drain).
    ///
    /// # Errors
    ///
    /// The first error that `each` returns. The remaining futures stay in the set.
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

impl<F, S> Unpin for FutureSet<F, S> {} // the futures are stored elsewhere, and are pinned there

// After a panic the set is consistent; its futures may not be.
impl<F: UnwindSafe, S> UnwindSafe for FutureSet<F, S> {}
impl<F, S> RefUnwindSafe for FutureSet<F, S> {}

impl<F, S> fmt::Debug for FutureSet<F, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = formatter.debug_struct("FutureSet");
        set.field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
