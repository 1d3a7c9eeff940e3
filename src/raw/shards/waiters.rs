//! Where `take` and `wait_exclusive` sleep until the last guard is released and the last pin has ended.

use std::{sync::PoisonError, time::Duration};

use crate::{
    raw::guards::holding::Patience,
    sync::{self, Condvar, Mutex},
};

/// Returns how often a thread checks before it sleeps: for less than a microsecond, after which most guards are
/// released. `loom` and `shuttle` would only explore the same checks again and again.
const fn looks_before_sleep() -> usize {
    if cfg!(any(flagstone_loom, flagstone_shuttle)) { 0 } else { 64 }
}

/// The threads that wait in `take` or `wait_exclusive` of one slab. Waiting is rare, so they share one condition
/// variable.
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

    /// Blocks until `is_done` returns true. Once true it must stay true, and the change must be followed by
    /// [`wake`](Self::wake).
    ///
    /// Each time a while has passed, calls `give_up`, which ends the wait by returning `Some`. It is called in builds with
    /// debug assertions only, and without the lock.
    pub(crate) fn wait_until<R>(&self, is_done: impl Fn() -> bool, give_up: impl Fn() -> Option<R>) -> Result<(), R> {
        for _ in 0..looks_before_sleep() {
            if is_done() {
                return Ok(());
            }
            core::hint::spin_loop();
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // `wake` takes the lock after the condition has become true. So either this check sees it, or this thread holds
        // the lock until it sleeps, and the notification finds it sleeping (invariant W1).
        let mut patience = Patience::begin();
        while !is_done() {
            guard = match patience.left() {
                None => self.woken.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    drop(guard);
                    if let Some(reason) = give_up() {
                        return Err(reason);
                    }
                    patience = Patience::begin();
                    self.lock.lock().unwrap_or_else(PoisonError::into_inner)
                }
                Some(left) => self.woken.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        Ok(())
    }

    /// Wakes all waiting threads, to check again. To be called after the condition has become true.
    #[cold]
    pub(crate) fn wake(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.woken.notify_all();
    }
}
