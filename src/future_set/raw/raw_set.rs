//! A set of futures that polls only futures that were woken. Used by its owner alone.

use core::{
    future::Future,
    marker::PhantomData,
    mem::ManuallyDrop,
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::Arc;

use super::{
    future_slots::FutureSlots,
    leaf_waker::{Polling, unowned_waker},
    ready_tree::{Marked, Place, ReadyTree},
    rounds::Rounds,
    stack_slots::StackSlots,
};
use crate::raw::FirstPanic;

/// The largest cost of the polls of one call, before the set asks to be polled again. It is less than the 128 that
/// tokio grants a task: once that is used up, futures wait for another poll of the task, and all polls until then are
/// in vain.
const BUDGET: usize = 64;
/// The extra cost of a poll during which the future woke itself: it may have found such a budget used up.
const COST_OF_SELF_WAKE: usize = 3;

/// The largest number of marks of removed futures that a call skips.
const MOST_GONE: usize = 4096;

/// Futures, and which of them must be polled.
pub(crate) struct RawSet<F, S> {
    slots: FutureSlots<F>,
    /// Whether the slots are the set's own.
    on_heap: bool,
    tree: Arc<ReadyTree>,
    rounds: Rounds,
    /// Whether a poll has returned `None`, and nothing was added since.
    terminated: bool,
    _home: PhantomData<S>,
}

/// Marks a [`FutureSet`](crate::FutureSet) that owns its slots, on the heap.
#[derive(Clone, Copy, Debug)]
pub struct OnHeap(());

/// Marks a [`FutureSet`](crate::FutureSet) that borrows its slots: pinned [`StackSlots`].
#[derive(Debug)]
pub struct InPlace<'a>(PhantomData<&'a mut ()>);

/// Why a call ends without an output.
enum Stop {
    /// There is nothing to poll, and the owner's waker is in its place.
    Sleep,
    /// There is something to poll, or may be.
    PollAgain,
}

impl<F> RawSet<F, OnHeap> {
    /// Creates a set whose slots are on the heap. `None` if a set cannot be that large.
    pub(crate) fn on_heap(capacity: usize) -> Option<Self> {
        // First, so that no tree is allocated in vain.
        FutureSlots::<F>::layout(capacity)?;
        let tree = ReadyTree::new(capacity)?;
        Some(Self::of(FutureSlots::on_heap(capacity), true, tree))
    }
}

impl<'a, F> RawSet<F, InPlace<'a>> {
    /// Creates a set whose slots the caller has pinned. `None` if a set cannot be that large.
    pub(crate) fn in_place<const N: usize>(slots: Pin<&'a mut StackSlots<F, N>>) -> Option<Self> {
        let tree = ReadyTree::new(N)?;
        // SAFETY: the set's lifetime is that of the borrow.
        let slots = unsafe { StackSlots::list(slots) };
        Some(Self::of(slots, false, tree))
    }
}

impl<F, S> RawSet<F, S> {
    fn of(slots: FutureSlots<F>, on_heap: bool, tree: Arc<ReadyTree>) -> Self {
        let rounds = Rounds::new(tree.leaves());
        Self { slots, on_heap, tree, rounds, terminated: false, _home: PhantomData }
    }

    pub(crate) fn slots(&self) -> &FutureSlots<F> {
        &self.slots
    }

    /// Returns whether a poll has returned `None`, and nothing was added since.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated
    }

    /// Returns the future of an entry.
    pub(crate) fn get(&mut self, key: usize) -> Option<Pin<&mut F>> {
        self.slots.get(key)
    }

    /// Stores the future that `make` makes of its key, to be polled. `None` if there is no room.
    #[inline(always)]
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(usize) -> F) -> Option<usize> {
        let key = self.slots.insert_with(make)?;
        self.terminated = false;
        // SAFETY: there is a slot of that index, and the owner is borrowed.
        unsafe { self.tree.mark_own(self.slots.index(key)) };
        Some(key)
    }

    /// Marks an entry as woken, so that it is polled. Returns whether there is one.
    pub(crate) fn wake(&mut self, key: usize) -> bool {
        let is_there = self.slots.contains(key);
        if is_there {
            // SAFETY: there is a slot of that index, and the owner is borrowed.
            unsafe { self.tree.mark_own(self.slots.index(key)) };
        }
        is_there
    }

    /// Ends an entry, and drops its future. Returns whether there was one.
    pub(crate) fn remove(&mut self, key: usize) -> bool {
        let mut panic = FirstPanic::default();
        let was_there = self.slots.drop_entry(key, &mut panic);
        panic.resume();
        was_there
    }

    /// Ends an entry, and returns its future.
    pub(crate) fn take(&mut self, key: usize) -> Option<F>
    where
        F: Unpin,
    {
        self.slots.take(key)
    }

    /// Drops all futures. Of several panics the first propagates, when all futures are dropped.
    pub(crate) fn clear(&mut self) {
        let mut panic = FirstPanic::default();
        self.slots.clear(&mut panic);
        panic.resume();
    }
}

