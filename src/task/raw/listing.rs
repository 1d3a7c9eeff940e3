//! Every live task of a core, seen from any thread while tasks run.

use core::{panic::Location, time::Duration};

use super::{
    core::{Core, Submit},
    header::TaskPointer,
    reference::Reference,
    slot::TaskConfig,
};
use crate::{
    raw::{Pinned, references_of},
    task::storage::Storage,
};

/// A task as somebody saw it.
pub(crate) struct Seen<'a> {
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

/// What shows a task to somebody.
pub(crate) type Show<'a> = dyn FnMut(Seen<'_>) + 'a;

/// The tasks of a core, whatever its type.
pub(crate) trait Listing: Send + Sync {
    fn for_each(&self, show: &mut Show<'_>);
    fn find(&self, key: usize) -> Option<Reference>;
    fn len(&self) -> usize;
}

impl<S: Submit, M: Storage> Core<S, M> {
    /// Calls `act` for each task that lives throughout, and for some of those that come or go meanwhile. The slab is pinned.
    pub(super) fn for_each(&self, mut act: impl FnMut(TaskPointer)) {
        let pinned = Pinned::new(self);
        for (key, _) in pinned.iter() {
            // It may have gone since; then it is not needed.
            if let Some(place) = self.shards.address_of(key) {
                act(TaskPointer::new(place.cast()));
            }
        }
    }

    /// # Safety
    ///
    /// The caller has a right to the task (K4), which is of this core, during the call.
    pub(super) unsafe fn see_task(&self, task: TaskPointer, show: &mut Show<'_>) {
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
        // The first "wake" is the spawning.
        let wakes = header.wakes().saturating_add(state.wakes()).saturating_sub(1);
        show(Seen {
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
            // An ended task's handle leaves its mark when it goes, but takes the entry with it.
            references: counted
                + usize::from(is_present && state.is_joined())
                + usize::from(is_present && !state.has_ended()),
        });
    }
}

impl<S: Submit, M: Storage> Listing for Core<S, M> {
    fn for_each(&self, show: &mut Show<'_>) {
        Core::for_each(self, |task| {
            // SAFETY: the slab is pinned.
            unsafe { self.see_task(task, show) };
        });
    }

    fn find(&self, key: usize) -> Option<Reference> {
        let place = self.shards.share_place(key)?;
        // SAFETY: the entry is a task's, and was just counted.
        Some(unsafe { Reference::of_counted(TaskPointer::new(place.cast())) })
    }

    fn len(&self) -> usize {
        Core::len(self)
    }
}
