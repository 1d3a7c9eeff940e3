//! The core of an executor: the slab of its tasks, how many live, where they were spawned, and its scheduler.

use core::{
    marker::PhantomData,
    mem::ManuallyDrop,
    panic::Location,
    ptr::{self, NonNull},
    time::Duration,
};
use std::{
    sync::{Arc, PoisonError, Weak},
    time::Instant,
};

use super::{
    header::{Header, Site, TaskPointer, Vtable},
    listing::Show,
    population::{AfterLess, NoPlace, Population},
    slot::{TaskConfig, TaskSlot, Tasked},
    state::{Snapshot, StateCell},
};
use crate::{
    raw::Place,
    slab::Slab,
    sync::{AtomicPtr, Mutex, Ordering},
    task::storage::{Storage, sealed::Sealed},
};

/// Ages are counted in units of 1/64 of a second: 32 bits of them are two years.
const AGE_UNITS_PER_SECOND: u64 = 64;

/// A slot that is reserved for a task.
pub(crate) type TaskPlace<M> = Place<TaskSlot<<M as Sealed>::Room>, TaskConfig>;

/// Who polls the tasks of a core.
pub(crate) trait Submit: Sized + Send + Sync + 'static {
    /// Takes a task's token, to have it polled.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, which is of this core, gives it away, and has a right to the task besides for
    /// the time of the call (K4).
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer);

    /// Whether the current thread is the core's owner: the one that alone may act as such, now.
    fn is_owner(&self) -> bool;
}

/// The core of an executor. Lives as long as somebody has an `Arc` of it, or a task lives (K6).
pub(crate) struct Core<S, M: Storage> {
    pub(super) slab: Slab<TaskSlot<M::Room>, TaskConfig>,
    population: Population,
    /// Those who wait for room, each with a number. No user code runs under the lock.
    waiting: Mutex<Vec<(usize, core::task::Waker)>>,
    pub(super) scheduler: S,
    started: Instant,
    // Last, since tasks refer to them.
    sites: Sites,
}

/// Where tasks were spawned so far: a list to which everybody may add, and that loses nothing before the core's end. They
/// are few: places in the source.
struct Sites {
    first: AtomicPtr<Site>,
    /// The core itself, with the provenance of its `Arc`.
    core: *const (),
}

// SAFETY: sites are written once, before they are published, and hold nothing that belongs to a thread.
unsafe impl Send for Sites {}

// SAFETY: as above.
unsafe impl Sync for Sites {}

impl<S: Submit, M: Storage> Core<S, M> {
    pub(crate) fn new(storage: &M, scheduler: S) -> Arc<Self> {
        let core = Arc::new_cyclic(|this: &Weak<Self>| Self {
            slab: Slab::new_with_config::<TaskConfig>(),
            population: Population::new(storage.limit().unwrap_or(Population::NO_LIMIT)),
            waiting: Mutex::new(Vec::new()),
            scheduler,
            started: Instant::now(),
            sites: Sites { first: AtomicPtr::new(ptr::null_mut()), core: this.as_ptr().cast() },
        });
        if let Some(limit) = storage.limit() {
            core.make_slots(limit.saturating_add(SPARE_SLOTS));
        }
        core
    }

    /// Makes so many slots on the current thread, so that none is made later.
    fn make_slots(&self, slots: usize) {
        let mut places = Vec::new();
        // As far as there is memory: what is missing is reported where a task is spawned.
        while places.len() < slots {
            let Some(place) = self.slab.shards.reserve_place() else { break };
            places.push(place);
        }
        // The last first, so that the first are used first.
        while let Some(place) = places.pop() {
            // SAFETY: it came from this table, and nothing was put in it.
            unsafe { self.slab.shards.abandon_place(place) };
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.population.len()
    }

    /// At most so many tasks, if there is a limit.
    pub(crate) fn limit(&self) -> Option<usize> {
        (self.population.limit() != Population::NO_LIMIT).then_some(self.population.limit())
    }

    /// One task more, or fewer, that the limit does not count. By the owner.
    pub(super) fn count_root(&self, more: bool) {
        self.population.count_root(more);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.population.is_closed()
    }

    /// How long it is since the core was made, in units of [`AGE_UNITS_PER_SECOND`]. Reads the clock.
    pub(super) fn now(&self) -> u32 {
        let units = self.started.elapsed().as_millis() * u128::from(AGE_UNITS_PER_SECOND) / 1000;
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// How long ago that was.
    pub(super) fn since(&self, born: u32) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_secs(u64::from(born)) / AGE_UNITS_PER_SECOND as u32)
    }

