//! What is compared: the stores and the pools, behind traits that the compiler sees through.
//!
//! Every workload is generic over [`Subject`] or [`Shared`], so each store gets its own copy of
//! every loop and its calls are inlined there, as they would be in a program that uses it.

pub(crate) mod atomic_slotmap;
pub(crate) mod concurrent_slotmap;
pub(crate) mod flagstone;
pub(crate) mod flagstone_pinned;
pub(crate) mod idr_ebr;
pub(crate) mod locked;
pub(crate) mod nothing;
pub(crate) mod pool;
pub(crate) mod sharded_slab;
pub(crate) mod slots;
pub(crate) mod unlocked;

use self::atomic_slotmap::AtomicSlotmap;
use self::concurrent_slotmap::ConcurrentSlotmap;
use self::flagstone::Flagstone;
use self::flagstone_pinned::{FlagstonePinned, FlagstonePinning};
use self::idr_ebr::{IdrEbr, IdrEbrHeld};
use self::locked::{Locked, ParkingLotMutex, ParkingLotRwLock, StdMutex, StdRwLock};
use self::sharded_slab::ShardedSlab;
use self::slots::Slots;
use self::unlocked::Unlocked;

/// A store of `u64` values, or a [pool] that is used like one.
pub(crate) trait Subject: Sized + 'static {
    /// The name in tables, plots and on the command line.
    const NAME: &'static str;

    /// What an insert returns.
    type Key: Copy + Send + Sync + 'static;

    /// What a thread works through.
    type Handle<'a>: Handle<Key = Self::Key>;

    /// Makes an empty store.
    fn new() -> Self;

    /// Returns the handle of the only thread that uses the store.
    fn handle(&mut self) -> Self::Handle<'_>;
}

/// A store that threads use at the same time.
pub(crate) trait Shared: Subject + Sync {
    /// Returns the handle of one thread among others.
    fn share(&self) -> Self::Handle<'_>;
}

/// A store whose entries can be walked over.
pub(crate) trait Walk: Subject {
    /// Adds all values up.
    fn sum(&mut self) -> u64;
}

/// A store with guards of single entries.
pub(crate) trait GuardedRemoval: Subject {
    /// Takes a guard of the entry, removes the entry, drops the guard, and with it the value. Returns whether there
    /// was an entry.
    fn remove_guarded(&self, key: Self::Key) -> bool;
}

/// A store that can return the removed value.
pub(crate) trait Take: Subject {
    /// Removes the entry, and returns its value.
    fn take(&mut self, key: Self::Key) -> Option<u64>;
}

/// A store that can give one thread exclusive access to an entry.
pub(crate) trait Exclusive: Subject {
    /// Takes exclusive access to the entry, adds one to the value, and ends the access.
    fn increment(&mut self, key: Self::Key);
}

/// What a thread uses a store through. It is made and dropped outside of what is timed.
pub(crate) trait Handle {
    /// What an insert returns.
    type Key;

    /// Stores the value.
    fn insert(&mut self, value: u64) -> Self::Key;

    /// Reads the value under the key: takes a guard, copies the value, drops the guard.
    fn get(&mut self, key: Self::Key) -> Option<u64>;

    /// Removes and drops the value, and returns whether there was one.
    fn remove(&mut self, key: Self::Key) -> bool;
}

/// An operation on each subject.
pub(crate) trait Visitor {
    /// What it returns.
    type Output;

    /// Applies it to the subject `S`.
    fn visit<S: Subject>(&self) -> Self::Output;
}

/// An operation on each subject that threads can share.
pub(crate) trait SharedVisitor {
    /// What it returns.
    type Output;

    /// Applies it to the subject `S`.
    fn visit<S: Shared>(&self) -> Self::Output;
}

/// An operation on each subject that can be walked over.
pub(crate) trait WalkVisitor {
    /// What it returns.
    type Output;

    /// Applies it to the subject `S`.
    fn visit<S: Walk>(&self) -> Self::Output;
}

/// Visits every subject.
pub(crate) fn every<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<Flagstone>(),
        visitor.visit::<ShardedSlab>(),
        visitor.visit::<IdrEbr>(),
        visitor.visit::<AtomicSlotmap>(),
        visitor.visit::<ConcurrentSlotmap>(),
        visitor.visit::<Locked<StdMutex>>(),
        visitor.visit::<Locked<StdRwLock>>(),
        visitor.visit::<Locked<ParkingLotMutex>>(),
        visitor.visit::<Locked<ParkingLotRwLock>>(),
        visitor.visit::<Unlocked>(),
    ]
}

/// Visits every subject, and those that only a reader can use well.
pub(crate) fn every_reader<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    let mut outputs = every(visitor);
    outputs.insert(3, visitor.visit::<IdrEbrHeld>());
    outputs.insert(1, visitor.visit::<FlagstonePinned>());
    outputs.insert(1, visitor.visit::<FlagstonePinning>());
    outputs
}

/// Visits every subject that threads can share.
pub(crate) fn every_shared<V: SharedVisitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<Flagstone>(),
        visitor.visit::<ShardedSlab>(),
        visitor.visit::<IdrEbr>(),
        visitor.visit::<AtomicSlotmap>(),
        visitor.visit::<ConcurrentSlotmap>(),
        visitor.visit::<Locked<StdMutex>>(),
        visitor.visit::<Locked<StdRwLock>>(),
        visitor.visit::<Locked<ParkingLotMutex>>(),
        visitor.visit::<Locked<ParkingLotRwLock>>(),
    ]
}

/// Visits every subject that threads can share, and those that only readers can use well.
pub(crate) fn every_shared_reader<V: SharedVisitor>(visitor: &V) -> Vec<V::Output> {
    let mut outputs = every_shared(visitor);
    outputs.insert(3, visitor.visit::<IdrEbrHeld>());
    outputs.insert(1, visitor.visit::<FlagstonePinned>());
    outputs.insert(1, visitor.visit::<FlagstonePinning>());
    outputs
}

/// Visits every subject that can be walked over, and a `Vec` of the same slots.
pub(crate) fn every_walk<V: WalkVisitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<FlagstonePinning>(),
        visitor.visit::<ShardedSlab>(),
        visitor.visit::<IdrEbr>(),
        visitor.visit::<AtomicSlotmap>(),
        visitor.visit::<ConcurrentSlotmap>(),
        visitor.visit::<Unlocked>(),
        visitor.visit::<Slots>(),
    ]
}
