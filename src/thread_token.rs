//! An identity for threads: a number that no other thread of the process has, had or will have.
//!
//! It is not the number by which shards are owned, which a thread gives back before its last destructors run.

use core::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::sync;

sync::thread_local_const! {
    /// 0: the thread has no number yet, or never gets one, because none are left.
    static TOKEN: Cell<usize> = Cell::new(0);
}

/// Not from the facade that the model checkers see: it orders nothing, and an execution may begin where the last one
/// ended.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Whether `token` is that of the current thread. No thread has the token 0.
#[inline(always)]
pub(crate) fn is_current(token: usize) -> bool {
    token != 0 && TOKEN.with(Cell::get) == token
}

/// The token of the current thread; 0 if there are none left, which on 32 bits takes four thousand million threads.
pub(crate) fn current_or_new() -> usize {
    TOKEN.with(|token| {
        if token.get() == 0 {
            // Ordering: Relaxed - the numbers must be different, and nothing else.
            let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1));
            token.set(next.unwrap_or(0));
        }
        token.get()
    })
}
