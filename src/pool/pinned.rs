//! A pin on a pool.

use super::Pool;
use crate::{clear::Clear, pinned::pinned};

pinned! {
    /// The right to read every entry of a pool without counting. Made by [`Pool::pin`].
    ///
    /// It is what a slab's [`Pinned`](crate::Pinned) is: while it lives, no value that it may be showing is cleared, and
    /// what is cleared meanwhile is cleared when the last pin that was out then is dropped, on that pin's thread.
    ///
    /// ```compile_fail,E0505
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let pinned = pool.pin();
    /// let line = pinned.get(key).unwrap();
    /// drop(pinned);
    /// assert_eq!(*line, "text");
    /// ```
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::new();
    /// let key = pool.create_with(|line| line.push_str("text")).unwrap();
    /// let pinned = pool.pin();
    /// let line = pinned.get(key).unwrap();
    /// assert_eq!(*line, "text");
    /// drop(pinned);
    /// ```
    Pool("pool"), where T: Clear
}