    /// Counts a task more and reserves its slot. The current thread is the owner; `others_spawn` is that of
    /// [`Population::one_more_by_owner`].
    #[inline(always)]
    pub(super) fn reserve_by_owner(&self, others_spawn: bool) -> Result<TaskPlace<M>, NoPlace> {
        self.population.one_more_by_owner(others_spawn)?;
        self.slab.shards.reserve_place().ok_or_else(|| self.no_slot())
    }

    /// The same on any thread. The caller keeps the core.
    pub(super) fn reserve_by_other(&self) -> Result<TaskPlace<M>, NoPlace> {
        match self.population.one_more_by_other() {
            Ok(()) => self.slab.shards.reserve_place().ok_or_else(|| self.no_slot()),
            Err(NoPlace::Closed) => Err(NoPlace::Closed),
            Err(NoPlace::Full) => Err(self.no_slot()),
        }
    }

    /// Takes back that a task was counted.
    #[cold]
    fn no_slot(&self) -> NoPlace {
        self.one_less();
        NoPlace::Full
    }

    /// Makes a reserved slot a task: an entry of the slab.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core, and what the vtable of `site` expects is in its room.
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
        unsafe { self.slab.shards.publish_place(place) };
        task
    }

    /// Gives a reserved slot back.
    ///
    /// # Safety
    ///
    /// The place was reserved in this core, and nothing is in it that has to be dropped. The caller keeps the core.
    #[cold]
    pub(super) unsafe fn abandon(&self, place: TaskPlace<M>) {
        // SAFETY: the place is of this core's table.
        unsafe { self.slab.shards.abandon_place(place) };
        self.one_less();
    }

    /// Counts a task less. The caller keeps the core, unless it is the last task's end.
    #[inline(always)]
    fn one_less(&self) {
        let after = if self.scheduler.is_owner() {
            self.population.one_less_by_owner()
        } else {
            self.population.one_less_by_other()
        };
        match after {
            AfterLess::Nothing => {}
            AfterLess::TellWaiting => self.tell_waiting(),
            // SAFETY: `close` kept the count that is let go here, once; the caller has another.
            AfterLess::LetGo => unsafe { Arc::decrement_strong_count(self.sites.core.cast::<Self>()) },
        }
    }

    /// The executor ends: nothing is spawned from now on, and the tasks that live keep the core. By the owner, once.
    pub(super) fn close(self: &Arc<Self>) {
        // First, since the last task may go at once.
        let for_all_tasks = ManuallyDrop::new(Arc::clone(self));
        if !self.population.close() {
            drop(ManuallyDrop::into_inner(for_all_tasks));
        }
        // Whoever waits for room learns that there will be none.
        while self.tell_one() {}
    }

    /// The site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(super) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        // Ordering: Acquire - pairs with the Release in `add_site`; publishes the sites.
        let first = self.sites.first.load(Ordering::Acquire);
        let mut next: *const Site = first;
        // SAFETY: sites live as long as the core, and are not written any more.
        while let Some(site) = unsafe { next.as_ref() } {
            if ptr::eq(site.vtable, vtable) && ptr::eq(site.location, location) && ptr::eq(site.kind, kind) {
                return NonNull::from(site);
            }
            next = site.next;
        }
        self.add_site(vtable, location, kind)
    }

    /// Two threads may add the same; no harm is done.
    #[cold]
    fn add_site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        // Ordering: Relaxed - compared below.
        let mut first = self.sites.first.load(Ordering::Relaxed);
        // SAFETY: an `Arc`'s address is not null.
        let core = unsafe { NonNull::new_unchecked(self.sites.core.cast_mut()) };
        let made = Box::into_raw(Box::new(Site { vtable, location, kind, core, next: first }));
        loop {
            // Ordering: Release - pairs with the Acquire in `site`; publishes the site. Acquire for the links of those that
            // others added meanwhile, which whoever sees this one follows; they are released with it.
            match self.sites.first.compare_exchange(first, made, Ordering::AcqRel, Ordering::Relaxed) {
                // SAFETY: a box is not null.
                Ok(_) => return unsafe { NonNull::new_unchecked(made) },
                Err(seen) => {
                    first = seen;
                    // SAFETY: nobody has seen it yet.
                    unsafe { (*made).next = first };
                }
            }
        }
    }

    /// Notes that somebody waits for room, under a number of his own, unless there is room. By the owner.
    pub(crate) fn wait_for_room(&self, number: usize, waker: &core::task::Waker) {
        let waker = waker.clone();
        let before = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            self.population.wait();
            match waiting.iter_mut().find(|(other, _)| *other == number) {
                Some((_, place)) => Some(core::mem::replace(place, waker)),
                None => {
                    waiting.push((number, waker));
                    None
                }
            }
        };
        drop(before);
    }

    /// Whether somebody who waited was told that there is room. He does not wait any more.
    pub(crate) fn was_told(&self, number: usize) -> bool {
        let waker = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let place = waiting.iter().position(|(other, _)| *other == number);
            let waker = place.map(|place| waiting.remove(place));
            if waiting.is_empty() {
                self.population.wait_no_more();
            }
            waker
        };
        waker.is_none()
    }

    /// Tells one of those who wait for room, if there is room and somebody waits.
    #[cold]
    pub(crate) fn tell_waiting(&self) {
        self.tell_one();
    }

    fn tell_one(&self) -> bool {
        let told = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let first = if waiting.is_empty() { None } else { Some(waiting.remove(0)) };
            if waiting.is_empty() {
                self.population.wait_no_more();
            }
            first
        };
        let Some((_, waker)) = told else { return false };
        waker.wake();
        true
    }
}

