//! The future of `block_on` or `run_until`, as a task. Its slot holds a header and the place of its driver, for its
//! wakers; the future is in the caller's frame, and only the caller polls it.

use core::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    ptr,
    task::{Context, Poll, Waker},
};

use super::{driver_place::DriverPlace, owner::Owner};
use crate::{
    sync::Ordering,
    task::{
        raw::{
            core::{
                header::{Header, TaskPointer, Vtable},
                reference::unowned_waker,
                run::{Token, rest, settle},
                slot::TaskSlot,
                state::{Cancelled, Rested, Snapshot},
                system::System,
            },
            local::Local,
            quietly,
        },
        storage::Storage,
    },
};

/// After this number of polls, the root has a turn.
const POLLS_BETWEEN_TURNS: usize = 64;

/// Inside another executor, a call returns after at most, and at least, this number of polls.
const MOST_POLLS_INSIDE: usize = 256;
const LEAST_POLLS_INSIDE: usize = 4;
/// After this number of polls without many wakes between calls, a call may poll more again.
const POLLS_WITHOUT_WAKES: usize = 1024;

/// Returns the value of a root's link while the poller holds the root's token. The root is in no queue then.
fn ready() -> *mut Header {
    ptr::without_provenance_mut(1)
}

/// The future of `block_on` or `run_until`.
pub(crate) struct Root<M: Storage> {
    owner: Owner<M>,
    task: TaskPointer,
    inside: Cell<Inside>,
}

/// The outcome of the last calls of [`Root::poll_inside`].
#[derive(Clone, Copy)]
struct Inside {
    /// How many polls the next call may take.
    budget: usize,
    /// How many tasks were polled, and how many were woken on this thread between calls, since the budget was changed.
    polled: usize,
    woken: usize,
    /// How many had been woken on this thread, in calls or between, when the last call returned.
    seen: usize,
}

/// The vtable of a root among tasks: it can only be woken.
struct RootTyped<M>(PhantomData<fn(M)>);

impl<M: Storage> RootTyped<M> {
    const VTABLE: Vtable = Vtable {
        poll: |_, _| unreachable!("a root is polled by the caller of `block_on`"),
        fail: |_, _| {},
        take_output: |_, _| unreachable!("a root has no join handle"),
        drop_output: |_| {},
        closes: false,
        close: |_| {},
        name: |_| None,
        type_name: || "block_on",
        size: 0,
        is_root: true,
        is_counted: false,
        submit: Self::submit,
        remove: System::<Local, M>::remove_uncounted,
        finish: System::<Local, M>::finish,
        see: System::<Local, M>::see,
    };

    /// Returns the place of a root's driver.
    ///
    /// # Safety
    ///
    /// The task is a root of this storage, and the caller has a right to it while the result is used (K4).
    #[inline(always)]
    unsafe fn driver<'a>(task: TaskPointer) -> &'a DriverPlace {
        const { assert!(size_of::<M::Room>() >= size_of::<DriverPlace>()) };
        // SAFETY: the slot is of this storage.
        let room = unsafe { TaskSlot::<M::Room>::room(task) };
        // SAFETY: `Root::new` has put a place there, which is not moved while the slot is the root's.
        unsafe { &*room.cast::<DriverPlace>() }
    }

    /// Submits a root, as [`Submit::submit`](crate::task::raw::core::Submit::submit) does. If drivers are woken, this
    /// root's is one of them, if it sleeps.
    ///
    /// # Safety
    ///
    /// As of [`Submit::submit`](crate::task::raw::core::Submit::submit); the task is a root of this storage.
    unsafe fn submit(task: TaskPointer) {
        // SAFETY: the caller has a right to the task.
        let core = unsafe { System::<Local, M>::core_of(task) };
        // SAFETY: the caller has a right to the task during the call, so the core lives (K6).
        let core = unsafe { core.as_ref() };
        let local = &core.scheduler;
        // SAFETY: as of this function.
        let driver = Some(unsafe { Self::driver(task) });
        if core.is_owner() {
            // SAFETY: the caller gives the token away, and this is the owner's thread.
            unsafe { local.push_own(task, true, driver) };
        } else {
            // SAFETY: the caller gives the token away, and has a right to the task besides.
            unsafe { local.push_as_other(task, driver) };
        }
    }
}

