//! The scheduler of a local executor: one thread polls, all others wake.

use core::{marker::PhantomData, mem, ptr::NonNull, task::Waker};
use std::sync::{Arc, PoisonError};

use super::{
    cell::{Failure, Label},
    core::{Core, Submit, TaskPlace},
    header::TaskPointer,
    inbox::{Inbox, Pushed},
    join::RawJoin,
    population::NoPlace,
    ready_list::ReadyList,
    root::Driver,
    run::{Ran, Token, end},
    spawn::{Origin, Prepared},
};
use crate::{
    sync::{AtomicUsize, Mutex, Ordering, cell::UnsafeCell},
    task::{spawn_error::Refusal, storage::Storage, thread_token},
};

/// After so many polls at most the owner looks at what other threads woke, and at the clock.
const POLLS_BETWEEN_LOOKS: u32 = 64;

/// The scheduler of a local executor.
pub(crate) struct Local {
    /// The token of the owner's thread; 0 from the executor's end on.
    owner: AtomicUsize,
    mine: UnsafeCell<Mine>,
    inbox: Inbox,
    /// How to wake the owner, while he sleeps. No user code runs under the lock.
    driver: Mutex<Option<Waker>>,
}

/// What only the owner's thread touches (K8).
pub(super) struct Mine {
    ready: ReadyList,
    counts: Counts,
    /// Who drives the executor, for which root's sake, and sleeps.
    pub(super) sleeping: Vec<Driver>,
    /// The age of the core when the owner last looked at the clock.
    now: u32,
    polls_until_look: u32,
    /// How many calls go on that run tasks: one, unless they are nested.
    drivers: u32,
    /// The owner sleeps, unless he was woken.
    asleep: bool,
    /// Other threads may spawn.
    others_spawn: bool,
    closed: bool,
    next_waiting: usize,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) polled: usize,
    pub(crate) completed: usize,
    pub(crate) spawned: usize,
    pub(crate) woken_inside: usize,
    pub(crate) woken_outside: usize,
}

// SAFETY: `mine` is touched by the owner's thread alone (K8), and what is in it belongs to no thread: addresses of tasks,
// and wakers.
unsafe impl Sync for Local {}

// SAFETY: as above.
unsafe impl Send for Local {}

impl Local {
    /// The current thread is the owner's.
    fn new() -> Self {
        Self {
            owner: AtomicUsize::new(thread_token::current_or_new()),
            mine: UnsafeCell::new(Mine {
                ready: ReadyList::new(),
                counts: Counts::default(),
                sleeping: Vec::with_capacity(4),
                now: 0,
                polls_until_look: POLLS_BETWEEN_LOOKS,
                drivers: 0,
                asleep: false,
                others_spawn: false,
                closed: false,
                next_waiting: 0,
            }),
            inbox: Inbox::new(),
            driver: Mutex::new(None),
        }
    }

    /// Calls `act` with what is the owner's.
    ///
    /// # Safety
    ///
    /// The current thread is the owner's (K8), and `act` calls nothing that calls this.
    #[inline(always)]
    unsafe fn mine<R>(&self, act: impl FnOnce(&mut Mine) -> R) -> R {
        self.mine.with_mut(|mine| {
            // SAFETY: as of this function.
            act(unsafe { &mut *mine })
        })
    }

    /// Wakes the owner, if he has left word how. Somebody who has made the inbox say that he is awake.
    #[cold]
    fn wake_driver(&self) {
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

impl Submit for Local {
    #[inline(always)]
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer) {
        // SAFETY: the caller has a right to the task during the call, so the core lives (K6).
        let local = &unsafe { core.as_ref() }.scheduler;
        if local.is_owner() {
            // SAFETY: the caller gives the token away, and this is the owner's thread.
            unsafe { local.push_own(task, true) };
        } else {
            // SAFETY: the caller gives the token away, and has a right to the task besides.
            match unsafe { local.inbox.push(task) } {
                Pushed::Seen => {}
                Pushed::WakeOwner => local.wake_driver(),
                // The executor ends, or has ended, and with it the task, token or not.
                Pushed::Closed => {}
            }
        }
    }

    #[inline(always)]
    fn is_owner(&self) -> bool {
        // Ordering: Relaxed - only the owner's thread ever wrote its token there, and takes it away itself; every other
        // thread reads something else, whenever it reads (K8).
        thread_token::is_current(self.owner.load(Ordering::Relaxed))
    }
}

impl Local {
    /// # Safety
    ///
    /// The caller holds the task's token, and gives it away; the current thread is the owner's.
    #[inline(always)]
    unsafe fn push_own(&self, task: TaskPointer, woken: bool) {
        let push = |mine: &mut Mine| {
            // SAFETY: the caller gives the token away.
            unsafe { mine.ready.push(task) };
            if woken {
                mine.counts.woken_inside += 1;
            } else {
                mine.counts.spawned += 1;
            }
            mem::take(&mut mine.asleep)
        };
        // SAFETY: the current thread is the owner's.
        let was_asleep = unsafe { self.mine(push) };
        if was_asleep {
            self.wake_up();
        }
    }

