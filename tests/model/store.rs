//! What slabs and pools have in common, under one interface.

use std::sync::Arc;

use flagstone::{Drain, ExclusiveError, GetError, IntoIter, IterMut, Pool, ReserveError, Slab, Stats, UniqueIter};

use super::{
    configurations::Shape,
    guard::{Exclusive, Shared},
    pins::Pin,
    value::Value,
};

/// What becomes of the values of ended entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Dropped,
    /// And kept in the slot, for its next entry.
    Cleared,
}

/// The store under test.
pub(crate) trait Store: Send + Sync + Sized + 'static {
    type Config: Shape;
    const ENDING: Ending;

    fn new() -> Self;
    /// As `new`; but if it makes values itself, it makes them by [`Value::of_init`].
    fn with_init() -> Self;
    fn get(&self, key: usize) -> Option<Box<dyn Shared + '_>>;
    fn get_owned(self: Arc<Self>, key: usize) -> Option<Box<dyn Shared>>;
    fn get_arc(self: &Arc<Self>, key: usize) -> Option<Box<dyn Shared>>;
    fn try_get(&self, key: usize) -> Result<Box<dyn Shared + '_>, GetError>;
    /// A guard of each entry, one after the other.
    fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Shared + '_>> + '_>;
    fn keys(&self) -> Box<dyn Iterator<Item = usize> + '_>;
    fn get_exclusive(&self, key: usize) -> Result<Box<dyn Exclusive + '_>, ExclusiveError>;
    fn wait_exclusive(&self, key: usize) -> Option<Box<dyn Exclusive + '_>>;
    fn pin(&self) -> Box<dyn Pin + '_>;
    fn get_mut(&mut self, key: usize) -> Option<&mut Value>;
    fn contains(&self, key: usize) -> bool;
    /// `remove`.
    fn end(&self, key: usize) -> bool;
    /// What a slab calls `clear` and a pool `clear_all`.
    fn end_all(&mut self);
    fn retain(&self, keep: impl FnMut(usize, &Value) -> bool);
    fn iter_mut(&mut self) -> IterMut<'_, Value, Self::Config>;
    fn unique_iter(&mut self) -> UniqueIter<'_, Value, Self::Config>;
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool;
    fn capacity(&self) -> usize;
    fn stats(&self) -> Stats;
    fn reserve(&self, additional: usize) -> Result<(), ReserveError>;
    fn trim(&self) -> usize;
    fn shrink_to_fit(&mut self) -> usize;

    /// `None` if such a store gives no values away.
    fn drain(&mut self) -> Option<Drain<'_, Value, Self::Config>>;
    /// The store itself if it gives no values away.
    fn into_iter(self) -> Result<IntoIter<Value, Self::Config>, Self>;
}

macro_rules! store {
    ($store:ident, $ending:expr, $end:ident, $end_all:ident; $($of_its_own:item)*) => {
        impl<C: Shape> Store for $store<Value, C> {
            type Config = C;
            const ENDING: Ending = $ending;

            fn new() -> Self {
                $store::new_with_config()
            }

            fn get(&self, key: usize) -> Option<Box<dyn Shared + '_>> {
                Some(Box::new(self.get(key)?))
            }

            fn get_owned(self: Arc<Self>, key: usize) -> Option<Box<dyn Shared>> {
                Some(Box::new($store::get_owned(self, key)?))
            }

            fn get_arc(self: &Arc<Self>, key: usize) -> Option<Box<dyn Shared>> {
                Some(Box::new($store::get_arc(self, key)?))
            }

            fn try_get(&self, key: usize) -> Result<Box<dyn Shared + '_>, GetError> {
                Ok(Box::new(self.try_get(key)?))
            }

            fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Shared + '_>> + '_> {
                Box::new(self.iter().map(|guard| Box::new(guard) as Box<dyn Shared>))
            }

            fn keys(&self) -> Box<dyn Iterator<Item = usize> + '_> {
                Box::new(self.keys())
            }

            fn get_exclusive(&self, key: usize) -> Result<Box<dyn Exclusive + '_>, ExclusiveError> {
                Ok(Box::new(self.get_exclusive(key)?))
            }

            fn wait_exclusive(&self, key: usize) -> Option<Box<dyn Exclusive + '_>> {
                Some(Box::new(self.wait_exclusive(key)?))
            }

            fn pin(&self) -> Box<dyn Pin + '_> {
                Box::new(self.pin())
            }

            fn get_mut(&mut self, key: usize) -> Option<&mut Value> {
                self.get_mut(key)
            }

            fn contains(&self, key: usize) -> bool {
                self.contains(key)
            }

            fn end(&self, key: usize) -> bool {
                self.$end(key)
            }

            fn end_all(&mut self) {
                self.$end_all();
            }

            fn retain(&self, keep: impl FnMut(usize, &Value) -> bool) {
                self.retain(keep);
            }

            fn iter_mut(&mut self) -> IterMut<'_, Value, C> {
                self.iter_mut()
            }

            fn unique_iter(&mut self) -> UniqueIter<'_, Value, C> {
                self.unique_iter()
            }

            fn len(&self) -> usize {
                self.len()
            }

            fn is_empty(&self) -> bool {
                self.is_empty()
            }

            fn capacity(&self) -> usize {
                self.capacity()
            }

            fn stats(&self) -> Stats {
                self.stats()
            }

            fn reserve(&self, additional: usize) -> Result<(), ReserveError> {
                self.reserve(additional)
            }

            fn trim(&self) -> usize {
                self.trim()
            }

            fn shrink_to_fit(&mut self) -> usize {
                self.shrink_to_fit()
            }

            $($of_its_own)*
        }
    };
}

store! { Slab, Ending::Dropped, remove, clear;
    fn with_init() -> Self {
        Slab::new_with_config()
    }

    fn drain(&mut self) -> Option<Drain<'_, Value, C>> {
        Some(self.drain())
    }

    fn into_iter(self) -> Result<IntoIter<Value, C>, Self> {
        Ok(IntoIterator::into_iter(self))
    }
}

store! { Pool, Ending::Cleared, remove, clear_all;
    fn with_init() -> Self {
        Pool::with_init_and_config(Value::of_init)
    }

    fn drain(&mut self) -> Option<Drain<'_, Value, C>> {
        None
    }

    fn into_iter(self) -> Result<IntoIter<Value, C>, Self> {
        Err(self)
    }
}
