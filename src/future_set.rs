//! Bounded sets of futures that poll only futures that were woken (feature `task`).
//!
//! A [`FutureSet`] runs a bounded number of futures inside one task, in any executor.
//!
//! | I want to | call |
//! | --- | --- |
//! | get outputs as they become ready | [`FutureSet::next`], or use the set as a `Stream` |
//! | add a future as soon as there is room | [`FutureSet::vacancy`] |
//! | wait for all | [`FutureSet::drain`] |
//! | run a future for each item, and no more | [`for_each_concurrent`], [`try_for_each_concurrent`] |
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

// The methods, in reading order.
mod make;

mod push;

mod next;
mod vacancy;

mod drain;

mod by_key;

mod stream;

mod for_each;

use core::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use self::raw::RawSet;
pub use self::{
    for_each::{for_each_concurrent, try_for_each_concurrent},
    full::Full,
    keys::Keys,
    next::{Next, NextWithKey},
    raw::{InPlace, OnHeap, StackSlots},
    vacancy::{Vacancy, VacancyFuture},
};

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
