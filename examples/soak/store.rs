//! Slabs and pools, as the workers use them.

mod pool;
mod slab;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use flagstone::{Config, Stats};

use crate::value::{Plan, Value};

/// How an entry is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// By one call, which tells the key in the end.
    Plainly,
    /// The same, by the other function that there is.
    Trying,
    /// By a closure that is told the key.
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
    /// A slot that is taken, of which nobody else knows.
    type Vacancy<'a>;

    fn new() -> Self;

    /// Makes an entry. `born` is called with its key, and `true` if nobody else can have seen the key yet.
    fn add(&self, how: How, plan: Plan, born: &dyn Fn(usize, bool)) -> Option<usize>;
    /// Takes a slot. The key is the vacancy's; a pool's value is filled by the plan at once.
    fn reserve(&self, plan: impl FnOnce() -> Plan) -> Option<Self::Vacancy<'_>>;
    fn vacant_key(vacancy: &Self::Vacancy<'_>) -> usize;
    fn complete(vacancy: Self::Vacancy<'_>, plan: impl FnOnce() -> Plan);
    fn abandon(&self, vacancy: Self::Vacancy<'_>);
    /// Makes an entry by an owning guard, where there is such a thing.
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
    /// Removes by a guard, where there is such a function.
    fn remove_by(&self, guard: Self::Guard<'_>) -> bool;
    /// `None` where there is no such function.
    fn take(&self, key: usize) -> Option<Option<Value>>;
    fn try_take(&self, key: usize) -> Option<Option<Value>>;
    fn retain(&self, keep: impl FnMut(usize, &Value) -> bool);

    fn trim(&self) -> usize;
    fn shrink_to_fit(&mut self) -> usize;
    fn stats(&self) -> Stats;
    fn len(&self) -> usize;
    fn capacity(&self) -> usize;
}

/// What is called and typed alike.
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
