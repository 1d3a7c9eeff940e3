//! The core of an executor: the slab of its tasks, how many live, where they were spawned, and its scheduler.

use core::{mem::ManuallyDrop, panic::Location, ptr::NonNull, task::Waker, time::Duration};
use std::sync::{Arc, Weak};

use super::{
    clock::Clock,
    header::{Header, Site, TaskPointer, Vtable},
    lingering::Lingering,
    population::{AfterLess, Closed, NoPlace, Population},
    sites::Sites,
    slot::{TaskConfig, TaskSlot},
    state::{Snapshot, StateCell},
    waiting::Waiting,
};
use crate::{
    config::Layout,
    raw::{NoRoom, Place, ShardTable, Slot},
    sync::{AtomicUsize, Ordering},
    task::{
        storage::{Storage, sealed::Sealed},
        thread_token,
    },
};

/// Slots that are made beyond the limit, for the futures of `block_on`, which do not count. The larger a slot, the fewer.
const fn spare_slots<T>() -> usize {
    match size_of::<T>() {
        0..=1024 => 4,
        1025..=65_536 => 1,
        _ => 0,
    }
}

/// A slot that is reserved for a task.
pub(crate) type TaskPlace<M> = Place<TaskSlot<<M as Sealed>::Room>, TaskConfig>;

/// The scheduler: it has the tasks of a core polled.
pub(crate) trait Submit: Sized + Send + Sync + 'static {
    /// Takes a task's token, to have it polled.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, which is of this core, and gives it away. Besides, it has a right to the task
    /// for the time of the call (K4).
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer);

    /// Whether there is an owner: a thread that alone may act as such.
    const HAS_OWNER: bool;

    /// The core's data that is rarely used: here it shares no cache line with what is used all the time.
    fn rare(&self) -> &Rare;

    /// No task lives, and none will: drops what only tasks need. This is user code, whose panics do not propagate.
    ///
    /// # Safety
    ///
    /// No task of the core lives, and none will: no thread submits, now or later. Called once.
    unsafe fn none_lives(&self);
}

/// Data that is used where tasks wait for room, or linger.
pub(crate) struct Rare {
    lingering: Lingering,
    waiting: Waiting,
}

impl Rare {
    pub(super) fn new() -> Self {
        Self { lingering: Lingering::new(), waiting: Waiting::new() }
    }
}

/// A number that no other core of the process has or had; on 32 bits, numbers repeat after four thousand million.
fn next_number() -> usize {
    /// Not for the model checkers: it orders nothing.
    static NEXT: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(1);
    // Ordering: Relaxed - the numbers must be different, and nothing else.
    match NEXT.fetch_add(1, core::sync::atomic::Ordering::Relaxed) {
        0 => next_number(),
        number => number,
    }
}

/// The core of an executor. Lives while there is an `Arc` of it, a task lives, or a slot lingers (K6).
pub(crate) struct Core<S, M: Storage> {
    pub(super) shards: ShardTable<TaskSlot<M::Room>, TaskConfig>,
    population: Population,
    /// The token of the owner's thread; 0 from the executor's end on, or if there is no owner.
    owner: AtomicUsize,
    clock: Clock,
    pub(super) scheduler: S,
    /// How often a thread that keeps an `Arc` of the core has finished using it.
    #[cfg(flagstone_loom)]
    released: AtomicUsize,
    // Last, since tasks refer to them.
    sites: Sites,
}

impl<S: Submit, M: Storage> Core<S, M> {
    /// The current thread is the owner, if there is to be one.
    pub(crate) fn new(storage: &M, scheduler: S) -> Arc<Self> {
        let () = Layout::<TaskConfig>::VALID;
        let core = Arc::new_cyclic(|this: &Weak<Self>| Self {
            // SAFETY: keys from outside are passed to `share_place` only, which checks whether there is such a slot.
            shards: unsafe { ShardTable::with_short_pages() },
            population: Population::new(storage.limit().unwrap_or(Population::NO_LIMIT)),
            owner: AtomicUsize::new(if S::HAS_OWNER { thread_token::current_or_new() } else { 0 }),
            clock: Clock::new(),
            scheduler,
            #[cfg(flagstone_loom)]
            released: AtomicUsize::new(0),
            // SAFETY: an `Arc`'s address is not null.
            sites: Sites::new(unsafe { NonNull::new_unchecked(this.as_ptr().cast_mut().cast()) }, next_number()),
        });
        if let Some(limit) = storage.limit() {
            // As far as there is memory: a shortage is reported where a task is spawned.
            let _ = core.shards.make_room(limit.saturating_add(spare_slots::<Slot<TaskSlot<M::Room>>>()));
        }
        core
    }

