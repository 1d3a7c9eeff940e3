//! A pin on a pool.

use super::Pool;
use crate::{clear::Clear, pinned::pinned};

pinned! {
    /// A pin: reads every entry of a pool without reference counting. Returned by [`Pool::pin`].
    ///
    /// It works as a slab's [`Pinned`](crate::Pinned) does. While it lives, no value that was read through it is
    /// cleared. If an entry is ended meanwhile, its value is cleared when the last guard or pin that was active then
    /// ends, on the thread that ends it.
    ///
    /// So the drop of a pin may call `Clear`. If one panics, the other values are cleared first, then the first panic
    /// is resumed.
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