impl<M: Storage> Root<M> {
    /// # Panics
    ///
    /// If there is no memory for its slot.
    pub(crate) fn new(owner: &Owner<M>, location: &'static Location<'static>) -> Self {
        let place = owner.core().reserve_uncounted().expect("flagstone: `block_on` failed: no memory for its slot");
        let core = owner.core();
        let site = core.site(&RootTyped::<M>::VTABLE, location, "root");
        let room = TaskSlot::<M::Room>::room_of(place.value()).cast::<DriverPlace>();
        // SAFETY: the slot is reserved, and its room is large and aligned enough for a pointer.
        unsafe { room.write(DriverPlace::awake()) };
        // SAFETY: the place is of this core; what the root's vtable expects was put in the room.
        let task = unsafe { core.publish(place, Snapshot::new(false), site, core.now()) };
        let inside = Inside { budget: MOST_POLLS_INSIDE, polled: 0, woken: 0, seen: owner.counts().woken_inside };
        let root = Self { owner: owner.clone(), task, inside: Cell::new(inside) };
        root.set_ready(true);
        root
    }

    fn header(&self) -> &Header {
        // SAFETY: the root is ended by its destructor only, so its slot is not freed before.
        unsafe { self.task.header() }
    }

    fn driver(&self) -> &DriverPlace {
        // SAFETY: as above; it is a root of this storage.
        unsafe { RootTyped::<M>::driver(self.task) }
    }

    /// Returns whether the root's token is here.
    #[inline(always)]
    fn is_ready(&self) -> bool {
        // Ordering: Relaxed, here and below - the mark is the owner's thread's own.
        self.header().next.load(Ordering::Relaxed) == ready()
    }

    fn set_ready(&self, is_ready: bool) {
        self.header().next.store(if is_ready { ready() } else { ptr::null_mut() }, Ordering::Relaxed);
    }

    /// Does the same as [`poll`](Self::poll), inside another executor: with a budget that follows the outcome of the
    /// last calls.
    ///
    /// Another executor, such as tokio, may grant its task a budget for each poll, which everything that is polled here
    /// uses up together. Once it is used up, each task is polled in vain, and is woken after this call. So if most of
    /// the tasks that some calls have polled were woken on this thread between calls, the next call polls fewer.
    pub(crate) fn poll_inside<F: Future>(&self, future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        let before = self.owner.counts();
        let mut inside = self.inside.get();
        inside.woken += before.woken_inside.wrapping_sub(inside.seen);
        if inside.woken > inside.polled / 2 {
            inside = Inside { budget: LEAST_POLLS_INSIDE.max(inside.budget / 4), polled: 0, woken: 0, ..inside };
        } else if inside.polled > POLLS_WITHOUT_WAKES {
            inside = Inside { budget: MOST_POLLS_INSIDE.min(inside.budget * 2), polled: 0, woken: 0, ..inside };
        }
        let result = self.poll_within::<true, F>(future, context, inside.budget);
        let after = self.owner.counts();
        let polled = inside.polled + after.polled.wrapping_sub(before.polled);
        self.inside.set(Inside { polled, seen: after.woken_inside, ..inside });
        result
    }

    /// Polls the root's future when it was woken, and tasks meanwhile, until there is nothing to do.
    pub(crate) fn poll<F: Future>(&self, future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_within::<false, F>(future, context, usize::MAX)
    }

    /// Does the same as [`poll`](Self::poll). If it is `LIMITED`, it polls at most `budget` tasks.
    #[inline(always)]
    fn poll_within<const LIMITED: bool, F: Future>(
        &self,
        mut future: Pin<&mut F>,
        context: &mut Context<'_>,
        budget: usize,
    ) -> Poll<F::Output> {
        let driving = self.owner.drive();
        // The driver is awake, and need not be woken.
        let mut left = self.wake_up();
        let mut polls = 0_usize;
        loop {
            if self.is_ready() {
                polls = polls.saturating_add(1);
                if let Poll::Ready(output) = self.poll_future(future.as_mut()) {
                    return Poll::Ready(output);
                }
            }
            let turn =
                if LIMITED { POLLS_BETWEEN_TURNS.min(budget.saturating_sub(polls)) } else { POLLS_BETWEEN_TURNS };
            let ran = self.owner.run(turn);
            polls = polls.saturating_add(ran);
            if LIMITED && polls >= budget {
                // Other tasks of the outer executor have a turn. If this root is not polled any more, other drivers
                // continue: the drop of `driving` makes sure of that.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if ran == turn || self.is_ready() {
                continue;
            }
            let waker = match left.take() {
                Some(left) if left.will_wake(context.waker()) => left,
                _ => context.waker().clone(),
            };
            self.sleep(driving.circle(), waker);
            if self.owner.fall_asleep() {
                return Poll::Pending;
            }
            left = self.wake_up();
            if left.is_none() {
                // A push has woken the driver meanwhile, so it is polled again.
                return Poll::Pending;
            }
        }
    }

