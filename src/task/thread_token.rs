//! Which thread is this? A number that no other thread of the process has, had or will have.
//!
//! Not the number by which shards are owned, which a thread gives back before its last destructors run.

use core::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::sync;

sync::thread_local_const! {
    /// 0: none yet, or never, if there are no numbers left.
    static TOKEN: Cell<usize> = Cell::new(0);
}

/// Not for the model checkers: it orders nothing, and every execution may begin where the last one ended.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Whether `token` is that of the current thread. 0 is nobody's.
#[inline(always)]
pub(crate) fn is_current(token: usize) -> bool {
    token != 0 && TOKEN.with(Cell::get) == token
}

/// The token of the current thread; 0 if there are none left, which on 32 bits takes four thousand million threads.
pub(crate) fn current_or_new() -> usize {
    TOKEN.with(|token| {
        if token.get() == 0 {
            // Ordering: Relaxed - the numbers are different, that is all.
            let next = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| next.checked_add(1));
            token.set(next.unwrap_or(0));
        }
        token.get()
    })
}
