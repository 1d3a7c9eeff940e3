//! Typed keys: a key of one kind does not compile where another kind is expected.
//!
//! [`new_key_type!`](crate::new_key_type) makes a type of keys. [`keyed::Slab`](Slab) and [`keyed::Pool`](Pool) are the
//! slab and the pool with such a type in the place of `usize`: every method that takes or returns a key takes or
//! returns that type, at the same cost.
//!
//! ```
//! use flagstone::{keyed, new_key_type};
//!
//! new_key_type! {
//!     /// Names a file.
//!     pub struct FileKey;
//!     pub struct CursorKey;
//! }
//!
//! static FILES: keyed::Slab<FileKey, String> = keyed::Slab::with_key();
//! static CURSORS: keyed::Slab<CursorKey, (FileKey, usize)> = keyed::Slab::with_key();
//!
//! let file = FILES.insert("text".to_owned()).unwrap();
//! let cursor = CURSORS.insert((file, 0)).unwrap();
//! assert_eq!(*FILES.get(CURSORS.get(cursor).unwrap().0).unwrap(), "text");
//! assert_eq!(size_of::<Option<FileKey>>(), size_of::<usize>());
//! ```
//!
//! A cursor's key does not open a file:
//!
//! ```compile_fail,E0308
//! # use flagstone::{keyed, new_key_type};
//! # new_key_type! { struct FileKey; struct CursorKey; }
//! # static FILES: keyed::Slab<FileKey, String> = keyed::Slab::with_key();
//! # static CURSORS: keyed::Slab<CursorKey, usize> = keyed::Slab::with_key();
//! let cursor: CursorKey = CURSORS.insert(0).unwrap();
//! FILES.get(cursor);
//! ```
//!
//! Two slabs with the same type of keys can hand out equal keys, and a key of one may find an entry of the other.
//!
//! [`with_key`](crate::Slab::with_key) makes a store of any configuration. (It is the only constructor:
//! [`reserve`](crate::Slab::reserve) makes room, and `collect` works. `Default` is for `usize` only, since bare
//! `Slab::default()` is to compile.)
//!
//! ```
//! # use flagstone::{Config, keyed, new_key_type};
//! # new_key_type! { struct FileKey; }
//! struct Small;
//! impl Config for Small {
//!     const INITIAL_PAGE_SIZE: usize = 4;
//! }
//!
//! static OPEN: keyed::Slab<FileKey, String, Small> = keyed::Slab::with_key();
//! ```
//!
//! The types of this module have the type of keys first, so that the configuration can be left out. All other types have
//! it last: `ExclusiveEntry<'_, T, DefaultConfig, FileKey>`.

#[doc(hidden)]
#[cfg(feature = "serde")]
pub use crate::key_type::__serde;
pub use crate::key_type::{InvalidKey, Key, KeyData};
use crate::{config::DefaultConfig, pool, slab};

/// A [`Slab`](crate::Slab) whose keys are of the type `K`. Made by [`Slab::with_key`](crate::Slab::with_key).
pub type Slab<K, T, C = DefaultConfig> = slab::Slab<T, C, K>;

/// A [`Pool`](crate::Pool) whose keys are of the type `K`. Made by [`Pool::with_key`](crate::Pool::with_key).
pub type Pool<K, T, C = DefaultConfig> = pool::Pool<T, C, K>;

/// A guard of an entry of a [`Slab`].
pub type Entry<'a, K, T, C = DefaultConfig> = slab::Entry<'a, T, C, K>;

/// A guard of an entry of a [`Slab`] that keeps the slab alive.
pub type OwnedEntry<K, T, C = DefaultConfig> = slab::OwnedEntry<T, C, K>;

/// A guard of an entry of a [`Pool`].
pub type Ref<'a, K, T, C = DefaultConfig> = pool::Ref<'a, T, C, K>;

/// A guard of an entry of a [`Pool`] that keeps the pool alive.
pub type OwnedRef<K, T, C = DefaultConfig> = pool::OwnedRef<T, C, K>;