    /// Makes slots on the current thread, so that none must be made there for `tasks` more tasks. `claimed` slots are
    /// taken that hold no entry yet.
    pub(crate) fn make_slots(&self, tasks: usize, claimed: usize) -> Result<(), NoRoom> {
        if self.limit().is_some_and(|limit| tasks > limit.saturating_sub(self.len())) {
            return Err(NoRoom::Pages);
        }
        self.shards.make_room(tasks.saturating_add(claimed))
    }

    /// Whether the current thread is now the core's owner, which alone may act as such.
    #[inline(always)]
    pub(super) fn is_owner(&self) -> bool {
        // Ordering: Relaxed - only the owner's thread ever wrote its token there, and takes it away itself; every other
        // thread reads another value, whenever it reads (K8).
        S::HAS_OWNER && thread_token::is_current(self.owner.load(Ordering::Relaxed))
    }

    /// From here on wakes and frees treat the current thread, the owner, like all others.
    pub(super) fn end_ownership(&self) {
        // Ordering: Relaxed - as in `is_owner`.
        self.owner.store(0, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.population.len()
    }

    /// The largest number of tasks, if there is a limit.
    pub(crate) fn limit(&self) -> Option<usize> {
        (self.population.limit() != Population::NO_LIMIT).then_some(self.population.limit())
    }

    /// The core's number, which is not 0.
    pub(crate) fn executor(&self) -> usize {
        self.sites.executor()
    }

    /// Gives back the memory of unused slots that the current thread has made, and of those of threads that have ended.
    /// Returns how many bytes the operating system got.
    pub(crate) fn trim(&self) -> usize {
        self.shards.trim()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.population.is_closed()
    }

    /// The core's age, as [`Clock::now`] has it.
    #[inline]
    pub(super) fn now(&self) -> u32 {
        self.clock.now()
    }

    /// The time since `born`. `None`: there is no clock.
    pub(super) fn since(&self, born: u32) -> Option<Duration> {
        self.clock.since(born)
    }

    /// Adds a task to the population and reserves its slot. The current thread is the owner; `others_spawn` is that of
    /// [`Population::one_more_by_owner`].
    #[inline(always)]
    pub(super) fn reserve_by_owner(&self, others_spawn: bool) -> Result<TaskPlace<M>, NoPlace> {
        self.population.one_more_by_owner(others_spawn)?;
        self.shards.reserve_place().ok_or_else(|| self.no_slot())
    }

    /// Reserves a slot that the population does not count: of a root, or of a task that ends when it is made. The slot
    /// has a count of the `Arc` instead.
    pub(super) fn reserve_uncounted(self: &Arc<Self>) -> Option<TaskPlace<M>> {
        let place = self.shards.reserve_place()?;
        let _for_the_slot = ManuallyDrop::new(Arc::clone(self));
        Some(place)
    }

    /// An uncounted slot has been given back. The caller keeps the core.
    #[cold]
    pub(super) fn one_uncounted_less(&self) {
        // SAFETY: `reserve_uncounted` has kept the count for the slot, which is freed; the caller has another.
        unsafe { Arc::decrement_strong_count(self.sites.core().cast::<Self>().as_ptr()) };
    }

    /// As [`Self::reserve_by_owner`], on any thread. The caller keeps the core.
    pub(super) fn reserve_by_other(&self) -> Result<TaskPlace<M>, NoPlace> {
        self.population.one_more_by_other()?;
        self.shards.reserve_place().ok_or_else(|| self.no_slot())
    }

    /// Undoes the counting of a task.
    #[cold]
    fn no_slot(&self) -> NoPlace {
        self.one_less();
        NoPlace::Full
    }

    /// Makes a reserved slot a task: an entry of the slab.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core, and its room holds what the vtable of `site` expects.
    #[inline(always)]
    pub(super) unsafe fn publish(
        &self,
        place: TaskPlace<M>,
        state: Snapshot,
        site: NonNull<Site>,
        born: u32,
    ) -> TaskPointer {
        let header = Header::new(StateCell::new(state), born, site, place.key(), place.lifecycle());
        // SAFETY: the slot is the caller's.
        let task = unsafe { TaskSlot::<M::Room>::write_header(place.value(), header) };
        // SAFETY: the place came from this table, and its value is complete.
        unsafe { self.shards.publish_place(place) };
        task
    }

    /// Gives a reserved slot back.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core, and holds nothing that must be dropped. The caller keeps the core.
    #[cold]
    pub(super) unsafe fn abandon(&self, place: TaskPlace<M>) {
        // SAFETY: the place is of this core's table.
        unsafe { self.shards.abandon_place(place) };
        self.one_less();
    }

    /// Subtracts a task from the population. The caller keeps the core.
    #[inline(always)]
    pub(super) fn one_less(&self) {
        self.one_less_by(self.is_owner());
    }

    /// As [`one_less`](Self::one_less); `is_owner` says whether the current thread is the owner.
    #[inline(always)]
    pub(super) fn one_less_by(&self, is_owner: bool) {
        let after = if is_owner { self.population.one_less_by_owner() } else { self.population.one_less_by_other() };
        match after {
            AfterLess::Nothing => {}
            AfterLess::TellWaiting => self.scheduler.rare().waiting.grant(&self.population),
            AfterLess::LetGo => self.none_lives(),
        }
    }

    /// The executor has ended, and so has its last task. The caller keeps the core.
    #[cold]
    fn none_lives(&self) {
        // SAFETY: nothing is spawned any more, and no task lives; the population reports that once.
        unsafe { self.scheduler.none_lives() };
        if self.scheduler.rare().lingering.none_lives() {
            self.release_own_count();
        }
    }

    /// The entry of a task was removed, and its slot not given back, since references to it exist. Called before the
    /// task is subtracted from the population.
    #[cold]
    pub(super) fn lingers(&self) {
        self.scheduler.rare().lingering.one_more();
    }

    /// The slot of a task that lingered has been given back. The caller keeps the core.
    #[cold]
    pub(super) fn lingers_no_more(&self) {
        if self.scheduler.rare().lingering.one_less() {
            self.release_own_count();
        }
    }

    /// The current thread is about to release a count of the core's `Arc`. This tells `loom` about the ordering of the
    /// `Arc`, which `loom` does not see.
    #[inline(always)]
    pub(super) fn before_release(&self) {
        #[cfg(flagstone_loom)]
        // Ordering: Release - pairs with the Acquire in `drop`, as in `Arc`.
        self.released.fetch_add(1, Ordering::Release);
    }

    fn release_own_count(&self) {
        self.before_release();
        // SAFETY: `close` has kept the count that is released here, once; the caller has another.
        unsafe { Arc::decrement_strong_count(self.sites.core().cast::<Self>().as_ptr()) };
    }

    /// The executor ends: nothing is spawned from now on, and the tasks that live keep the core. The caller must end
    /// the tasks that are counted, unless there are none. Called by the owner, if there was one.
    pub(super) fn close(self: &Arc<Self>) -> Closed {
        // First, since the last task may end at once. Released with the last task and the last slot that lingers (K6).
        let own_count = ManuallyDrop::new(Arc::clone(self));
        let closed = self.population.close();
        match closed {
            Closed::WithTasks => {}
            Closed::Empty => self.none_lives(),
            Closed::Before => drop(ManuallyDrop::into_inner(own_count)),
        }
        // Waiting claims learn that there will be no room.
        self.scheduler.rare().waiting.tell_all(&self.population);
        closed
    }

    /// Gives back the memory of unused slots, if the core is kept: by a handle, or by a waker of a removed task.
    pub(super) fn trim_after_end(self: &Arc<Self>) {
        if self.scheduler.rare().lingering.is_any() || Arc::strong_count(self) > 1 {
            self.shards.trim();
        }
        self.before_release();
    }

    /// The site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(super) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        self.sites.site(vtable, location, kind)
    }

