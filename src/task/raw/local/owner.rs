//! The right to act as the owner of a local executor: to spawn, to run tasks, to sleep, and to end it.

use core::{cell::Cell, future::Future, marker::PhantomData, mem, ptr};
use std::sync::Arc;

use crate::{
    raw::NoRoom,
    sync,
    task::{
        raw::{
            core::{
                Core, TaskPlace,
                cell::Label,
                header::TaskPointer,
                join::RawJoin,
                outcome::Failure,
                population::{Closed, NoPlace},
                run::{Ran, Token, end},
                spawn::{Origin, Prepared},
            },
            local::{Counts, Local, Mine, POLLS_BETWEEN_LOOKS},
        },
        spawn_error::Refusal,
        storage::Storage,
    },
};

sync::thread_local_const! {
    /// The executor that this thread drives, the innermost of several: its scheduler's address. 0: none.
    static DRIVEN_HERE: Cell<usize> = Cell::new(0);
}

/// The right to act as the owner of a local executor's core: it never leaves the thread on which the core was made
/// (K8).
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
        let this = Self { core: Core::new(storage, Local::new()), _stays_here: PhantomData };
        if storage.limit().is_some() {
            this.local().make_room_to_sleep();
        }
        this
    }

    /// Allocates what `tasks` more tasks need on this thread.
    pub(crate) fn make_room(&self, tasks: usize) -> Result<(), NoRoom> {
        self.core.make_slots(tasks, self.mine(|mine| mine.claimed))?;
        self.local().make_room_to_sleep();
        Ok(())
    }

    pub(crate) fn core(&self) -> &Arc<Core<Local, M>> {
        &self.core
    }

    pub(in crate::task::raw) fn local(&self) -> &Local {
        &self.core.scheduler
    }

    /// Calls `act` with the owner's data. `act` calls nothing that calls this.
    #[inline(always)]
    pub(in crate::task::raw) fn mine<R>(&self, act: impl FnOnce(&mut Mine) -> R) -> R {
        // SAFETY: the current thread is the owner's, since `self` never left it.
        unsafe { self.local().mine(act) }
    }

    /// Lets other threads spawn from now on.
    pub(crate) fn let_others_spawn(&self) {
        self.mine(|mine| mine.others_spawn = true);
    }

    /// Adds a task to the population and reserves its slot.
    #[inline(always)]
    pub(crate) fn reserve(&self) -> Result<TaskPlace<M>, NoPlace> {
        let (closed, others_spawn) = self.mine(|mine| (mine.closed, mine.others_spawn));
        if closed { Err(NoPlace::Closed) } else { self.core.reserve_by_owner(others_spawn) }
    }

    /// Adds `change` (wrapping) to the number of slots that are reserved for futures that come later.
    pub(in crate::task::raw) fn count_claimed(&self, change: usize) {
        self.mine(|mine| mine.claimed = mine.claimed.wrapping_add(change));
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
        if self.mine(|mine| mine.closed) {
            // `make` has ended the executor, which did not find the task yet.
            // SAFETY: the task was just made; this is its thread.
            unsafe { token.end(Failure::ShutDown) };
        } else {
            // SAFETY: the token is given away; the current thread is the owner's.
            unsafe { self.local().push_own(token.into_pointer(), false, None) };
        }
        join
    }
}

