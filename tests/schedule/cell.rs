//! A cell in which every access takes a step's time, and that detects concurrent accesses.

use std::{
    cell,
    sync::atomic::{AtomicIsize, Ordering},
};

/// A step of the current thread: another one may run before it goes on.
pub(crate) fn step() {
    shuttle::thread::sleep(std::time::Duration::ZERO);
}

pub(crate) struct UnsafeCell<T> {
    value: cell::UnsafeCell<T>,
    /// How many threads read, or -1 while one writes. The standard library's, and no step.
    users: AtomicIsize,
}

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { value: cell::UnsafeCell::new(value), users: AtomicIsize::new(0) }
    }

    #[track_caller]
    pub(crate) fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
        assert!(self.users.fetch_add(1, Ordering::Relaxed) >= 0, "read while it is written");
        step();
        let result = access(self.value.get());
        self.users.fetch_sub(1, Ordering::Relaxed);
        result
    }

    #[track_caller]
    pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        assert_eq!(self.users.swap(-1, Ordering::Relaxed), 0, "written during another access");
        step();
        let result = access(self.value.get());
        self.users.store(0, Ordering::Relaxed);
        result
    }
}
