//! The future of `block_on` or `run_until`, as a task: its slot holds a header alone, for its wakers; the future stands in
//! the caller's frame, and only he polls it.

use core::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    ptr,
    task::{Context, Poll, Waker},
};

use super::{
    core::Submit,
    header::{Header, TaskPointer, Vtable},
    local::Local,
    owner::Owner,
    quietly,
    reference::unowned_waker,
    run::{Token, rest, settle},
    state::{Cancelled, Rested, Snapshot},
    system::System,
};
use crate::{sync::Ordering, task::storage::Storage};

/// After so many polls the root has a turn.
const POLLS_BETWEEN_TURNS: usize = 64;

/// Who drives the executor for a root's sake, and sleeps.
pub(super) struct Driver {
    pub(super) root: TaskPointer,
    pub(super) waker: Waker,
}

/// Stands in a root's link while its token is with who polls it, and so in no queue.
fn ready() -> *mut Header {
    ptr::without_provenance_mut(1)
}

/// The future of `block_on` or `run_until`.
pub(crate) struct Root<M: Storage> {
    owner: Owner<M>,
    task: TaskPointer,
    /// Whether its driver's waker was left, and not taken back by this root.
    sleeps: Cell<bool>,
}

/// What is done to a root where it stands among tasks: nothing.
struct RootTyped<S, M>(PhantomData<fn(S, M)>);

impl<S: Submit, M: Storage> RootTyped<S, M> {
    const VTABLE: Vtable = Vtable {
        poll: |_, _| unreachable!("a root is polled by whoever called `block_on`"),
        fail: |_, _| {},
        take_output: |_, _| unreachable!("a root has no join handle"),
        drop_output: |_| {},
        closes: false,
        close: |_| {},
        name: |_| None,
        type_name: || "block_on",
        size: 0,
        is_root: true,
        submit: System::<S, M>::submit,
        remove: System::<S, M>::remove,
        finish: System::<S, M>::finish,
        see: System::<S, M>::see,
    };
}

impl<M: Storage> Root<M> {
    /// # Panics
    ///
    /// If there is no memory for its slot.
    pub(crate) fn new(owner: &Owner<M>, location: &'static Location<'static>) -> Self {
        let place = owner.core().reserve_for_root().expect("flagstone: there is no memory for the slot of `block_on`");
        let core = owner.core();
        let site = core.site(&RootTyped::<Local, M>::VTABLE, location, "root");
        // SAFETY: the place is of this core; a root's vtable expects nothing in the room.
        let task = unsafe { core.publish(place, Snapshot::new(false), site, core.now()) };
        owner.mine(|mine| mine.roots += 1);
        let root = Self { owner: owner.clone(), task, sleeps: Cell::new(false) };
        root.set_ready(true);
        root
    }

    fn header(&self) -> &Header {
        // SAFETY: the root is ended by its destructor only, so its slot is not freed before.
        unsafe { self.task.header() }
    }

    /// Whether the root's token is here.
    #[inline(always)]
    fn is_ready(&self) -> bool {
        // Ordering: Relaxed, here and below - the mark is the owner's thread's own.
        self.header().next.load(Ordering::Relaxed) == ready()
    }

    fn set_ready(&self, is_ready: bool) {
        self.header().next.store(if is_ready { ready() } else { ptr::null_mut() }, Ordering::Relaxed);
    }

    /// Polls the root's future when it was woken, and tasks meanwhile, at most `budget` of them, until there is nothing to do.
    pub(crate) fn poll<F: Future>(
        &self,
        mut future: Pin<&mut F>,
        context: &mut Context<'_>,
        budget: usize,
    ) -> Poll<F::Output> {
        let _driving = self.owner.drive();
        // Nobody need be woken for this root's sake now.
        let mut left = if self.sleeps.take() { self.owner.take_driver(self.task) } else { None };
        let mut polls = 0_usize;
        loop {
            if self.is_ready() {
                polls = polls.saturating_add(1);
                if let Poll::Ready(output) = self.poll_future(future.as_mut()) {
                    return Poll::Ready(output);
                }
            }
            let ran = self.owner.run(POLLS_BETWEEN_TURNS);
            polls = polls.saturating_add(ran);
            if polls >= budget {
                // Others in the outer executor have a turn; and if this root is not polled any more, others drive.
                self.owner.wake_drivers();
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if ran == POLLS_BETWEEN_TURNS || self.is_ready() {
                continue;
            }
            let waker = match left.take() {
                Some(left) if left.will_wake(context.waker()) => left,
                _ => context.waker().clone(),
            };
            match self.owner.fall_asleep(self.task, waker) {
                Ok(()) => {
                    self.sleeps.set(true);
                    return Poll::Pending;
                }
                Err(waker) => left = Some(waker),
            }
        }
    }

    fn poll_future<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let header = self.header();
        let seen = header.state.begin_poll();
        header.begin_poll();
        // SAFETY: as above.
        let waker = unsafe { unowned_waker(self.task) };
        // User code, which may panic: the token stays here then, and the destructor ends the root.
        let polled = future.poll(&mut Context::from_waker(&waker));
        header.end_poll();
        if polled.is_pending() {
            // The mark goes before the token does: from then on the link is another's to write.
            self.set_ready(false);
            if rest(header, seen) == Rested::Submit {
                self.set_ready(true);
            }
        }
        polled
    }
}

impl<M: Storage> Owner<M> {
    /// A root was woken. Its token is kept for who polls it; or it was dropped meanwhile, and ends here.
    #[inline(always)]
    pub(super) fn root_is_ready(&self, token: Token) {
        let task = token.into_pointer();
        // SAFETY: the token is a right to the root.
        let header = unsafe { task.header() };
        if header.state.peek().is_cancelled() {
            // SAFETY: the root was dropped while its token stood in a queue, so it ends with the token.
            unsafe { settle(task) };
            return;
        }
        // Ordering: Relaxed - the mark is the owner's thread's own.
        header.next.store(ready(), Ordering::Relaxed);
        // Where there is one root, it is the one that drives.
        if self.mine(|mine| mine.roots > 1) {
            self.wake_driver_of(task);
        }
    }

    #[cold]
    fn wake_driver_of(&self, task: TaskPointer) {
        if let Some(waker) = self.take_driver(task) {
            quietly::wake(waker);
        }
    }
}

impl<M: Storage> Drop for Root<M> {
    fn drop(&mut self) {
        self.owner.mine(|mine| mine.roots -= 1);
        let left = self.owner.take_driver(self.task);
        let has_token = self.is_ready() || self.header().state.cancel() == Cancelled::Submit;
        if has_token {
            // SAFETY: the token is the right to end it.
            unsafe { settle(self.task) };
        }
        // Else its token stands in a queue, and whoever takes it out ends the root: `root_is_ready`.

        // Nobody drives the executor for the others' sake now, unless they do so themselves.
        self.owner.wake_drivers();
        // User code, which may panic.
        drop(left);
    }
}
