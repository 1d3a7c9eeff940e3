//! The future of `block_on` or `run_until`, as a task: its slot holds a header alone, for its wakers; the future stands in
//! the caller's frame, and only he polls it.

use core::{
    future::Future,
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    core::{Submit, System},
    header::{TaskPointer, Vtable},
    local::{Local, Owner},
    reference::unowned_waker,
    run::{Token, settle},
    state::{Cancelled, Rested, Snapshot},
};
use crate::task::storage::Storage;

/// After so many polls the root has a turn.
const POLLS_BETWEEN_TURNS: usize = 64;

/// What the owner's thread knows of a root.
pub(super) struct RootEntry {
    task: TaskPointer,
    /// The root's token is here.
    ready: bool,
    /// Who drives the executor for this root's sake, while he sleeps.
    driver: Option<Waker>,
}

impl RootEntry {
    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }
}

/// The future of `block_on` or `run_until`.
pub(crate) struct Root<M: Storage> {
    owner: Owner<M>,
    task: TaskPointer,
}

/// What is done to a root where it stands among tasks: nothing.
struct RootTyped<S, M>(PhantomData<fn(S, M)>);

impl<S: Submit, M: Storage> RootTyped<S, M> {
    const VTABLE: Vtable = Vtable {
        poll: |_, _| unreachable!("a root is polled by whoever called `block_on`"),
        fail: |_, _| {},
        take_output: |_, _| unreachable!("a root has no join handle"),
        drop_output: |_| {},
        close: |_| {},
        name: |_| None,
        type_name: || "block_on",
        size: 0,
        is_root: true,
        submit: System::<S, M>::submit,
        remove: System::<S, M>::remove,
        finish: System::<S, M>::finish,
        see: System::<S, M>::see,
        one_less: System::<S, M>::one_less,
    };
}

impl<M: Storage> Root<M> {
    /// # Panics
    ///
    /// If there is no memory for its slot.
    pub(crate) fn new(owner: &Owner<M>, location: &'static Location<'static>) -> Self {
        let place = owner.reserve_root().expect("flagstone: there is no memory for the slot of `block_on`");
        let core = owner.core();
        let site = core.site(&RootTyped::<Local, M>::VTABLE, location, "root");
        // SAFETY: the place is of this core; a root's vtable expects nothing in the room.
        let task = unsafe { core.publish(place, Snapshot::new(false), site, core.now()) };
        owner.mine(|mine| mine.roots.push(RootEntry { task, ready: true, driver: None }));
        Self { owner: owner.clone(), task }
    }

    /// Calls `act` with what the owner knows of this root.
    fn entry<R>(&self, act: impl FnOnce(&mut RootEntry) -> R) -> R {
        self.owner.mine(|mine| {
            let entry = mine.roots.iter_mut().find(|entry| entry.task == self.task);
            act(entry.expect("a root is listed until it is dropped"))
        })
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
        let driver = self.entry(|entry| entry.driver.take());
        let driver = match driver {
            Some(driver) if driver.will_wake(context.waker()) => driver,
            _ => context.waker().clone(),
        };
        let mut polls = 0;
        loop {
            if self.entry(|entry| entry.ready) {
                polls += 1;
                if let Poll::Ready(output) = self.poll_future(future.as_mut()) {
                    return Poll::Ready(output);
                }
            }
            let ran = self.owner.run(POLLS_BETWEEN_TURNS);
            polls += ran;
            if polls >= budget {
                // Others in the outer executor have a turn.
                self.entry(|entry| entry.driver = Some(driver));
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if ran < POLLS_BETWEEN_TURNS && !self.entry(|entry| entry.ready) && self.owner.fall_asleep(context.waker())
            {
                self.entry(|entry| entry.driver = Some(driver));
                return Poll::Pending;
            }
        }
    }

    fn poll_future<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        // SAFETY: the root is ended by its destructor only, so its slot is not freed.
        let header = unsafe { self.task.header() };
        let seen = header.state.begin_poll();
        header.begin_poll();
        // SAFETY: as above.
        let waker = unsafe { unowned_waker(self.task) };
        // User code, which may panic: the token stays here then, and the destructor ends the root.
        let polled = future.poll(&mut Context::from_waker(&waker));
        header.end_poll();
        if polled.is_pending() {
            header.count_wakes(seen.wakes());
            let rested = header.state.rest(seen);
            if rested == Rested::Submit {
                header.uncount_wakes(seen.wakes());
            }
            self.entry(|entry| entry.ready = rested == Rested::Submit);
        }
        polled
    }
}

impl<M: Storage> Owner<M> {
    /// A root was woken. Its token is kept for who polls it; or it was dropped meanwhile, and ends here.
    #[cold]
    pub(super) fn root_is_ready(&self, token: Token) {
        let task = token.into_pointer();
        let driver = self.mine(|mine| match mine.roots.iter_mut().find(|entry| entry.task == task) {
            Some(entry) => {
                entry.ready = true;
                Some(entry.driver.take())
            }
            None => None,
        });
        match driver {
            // SAFETY: the root was dropped while its token stood in a queue, so it ends with the token.
            None => unsafe { settle(task) },
            Some(None) => {}
            Some(Some(driver)) => driver.wake(),
        }
    }
}

impl<M: Storage> Drop for Root<M> {
    fn drop(&mut self) {
        let (entry, others) = self.owner.mine(|mine| {
            let place = mine.roots.iter().position(|entry| entry.task == self.task);
            let entry = mine.roots.swap_remove(place.expect("a root is listed until it is dropped"));
            // Nobody drives the executor for the others' sake now, unless they do themselves.
            (entry, mine.roots.iter_mut().filter_map(|entry| entry.driver.take()).collect::<Vec<_>>())
        });
        self.owner.core().count_root(false);
        let has_token = entry.ready || {
            // SAFETY: the root has not ended, so its slot is not freed.
            unsafe { self.task.header() }.state.cancel() == Cancelled::Submit
        };
        if has_token {
            // SAFETY: the token is the right to end it.
            unsafe { settle(self.task) };
        }
        // Else its token stands in a queue, and whoever takes it out ends the root: `root_is_ready`.
        others.into_iter().for_each(Waker::wake);
    }
}
