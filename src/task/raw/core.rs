//! The core of an executor: the slab of its tasks, how many live, where they were spawned, and its scheduler.
//!
//! | file | noun | callers |
//! | --- | --- | --- |
//! | `state` | the task's word: snapshot and cell | code with a right to the task (K4) |
//! | `join_waker` | the joiner's waker | `join`, `run` |
//! | `clock` | ages of tasks | the core |
//! | `outcome`, `seen` | output or failure; what a look shows | everything here |
//! | `header` | the part that all tasks have, beside the future; pointers to it | everything here |
//! | `slot` | header and room for the future: the slab's value; how it ends | the core, `cell` |
//! | `cell` | future or output; the operations on them that depend on the type | the core, by way of vtables |
//! | `system` | the operations on a core that depend on its type | vtables, slots that end, pins |
//! | `sites`, `waiting` | where tasks were spawned; claims that wait for room | the core |
//! | `population` | how many tasks live, and when the last has ended | the core |
//! | `lingering` | slots that references keep, and when the core may be released | the core |
//! | `reference` | counted references, wakers | the safe layer |
//! | `run` | a poll of a task, and its end | the holder of its token |
//! | `join` | the join handle's side | the safe layer |
//! | `room`, `ending` | slots for tasks that will be; what releases the core: both parts of its interface | the scheduler, `spawn`, `system` |
//! | `spawn` | a slot becomes a task | the safe layer |
//! | `listing` | every live task, from any thread | the safe layer |

pub(super) mod clock;
pub(super) mod join_waker;
pub(super) mod outcome;
pub(super) mod seen;
pub(super) mod state;

pub(super) mod header;

pub(super) mod slot;

pub(super) mod cell;
pub(super) mod system;

pub(super) mod lingering;
pub(super) mod population;
pub(super) mod sites;
pub(super) mod waiting;

mod ending;
mod room;

pub(super) mod reference;
pub(super) mod run;

pub(super) mod join;
pub(super) mod spawn;

pub(super) mod listing;

use core::{panic::Location, ptr::NonNull, time::Duration};
use std::sync::{Arc, Weak};

use self::{
    clock::Clock,
    header::{Header, Site, TaskPointer, Vtable},
    lingering::Lingering,
    population::{AfterLess, Population},
    sites::Sites,
    slot::{TaskConfig, TaskSlot},
    state::{Snapshot, StateCell},
    waiting::Waiting,
};
use crate::{
    config::Layout,
    raw::{Place, ShardTable, Slot},
    sync::{AtomicUsize, Ordering},
    task::storage::{Storage, sealed::Sealed},
    thread_token,
};

/// Returns the number of slots that are allocated beyond the limit, for the futures of `block_on`, which do not count.
/// The larger a slot, the fewer.
const fn spare_slots<T>() -> usize {
    match size_of::<T>() {
        0..=1024 => 4,
        1025..=65_536 => 1,
        _ => 0,
    }
}

/// A slot that is reserved for a task.
pub(crate) type TaskPlace<M> = Place<TaskSlot<<M as Sealed>::Room>, TaskConfig>;

/// A scheduler: it causes the tasks of a core to be polled.
pub(crate) trait Submit: Sized + Send + Sync + 'static {
    /// Takes a task's token, so that the task is polled.
    ///
    /// # Safety
    ///
    /// The caller holds the task's token, which is of this core, and gives it away. Besides, it has a right to the task
    /// for the time of the call (K4).
    unsafe fn submit<M: Storage>(core: NonNull<Core<Self, M>>, task: TaskPointer);

    /// Whether a core has an owner: the only thread that may act as such.
    const HAS_OWNER: bool;

    /// Returns the core's data that is rarely used. In the scheduler it shares no cache line with data that is often
    /// used.
    fn rare(&self) -> &Rare;

    /// Drops what only tasks need, when no task lives and none will. This is user code, whose panics do not propagate.
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

/// Returns a number that no other core of the process has or had. On 32 bits, numbers repeat after 2^32 cores.
fn next_number() -> usize {
    /// Not an atomic of the model checkers, since it orders nothing.
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
    /// How often a thread with an `Arc` of the core has finished using it.
    #[cfg(flagstone_loom)]
    released: AtomicUsize,
    // The last field, since tasks refer to the sites.
    sites: Sites,
}

impl<S: Submit, M: Storage> Core<S, M> {
    /// Creates a core. The current thread is its owner, if it has one.
    pub(crate) fn new(storage: &M, scheduler: S) -> Arc<Self> {
        let () = Layout::<TaskConfig>::VALID;
        let core = Arc::new_cyclic(|this: &Weak<Self>| Self {
            // SAFETY: keys from outside are passed to `share_place` and `with_place` only, which check whether there is
            // such a slot.
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
            // If there is not enough memory, spawning reports it.
            let _ = core.shards.make_room(limit.saturating_add(spare_slots::<Slot<TaskSlot<M::Room>>>()));
        }
        core
    }

    /// Returns whether the current thread is now the core's owner, which alone may act as such.
    #[inline(always)]
    pub(super) fn is_owner(&self) -> bool {
        // Ordering: Relaxed - only the owner's thread ever wrote its token there, and takes it away itself; every other
        // thread reads another value, whenever it reads (K8).
        S::HAS_OWNER && thread_token::is_current(self.owner.load(Ordering::Relaxed))
    }

    /// Ends the ownership of the current thread: from here on wakes and frees treat it like all others.
    pub(super) fn end_ownership(&self) {
        // Ordering: Relaxed - as in `is_owner`.
        self.owner.store(0, Ordering::Relaxed);
    }

    pub(crate) fn len(&self) -> usize {
        self.population.len()
    }

    /// Returns the largest number of tasks, if there is a limit.
    pub(crate) fn limit(&self) -> Option<usize> {
        (self.population.limit() != Population::NO_LIMIT).then_some(self.population.limit())
    }

    /// Returns the core's number, which is not 0.
    pub(crate) fn executor(&self) -> usize {
        self.sites.executor()
    }

    /// Returns the memory of unused slots to the operating system: of those that the current thread has allocated, and
    /// of those of threads that have ended. Returns the number of bytes.
    pub(crate) fn trim(&self) -> usize {
        self.shards.trim()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.population.is_closed()
    }

    /// Returns the core's age, in the units of [`Clock::now`].
    #[inline]
    pub(super) fn now(&self) -> u32 {
        self.clock.now()
    }

    /// Returns the time since `born`. `None` if there is no clock.
    pub(super) fn since(&self, born: u32) -> Option<Duration> {
        self.clock.since(born)
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

    /// Subtracts a task from the population. The caller keeps the core alive.
    #[inline(always)]
    pub(super) fn one_less(&self) {
        self.one_less_by(self.is_owner());
    }

    /// Does the same as [`one_less`](Self::one_less). `is_owner` says whether the current thread is the owner.
    #[inline(always)]
    pub(super) fn one_less_by(&self, is_owner: bool) {
        let after = if is_owner { self.population.one_less_by_owner() } else { self.population.one_less_by_other() };
        match after {
            AfterLess::Nothing => {}
            AfterLess::TellWaiting => self.scheduler.rare().waiting.grant(&self.population),
            AfterLess::LetGo => self.none_lives(),
        }
    }

    /// Returns the site of tasks of this vtable and kind, spawned at `location`.
    #[inline(always)]
    pub(super) fn site(
        &self,
        vtable: &'static Vtable,
        location: &'static Location<'static>,
        kind: &'static str,
    ) -> NonNull<Site> {
        self.sites.site(vtable, location, kind)
    }
}
