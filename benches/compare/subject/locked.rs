//! `slab` behind one lock: what a program without a concurrent slab would use.

use super::{Exclusive, Handle, Shared, Subject, Take};
use ::slab::Slab;
use std::ops::{Deref, DerefMut};

/// A lock around a slab.
pub(crate) trait Lock: Sync + 'static {
    /// The name in tables, plots and on the command line.
    const NAME: &'static str;

    /// Makes a lock around an empty slab.
    fn new() -> Self;

    /// Locks out all other threads.
    fn write(&self) -> impl DerefMut<Target = Slab<u64>>;

    /// Locks out writers, and other readers where the lock cannot share.
    fn read(&self) -> impl Deref<Target = Slab<u64>>;
}

/// `std::sync::Mutex`.
pub(crate) struct StdMutex(std::sync::Mutex<Slab<u64>>);

/// `std::sync::RwLock`.
pub(crate) struct StdRwLock(std::sync::RwLock<Slab<u64>>);

/// `parking_lot::Mutex`.
pub(crate) struct ParkingLotMutex(parking_lot::Mutex<Slab<u64>>);

/// `parking_lot::RwLock`.
pub(crate) struct ParkingLotRwLock(parking_lot::RwLock<Slab<u64>>);

impl Lock for StdMutex {
    const NAME: &'static str = "slab in std Mutex";

    fn new() -> Self {
        Self(std::sync::Mutex::new(Slab::new()))
    }

    #[inline]
    fn write(&self) -> impl DerefMut<Target = Slab<u64>> {
        self.0.lock().expect("no thread panicked")
    }

    #[inline]
    fn read(&self) -> impl Deref<Target = Slab<u64>> {
        self.write()
    }
}

impl Lock for StdRwLock {
    const NAME: &'static str = "slab in std RwLock";

    fn new() -> Self {
        Self(std::sync::RwLock::new(Slab::new()))
    }

    #[inline]
    fn write(&self) -> impl DerefMut<Target = Slab<u64>> {
        self.0.write().expect("no thread panicked")
    }

    #[inline]
    fn read(&self) -> impl Deref<Target = Slab<u64>> {
        self.0.read().expect("no thread panicked")
    }
}

impl Lock for ParkingLotMutex {
    const NAME: &'static str = "slab in parking_lot Mutex";

    fn new() -> Self {
        Self(parking_lot::Mutex::new(Slab::new()))
    }

    #[inline]
    fn write(&self) -> impl DerefMut<Target = Slab<u64>> {
        self.0.lock()
    }

    #[inline]
    fn read(&self) -> impl Deref<Target = Slab<u64>> {
        self.write()
    }
}

impl Lock for ParkingLotRwLock {
    const NAME: &'static str = "slab in parking_lot RwLock";

    fn new() -> Self {
        Self(parking_lot::RwLock::new(Slab::new()))
    }

    #[inline]
    fn write(&self) -> impl DerefMut<Target = Slab<u64>> {
        self.0.write()
    }

    #[inline]
    fn read(&self) -> impl Deref<Target = Slab<u64>> {
        self.0.read()
    }
}

/// A slab behind the lock `L`, taken for each operation.
pub(crate) struct Locked<L>(L);

impl<L: Lock> Subject for Locked<L> {
    const NAME: &'static str = L::NAME;

    type Key = usize;
    type Handle<'a> = &'a Self;

    fn new() -> Self {
        Self(L::new())
    }

    fn handle(&mut self) -> Self::Handle<'_> {
        self
    }
}

impl<L: Lock> Shared for Locked<L> {
    fn share(&self) -> Self::Handle<'_> {
        self
    }
}

impl<L: Lock> Take for Locked<L> {
    #[inline]
    fn take(&mut self, key: usize) -> Option<u64> {
        self.0.write().try_remove(key)
    }
}

impl<L: Lock> Exclusive for Locked<L> {
    #[inline]
    fn increment(&mut self, key: usize) {
        *self.0.write().get_mut(key).expect("a live key") += 1;
    }
}

impl<L: Lock> Handle for &Locked<L> {
    type Key = usize;

    #[inline]
    fn insert(&mut self, value: u64) -> usize {
        self.0.write().insert(value)
    }

    #[inline]
    fn get(&mut self, key: usize) -> Option<u64> {
        self.0.read().get(key).copied()
    }

    #[inline]
    fn remove(&mut self, key: usize) -> bool {
        self.0.write().try_remove(key).is_some()
    }
}
