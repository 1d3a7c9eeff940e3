//! The only module that depends on whether the crate is built for real threads or for a model checker.
//!
//! All concurrency primitives of the crate come from here. A normal build uses `std`'s types, and
//! `--cfg flagstone_loom` uses `loom`'s. `--cfg flagstone_chaos` puts a random yield before each of `std`'s atomic
//! operations. `--cfg flagstone_shuttle` uses `shuttle`'s locks and thread-locals, and `std`'s atomics with a step of
//! its scheduler before each operation. `shuttle`'s own atomics do no more than that, and `std`'s may be made of zeroed
//! memory, as in a normal build. Under `--cfg flagstone_emulated_locals` thread-locals behave as std's do where the
//! target has no native ones.

pub(crate) mod barrier;
pub(crate) mod cell;
#[cfg(flagstone_emulated_locals)]
pub mod emulated;
#[cfg(any(flagstone_chaos, flagstone_shuttle))]
mod interrupted;
#[cfg(all(flagstone_loom, feature = "task"))]
mod met_in_loom;
pub(crate) mod shared;

#[cfg(not(any(flagstone_loom, flagstone_chaos, flagstone_shuttle)))]
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicUsize};
#[cfg(any(flagstone_chaos, flagstone_shuttle))]
pub(crate) use interrupted::{AtomicPtr, AtomicUsize};
#[cfg(flagstone_loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicUsize};

#[cfg(all(feature = "task", not(any(flagstone_loom, flagstone_chaos, flagstone_shuttle))))]
pub(crate) use core::sync::atomic::AtomicU32;
#[cfg(all(feature = "task", any(flagstone_chaos, flagstone_shuttle)))]
pub(crate) use interrupted::AtomicU32;
#[cfg(all(feature = "task", flagstone_loom))]
pub(crate) use loom::sync::atomic::AtomicU32;

pub(crate) use core::sync::atomic::Ordering;
#[cfg(not(flagstone_loom))]
pub(crate) use core::sync::atomic::fence;
#[cfg(flagstone_loom)]
pub(crate) use loom::sync::atomic::fence;

#[cfg(flagstone_loom)]
pub(crate) use loom::{
    lazy_static,
    sync::{Condvar, Mutex},
    thread_local,
};
#[cfg(flagstone_shuttle)]
pub(crate) use shuttle::{
    lazy_static,
    sync::{Condvar, Mutex},
    thread_local,
};
#[cfg(not(any(flagstone_loom, flagstone_shuttle)))]
pub(crate) use {
    lazy_static::lazy_static,
    std::sync::{Condvar, Mutex},
};

#[cfg(flagstone_emulated_locals)]
pub(crate) use crate::thread_local;
#[cfg(not(any(flagstone_loom, flagstone_shuttle, flagstone_emulated_locals)))]
pub(crate) use std::thread_local;

/// Atomics that several threads of the task layer access. They make `loom` try every order.
#[cfg(feature = "task")]
pub(crate) mod met {
    #[cfg(flagstone_loom)]
    pub(crate) use super::met_in_loom::{AtomicPtr, AtomicU32, AtomicUsize};
    #[cfg(not(flagstone_loom))]
    pub(crate) use super::{AtomicPtr, AtomicU32, AtomicUsize};
}

/// Threads that park.
#[cfg(feature = "task")]
pub(crate) mod thread {
    #[cfg(flagstone_loom)]
    pub(crate) use loom::thread::{Thread, current, park};
    #[cfg(flagstone_shuttle)]
    pub(crate) use shuttle::thread::{Thread, current, park};
    #[cfg(not(any(flagstone_loom, flagstone_shuttle)))]
    pub(crate) use std::thread::{Thread, current, park};
}

/// Sleeps for a millisecond, where no thread will wake this one.
pub(crate) fn sleep_a_little() {
    #[cfg(flagstone_loom)]
    loom::thread::yield_now();
    #[cfg(flagstone_shuttle)]
    shuttle::thread::yield_now();
    #[cfg(not(any(flagstone_loom, flagstone_shuttle)))]
    std::thread::sleep(core::time::Duration::from_millis(1));
}

/// A thread-local whose initial value is a constant and that needs no destructor: an access is one plain load.
///
/// `loom` and `shuttle` have no such thread-locals, and reset theirs with each execution. Nor does std have them where
/// the target has no native thread-locals: there, and in the emulation, they are keys with destructors.
macro_rules! thread_local_const {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
        #[cfg(any(flagstone_loom, flagstone_shuttle, flagstone_emulated_locals))]
        $crate::sync::thread_local! { $(#[$attribute])* static $name: $type = $value; }
        #[cfg(not(any(flagstone_loom, flagstone_shuttle, flagstone_emulated_locals)))]
        std::thread_local! { $(#[$attribute])* static $name: $type = const { $value }; }
    };
}
pub(crate) use thread_local_const;

/// A function that is `const`, except under `loom`, whose types have no constant constructors.
macro_rules! const_fn {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident $(<$parameter:ident: $bound:ident>)? ($($argument:ident: $of:ty)?) -> $type:ty
        $body:block
    ) => {
        #[cfg(flagstone_loom)]
        $(#[$attribute])*
        $visibility fn $name $(<$parameter: $bound>)? ($($argument: $of)?) -> $type $body
        #[cfg(not(flagstone_loom))]
        $(#[$attribute])*
        $visibility const fn $name $(<$parameter: $bound>)? ($($argument: $of)?) -> $type $body
    };
}
pub(crate) use const_fn;