    /// The owner sleeps, as his own thread knows, and has something to do.
    #[cold]
    fn wake_up(&self) {
        if self.inbox.wake_up() {
            self.wake_driver();
        }
    }
}

/// The right to act as the owner of a local executor's core: it never leaves the thread on which the core was made (K8).
pub(crate) struct Owner<M: Storage> {
    core: Arc<Core<Local, M>>,
    _stays_here: PhantomData<*const ()>,
}

impl<M: Storage> Clone for Owner<M> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), _stays_here: PhantomData }
    }
}

impl<M: Storage> Owner<M> {
    pub(crate) fn new(storage: &M) -> Self {
        Self { core: Core::new(storage, Local::new()), _stays_here: PhantomData }
    }

    pub(crate) fn core(&self) -> &Arc<Core<Local, M>> {
        &self.core
    }

    fn local(&self) -> &Local {
        &self.core.scheduler
    }

    /// `act` calls nothing that calls this.
    #[inline(always)]
    pub(super) fn mine<R>(&self, act: impl FnOnce(&mut Mine) -> R) -> R {
        // SAFETY: the current thread is the owner's, since `self` never left it.
        unsafe { self.local().mine(act) }
    }

    /// Other threads may spawn from now on.
    pub(crate) fn let_others_spawn(&self) {
        self.mine(|mine| mine.others_spawn = true);
    }

    /// Counts a task more and reserves its slot.
    #[inline(always)]
    pub(crate) fn reserve(&self) -> Result<TaskPlace<M>, NoPlace> {
        let (closed, others_spawn) = self.mine(|mine| (mine.closed, mine.others_spawn));
        if closed { Err(NoPlace::Closed) } else { self.core.reserve_by_owner(others_spawn) }
    }

    /// Reserves a slot for a root, which the limit does not count.
    pub(super) fn reserve_root(&self) -> Option<TaskPlace<M>> {
        self.core.count_root(true);
        let place = self.reserve().ok();
        if place.is_none() {
            self.core.count_root(false);
        }
        place
    }

    /// Makes room for a task.
    #[inline(always)]
    pub(crate) fn prepare<F: Future, L: Label>(&self) -> Result<Prepared<'_, F, L, Local, M>, Refusal> {
        Prepared::new(&self.core, |_| self.reserve())
    }

    /// Makes a task and submits it. `make` is user code.
    #[inline(always)]
    pub(crate) fn spawn<F: Future + 'static, L: Label>(
        &self,
        prepared: Prepared<'_, F, L, Local, M>,
        origin: Origin,
        label: L,
        make: impl FnOnce() -> F,
    ) -> RawJoin<F::Output> {
        let (is_driven, now) = self.mine(|mine| (mine.drivers != 0, mine.now));
        let born = if is_driven { now } else { self.core.now() };
        let (join, token) = prepared.make(origin, born, label, make);
        // SAFETY: the token is given away; the current thread is the owner's.
        unsafe { self.local().push_own(token.into_pointer(), false) };
        join
    }
}

