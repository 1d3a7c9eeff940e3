//! Tasks of a custom scheduler.

pub(super) mod runnable;

use core::{cell::UnsafeCell, ptr::NonNull};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use self::runnable::RawRunnable;
use super::core::{Core, Rare, Submit};
use crate::{
    raw::end as end_payload,
    sync::{Ordering, fence},
    task::{
        raw::core::{
            cell::Label,
            header::TaskPointer,
            join::RawJoin,
            outcome::Failure,
            population::Closed,
            run::Token,
            spawn::{Origin, Prepared},
            state::Cancelled,
        },
        schedule::{Runnable, Schedule},
        spawn_error::Refusal,
        storage::Storage,
    },
};

/// The scheduler of a core whose tasks any thread may poll. All of them are `Send`, which the safe layer requires.
pub(crate) struct Scheduled<S>(UnsafeCell<Option<Arc<S>>>, Rare);

// SAFETY: the scheduler is `Send` and `Sync`; its place is written once, when no thread submits any more.
unsafe impl<S: Schedule> Sync for Scheduled<S> {}

impl<S: Schedule> Scheduled<S> {
    pub(crate) fn new(schedule: &Arc<S>) -> Self {
        Self(UnsafeCell::new(Some(Arc::clone(schedule))), Rare::new())
    }
}

impl<S: Schedule> Submit for Scheduled<S> {
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer) {
        // SAFETY: the caller has a right to the task during the call, so the core lives (K6).
        let place = unsafe { core.as_ref() }.scheduler.0.get();
        // SAFETY: the task lives, since its token exists, so the place is not written (`none_lives`).
        let schedule = unsafe { &*place };
        // It may run the task at once, which may end the core and the scheduler: so the scheduler is kept meanwhile.
        let schedule = Arc::clone(schedule.as_ref().expect("the scheduler is there while a task lives"));
        // SAFETY: the caller gives the token away.
        schedule.schedule(Runnable::new(unsafe { RawRunnable::new(task) }));
    }

    const HAS_OWNER: bool = false;

    fn rare(&self) -> &Rare {
        &self.1
    }

    unsafe fn none_lives(&self) {
        // SAFETY: no thread submits, now or later, so nothing else uses the place.
        let schedule = unsafe { (*self.0.get()).take() };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(schedule))) {
            end_payload(payload);
        }
    }
}

impl<S: Schedule, M: Storage> Core<Scheduled<S>, M> {
    /// Spawns a future, or returns it. The caller keeps the core alive.
    pub(crate) fn spawn<F, L>(&self, origin: Origin, label: L, future: F) -> Result<RawJoin<F::Output>, (F, Refusal)>
    where
        F: Future<Output: Send> + Send + 'static,
        L: Label,
    {
        match Prepared::new(self, Self::reserve_by_other) {
            Ok(prepared) => {
                let (join, token) = prepared.make(origin, self.now(), label, || future);
                // Ordering: SeqCst - pairs with the fence in `shut_down`: either that finds the task, or it is seen
                // here that the executor shuts down.
                fence(Ordering::SeqCst);
                if self.is_closed() {
                    join.cancel();
                }
                // SAFETY: the token is given away; the future and its output are `Send`.
                unsafe { RawRunnable::new(token.into_pointer()) }.schedule();
                Ok(join)
            }
            Err(reason) => Err((future, reason)),
        }
    }

    /// Shuts the executor down: nothing is spawned from now on, and every task ends. A task that waits for a wake ends
    /// here, and any other where it is polled next.
    pub(crate) fn shut_down(self: &Arc<Self>) {
        if self.close() == Closed::Before {
            return;
        }
        // Ordering: SeqCst - pairs with the fence in `spawn`.
        fence(Ordering::SeqCst);
        self.for_each(|task| {
            // SAFETY: the entry is pinned, so its slot is not freed meanwhile.
            if unsafe { task.header() }.state.cancel() == Cancelled::Submit {
                // SAFETY: the cancellation got the token.
                let token = unsafe { Token::new(task) };
                // SAFETY: the future is `Send`, so it belongs to every thread.
                unsafe { token.end(Failure::ShutDown) };
            }
        });
        self.trim_after_end();
    }
}
