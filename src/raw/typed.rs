//! Keys as they are handed out: in the type that the store's users chose.

use core::num::NonZeroUsize;

use crate::{config::Config, key::Key, key_type};

/// Returns a key in the type in which its store hands out keys.
///
/// # Safety
///
/// The key is that of an entry or of a reserved slot, or was. So it is not zero: no slot is reserved under the key 0
/// (Z1).
#[inline(always)]
pub(in crate::raw) unsafe fn typed<K: key_type::Key, C: Config>(key: Key<C>) -> K {
    debug_assert!(key.raw() != 0, "no slot is reserved under the key 0");
    // SAFETY: as of this function.
    K::from_raw(unsafe { NonZeroUsize::new_unchecked(key.raw()) })
}
