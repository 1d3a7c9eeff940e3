//! The operations on a core that depend on its type: those that vtables, slots that end, and pins need.

use core::{
    cell::Cell,
    marker::PhantomData,
    ptr::{self, NonNull},
};
use std::sync::Arc;

use super::{
    header::TaskPointer,
    seen::Show,
    slot::{Room, TaskConfig, TaskSlot},
};
use crate::{
    raw::{Ending, ShardTable, Slot, Store},
    sync::Ordering,
    task::{
        raw::core::{Core, Submit},
        storage::Storage,
    },
};

/// The operations of vtables on the core, by its type.
pub(in crate::task::raw) struct System<S, M>(PhantomData<fn(S, M)>);

impl<S: Submit, M: Storage> System<S, M> {
    /// # Safety
    ///
    /// The caller has a right to the task (K4), whose core is of this type.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn core_of(task: TaskPointer) -> NonNull<Core<S, M>> {
        // SAFETY: as of this function.
        unsafe { task.header() }.site().core.cast()
    }

    /// # Safety
    ///
    /// As of [`Submit::submit`].
    pub(in crate::task::raw) unsafe fn submit(task: TaskPointer) {
        // SAFETY: the caller has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as of this function; the task lives, so the core does (K6).
        unsafe { S::submit(core, task) };
    }

    /// Calls `act` with the core, and with whether this thread is the core's owner. The core is kept alive meanwhile,
    /// even if the end of a task ends the core.
    ///
    /// # Safety
    ///
    /// The core lives.
    #[inline(always)]
    unsafe fn with_core_kept(core: NonNull<Core<S, M>>, act: impl FnOnce(&Core<S, M>, bool)) {
        // SAFETY: the core lives.
        if unsafe { core.as_ref() }.is_owner() {
            // The executor has not ended, and keeps the core alive.
            // SAFETY: as above.
            act(unsafe { core.as_ref() }, true);
        } else {
            // SAFETY: the core lives, and is in an `Arc`.
            unsafe { Arc::increment_strong_count(core.as_ptr()) };
            // SAFETY: the count was just added.
            let kept = unsafe { Arc::from_raw(core.as_ptr()) };
            act(&kept, false);
            kept.before_release();
        }
    }

    /// # Safety
    ///
    /// The caller removes an ended task (K3: `Heir`), which the population counts, and touches it no more.
    pub(in crate::task::raw) unsafe fn remove(task: TaskPointer) {
        // SAFETY: the remover has a right to the task.
        let core = unsafe { Self::core_of(task) };
        let remove = |core: &Core<S, M>, by_owner: bool| {
            // SAFETY: the remover has a right to the task, until it is removed.
            let header = unsafe { task.header() };
            let given_back = Cell::new(false);
            // The remover alone uses the link, and only `Removed` reads it, inside `remove`.
            // Ordering: Relaxed - the same thread reads it.
            header.next.store(ptr::from_ref(&given_back).cast_mut().cast(), Ordering::Relaxed);
            core.shards.remove::<Removed>(header.key);
            if !given_back.get() {
                core.lingers();
            }
            core.one_less_by(by_owner);
        };
        // SAFETY: the task lives, so the core does (K6).
        unsafe { Self::with_core_kept(core, remove) };
    }

    /// # Safety
    ///
    /// The caller removes an ended task (K3: `Heir`), which the population does not count, and touches it no more.
    pub(in crate::task::raw) unsafe fn remove_uncounted(task: TaskPointer) {
        // SAFETY: the remover has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as above.
        let key = unsafe { task.header() }.key;
        let remove = |core: &Core<S, M>, _: bool| {
            core.shards.remove::<Tasked<S, M>>(key);
        };
        // SAFETY: the slot has a count of the core's `Arc`.
        unsafe { Self::with_core_kept(core, remove) };
    }

    /// # Safety
    ///
    /// The caller has released the last reference to a removed entry, which is this task's.
    #[cold]
    pub(in crate::task::raw) unsafe fn finish(task: TaskPointer) {
        // SAFETY: the slot is the caller's, and the task is in it.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: as above.
        let key = unsafe { task.header() }.key;
        let finish = |core: &Core<S, M>, _: bool| {
            // SAFETY: as of this function.
            unsafe { core.shards.finish_entry::<Tasked<S, M>>(key) };
        };
        // SAFETY: the slot lingers, so the core lives (K6).
        unsafe { Self::with_core_kept(core, finish) };
    }

    /// # Safety
    ///
    /// The caller has a right to the task (K4), whose core is of this type.
    pub(in crate::task::raw) unsafe fn see(task: TaskPointer, show: &mut Show<'_>) {
        // SAFETY: the caller has a right to the task.
        let core = unsafe { Self::core_of(task) };
        // SAFETY: the task lives, so the core does (K6).
        let core = unsafe { core.as_ref() };
        // SAFETY: as of this function.
        unsafe { core.see_task(task, false, 0, show) };
    }
}