/// What the owner does to run tasks.
impl<M: Storage> Owner<M> {
    /// Tasks are run until the result is dropped.
    pub(crate) fn drive(&self) -> Driving<'_, M> {
        let now = self.core.now();
        let was_asleep = self.mine(|mine| {
            (mine.drivers, mine.now) = (mine.drivers + 1, now);
            mem::take(&mut mine.asleep)
        });
        if was_asleep {
            // Nobody need wake him now; if somebody has, he has.
            self.local().inbox.wake_up();
        }
        Driving(self)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.mine(|mine| mine.counts)
    }

    /// Whether a task is known to wait for its poll.
    pub(crate) fn has_ready(&self) -> bool {
        if self.mine(|mine| mine.ready.is_empty()) {
            self.look();
        }
        self.mine(|mine| !mine.ready.is_empty())
    }

    /// Takes over what other threads woke.
    #[inline(always)]
    fn look(&self) {
        if let Some(stack) = self.local().inbox.take_all() {
            // SAFETY: the stack came from the inbox, and its tokens with it.
            self.mine(|mine| mine.counts.woken_outside += unsafe { mine.ready.append_stack(stack) });
        }
    }

    /// The next task to be polled.
    #[inline(always)]
    fn next(&self) -> Option<TaskPointer> {
        let (mut next, look) = self.mine(|mine| {
            mine.polls_until_look -= 1;
            (mine.ready.pop(), mine.polls_until_look == 0)
        });
        if look {
            let now = self.core.now();
            self.mine(|mine| (mine.now, mine.polls_until_look) = (now, POLLS_BETWEEN_LOOKS));
        }
        if look || next.is_none() {
            self.look();
        }
        if next.is_none() {
            next = self.mine(|mine| mine.ready.pop());
        }
        next
    }

    /// Polls at most so many tasks, as long as some are ready, and says how many.
    #[inline(always)]
    pub(crate) fn run(&self, budget: usize) -> usize {
        let mut polls = 0;
        while polls < budget {
            let Some(task) = self.next() else { break };
            // SAFETY: the task came from the list, and its token with it.
            let is_root = unsafe { task.vtable() }.is_root;
            // SAFETY: as above.
            let token = unsafe { Token::new(task) };
            if is_root {
                self.root_is_ready(token);
                continue;
            }
            polls += 1;
            // SAFETY: this is the executor's thread, and the task is no root.
            let ran = unsafe { token.run() };
            self.mine(|mine| {
                mine.counts.polled += 1;
                match ran {
                    Ran::Rests => {}
                    Ran::Ended => mine.counts.completed += 1,
                    Ran::Again(token) => {
                        mine.counts.woken_inside += 1;
                        // SAFETY: the token is given away.
                        unsafe { mine.ready.push(token.into_pointer()) };
                    }
                }
            });
        }
        polls
    }

    /// The owner is going to sleep until `driver` is woken. Not if there is something to do.
    pub(super) fn fall_asleep(&self, driver: &Waker) -> bool {
        let driver = driver.clone();
        let before = self.local().driver.lock().unwrap_or_else(PoisonError::into_inner).replace(driver);
        // User code, so it comes before the last look.
        drop(before);
        let falls_asleep = self.mine(|mine| {
            mine.asleep = mine.ready.is_empty();
            mine.asleep
        });
        let falls_asleep = falls_asleep && self.local().inbox.fall_asleep();
        self.mine(|mine| mine.asleep = falls_asleep);
        falls_asleep
    }

    /// A number for somebody who waits for room.
    pub(crate) fn waiting_number(&self) -> usize {
        self.mine(|mine| {
            mine.next_waiting += 1;
            mine.next_waiting
        })
    }

    /// The executor ends: every task does that has not, their futures are dropped here, and their joiners told. Wakes do
    /// nothing from now on, and nothing is spawned.
    pub(crate) fn close(&self) {
        let local = self.local();
        self.mine(|mine| mine.closed = true);
        // Ordering: Relaxed - from here on this thread is like all others to whom wakes and frees.
        local.owner.store(0, Ordering::Relaxed);
        self.core.close();
        // The tokens of those that wait are forgotten: this thread ends all tasks, with token or without (K1).
        let _stack = local.inbox.close();
        self.mine(|mine| mine.ready.clear());
        self.core.for_each(|task| {
            // SAFETY: the entry is pinned, so its slot is not freed meanwhile.
            let header = unsafe { task.header() };
            if header.state.claim_end() {
                // SAFETY: the claim is the right to end it, and this is its thread.
                unsafe { end(task, Failure::ShutDown) };
            }
        });
        let driver = local.driver.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(driver);
    }
}

/// Tasks are being run by the owner, who does not sleep.
pub(crate) struct Driving<'a, M: Storage>(&'a Owner<M>);

impl<M: Storage> Drop for Driving<'_, M> {
    fn drop(&mut self) {
        self.0.mine(|mine| mine.drivers -= 1);
    }
}

/// What other threads do to a local executor.
impl<M: Storage> Core<Local, M> {
    /// Spawns a future on any thread, or gives it back.
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

    /// Spawns, on any thread, the future that `build` returns on the owner's; or gives `build` back.
    pub(crate) fn spawn_built<G, F>(&self, origin: Origin, build: G) -> Result<RawJoin<F::Output>, (G, Refusal)>
    where
        G: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        self.spawn_begun(origin, build, |build| async move { build().await })
    }

    /// `begin` makes a future that has but its argument in it until it is polled.
    fn spawn_begun<G, B>(&self, origin: Origin, build: G, begin: fn(G) -> B) -> Result<RawJoin<B::Output>, (G, Refusal)>
    where
        G: Send + 'static,
        B: Future<Output: Send> + 'static,
    {
        match Prepared::new(self, Self::reserve_by_other) {
            // SAFETY: until it is polled, by the owner, there is only `build` in the future, which is `Send`.
            Ok(prepared) => Ok(unsafe { self.submit_remotely(prepared.make(origin, self.now(), (), || begin(build))) }),
            Err(reason) => Err((build, reason)),
        }
    }

    /// # Safety
    ///
    /// The task was just made. Until its first poll its future may be dropped on any thread; its output is `Send`.
    unsafe fn submit_remotely<T>(&self, (join, token): (RawJoin<T>, Token)) -> RawJoin<T> {
        let task = token.into_pointer();
        // SAFETY: the token is given away, and the join handle is a right to the task besides.
        match unsafe { self.scheduler.inbox.push(task) } {
            Pushed::Seen => {}
            Pushed::WakeOwner => self.scheduler.wake_driver(),
            Pushed::Closed => {
                // The executor has ended meanwhile. Either it found the task, or it ends here.
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
