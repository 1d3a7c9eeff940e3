//! Where the futures of a set are stored, and how many: behaviour is tested over each combination.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    thread,
};

use flagstone::future_set::{FutureSet, InPlace, OnHeap, StackSlots};

/// The slots in which a set is made, if any.
pub(crate) struct Room<F, const N: usize> {
    slots: Option<Pin<Box<StackSlots<F, N>>>>,
}

impl<F, const N: usize> Room<F, N> {
    pub(crate) fn new() -> Self {
        Self { slots: None }
    }
}

/// A home of futures.
pub(crate) trait Home {
    type Storage<'r>: Send;
    const IN_PLACE: bool;

    /// A set for `N` futures.
    fn set<F, const N: usize>(room: &mut Room<F, N>) -> FutureSet<F, Self::Storage<'_>>;
}

pub(crate) struct Heap;
pub(crate) struct Place;

impl Home for Heap {
    type Storage<'r> = OnHeap;
    const IN_PLACE: bool = false;

    fn set<F, const N: usize>(_: &mut Room<F, N>) -> FutureSet<F> {
        FutureSet::with_capacity(N)
    }
}

impl Home for Place {
    type Storage<'r> = InPlace<'r>;
    const IN_PLACE: bool = true;

    fn set<F, const N: usize>(room: &mut Room<F, N>) -> FutureSet<F, InPlace<'_>> {
        FutureSet::in_place(room.slots.get_or_insert_with(|| Box::pin(StackSlots::new())).as_mut())
    }
}

/// Forgets a set, in such a way that leak checkers find its memory.
pub(crate) fn forget<F, S>(set: FutureSet<F, S>) {
    static FORGOTTEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let address = Box::into_raw(Box::new(set)).expose_provenance();
    FORGOTTEN.lock().unwrap_or_else(PoisonError::into_inner).push(address);
}

/// Runs a behaviour with a stack that is large enough for many slots.
pub(crate) fn with_much_stack(behaviour: fn()) {
    let thread = thread::Builder::new().stack_size(64 << 20).spawn(behaviour).expect("a thread");
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// Declares a test of each behaviour in each home. A behaviour is a function generic over the latter.
macro_rules! in_every_home {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            #[test]
            fn on_heap() {
                super::$behaviour::<$crate::homes::Heap>();
            }

            #[test]
            fn in_place() {
                super::$behaviour::<$crate::homes::Place>();
            }
        }
    )*};
}
pub(crate) use in_every_home;

/// The same, with sets of many sizes: of one leaf and several, one block and several, one level of branches and two.
macro_rules! in_every_size {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            fn in_every_size<H: $crate::homes::Home>() {
                super::$behaviour::<H, 1>();
                super::$behaviour::<H, 2>();
                super::$behaviour::<H, 63>();
                super::$behaviour::<H, 64>();
                super::$behaviour::<H, 65>();
                super::$behaviour::<H, 512>();
                super::$behaviour::<H, 513>();
                super::$behaviour::<H, 1000>();
                super::$behaviour::<H, 31_745>();
            }

            #[test]
            fn on_heap() {
                $crate::homes::with_much_stack(in_every_size::<$crate::homes::Heap>);
            }

            #[test]
            fn in_place() {
                $crate::homes::with_much_stack(in_every_size::<$crate::homes::Place>);
            }
        }
    )*};
}
pub(crate) use in_every_size;