#[inline(always)]
fn task_in<R>(slot: &Slot<TaskSlot<R>>) -> TaskPointer {
    // SAFETY: a slot's address is not null.
    TaskPointer::new(unsafe { NonNull::new_unchecked(slot.value()) }.cast())
}

/// Ends the slot of a task inside [`System::remove`].
struct Removed;

impl<R: Room> Ending<TaskSlot<R>> for Removed {
    const KEEPS_VALUE: bool = false;
    /// The flag to set when the slot has been given back.
    type Rest = *const Cell<bool>;

    #[inline(always)]
    unsafe fn end(slot: &Slot<TaskSlot<R>>) -> Self::Rest {
        // SAFETY: the caller owns the slot, and a task is in it.
        let header = unsafe { task_in(slot).header() };
        // Ordering: Relaxed - this thread has stored it, in `System::remove`.
        let given_back = header.next.load(Ordering::Relaxed).cast_const().cast();
        // SAFETY: as above.
        unsafe { slot.drop_value() };
        given_back
    }

    #[inline(always)]
    fn given_back(given_back: Self::Rest) {
        // SAFETY: it is a local variable of `System::remove`, inside which this is called.
        unsafe { &*given_back }.set(true);
    }
}

/// Ends the slot of a task that lingered, or that the population does not count.
pub(crate) struct Tasked<S, M>(PhantomData<fn(S, M)>);

impl<S: Submit, M: Storage> Ending<TaskSlot<M::Room>> for Tasked<S, M> {
    const KEEPS_VALUE: bool = false;
    /// The core, and whether its population has counted the task.
    type Rest = (NonNull<Core<S, M>>, bool);

    #[inline(always)]
    unsafe fn end(slot: &Slot<TaskSlot<M::Room>>) -> Self::Rest {
        let task = task_in(slot);
        // SAFETY: the caller owns the slot, and a task of such a core is in it.
        let core = unsafe { System::<S, M>::core_of(task) };
        // SAFETY: as above.
        let was_counted = unsafe { task.vtable() }.is_counted;
        // SAFETY: as above.
        unsafe { slot.drop_value() };
        (core, was_counted)
    }

    #[inline(always)]
    fn given_back((core, was_counted): Self::Rest) {
        // SAFETY: the thread that ends a slot of a core keeps the core meanwhile, by `System::with_core_kept` or a
        // pin's hold.
        let core = unsafe { core.as_ref() };
        if was_counted { core.lingers_no_more() } else { core.one_uncounted_less() }
    }
}

impl<S: Submit, M: Storage> Store<TaskSlot<M::Room>, TaskConfig> for Core<S, M> {
    type Ending = Tasked<S, M>;
    type Key = usize;

    #[inline(always)]
    fn shards(&self) -> &ShardTable<TaskSlot<M::Room>, TaskConfig> {
        &self.shards
    }
}
