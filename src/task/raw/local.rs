//! The scheduler of a local executor: one thread polls, and all others wake. This file has its data and the operations
//! of other threads.
//!
//! | file | noun | callers |
//! | --- | --- | --- |
//! | `inbox`, `ready_list` | run queues: tasks that other threads pushed; the owner's own | the scheduler |
//! | `sleepers`, `driver_place` | drivers that found nothing to do, and which of them are woken; the place of a root's driver | the scheduler, `root` |
//! | `owner` | operations of its own thread: spawn, run, sleep, end | the safe layer |
//! | `claimed` | a slot for a future that comes later | the safe layer |
//! | `root` | the future of `block_on`, as a task | the safe layer |

pub(super) mod driver_place;
pub(super) mod inbox;
pub(super) mod ready_list;
pub(super) mod sleepers;

pub(super) mod owner;

pub(super) mod claimed;
pub(super) mod root;

use core::{future::Future, marker::PhantomData, mem, ptr::NonNull};
use std::sync::{Arc, PoisonError};

use self::{
    driver_place::DriverPlace,
    inbox::{Inbox, Pushed},
    ready_list::ReadyList,
    sleepers::Sleepers,
};
use super::{
    core::{Core, Rare, Submit},
    quietly,
};
use crate::{
    sync::{Mutex, cell::UnsafeCell},
    task::{
        raw::core::{
            cell::{Label, Wraps},
            header::TaskPointer,
            join::RawJoin,
            outcome::Failure,
            run::{Token, end},
            spawn::{Origin, Prepared},
        },
        spawn_error::Refusal,
        storage::Storage,
    },
};

/// After at most this number of polls, the owner looks at the tasks that other threads woke, and at the clock.
pub(super) const POLLS_BETWEEN_LOOKS: u32 = 64;

/// Cache lines of its own: what one thread often writes must not share cache lines with what other threads use (false
/// sharing). It is two lines, since processors fetch the neighbour, too.
#[repr(align(128))]
struct OwnLines<T>(T);

/// The scheduler of a local executor.
pub(crate) struct Local {
    mine: OwnLines<UnsafeCell<Mine>>,
    others: OwnLines<Others>,
}

/// What other threads write, and the drivers that wait for them.
struct Others {
    inbox: Inbox,
    /// The drivers that sleep. No user code runs under the lock.
    sleepers: Mutex<Sleepers>,
    rare: Rare,
}

/// The data that only the owner's thread touches (K8).
pub(super) struct Mine {
    pub(super) ready: ReadyList,
    pub(super) counts: Counts,
    /// The number of slots that are reserved for futures that come later.
    pub(super) claimed: usize,
    /// The number of roots that were dropped while their tokens were in a queue, or on the way to one.
    pub(super) roots_left: usize,
    /// The number of drivers that have a place among the sleepers: they sleep, or were woken and not yet polled.
    pub(super) sleepers: usize,
    /// The age of the core when the owner last looked at the clock.
    pub(super) now: u32,
    pub(super) polls_until_look: u32,
    /// The number of calls in progress that run tasks: one, unless they are nested.
    pub(super) drivers: u32,
    /// Whether the inbox was marked: nothing was ready, and all drivers slept. The mark is still set, or a push has
    /// taken it.
    pub(super) asleep: bool,
    /// Whether other threads may spawn.
    pub(super) others_spawn: bool,
    pub(super) closed: bool,
}

/// Counts of what happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) polled: usize,
    pub(crate) completed: usize,
    pub(crate) spawned: usize,
    pub(crate) woken_inside: usize,
    pub(crate) woken_outside: usize,
}

impl Counts {
    /// Adds counts. On 32 bits the numbers wrap around; their differences are still right.
    #[inline(always)]
    pub(super) fn add(&mut self, more: &Self) {
        self.polled = self.polled.wrapping_add(more.polled);
        self.completed = self.completed.wrapping_add(more.completed);
        self.spawned = self.spawned.wrapping_add(more.spawned);
        self.woken_inside = self.woken_inside.wrapping_add(more.woken_inside);
        self.woken_outside = self.woken_outside.wrapping_add(more.woken_outside);
    }
}

