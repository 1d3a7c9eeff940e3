//! The common interface of slabs and pools for the workers.

mod pool;
mod slab;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use flagstone::{Config, Stats};

use crate::value::{Plan, Value};

/// How an entry is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// By one call, which returns the key.
    Plainly,
    /// By `try_insert`; in a pool as `InSteps`.
    Trying,
    /// By a closure that gets the key.
    Keyed,
    /// By a guard or a reservation.
    InSteps,
}

/// A slab or a pool of [`Value`]s.
pub(crate) trait Store: Send + Sync + Sized + 'static {
    type Config: Config;
    type Guard<'a>: Deref<Target = Value> + Send;
    type Owned: Deref<Target = Value> + Send;
    type Exclusive<'a>: DerefMut<Target = Value>;
    type Pin<'a>;
    /// A reserved slot, unknown to other threads.
    type Vacancy<'a>;

    fn new() -> Self;

    /// Makes an entry. `born` is called with its key, and `true` if no other thread can have seen the key yet.
    fn add(&self, how: How, plan: Plan, born: &dyn Fn(usize, bool)) -> Option<usize>;
    /// Reserves a slot. The vacancy has the key; a pool's value is filled by the plan immediately.
    fn reserve(&self, plan: impl FnOnce() -> Plan) -> Option<Self::Vacancy<'_>>;
    fn vacant_key(vacancy: &Self::Vacancy<'_>) -> usize;
    fn complete(vacancy: Self::Vacancy<'_>, plan: impl FnOnce() -> Plan);
    fn abandon(&self, vacancy: Self::Vacancy<'_>);
    /// Makes an entry by an owned guard, if the store has such guards.
    fn add_owned(self: &Arc<Self>, plan: impl FnOnce() -> Plan) -> Option<Self::Owned>;

    fn get(&self, key: usize) -> Option<Self::Guard<'_>>;
    fn get_owned(self: &Arc<Self>, key: usize) -> Option<Self::Owned>;
    fn get_exclusive(&self, key: usize) -> Option<Self::Exclusive<'_>>;
    fn contains(&self, key: usize) -> bool;
    fn key(guard: &Self::Guard<'_>) -> usize;
    fn owned_key(guard: &Self::Owned) -> usize;
    fn exclusive_key(guard: &Self::Exclusive<'_>) -> usize;
    fn share<'a>(guard: &Self::Guard<'a>) -> Self::Guard<'a>;
    fn share_owned(guard: &Self::Owned) -> Self::Owned;
    fn downgrade<'a>(guard: Self::Exclusive<'a>) -> Self::Guard<'a>;

    fn pin(&self) -> Self::Pin<'_>;
    fn get_pinned<'p>(pin: &'p Self::Pin<'_>, key: usize) -> Option<&'p Value>;
    fn walk<'p>(pin: &'p Self::Pin<'_>, see: impl FnMut(usize, &'p Value));

    fn remove(&self, key: usize) -> bool;
    /// Removes by a guard, if the store has such a function.
    fn remove_by(&self, guard: Self::Guard<'_>) -> bool;
    /// Returns `None` if the store has no such function.
    fn take(&self, key: usize) -> Option<Option<Value>>;
    fn try_take(&self, key: usize) -> Option<Option<Value>>;
    fn retain(&self, keep: impl FnMut(usize, &Value) -> bool);

    fn trim(&self) -> usize;
    fn shrink_to_fit(&mut self) -> usize;
    fn stats(&self) -> Stats;
    fn len(&self) -> usize;
    fn capacity(&self) -> usize;
}

/// Methods that have the same names and types in slabs and pools.
macro_rules! alike {
    () => {
        fn get(&self, key: usize) -> Option<Self::Guard<'_>> {
            self.get(key)
        }

        fn get_owned(self: &Arc<Self>, key: usize) -> Option<Self::Owned> {
            Arc::clone(self).get_owned(key)
        }

        fn get_exclusive(&self, key: usize) -> Option<Self::Exclusive<'_>> {
            self.get_exclusive(key).ok()
        }

        fn contains(&self, key: usize) -> bool {
            self.contains(key)
        }

        fn key(guard: &Self::Guard<'_>) -> usize {
            guard.key()
        }

        fn owned_key(guard: &Self::Owned) -> usize {
            guard.key()
        }

        fn exclusive_key(guard: &Self::Exclusive<'_>) -> usize {
            guard.key()
        }

        fn share<'a>(guard: &Self::Guard<'a>) -> Self::Guard<'a> {
            <Self::Guard<'a>>::clone(guard)
        }

        fn share_owned(guard: &Self::Owned) -> Self::Owned {
            <Self::Owned>::clone(guard)
        }

        fn downgrade<'a>(guard: Self::Exclusive<'a>) -> Self::Guard<'a> {
            guard.downgrade()
        }

        fn pin(&self) -> Self::Pin<'_> {
            self.pin()
        }

        fn get_pinned<'p>(pin: &'p Self::Pin<'_>, key: usize) -> Option<&'p Value> {
            pin.get(key)
        }

        fn walk<'p>(pin: &'p Self::Pin<'_>, mut see: impl FnMut(usize, &'p Value)) {
            pin.iter().for_each(|(key, value)| see(key, value));
        }

        fn retain(&self, keep: impl FnMut(usize, &Value) -> bool) {
            self.retain(keep);
        }

        fn trim(&self) -> usize {
            self.trim()
        }

        fn shrink_to_fit(&mut self) -> usize {
            self.shrink_to_fit()
        }

        fn stats(&self) -> Stats {
            self.stats()
        }

        fn len(&self) -> usize {
            self.len()
        }

        fn capacity(&self) -> usize {
            self.capacity()
        }
    };
}
use alike;
