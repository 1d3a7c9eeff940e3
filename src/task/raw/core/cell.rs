//! A future, or its output, and the operations on them that depend on the type.
//!
//! All user code of a task runs here, except its wakers: `poll`, and the destructors of future and output. Each call is
//! caught, so no panic prevents the task's end.

use core::{
    alloc::Layout,
    any,
    future::Future,
    marker::PhantomData,
    mem::{self, ManuallyDrop},
    pin::Pin,
    ptr::{self, NonNull},
    task::{Context, Poll},
};
use std::{
    alloc,
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    header::{Header, TaskPointer, Vtable},
    outcome::{Failure, Outcome, after_panic},
    slot::{Room, TaskSlot},
    system::System,
};
use crate::{
    raw::end as end_payload,
    task::{raw::core::Submit, storage::Storage},
};

/// The name of a task.
pub(crate) trait Label: 'static {
    fn name(&self) -> Option<&str>;

    /// Returns the type name that is shown for a future of type `F`.
    fn type_name<F>() -> &'static str {
        any::type_name::<F>()
    }
}

impl Label for () {
    fn name(&self) -> Option<&str> {
        None
    }
}

/// A name that the spawner gave the task. It costs its own size beside the future; other tasks pay nothing.
pub(crate) struct Name(pub(crate) Cow<'static, str>);

impl Label for Name {
    fn name(&self) -> Option<&str> {
        Some(&self.0)
    }
}

/// No name, for a future that wraps one of type `U`, which is the user's type.
pub(crate) struct Wraps<U>(pub(crate) PhantomData<fn() -> U>);

impl<U: 'static> Label for Wraps<U> {
    fn name(&self) -> Option<&str> {
        None
    }

    fn type_name<F>() -> &'static str {
        any::type_name::<U>()
    }
}

/// The contents of a task's room, or of a box to which the room points.
pub(in crate::task::raw) struct Cell<F: Future, L> {
    label: L,
    stage: Stage<F>,
}

/// The future until it is dropped, then the outcome until it is taken or dropped. The state word says which.
#[repr(C)]
pub(in crate::task::raw) union Stage<F: Future> {
    future: ManuallyDrop<F>,
    outcome: ManuallyDrop<Outcome<F::Output>>,
}

/// Why a cell was refused.
pub(crate) enum CellError {
    TooLarge { needed: usize, had: usize },
    Align { needed: usize, had: usize },
    Memory,
}

/// A cell of this type in a slot of this storage, in an executor of this scheduler.
pub(in crate::task::raw) struct Typed<F, L, S, M>(PhantomData<fn(F, L, S, M)>);

impl<F: Future, L: Label, S: Submit, M: Storage> Typed<F, L, S, M> {
    const LAYOUT: Layout = Layout::new::<Cell<F, L>>();
    const FITS: bool = Self::LAYOUT.size() <= M::Room::BYTES && Self::LAYOUT.align() <= M::Room::ALIGN;

    pub(in crate::task::raw) const VTABLE: Vtable = Vtable {
        poll: Self::poll,
        fail: Self::fail,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        closes: !Self::FITS || mem::needs_drop::<L>(),
        close: Self::close,
        name: Self::name,
        type_name: L::type_name::<F>,
        size: size_of::<F>(),
        is_root: false,
        is_counted: true,
        submit: System::<S, M>::submit,
        remove: System::<S, M>::remove,
        finish: System::<S, M>::finish,
        see: System::<S, M>::see,
    };

    /// The vtable of a task that is spawned after the executor's end.
    pub(in crate::task::raw) const UNCOUNTED_VTABLE: Vtable =
        Vtable { is_counted: false, remove: System::<S, M>::remove_uncounted, ..Self::VTABLE };

    /// Fails if the storage has no boxes, and no room for such a cell.
    pub(in crate::task::raw) const fn check() -> Result<(), CellError> {
        if Self::FITS || M::BOXES {
            Ok(())
        } else if Self::LAYOUT.align() > M::Room::ALIGN {
            Err(CellError::Align { needed: Self::LAYOUT.align(), had: M::Room::ALIGN })
        } else {
            Err(CellError::TooLarge { needed: Self::LAYOUT.size(), had: M::Room::BYTES })
        }
    }

