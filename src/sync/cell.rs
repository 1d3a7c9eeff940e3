//! A cell whose accesses `loom` can see, and tokens that represent an access over some time.

#[cfg(flagstone_loom)]
pub(crate) use loom::cell::UnsafeCell;

#[cfg(not(flagstone_loom))]
pub(crate) use real::UnsafeCell;

/// Represents "this value is being read" while a guard lives; `loom` reports a write meanwhile.
#[cfg(flagstone_loom)]
pub(crate) type Reading<T> = loom::cell::ConstPtr<T>;
/// Represents "this value is being written" while an exclusive guard lives.
#[cfg(flagstone_loom)]
pub(crate) type Writing<T> = loom::cell::MutPtr<T>;

#[cfg(not(flagstone_loom))]
pub(crate) use real::{Reading, Writing};

#[cfg(not(flagstone_loom))]
mod real {
    use core::marker::PhantomData;

    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

    pub(crate) struct Reading<T>(PhantomData<*const T>);
    pub(crate) struct Writing<T>(PhantomData<*mut T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
            #[cfg(any(flagstone_chaos, flagstone_shuttle))]
            super::super::interrupted::interrupt();
            access(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
            #[cfg(any(flagstone_chaos, flagstone_shuttle))]
            super::super::interrupted::interrupt();
            access(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn get(&self) -> Reading<T> {
            Reading(PhantomData)
        }

        #[inline(always)]
        pub(crate) fn get_mut(&self) -> Writing<T> {
            Writing(PhantomData)
        }
    }
}