    /// Leaves the driver's waker among the sleepers.
    fn sleep(&self, circle: usize, waker: Waker) {
        let local = self.owner.local();
        local.make_room_to_sleep();
        local.sleepers(|sleepers| {
            let place = sleepers.insert(circle, waker);
            // SAFETY: this is the owner, and the sleepers are locked.
            unsafe { self.driver().set(Some(place)) };
        });
        self.owner.mine(|mine| mine.sleepers += 1);
    }

    /// Returns whether the driver has a place among the sleepers: it sleeps, or was woken and not yet polled.
    #[inline(always)]
    fn has_slept(&self) -> bool {
        // SAFETY: this is the owner.
        unsafe { self.driver().get() }.is_some()
    }

    /// Ends the driver's sleep. Returns its waker, unless that was woken, or there is none.
    #[inline(always)]
    fn wake_up(&self) -> Option<Waker> {
        // SAFETY: this is the owner.
        let place = unsafe { self.driver().get() }?;
        self.owner.mine(|mine| mine.sleepers -= 1);
        self.owner.local().sleepers(|sleepers| {
            // SAFETY: this is the owner, and the sleepers are locked.
            unsafe { self.driver().set(None) };
            sleepers.remove(place)
        })
    }

    fn poll_future<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let header = self.header();
        let seen = header.state.begin_poll();
        header.begin_poll();
        // SAFETY: as in `header`, and the waker is used in this call only.
        let waker = unsafe { unowned_waker(self.task) };
        // User code, which may panic: then the token stays here, and the destructor ends the root.
        let polled = future.poll(&mut Context::from_waker(&waker));
        header.end_poll();
        if polled.is_pending() {
            // The mark is cleared before the token is given up: from then on another thread may write the link.
            self.set_ready(false);
            if rest(header, seen) == Rested::Submit {
                // Behind all tasks that are ready, which are polled first.
                // SAFETY: the token is kept, and given away.
                self.owner.mine(|mine| unsafe { mine.ready.push(self.task) });
            }
        }
        polled
    }
}

impl<M: Storage> Owner<M> {
    /// Keeps the token of a root that was woken, for the root's poller. If the root was dropped meanwhile, it ends
    /// here.
    #[inline(always)]
    pub(in crate::task::raw) fn root_is_ready(&self, token: Token) {
        let task = token.into_pointer();
        // SAFETY: the token is a right to the root.
        let header = unsafe { task.header() };
        if header.state.peek().is_cancelled() {
            self.mine(|mine| mine.roots_left -= 1);
            // SAFETY: the root was dropped while its token was in a queue, so it ends with the token.
            unsafe { settle(task) };
            return;
        }
        // Ordering: Relaxed - the mark is the owner's thread's own.
        header.next.store(ready(), Ordering::Relaxed);
        // SAFETY: it is a root of this storage, and its token is here.
        let driver = unsafe { RootTyped::<M>::driver(task) };
        // SAFETY: this is the owner.
        if let Some(place) = unsafe { driver.get() } {
            self.wake_driver(place);
        }
    }

    /// Wakes the driver of a root that is ready: another driver has run what woke the root.
    #[cold]
    fn wake_driver(&self, place: usize) {
        if let Some(waker) = self.local().sleepers(|sleepers| sleepers.take(place)) {
            quietly::wake(waker);
        }
    }
}

impl<M: Storage> Drop for Root<M> {
    fn drop(&mut self) {
        let has_slept = self.has_slept();
        let left = self.wake_up();
        let has_token = self.is_ready() || self.header().state.cancel() == Cancelled::Submit;
        if has_token {
            // SAFETY: the token is the right to end it.
            unsafe { settle(self.task) };
        }
        // Otherwise its token is in a queue, and the root ends when the token is taken out: `root_is_ready`, or
        // `close`.
        if !has_token {
            self.owner.mine(|mine| mine.roots_left += 1);
        }

        if has_slept && left.is_none() {
            // The driver was woken to drive, and does not. So another driver must.
            self.owner.pass_on();
        }
        // User code, which may panic.
        drop(left);
    }
}
