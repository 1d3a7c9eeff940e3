//! Making a set.

use core::pin::Pin;

use super::{FutureSet, InPlace, StackSlots, raw::RawSet};

impl<F> FutureSet<F> {
    /// Creates a set for at most `capacity` futures, and allocates all that it will need.
    ///
    /// # Panics
    ///
    /// If that many futures exceed the address space. (Where the allocator refuses memory, the process aborts, as for a
    /// `Vec`.)
    pub fn with_capacity(capacity: usize) -> Self {
        Self::of(RawSet::on_heap(capacity))
    }
}

impl<'a, F> FutureSet<F, InPlace<'a>> {
    /// Creates a set whose futures are kept in slots that are pinned elsewhere, for instance on the stack. What wakers
    /// need is still allocated: two bytes for each slot, and 230.
    ///
    /// The slots can be used for another set once this set is dropped.
    ///
    /// # Panics
    ///
    /// If that many futures exceed the address space. If an earlier set in the same slots was forgotten with futures in
    /// it, these are dropped first; a panic of a destructor propagates.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::{future_set::{FutureSet, StackSlots}, task::LocalExecutor};
    /// use std::pin::pin;
    ///
    /// let slots = pin!(StackSlots::<_, 8>::new());
    /// let mut set = FutureSet::in_place(slots);
    /// set.try_push(async { 1 }).unwrap();
    /// assert_eq!(LocalExecutor::new().block_on(set.next()), Some(1));
    /// ```
    ///
    /// The slots cannot be moved while the set uses them, and no other set can be made in them:
    ///
    /// ```compile_fail,E0499
    /// use flagstone::future_set::{FutureSet, StackSlots};
    /// use std::pin::pin;
    ///
    /// let mut slots = pin!(StackSlots::<std::future::Ready<()>, 8>::new());
    /// let set = FutureSet::in_place(slots.as_mut());
    /// let another = FutureSet::in_place(slots.as_mut());
    /// drop(set);
    /// ```
    pub fn in_place<const N: usize>(slots: Pin<&'a mut StackSlots<F, N>>) -> Self {
        Self::of(RawSet::in_place(slots))
    }
}

impl<F, S> FutureSet<F, S> {
    pub(super) fn of(set: Option<RawSet<F, S>>) -> Self {
        let set = set.expect("flagstone: a set cannot have so many futures");
        Self { set }
    }
}
