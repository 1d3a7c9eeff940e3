//! The guards of slabs and pools, borrowed and owned, under one interface.

use std::mem;

use flagstone::{
    Entry, ExclusiveEntry, OwnedEntry,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

use super::{configurations::Shape, value::Value};

/// A guard of an entry that others may read too.
pub(crate) trait Shared: Send {
    fn key(&self) -> usize;
    fn value(&self) -> &Value;
    /// Whether the guard keeps its store alive.
    fn is_owned(&self) -> bool;
    /// One more guard.
    fn share<'a>(&self) -> Box<dyn Shared + 'a>
    where
        Self: 'a;
    /// Ends the entry, then the guard. Whether the entry had not been ended.
    fn end(self: Box<Self>) -> bool;
    fn forget(self: Box<Self>);
    /// Whether the guard can take its entry.
    fn is_taker(&self) -> bool {
        false
    }
    /// Ends the guard and takes the entry, with patience (`take`) or without (`try_take`).
    fn take(self: Box<Self>, _is_patient: bool) -> Option<Value> {
        unreachable!("only a slab's guards take entries")
    }
}

/// The only guard of an entry.
pub(crate) trait Exclusive: Send {
    fn key(&self) -> usize;
    fn value(&self) -> &Value;
    fn value_mut(&mut self) -> &mut Value;
    /// Whether the guard keeps its store alive.
    fn is_owned(&self) -> bool;
    fn downgrade<'a>(self: Box<Self>) -> Box<dyn Shared + 'a>
    where
        Self: 'a;
    /// Ends the entry, then the guard. Whether the entry had not been ended.
    fn end(self: Box<Self>) -> bool;
    fn forget(self: Box<Self>);
}

/// `|$this| $end` ends the entry and the guard `$this`.
macro_rules! guard_methods {
    ($is_owned:literal, |$this:ident| $end:expr) => {
        fn key(&self) -> usize {
            Self::key(self)
        }

        fn value(&self) -> &Value {
            self
        }

        fn is_owned(&self) -> bool {
            $is_owned
        }

        fn end(self: Box<Self>) -> bool {
            let $this = *self;
            $end
        }

        fn forget(self: Box<Self>) {
            mem::forget(*self);
        }
    };
}

macro_rules! shared {
    ($guard:ty, is_owned: $is_owned:literal, |$this:ident| $end:expr $(; $($takes:item)*)?) => {
        impl<C: Shape> Shared for $guard {
            $($($takes)*)?

            guard_methods! { $is_owned, |$this| $end }

            fn share<'a>(&self) -> Box<dyn Shared + 'a>
            where
                Self: 'a,
            {
                Box::new(Self::clone(self))
            }
        }
    };
}

macro_rules! exclusive {
    ($guard:ty, is_owned: $is_owned:literal, |$this:ident| $end:expr) => {
        impl<C: Shape> Exclusive for $guard {
            guard_methods! { $is_owned, |$this| $end }

            fn value_mut(&mut self) -> &mut Value {
                self
            }

            fn downgrade<'a>(self: Box<Self>) -> Box<dyn Shared + 'a>
            where
                Self: 'a,
            {
                Box::new(Self::downgrade(*self))
            }
        }
    };
}

shared! { Entry<'_, Value, C>, is_owned: false, |guard| guard.remove();
    fn is_taker(&self) -> bool {
        true
    }

    fn take(self: Box<Self>, is_patient: bool) -> Option<Value> {
        if is_patient { Self::take(*self) } else { Self::try_take(*self) }
    }
}
shared! { OwnedEntry<Value, C>, is_owned: true, |guard| guard.remove() }
shared! { Ref<'_, Value, C>, is_owned: false, |guard| Ref::pool(&guard).remove(guard.key()) }
shared! { OwnedRef<Value, C>, is_owned: true, |guard| OwnedRef::pool(&guard).remove(guard.key()) }
exclusive! { ExclusiveEntry<'_, Value, C>, is_owned: false, |guard| guard.remove() }
exclusive! { RefMut<'_, Value, C>, is_owned: false, |guard| RefMut::pool(&guard).remove(guard.key()) }
exclusive! { OwnedRefMut<Value, C>, is_owned: true, |guard| OwnedRefMut::pool(&guard).remove(guard.key()) }