// SAFETY: `mine` is touched by the owner's thread alone (K8), and its contents belong to no thread: addresses of tasks,
// and wakers.
unsafe impl Sync for Local {}

// SAFETY: as above.
unsafe impl Send for Local {}

impl Local {
    pub(super) fn new() -> Self {
        Self {
            mine: OwnLines(UnsafeCell::new(Mine {
                ready: ReadyList::new(),
                counts: Counts::default(),
                claimed: 0,
                roots_left: 0,
                sleepers: 0,
                now: 0,
                polls_until_look: POLLS_BETWEEN_LOOKS,
                drivers: 0,
                asleep: false,
                others_spawn: false,
                closed: false,
            })),
            others: OwnLines(Others { inbox: Inbox::new(), sleepers: Mutex::new(Sleepers::new()), rare: Rare::new() }),
        }
    }

    /// Calls `act` with the owner's data.
    ///
    /// # Safety
    ///
    /// The current thread is the owner's (K8), and `act` calls nothing that calls this.
    #[inline(always)]
    pub(super) unsafe fn mine<R>(&self, act: impl FnOnce(&mut Mine) -> R) -> R {
        self.mine.0.with_mut(|mine| {
            // SAFETY: as of this function.
            act(unsafe { &mut *mine })
        })
    }

    pub(super) fn inbox(&self) -> &Inbox {
        &self.others.0.inbox
    }

    /// Calls `act` with the drivers that sleep. `act` is not user code, and calls none.
    pub(super) fn sleepers<R>(&self, act: impl FnOnce(&mut Sleepers) -> R) -> R {
        act(&mut self.others.0.sleepers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes room for one more driver that sleeps: at first for several.
    pub(super) fn make_room_to_sleep(&self) {
        Sleepers::make_room(|act| self.sleepers(|sleepers| act(sleepers)));
    }

    /// Wakes one driver of each circle. Before them it wakes `first`, whose own future was woken, if it sleeps. That
    /// driver does not count for its circle: a task below a parked driver may poll it, or a task of this executor. Then
    /// only the driver that slept last can make progress.
    #[cold]
    pub(super) fn wake_sleepers(&self, first: Option<&DriverPlace>) {
        let (round, first) = self.sleepers(|sleepers| {
            // SAFETY: the sleepers are locked.
            let first = first.and_then(|first| unsafe { first.get() });
            let first = first.and_then(|first| sleepers.take(first));
            (sleepers.begin_round(), first)
        });
        if let Some(waker) = first {
            quietly::wake(waker);
        }
        while let Some(waker) = self.sleepers(|sleepers| sleepers.next_of_round(round)) {
            quietly::wake(waker);
        }
    }
}

impl Submit for Local {
    #[inline(always)]
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer) {
        // SAFETY: the caller has a right to the task during the call, so the core lives (K6).
        let core = unsafe { core.as_ref() };
        let local = &core.scheduler;
        if core.is_owner() {
            // SAFETY: the caller gives the token away, and this is the owner's thread.
            unsafe { local.push_own(task, true, None) };
        } else {
            // SAFETY: the caller gives the token away, and has a right to the task besides.
            unsafe { local.push_as_other(task, None) };
        }
    }

    const HAS_OWNER: bool = true;

    fn rare(&self) -> &Rare {
        &self.others.0.rare
    }

    unsafe fn none_lives(&self) {}
}

impl Local {
    /// Pushes a task onto the owner's own queue. `driver` is the place of the driver to wake, if the task is a root.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away; the current thread is the owner's.
    #[inline(always)]
    pub(super) unsafe fn push_own(&self, task: TaskPointer, woken: bool, driver: Option<&DriverPlace>) {
        let push = |mine: &mut Mine| {
            // SAFETY: the caller gives the token away.
            unsafe { mine.ready.push(task) };
            if woken {
                mine.counts.woken_inside = mine.counts.woken_inside.wrapping_add(1);
            } else {
                mine.counts.spawned = mine.counts.spawned.wrapping_add(1);
            }
            mem::take(&mut mine.asleep)
        };
        // SAFETY: the current thread is the owner's.
        let was_asleep = unsafe { self.mine(push) };
        if was_asleep {
            self.wake_up(driver);
        }
    }

