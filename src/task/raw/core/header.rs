//! The header of every task: 56 bytes on 64 bits, besides the slot's lifecycle word.

use core::{
    panic::Location,
    ptr::{self, NonNull},
    task::Context,
};

use super::{join_waker::JoinWaker, outcome::Failure, seen::Show, state::StateCell};
use crate::{
    raw::LifecycleCell,
    sync::{AtomicPtr, AtomicU32, Ordering, cell::UnsafeCell},
};

/// The data of every task beside its future. The first part of the value in a slot.
///
/// Its alignment is that of any type without an explicit larger one, also on 32 bits; so the room behind it has that
/// alignment too.
#[repr(C, align(8))]
pub(crate) struct Header {
    pub(in crate::task::raw) state: StateCell,
    /// When it was spawned, in 64ths of a second since the core was made.
    pub(in crate::task::raw) born: u32,
    /// Polls so far, doubled, and one more while a poll is in progress. Written by the holder of the token.
    polls: AtomicU32,
    /// Wakes before those that `state` counts. Written by the holder of the token.
    wakes: AtomicU32,
    /// The next task in the same queue. Written by the holder of the token; after the task's end, by the thread that
    /// removes it.
    pub(in crate::task::raw) next: AtomicPtr<Header>,
    pub(in crate::task::raw) site: NonNull<Site>,
    pub(in crate::task::raw) key: usize,
    /// The state says which side may touch it, by [`super::state::Joining`] and [`super::state::Heir`].
    pub(in crate::task::raw) join_waker: JoinWaker,
    /// For `loom`, which cannot see the room: written with each access to the future or the output.
    pub(in crate::task::raw) room_access: UnsafeCell<()>,
    /// `loom`'s cells move the value away from the word.
    #[cfg(flagstone_loom)]
    pub(in crate::task::raw) lifecycle: NonNull<LifecycleCell>,
}

#[cfg(all(target_pointer_width = "64", not(flagstone_loom)))]
const _: () = assert!(size_of::<Header>() == 56, "64 bytes beside the future, with the lifecycle word");

/// What all tasks of one type, spawned at one place in one executor, have in common.
pub(in crate::task::raw) struct Site {
    pub(in crate::task::raw) vtable: &'static Vtable,
    pub(in crate::task::raw) location: &'static Location<'static>,
    pub(in crate::task::raw) kind: &'static str,
    /// The [`Core`](crate::task::raw::Core), whose type the vtable knows.
    pub(in crate::task::raw) core: NonNull<()>,
    /// Its number.
    pub(in crate::task::raw) executor: usize,
    pub(in crate::task::raw) next: *const Site,
    /// Read with each access to a site, for `loom`, which cannot see the other fields.
    #[cfg(flagstone_loom)]
    pub(in crate::task::raw) seen: UnsafeCell<()>,
}

