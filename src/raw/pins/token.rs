//! The identity of a slab.

use std::sync::{Arc, OnceLock};

/// Identifies a slab: no other slab has the same token while a copy of it exists, even in a leaked pin.
pub(in crate::raw) struct Token(OnceLock<Arc<()>>);

impl Token {
    pub(in crate::raw) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns a copy. Makes the token if there is none yet.
    pub(in crate::raw) fn get_or_make(&self) -> Arc<()> {
        if let Some(token) = self.0.get() {
            return Arc::clone(token);
        }
        // Allocated before the cell is locked, since the allocator is user code. If another thread was faster, its
        // token is used.
        let _ = self.0.set(Arc::new(()));
        self.get_or_make()
    }

    /// Returns whether this is a copy of the token.
    pub(in crate::raw) fn is(&self, copy: &Arc<()>) -> bool {
        self.0.get().is_some_and(|token| Arc::ptr_eq(token, copy))
    }
}