    /// Waits for a place. `None`: there is one, which the caller may [use](Self::reserve_granted) now; else returns the
    /// place in the queue. Called by the owner.
    pub(crate) fn wait_for_room(&self, waker: &Waker) -> Option<usize> {
        self.scheduler.rare().waiting.wait(&self.population, waker)
    }

    /// Whether the waiter at this place of the queue now has a place: then the caller may [use](Self::reserve_granted)
    /// it, and waits no more. Called by the owner.
    pub(crate) fn has_room(&self, waiting: usize, waker: &Waker) -> bool {
        self.scheduler.rare().waiting.is_granted(waiting, waker)
    }

    /// The waiter at this place of the queue waits no more. The caller keeps the core. Called by the owner.
    pub(crate) fn wait_no_more(&self, waiting: usize) {
        if self.scheduler.rare().waiting.leave(&self.population, waiting) {
            self.one_less();
        }
    }

    /// Reserves a slot, for a place that was waited for. `None`: there is no memory. Called by the owner.
    pub(super) fn reserve_granted(&self) -> Option<TaskPlace<M>> {
        let place = self.shards.reserve_place();
        if place.is_none() {
            self.one_less();
        }
        place
    }
}

#[cfg(flagstone_loom)]
impl<S, M: Storage> Drop for Core<S, M> {
    fn drop(&mut self) {
        // Ordering: Acquire - pairs with the Release in `before_release`, as in `Arc`.
        self.released.load(Ordering::Acquire);
    }
}
