//! Types of keys.

mod key_data;
mod new_key_type;
#[cfg(feature = "serde")]
mod serde;

use core::{fmt::Debug, hash::Hash, num::NonZeroUsize};

#[doc(hidden)]
#[cfg(feature = "serde")]
pub use serde_core as __serde;

pub use self::key_data::{InvalidKey, KeyData};

/// A type of keys: `usize`, [`KeyData`], or what [`new_key_type!`](crate::new_key_type) makes.
///
/// It can be implemented by hand, for example for a type with fields of its own. If `from_raw(raw).to_raw()` is not
/// `raw`, look-ups by the key find other entries or none, which is never undefined behaviour.
pub trait Key: Copy + Eq + Ord + Hash + Debug {
    /// Returns the key of this number, which a store hands out.
    fn from_raw(raw: NonZeroUsize) -> Self;

    /// Returns the key's number, by which a store looks the entry up.
    fn to_raw(self) -> usize;
}

impl Key for usize {
    #[inline(always)]
    fn from_raw(raw: NonZeroUsize) -> Self {
        raw.get()
    }

    #[inline(always)]
    fn to_raw(self) -> usize {
        self
    }
}