    /// Makes room for a cell: in the slot of `room`, or in a box to which `room` points from then on.
    ///
    /// # Safety
    ///
    /// `room` is that of a slot of this storage that is the caller's.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn make_room(room: *mut ()) -> Result<NonNull<Cell<F, L>>, CellError> {
        Self::check()?;
        if Self::FITS {
            if Self::LAYOUT.align() > align_of::<Header>() {
                assert!(room.cast::<Cell<F, L>>().is_aligned(), "flagstone: a page does not align its slots");
            }
            // SAFETY: it lies in a slot.
            return Ok(unsafe { NonNull::new_unchecked(room.cast()) });
        }
        let boxed = if Self::LAYOUT.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the size is not zero.
            let memory = unsafe { alloc::alloc(Self::LAYOUT) };
            NonNull::new(memory.cast()).ok_or(CellError::Memory)?
        };
        // SAFETY: every room is large and aligned enough for a pointer, and the slot is the caller's.
        unsafe { room.cast::<NonNull<Cell<F, L>>>().write(boxed) };
        Ok(boxed)
    }

    /// Frees what [`make_room`](Self::make_room) allocated.
    ///
    /// # Safety
    ///
    /// `cell` came from `make_room`, and nothing is in it.
    pub(in crate::task::raw) unsafe fn free_room(cell: NonNull<Cell<F, L>>) {
        if !Self::FITS && Self::LAYOUT.size() != 0 {
            // SAFETY: it was allocated with this layout.
            unsafe { alloc::dealloc(cell.as_ptr().cast(), Self::LAYOUT) };
        }
    }

    /// Puts a label and a future in a cell.
    ///
    /// # Safety
    ///
    /// `cell` came from `make_room`, and nothing is in it.
    #[inline(always)]
    pub(in crate::task::raw) unsafe fn fill(cell: NonNull<Cell<F, L>>, label: L, future: F) {
        // SAFETY: the cell is the caller's.
        unsafe { cell.write(Cell { label, stage: Stage { future: ManuallyDrop::new(future) } }) };
    }

    /// # Safety
    ///
    /// The task's slot is of this storage, and a cell of this type was made in it.
    #[inline(always)]
    unsafe fn cell(task: TaskPointer) -> *mut Cell<F, L> {
        // SAFETY: the slot is of this storage.
        let room = unsafe { TaskSlot::<M::Room>::room(task) };
        if Self::FITS {
            room.cast()
        } else {
            // SAFETY: `make_room` has put the pointer there, and it is only read since.
            unsafe { room.cast::<*mut Cell<F, L>>().read() }
        }
    }

    /// # Safety
    ///
    /// As of [`Self::cell`].
    #[inline(always)]
    unsafe fn stage(task: TaskPointer) -> *mut Stage<F> {
        // SAFETY: as of this function.
        let cell = unsafe { Self::cell(task) };
        // SAFETY: a cell is there.
        unsafe { &raw mut (*cell).stage }
    }

    /// # Safety
    ///
    /// The caller has the right to the task's future (K1), which is there.
    unsafe fn poll(task: TaskPointer, context: &mut Context<'_>) -> bool {
        // SAFETY: the caller has a right to the task.
        let header = unsafe { task.header() };
        header.room_access.with_mut(|_| {
            // SAFETY: as of this function.
            let stage = unsafe { Self::stage(task) };
            let polled = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: the stage holds the future, and nothing else touches it (K1).
                let future = unsafe { &mut *stage.cast::<F>() };
                // SAFETY: it stays where it is until it is dropped there.
                unsafe { Pin::new_unchecked(future) }.poll(context)
            }));
            let outcome = match polled {
                Ok(Poll::Pending) => return false,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(payload) => Err(Failure::Panicked(payload)),
            };
            // SAFETY: as above.
            unsafe { Self::end_future(stage, outcome) };
            true
        })
    }

    /// # Safety
    ///
    /// The caller has the right to the task's future (K1), which is in place, on the thread to which it belongs (K5).
    unsafe fn fail(task: TaskPointer, failure: Failure) {
        // SAFETY: the caller has a right to the task.
        let header = unsafe { task.header() };
        header.room_access.with_mut(|_| {
            // SAFETY: as of this function.
            let stage = unsafe { Self::stage(task) };
            // SAFETY: as of this function.
            unsafe { Self::end_future(stage, Err(failure)) };
        });
    }

    /// Drops the future and puts its outcome in its place: `outcome`, unless the destructor panics.
    ///
    /// # Safety
    ///
    /// The stage is the caller's, and holds a future.
    #[inline(always)]
    unsafe fn end_future(stage: *mut Stage<F>, outcome: Outcome<F::Output>) {
        // SAFETY: the stage holds the future, which is not used any more.
        let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { ptr::drop_in_place(stage.cast::<F>()) }));
        let outcome = match dropped {
            Ok(()) => outcome,
            Err(payload) => after_panic(outcome, payload),
        };
        // SAFETY: the stage is the caller's, and nothing is in it now.
        unsafe { stage.write(Stage { outcome: ManuallyDrop::new(outcome) }) };
    }

    /// # Safety
    ///
    /// The caller has the right to the task's outcome (K3), which is in place before the call and not afterwards. `to`
    /// is a place for an outcome of this type.
    unsafe fn take_output(task: TaskPointer, to: *mut ()) {
        // SAFETY: the caller has a right to the task.
        let header = unsafe { task.header() };
        header.room_access.with_mut(|_| {
            // SAFETY: as of this function.
            let stage = unsafe { Self::stage(task) };
            // SAFETY: the stage holds the outcome, and is not read again.
            let outcome = unsafe { stage.cast::<Outcome<F::Output>>().read() };
            // SAFETY: as of this function.
            unsafe { to.cast::<Outcome<F::Output>>().write(outcome) };
        });
    }

    /// # Safety
    ///
    /// The caller has the right to the task's outcome (K3), which is in place before the call and not afterwards.
    unsafe fn drop_output(task: TaskPointer) {
        // SAFETY: the caller has a right to the task.
        let header = unsafe { task.header() };
        header.room_access.with_mut(|_| {
            // SAFETY: as of this function.
            let stage = unsafe { Self::stage(task) };
            // SAFETY: the stage holds the outcome, and is not read again.
            let drop_it = || unsafe { ptr::drop_in_place(stage.cast::<Outcome<F::Output>>()) };
            if let Err(payload) = catch_unwind(AssertUnwindSafe(drop_it)) {
                end_payload(payload);
            }
        });
    }

    /// # Safety
    ///
    /// Neither future nor outcome is in place, and nothing uses the task afterwards.
    unsafe fn close(task: TaskPointer) {
        // SAFETY: the slot is of this storage, and a cell of this type was made in it.
        let cell = unsafe { Self::cell(task) };
        // SAFETY: a cell is there.
        let label = unsafe { &raw mut (*cell).label };
        // SAFETY: the label is in place until now. It is a string at most: its destructor is not user code.
        unsafe { ptr::drop_in_place(label) };
        // SAFETY: it came from `make_room`, and is not null.
        let cell = unsafe { NonNull::new_unchecked(cell) };
        // SAFETY: as above; nothing is in it now.
        unsafe { Self::free_room(cell) };
    }

    /// # Safety
    ///
    /// The caller has a right to the task, which keeps the name.
    unsafe fn name(task: TaskPointer) -> Option<NonNull<str>> {
        // SAFETY: the slot is of this storage, and a cell of this type was made in it.
        let cell = unsafe { Self::cell(task) };
        // SAFETY: nothing writes the label while the slot is a task's.
        let label = unsafe { &(*cell).label };
        label.name().map(NonNull::from)
    }
}
