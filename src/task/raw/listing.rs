//! The live tasks of a core, seen from any thread while tasks run.

use core::{panic::Location, time::Duration};

use super::{
    core::{Core, Submit},
    header::TaskPointer,
    reference::Reference,
    slot::TaskConfig,
};
use crate::{
    raw::{for_each_place, references_of, with_place},
    task::storage::Storage,
};

/// A snapshot of a task.
pub(crate) struct Seen<'a> {
    pub(crate) executor: usize,
    pub(crate) key: usize,
    pub(crate) name: Option<&'a str>,
    pub(crate) kind: &'static str,
    pub(crate) has_ended: bool,
    pub(crate) is_scheduled: bool,
    pub(crate) is_running: bool,
    pub(crate) polls: u32,
    pub(crate) wakes: u32,
    pub(crate) location: &'static Location<'static>,
    pub(crate) age: Option<Duration>,
    pub(crate) type_name: &'static str,
    pub(crate) size: usize,
    pub(crate) references: usize,
}

/// A callback that is given a snapshot.
pub(crate) type Show<'a> = dyn FnMut(Seen<'_>) + 'a;

/// The tasks of a core, whatever its type. A caller that names an executor other than 0 beside a key means no task of
/// another executor.
pub(crate) trait Listing: Send + Sync {
    fn for_each(&self, show: &mut Show<'_>);
    /// Shows a task, if it is listed.
    fn show(&self, executor: usize, key: usize, show: &mut Show<'_>);
    fn find(&self, executor: usize, key: usize) -> Option<Reference>;
    fn len(&self) -> usize;
}

/// The slab is pinned for this number of slots at a time. It is a short time, in which few tasks end whose slots wait
/// for the pin; it is long enough that pinning costs little.
const STRETCH: usize = if cfg!(flagstone_loom) { 1 } else { 64 };

impl<S: Submit, M: Storage> Core<S, M> {
    /// Calls `act` once for each task that lives throughout, and for some of those that are spawned or end meanwhile.
    /// The slab is pinned during each call of `act`, but not throughout.
    pub(super) fn for_each(&self, mut act: impl FnMut(TaskPointer)) {
        for_each_place(self, STRETCH, |place, _| act(TaskPointer::new(place.cast())));
    }

    /// Shows a task. If `is_listed`, a task that was removed is not shown: its count includes the threads that wait for
    /// its end. `own` counts of its slot are the caller's, and are not shown.
    ///
    /// # Safety
    ///
    /// The caller has a right to the task (K4), which is of this core, during the call.
    pub(super) unsafe fn see_task(&self, task: TaskPointer, is_listed: bool, own: usize, show: &mut Show<'_>) {
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
