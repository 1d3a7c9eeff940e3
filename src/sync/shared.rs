//! What stands in a static that thread-locals refer to until they end.
//!
//! The model checkers' statics end before the last thread-locals do, so there it is counted. Else it needs no memory, which
//! might be refused.

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
