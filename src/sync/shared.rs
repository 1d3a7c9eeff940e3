//! The contents of a static to which thread-locals refer until they are destroyed.
//!
//! The model checkers destroy statics before the last thread-locals, so there it is reference counted. Otherwise it
//! needs no allocation, which might fail.

#[cfg(any(flagstone_loom, flagstone_shuttle))]
mod counted {
    use std::sync::Arc;

    pub(crate) type Shared<T> = Arc<T>;
    pub(crate) type Handle<T> = Arc<T>;

    pub(crate) fn new<T>(value: T) -> Shared<T> {
        Arc::new(value)
    }

    pub(crate) fn handle<T>(shared: &'static Shared<T>) -> Handle<T> {
        Arc::clone(shared)
    }
}

#[cfg(not(any(flagstone_loom, flagstone_shuttle)))]
mod plain {
    pub(crate) type Shared<T> = T;
    pub(crate) type Handle<T> = &'static T;

    pub(crate) fn new<T>(value: T) -> Shared<T> {
        value
    }

    pub(crate) fn handle<T>(shared: &'static Shared<T>) -> Handle<T> {
        shared
    }
}

#[cfg(any(flagstone_loom, flagstone_shuttle))]
pub(crate) use counted::*;
#[cfg(not(any(flagstone_loom, flagstone_shuttle)))]
pub(crate) use plain::*;
