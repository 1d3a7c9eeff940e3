//! The live tasks of a core, seen from any thread while tasks run.

use super::{
    header::TaskPointer,
    reference::Reference,
    seen::{Seen, Show},
    slot::TaskConfig,
};
use crate::{
    raw::{for_each_place, references_of, with_place},
    task::{
        raw::core::{Core, Submit},
        storage::Storage,
    },
};

/// The tasks of a core of any type. If a caller passes an executor other than 0 beside a key, no task of another
/// executor is found.
pub(crate) trait Listing: Send + Sync {
    fn for_each(&self, show: &mut Show<'_>);
    /// Shows a task, if it is listed.
    fn show(&self, executor: usize, key: usize, show: &mut Show<'_>);
    fn find(&self, executor: usize, key: usize) -> Option<Reference>;
    fn len(&self) -> usize;
}

/// The slab is pinned for this number of slots at a time. It is small enough that few tasks end under one pin (their
/// slots are freed after it), and large enough that pinning costs little.
const STRETCH: usize = if cfg!(flagstone_loom) { 1 } else { 64 };

impl<S: Submit, M: Storage> Core<S, M> {
    /// Calls `act` once for each task that lives throughout, and for some of those that are spawned or end meanwhile.
    /// The slab is pinned during each call of `act`, but not throughout.
    pub(in crate::task::raw) fn for_each(&self, mut act: impl FnMut(TaskPointer)) {
        for_each_place(self, STRETCH, |place, _| act(TaskPointer::new(place.cast())));
    }

    /// Shows a task. If `is_listed`, a task that was removed is not shown: its count includes the threads that wait for
    /// its end. `own` counts of its slot are the caller's, and are not shown.
    ///
    /// # Safety
    ///
    /// The caller has a right to the task (K4), which is of this core, during the call.
    pub(in crate::task::raw) unsafe fn see_task(
        &self,
        task: TaskPointer,
        is_listed: bool,
        own: usize,
        show: &mut Show<'_>,
    ) {
        // SAFETY: as of this function.
        let header = unsafe { task.header() };
        let site = header.site();
        let state = header.state.peek();
        let (polls, is_running) = header.polls();
        // SAFETY: as of this function.
        let name = unsafe { (site.vtable.name)(task) };
        // SAFETY: the name stays until the slot is freed, which the right prevents.
        let name = name.map(|name| unsafe { name.as_ref() });
        // SAFETY: as of this function.
        let (counted, is_present) = references_of::<TaskConfig>(unsafe { task.lifecycle() }, header.key);
        if is_listed && !is_present {
            return;
        }
        // The first "wake" is the spawning.
        let wakes = header.wakes().saturating_add(state.wakes()).saturating_sub(1);
        show(Seen {
            executor: site.executor,
            key: header.key,
            name,
            kind: site.kind,
            has_ended: state.has_ended(),
            is_scheduled: state.is_scheduled(),
            is_running,
            polls,
            wakes,
            location: site.location,
            age: self.since(header.born),
            type_name: (site.vtable.type_name)(),
            size: site.vtable.size,
            // The handle of an ended task leaves its flag set when it is dropped, but removes the entry.
            references: counted.saturating_sub(own)
                + usize::from(is_present && state.is_joined())
                + usize::from(is_present && !state.has_ended()),
        });
    }

    fn is_meant(&self, executor: usize) -> bool {
        executor == 0 || executor == self.executor()
    }
}

impl<S: Submit, M: Storage> Listing for Core<S, M> {
    fn for_each(&self, show: &mut Show<'_>) {
        for_each_place(self, STRETCH, |place, own| {
            // SAFETY: the slab is pinned.
            unsafe { self.see_task(TaskPointer::new(place.cast()), true, own, show) };
        });
    }

    fn show(&self, executor: usize, key: usize, show: &mut Show<'_>) {
        if self.is_meant(executor) {
            with_place(self, key, |place, own| {
                // SAFETY: the slab is pinned.
                unsafe { self.see_task(TaskPointer::new(place.cast()), true, own, show) };
            });
        }
    }

    fn find(&self, executor: usize, key: usize) -> Option<Reference> {
        let place = if self.is_meant(executor) { self.shards.share_place(key)? } else { return None };
        // SAFETY: the entry is a task's, and was just counted.
        Some(unsafe { Reference::of_counted(TaskPointer::new(place.cast())) })
    }

    fn len(&self) -> usize {
        Core::len(self)
    }
}