/// Slots that are made beyond the limit, for the futures of `block_on`, which do not count.
const SPARE_SLOTS: usize = 4;

impl Drop for Sites {
    fn drop(&mut self) {
        // Ordering: Relaxed - the core is the caller's alone.
        let mut next: *const Site = self.first.load(Ordering::Relaxed);
        while !next.is_null() {
            // SAFETY: it came out of a box, and no task refers to it any more.
            let site = unsafe { Box::from_raw(next.cast_mut()) };
            next = site.next;
        }
    }
}

/// What vtables do to the core, by its type.
pub(super) struct System<S, M>(PhantomData<fn(S, M)>);

impl<S: Submit, M: Storage> System<S, M> {
    /// # Safety
    ///
    /// The caller has a right to the task (K4), whose core is of this type.
    #[inline(always)]
    unsafe fn core_of(task: TaskPointer) -> NonNull<Core<S, M>> {
        // SAFETY: as of this function.
        unsafe { task.header() }.site().core.cast()
    }

    /// # Safety
    ///
    /// As of [`Submit::submit`].
    pub(super) unsafe fn submit(task: TaskPointer) {
        // SAFETY: the caller has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as of this function; the task lives, so the core does (K6).
        unsafe { S::submit(core, task) };
    }

    /// Calls `act` with the core, which is kept meanwhile also if a task's end is its own.
    ///
    /// # Safety
    ///
    /// The core lives.
    #[inline(always)]
    unsafe fn with_core_kept(core: NonNull<Core<S, M>>, act: impl FnOnce(&Core<S, M>)) {
        // SAFETY: the core lives.
        if unsafe { core.as_ref() }.scheduler.is_owner() {
            // The executor, which has not ended, keeps it.
            // SAFETY: as above.
            act(unsafe { core.as_ref() });
        } else {
            // SAFETY: the core lives, and is in an `Arc`.
            unsafe { Arc::increment_strong_count(core.as_ptr()) };
            // SAFETY: the count was just added.
            let kept = unsafe { Arc::from_raw(core.as_ptr()) };
            act(&kept);
        }
    }

    /// # Safety
    ///
    /// The caller is the heir of an ended task (K3), and touches it no more.
    pub(super) unsafe fn remove(task: TaskPointer) {
        // SAFETY: the heir has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as above.
        let key = unsafe { task.header() }.key;
        // SAFETY: the task lives, so the core does (K6).
        unsafe {
            Self::with_core_kept(core, |core| {
                core.slab.shards.remove::<Tasked>(key);
            });
        }
    }

    /// # Safety
    ///
    /// The caller has let go of the last reference to a removed entry, which is this task's.
    #[cold]
    pub(super) unsafe fn finish(task: TaskPointer) {
        // SAFETY: the slot is the caller's, and the task in it.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as above.
        let key = unsafe { task.header() }.key;
        let finish = |core: &Core<S, M>| {
            // SAFETY: as of this function.
            unsafe { core.slab.shards.finish_entry::<Tasked>(key) };
        };
        // SAFETY: the task is counted still, so the core lives (K6).
        unsafe { Self::with_core_kept(core, finish) };
    }

    /// # Safety
    ///
    /// The caller has a right to the task (K4), whose core is of this type.
    pub(super) unsafe fn see(task: TaskPointer, show: &mut Show<'_>) {
        // SAFETY: the caller has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: the task lives, so the core does (K6).
        let core = unsafe { core.as_ref() };
        // SAFETY: as of this function.
        unsafe { core.see_task(task, show) };
    }

    /// # Safety
    ///
    /// `core` is of this type and is kept by the caller; a task of it has been freed, for which this was not called yet.
    pub(super) unsafe fn one_less(core: NonNull<()>) {
        // SAFETY: as of this function.
        unsafe { core.cast::<Core<S, M>>().as_ref() }.one_less();
    }
}