/// The operations by which the owner runs tasks.
impl<M: Storage> Owner<M> {
    /// Starts driving: tasks are run until the result is dropped.
    pub(crate) fn drive(&self) -> Driving<'_, M> {
        let now = self.core.now();
        let was_asleep = self.mine(|mine| {
            (mine.drivers, mine.now) = (mine.drivers + 1, now);
            mem::take(&mut mine.asleep)
        });
        if was_asleep {
            // No driver need be woken now; if a push has taken the mark, it wakes one.
            self.local().inbox().wake_up();
        }
        let here = ptr::from_ref(self.local()).addr();
        Driving { owner: self, below: DRIVEN_HERE.with(|driven| driven.replace(here)) }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.mine(|mine| mine.counts)
    }

    /// Returns whether a task is known to wait for its poll.
    pub(crate) fn has_ready(&self) -> bool {
        if self.mine(|mine| mine.ready.is_empty()) {
            self.look();
        }
        self.mine(|mine| !mine.ready.is_empty())
    }

    /// Takes over the tasks that other threads woke.
    #[inline(always)]
    fn look(&self) {
        if let Some(stack) = self.local().inbox().take_all() {
            // SAFETY: the stack came from the inbox, and its tokens with it.
            let count = self.mine(|mine| unsafe { mine.ready.append_stack(stack) });
            self.mine(|mine| {
                // The first push has taken the mark, if there was one, and wakes the drivers.
                mine.asleep = false;
                mine.counts.add(&Counts { woken_outside: count, ..Counts::default() });
            });
        }
    }

    /// Takes the next task to poll from the queue.
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

    /// Polls at most `budget` tasks, or ends those that were cancelled, as long as some are ready. Returns their
    /// number.
    #[inline(always)]
    pub(crate) fn run(&self, budget: usize) -> usize {
        // In registers until the end: they are read only between calls.
        let mut counts = Counts::default();
        let mut turns = 0;
        while turns < budget {
            let Some(task) = self.next() else { break };
            // SAFETY: the task came from the list, and its token with it.
            let is_root = unsafe { task.vtable() }.is_root;
            // SAFETY: as above.
            let token = unsafe { Token::new(task) };
            if is_root {
                self.root_is_ready(token);
                continue;
            }
            turns += 1;
            // SAFETY: this is the executor's thread, and the task is no root.
            match unsafe { token.run() } {
                Ran::Rests => counts.polled += 1,
                Ran::Ended => (counts.polled, counts.completed) = (counts.polled + 1, counts.completed + 1),
                Ran::EndedUnpolled => counts.completed += 1,
                Ran::Again(token) => {
                    (counts.polled, counts.woken_inside) = (counts.polled + 1, counts.woken_inside + 1);
                    // SAFETY: the token is given away.
                    self.mine(|mine| unsafe { mine.ready.push(token.into_pointer()) });
                }
            }
        }
        self.mine(|mine| mine.counts.add(&counts));
        turns
    }

    /// Marks the executor as sleeping, unless something is ready. Returns whether it is marked.
    pub(in crate::task::raw) fn fall_asleep(&self) -> bool {
        let nothing_ready = self.mine(|mine| mine.ready.is_empty());
        let asleep = nothing_ready && self.local().inbox().fall_asleep();
        self.mine(|mine| mine.asleep = asleep);
        asleep
    }

    /// Leaves the executor to drivers that sleep, when the current thread stops driving it. They must drive it as soon
    /// as there is something to do (K7).
    #[inline(always)]
    fn leave_to_sleepers(&self) {
        // If the executor was marked as sleeping inside this drive, the mark is still set, or the push that has taken
        // it wakes them. But a task that is woken inside a poll is made ready without a look at the mark.
        if self.mine(|mine| mine.sleepers != 0 && (!mine.asleep || !mine.ready.is_empty())) {
            self.pass_on();
        }
    }

    /// Wakes drivers that sleep if something is ready. Otherwise makes sure that they are woken when something is.
    #[cold]
    pub(in crate::task::raw) fn pass_on(&self) {
        if self.mine(|mine| mine.sleepers == 0) {
            return;
        }
        let was_asleep = self.mine(|mine| mem::take(&mut mine.asleep));
        if was_asleep {
            self.local().inbox().wake_up();
        }
        if !self.fall_asleep() {
            self.local().wake_sleepers(None);
        }
    }

    /// Ends the executor, and every task that has not ended. The futures are dropped here, and the joiners are woken.
    /// From now on wakes do nothing, and nothing is spawned.
    pub(crate) fn close(&self) {
        let local = self.local();
        self.mine(|mine| mine.closed = true);
        self.core.end_ownership();
        let closed = self.core.close();
        // The tokens of scheduled tasks are forgotten: this thread ends all tasks, with or without a token (K1).
        let _stack = local.inbox().close();
        self.mine(|mine| mine.ready.clear());
        // The population does not count roots.
        if closed != Closed::Empty || self.mine(|mine| mine.roots_left) > 0 {
            self.end_all();
        }
        self.core.trim_after_end();
    }

    fn end_all(&self) {
        self.core.for_each(|task| {
            // SAFETY: the entry is pinned, so its slot is not freed meanwhile.
            let header = unsafe { task.header() };
            if header.state.claim_end() {
                // SAFETY: the claim is the right to end it, and this is its thread.
                unsafe { end(task, Failure::ShutDown) };
            }
        });
    }
}

/// The state of driving an executor: the current thread drives it until this is dropped.
pub(crate) struct Driving<'a, M: Storage> {
    owner: &'a Owner<M>,
    /// The executor that the thread drives further down its stack: the circle. 0: none.
    below: usize,
}

impl<M: Storage> Driving<'_, M> {
    /// Returns the circle in which the driver is polled.
    pub(in crate::task::raw) fn circle(&self) -> usize {
        self.below
    }
}

impl<M: Storage> Drop for Driving<'_, M> {
    fn drop(&mut self) {
        DRIVEN_HERE.with(|driven| driven.set(self.below));
        self.owner.mine(|mine| mine.drivers -= 1);
        self.owner.leave_to_sleepers();
    }
}