/// The operations on a task that depend on the types of its future and its executor.
pub(in crate::task::raw) struct Vtable {
    /// Polls the future. If it is ready, or panics, the future is dropped and its output put in place; returns `true`.
    /// No panic propagates.
    pub(in crate::task::raw) poll: unsafe fn(TaskPointer, &mut Context<'_>) -> bool,
    /// Drops the future and puts a failure in the output's place. No panic propagates.
    pub(in crate::task::raw) fail: unsafe fn(TaskPointer, Failure),
    /// Moves the output out, to an `Outcome` of its type.
    pub(in crate::task::raw) take_output: unsafe fn(TaskPointer, *mut ()),
    /// Drops the output. No panic propagates.
    pub(in crate::task::raw) drop_output: unsafe fn(TaskPointer),
    /// Whether `close` has anything to do.
    pub(in crate::task::raw) closes: bool,
    /// Frees what the slot still keeps after future and output were dropped: name and box.
    pub(in crate::task::raw) close: unsafe fn(TaskPointer),
    pub(in crate::task::raw) name: unsafe fn(TaskPointer) -> Option<NonNull<str>>,
    pub(in crate::task::raw) type_name: fn() -> &'static str,
    pub(in crate::task::raw) size: usize,
    /// Whether it is the future of `block_on`, which is stored elsewhere.
    pub(in crate::task::raw) is_root: bool,
    /// Whether the population counts it. Else its slot has a count of the core's `Arc`.
    pub(in crate::task::raw) is_counted: bool,
    /// Gives the token to the scheduler.
    pub(in crate::task::raw) submit: unsafe fn(TaskPointer),
    /// Removes the entry: the slot is freed as soon as no reference is counted.
    pub(in crate::task::raw) remove: unsafe fn(TaskPointer),
    /// Frees the slot of a removed entry whose last reference was released.
    pub(in crate::task::raw) finish: unsafe fn(TaskPointer),
    /// Shows the task.
    pub(in crate::task::raw) see: unsafe fn(TaskPointer, &mut Show<'_>),
}

/// The address of a task, with the provenance of its page: all other pointers to the task derive from it. The state,
/// and the caller's rights (K1 to K4), say what may be done with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskPointer(NonNull<Header>);

impl Header {
    /// The distance from the slot's lifecycle word to the header.
    #[cfg(not(flagstone_loom))]
    pub(in crate::task::raw) const BEHIND_WORD: usize = size_of::<LifecycleCell>().next_multiple_of(align_of::<Self>());

    pub(in crate::task::raw) fn new(
        state: StateCell,
        born: u32,
        site: NonNull<Site>,
        key: usize,
        #[cfg_attr(not(flagstone_loom), expect(unused_variables, reason = "it is found by distance"))]
        lifecycle: NonNull<LifecycleCell>,
    ) -> Self {
        Self {
            state,
            born,
            polls: AtomicU32::new(0),
            wakes: AtomicU32::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            site,
            key,
            join_waker: JoinWaker::empty(),
            room_access: UnsafeCell::new(()),
            #[cfg(flagstone_loom)]
            lifecycle,
        }
    }

    /// Returns the site of its spawn.
    #[inline(always)]
    pub(in crate::task::raw) fn site(&self) -> &Site {
        // SAFETY: sites live as long as their core, and the core as long as its tasks (K6).
        unsafe { self.site.as_ref() }
    }

    /// Counts a poll, which begins now. Called by the holder of the token.
    #[inline(always)]
    pub(in crate::task::raw) fn begin_poll(&self) {
        // Ordering: Relaxed - a number to show; one thread at a time writes it.
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(if polls >= u32::MAX - 1 { u32::MAX } else { polls + 3 }, Ordering::Relaxed);
    }

    /// Records that the poll has ended. Called by the holder of the token.
    #[inline(always)]
    pub(in crate::task::raw) fn end_poll(&self) {
        // Ordering: Relaxed - a number to show.
        let polls = self.polls.load(Ordering::Relaxed);
        self.polls.store(polls & !1, Ordering::Relaxed);
    }

    /// Returns the number of polls, and whether a poll is in progress.
    pub(in crate::task::raw) fn polls(&self) -> (u32, bool) {
        // Ordering: Relaxed - a number to show.
        let polls = self.polls.load(Ordering::Relaxed);
        (polls >> 1, polls & 1 == 1)
    }

    /// Counts wakes that the state will no longer count. The number stops at its maximum. Called by the holder of the
    /// token.
    #[inline(always)]
    pub(in crate::task::raw) fn count_wakes(&self, wakes: u32) {
        // Ordering: Relaxed - as in `begin_poll`.
        let before = self.wakes.load(Ordering::Relaxed);
        self.wakes.store(before.saturating_add(wakes), Ordering::Relaxed);
    }

    /// Undoes [`count_wakes`](Self::count_wakes).
    #[cold]
    pub(in crate::task::raw) fn uncount_wakes(&self, wakes: u32) {
        // Ordering: Relaxed - as in `begin_poll`.
        let before = self.wakes.load(Ordering::Relaxed);
        self.wakes.store(before.saturating_sub(wakes), Ordering::Relaxed);
    }

    pub(in crate::task::raw) fn wakes(&self) -> u32 {
        // Ordering: Relaxed - a number to show.
        self.wakes.load(Ordering::Relaxed)
    }
}

impl TaskPointer {
    #[inline(always)]
    pub(in crate::task::raw) fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }

    #[inline(always)]
    pub(in crate::task::raw) fn as_ptr(self) -> *mut Header {
        self.0.as_ptr()
    }

    /// # Safety
    ///
    /// The caller has a right to the task, by which its slot is not freed before the reference's last use (K4).
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: the header was written before any thread got the pointer, and stays there until the slot is freed.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    ///
    /// As of [`Self::header`].
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn lifecycle<'a>(self) -> &'a LifecycleCell {
        #[cfg(flagstone_loom)]
        // SAFETY: as of this function.
        let lifecycle = unsafe { self.header() }.lifecycle;
        #[cfg(not(flagstone_loom))]
        // SAFETY: the word lies right before the value (`slot.rs` compares), in the same page.
        let lifecycle = unsafe { self.0.byte_sub(Header::BEHIND_WORD) }.cast();
        // SAFETY: words live as long as their page, which the right keeps (K6).
        unsafe { lifecycle.as_ref() }
    }

    /// # Safety
    ///
    /// As of [`Self::header`].
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn vtable(self) -> &'static Vtable {
        // SAFETY: as of this function.
        unsafe { self.header() }.site().vtable
    }
}