    /// Wakes drivers for a task that is ready, while all drivers sleep, as the owner's thread knows. Called by the
    /// owner.
    #[cold]
    fn wake_up(&self, driver: Option<&DriverPlace>) {
        if self.inbox().wake_up() {
            self.wake_sleepers(driver);
        }
    }

    /// Pushes a task onto the inbox. `driver` is the place of the driver to wake, if the task is a root.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away. Besides, it has a right to the task for the time of the
    /// call (K4).
    #[inline(always)]
    pub(super) unsafe fn push_as_other(&self, task: TaskPointer, driver: Option<&DriverPlace>) {
        // SAFETY: as of this function.
        match unsafe { self.inbox().push(task) } {
            Pushed::Seen => {}
            Pushed::WakeDrivers => self.wake_sleepers(driver),
            // The executor ends, or has ended, and with it the task, with or without its token.
            Pushed::Closed => {}
        }
    }
}

/// Operations of other threads on a local executor.
impl<M: Storage> Core<Local, M> {
    /// Spawns a future on any thread, or returns it.
    pub(crate) fn spawn_remotely<F: Future<Output: Send> + Send + 'static, L: Label>(
        &self,
        origin: Origin,
        label: L,
        future: F,
    ) -> Result<RawJoin<F::Output>, (F, Refusal)> {
        match Prepared::new(self, Self::reserve_by_other) {
            // SAFETY: the future and its output are `Send`.
            Ok(prepared) => Ok(unsafe { self.submit_remotely(prepared.make(origin, self.now(), label, || future)) }),
            Err(reason) => Err((future, reason)),
        }
    }

    /// Spawns, on any thread, the future that `build` returns on the owner's thread; or returns `build`.
    pub(crate) fn spawn_built<G, F>(&self, origin: Origin, build: G) -> Result<RawJoin<F::Output>, (G, Refusal)>
    where
        G: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        self.spawn_begun(origin, Wraps::<F>(PhantomData), build, |build| async move { build().await })
    }

    /// Spawns, on any thread, the future that `begin` makes of `build`; or returns `build`. The future holds only
    /// `build` until it is polled.
    fn spawn_begun<G, B, L: Label>(
        &self,
        origin: Origin,
        label: L,
        build: G,
        begin: fn(G) -> B,
    ) -> Result<RawJoin<B::Output>, (G, Refusal)>
    where
        G: Send + 'static,
        B: Future<Output: Send> + 'static,
    {
        match Prepared::new(self, Self::reserve_by_other) {
            Ok(prepared) => {
                let made = prepared.make(origin, self.now(), label, || begin(build));
                // SAFETY: until the owner polls it, the future holds only `build`, which is `Send`.
                Ok(unsafe { self.submit_remotely(made) })
            }
            Err(reason) => Err((build, reason)),
        }
    }

    /// Does the same as [`Core::spawn_ended`], for the future that `build` would return.
    pub(crate) fn spawn_built_ended<G, F>(self: &Arc<Self>, origin: Origin, build: G) -> Option<RawJoin<F::Output>>
    where
        G: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        self.spawn_ended(origin, async move { build().await })
    }

    /// # Safety
    ///
    /// The task was just made. Until its first poll its future may be dropped on any thread; its output is `Send`.
    unsafe fn submit_remotely<T>(&self, (join, token): (RawJoin<T>, Token)) -> RawJoin<T> {
        let task = token.into_pointer();
        // SAFETY: the token is given away, and the join handle is a right to the task besides.
        match unsafe { self.scheduler.inbox().push(task) } {
            Pushed::Seen => {}
            Pushed::WakeDrivers => self.scheduler.wake_sleepers(None),
            Pushed::Closed => {
                // The executor has ended meanwhile. Either it found the task, or the task ends here.
                // SAFETY: the join handle is a right to the task.
                if unsafe { task.header() }.state.claim_end() {
                    // SAFETY: the claim is the right to end it; it was not polled yet, so it may be dropped here.
                    unsafe { end(task, Failure::ShutDown) };
                }
            }
        }
        join
    }
}
