//! Where `take` sleeps until the last guard has let go.

use std::sync::PoisonError;

use crate::sync::{self, Condvar, Mutex};

/// How often a taker looks before it sleeps: less than a microsecond, and most guards are gone by then. `loom` and
/// `shuttle` would only explore the same looks again and again.
const fn looks_before_sleep() -> usize {
    if cfg!(any(flagstone_loom, flagstone_shuttle)) { 0 } else { 64 }
}

/// The takers of one slab. Waiting is rare, so they share one condition.
pub(crate) struct Waiters {
    lock: Mutex<()>,
    woken: Condvar,
}

impl Waiters {
    sync::const_fn! {
        pub(crate) fn new() -> Self {
            Self { lock: Mutex::new(()), woken: Condvar::new() }
        }
    }

    /// Blocks until `is_done`, which turns true once and for all, and is followed by [`wake`](Self::wake).
    pub(crate) fn wait_until(&self, is_done: impl Fn() -> bool) {
        for _ in 0..looks_before_sleep() {
            if is_done() {
                return;
            }
            core::hint::spin_loop();
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // `wake` takes the lock after the condition has turned true, so either this look sees it, or the lock is held
        // until this thread sleeps, and the notification finds it asleep (invariant W1).
        while !is_done() {
            guard = self.woken.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes all, to look again. Call it after the condition has turned true.
    #[cold]
    pub(crate) fn wake(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_all();
    }
}