impl<F: Future, S> RawSet<F, S> {
    /// Polls the futures that were woken, each at most once, until one is ready. Returns its key and output, or `None`
    /// if the set is empty.
    #[inline]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        if self.slots.len() == 0 {
            self.terminated = true;
            return Poll::Ready(None);
        }
        let polling = Polling::begin(&self.tree);
        // SAFETY: the owner is borrowed.
        unsafe { self.tree.wake_up() };
        let polled = self.poll_woken(context);
        drop(polling);
        match polled {
            Ok(output) => Poll::Ready(Some(output)),
            Err(Stop::Sleep) => Poll::Pending,
            Err(Stop::PollAgain) => {
                // After the end of `polling`, since this set may be in a future of another set, which this thread polls
                // too.
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    #[inline(always)]
    fn poll_woken(&mut self, context: &mut Context<'_>) -> Result<(usize, F::Output), Stop> {
        self.rounds.begin_call();
        let (mut left, mut gone_left) = (BUDGET, MOST_GONE);
        loop {
            // SAFETY: the owner is borrowed, and has one tree.
            let (index, is_lone) = match unsafe { self.rounds.next(&self.tree) } {
                Some(index) => (index, false),
                // SAFETY: the owner is borrowed and awake, and the round is over.
                None => match unsafe { self.tree.take_top() } {
                    Marked::Lone(index) => (index, true),
                    Marked::Top(bits) => {
                        self.rounds.begin(&self.tree, bits);
                        continue;
                    }
                    Marked::Nothing => {
                        // SAFETY: the owner is borrowed and awake, and nothing is left of what was taken.
                        let sleeps = unsafe { self.tree.fall_asleep(context.waker()) };
                        return Err(if sleeps { Stop::Sleep } else { Stop::PollAgain });
                    }
                },
            };
            let Some(key) = self.slots.key_at(index) else {
                // The future was woken and has been removed since. That costs no poll.
                if gone_left == 0 {
                    return Err(self.leave_for_next_call(index, is_lone));
                }
                gone_left -= 1;
                // SAFETY: there is a slot of that index.
                let place = unsafe { self.tree.place(index) };
                self.follow(place, is_lone);
                continue;
            };
            let is_new = if is_lone { left != 0 && self.rounds.note(index) } else { self.rounds.is_new() };
            if left == 0 || !is_new {
                return Err(self.leave_for_next_call(index, is_lone));
            }
            // SAFETY: there is a slot of that index.
            let place = unsafe { self.tree.place(index) };
            self.follow(place, is_lone);
            let mut cost = 1;
            // SAFETY: the entry is there.
            if let Poll::Ready(output) = unsafe { self.poll_entry(key, index, place) } {
                return Ok((key, output));
            }
            // SAFETY: the owner is borrowed.
            if unsafe { self.tree.is_marked_own(place) } {
                cost += COST_OF_SELF_WAKE;
            }
            left = usize::saturating_sub(left, cost);
        }
    }

    /// Removes the future that was found from the round, since it is polled or skipped.
    #[inline(always)]
    fn follow(&mut self, place: Place, is_lone: bool) {
        if is_lone {
            return; // it was on no word, and has no other mark
        }
        self.rounds.follow();
        // If a neighbour has woken it since its word was taken, one poll serves both wakes.
        // SAFETY: the owner is borrowed.
        unsafe { self.tree.unmark_own(place) };
    }

    /// Leaves the future that was found to the next call.
    #[cold]
    fn leave_for_next_call(&self, index: usize, is_lone: bool) -> Stop {
        // A future of the round stays in the round. A lone one must be marked again.
        if is_lone {
            // SAFETY: there is a slot of that index, and the owner is borrowed.
            unsafe { self.tree.mark_own(index) };
        }
        Stop::PollAgain
    }

    /// Polls an entry, and ends it if it is ready or panics.
    ///
    /// # Safety
    ///
    /// The entry is there, and its index and place are these.
    #[inline(always)]
    unsafe fn poll_entry(&mut self, key: usize, index: usize, place: Place) -> Poll<F::Output> {
        // SAFETY: the tree is the set's.
        let waker = unsafe { unowned_waker(place.name) };
        let entry = EndOnPanic { slots: &mut self.slots, key };
        // SAFETY: as of this function.
        let future = unsafe { entry.slots.get_unchecked(index) };
        let polled = future.poll(&mut Context::from_waker(&waker));
        let EndOnPanic { slots, .. } = &mut *ManuallyDrop::new(entry);
        let output = match polled {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(output) => output,
        };
        let mut panic = FirstPanic::default();
        slots.drop_entry(key, &mut panic);
        if panic.has_happened() {
            // The output is dropped, as the future's destructor has panicked.
            panic.catch(|| drop(output));
            panic.resume();
            unreachable!("the panic was resumed")
        }
        Poll::Ready(output)
    }
}

/// Ends an entry whose poll panics.
struct EndOnPanic<'a, F> {
    slots: &'a mut FutureSlots<F>,
    key: usize,
}

impl<F> Drop for EndOnPanic<'_, F> {
    #[cold]
    fn drop(&mut self) {
        let mut panic = FirstPanic::default();
        self.slots.drop_entry(self.key, &mut panic);
        // The panic of the poll propagates.
        panic.forget();
    }
}

impl<F, S> Drop for RawSet<F, S> {
    fn drop(&mut self) {
        let mut panic = FirstPanic::default();
        self.slots.clear(&mut panic);
        // SAFETY: the owner ends.
        let outer = unsafe { self.tree.end() };
        // User code.
        panic.catch(|| drop(outer));
        if self.on_heap {
            // SAFETY: the slots are from `on_heap`, and empty.
            unsafe { self.slots.free_heap() };
        }
        panic.resume_from_destructor();
    }
}
