//! Making a slab, and what its keys are.

use core::marker::PhantomData;

use super::Slab;
use crate::{
    config::{Config, Layout},
    key::PageNumber,
    key_type::Key,
    raw::ShardTable,
    sync,
};

impl<T> Slab<T> {
    sync::const_fn! {
        /// Returns an empty slab of the default configuration. It allocates nothing.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::Slab;
        ///
        /// static SLAB: Slab<u64> = Slab::new();
        /// assert!(SLAB.is_empty());
        /// ```
        #[must_use]
        pub fn new() -> Self {
            Self::new_with_config()
        }
    }

    /// Returns an empty slab of the default configuration in which the current thread has room for `capacity` entries,
    /// as made by [`reserve`](Self::reserve).
    ///
    /// # Panics
    ///
    /// If the allocator refuses the memory, or no shard can have that many entries. [`Slab::new`] followed by
    /// [`Slab::reserve`] returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let slab = flagstone::Slab::with_capacity(1_000);
    /// assert!(slab.capacity() >= 1_000);
    /// slab.insert("value"); // allocates nothing
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        let slab = Self::new();
        match slab.reserve(capacity) {
            Ok(()) => slab,
            Err(error) => error.refuse_capacity(capacity),
        }
    }

    sync::const_fn! {
        /// Returns an empty slab of the given configuration. It allocates nothing.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{Config, Slab};
        ///
        /// struct Small;
        /// impl Config for Small {
        ///     const MAX_PAGES: usize = 1;
        ///     const INITIAL_PAGE_SIZE: usize = 2;
        /// }
        ///
        /// let slab = Slab::new_with_config::<Small>();
        /// assert!(slab.insert('a').is_some());
        /// assert!(slab.insert('b').is_some());
        /// assert!(slab.insert('c').is_none());
        /// ```
        #[must_use]
        pub fn new_with_config<C: Config>() -> Slab<T, C> {
            Slab::with_key()
        }
    }
}

impl<T, C: Config, K: Key> Slab<T, C, K> {
    sync::const_fn! {
        /// Returns an empty slab whose keys are of a [type of their own](crate::keyed). It allocates nothing.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{keyed, new_key_type};
        ///
        /// new_key_type! {
        ///     struct NameKey;
        /// }
        ///
        /// static NAMES: keyed::Slab<NameKey, &str> = keyed::Slab::with_key();
        /// let key: NameKey = NAMES.insert("flagstone").unwrap();
        /// assert_eq!(*NAMES.get(key).unwrap(), "flagstone");
        /// ```
        #[must_use]
        pub fn with_key() -> Self {
            let () = Layout::<C>::VALID;
            Self { shards: ShardTable::new(), keys: PhantomData }
        }
    }

    /// The number of low bits that can be set in a key. At least [`Config::RESERVED_BITS`] high bits are never set.
    pub const USED_BITS: usize = Layout::<C>::USED_BITS as usize;

    /// The number of keys that the slots of one page can hand out, whatever the page's size, before generations start
    /// over or the page is used up (see [`Config::WRAP_GENERATIONS`]). A page that is [trimmed](Self::trim) can hand
    /// out fewer.
    ///
    /// 2<sup>46</sup>, that is 70,368,744,177,664, with the default configuration on 64 bits.
    pub const KEYS_PER_PAGE: usize = 1 << Layout::<C>::SHARED_BITS;

    /// Returns how many keys one slot of page number `page` can hand out. (The first slot of the overflow shard hands out
    /// one less, since 0 is never a key.)
    ///
    /// # Panics
    ///
    /// If `page` is not less than [`Config::MAX_PAGES`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(target_pointer_width = "64")] {
    /// use flagstone::Slab;
    ///
    /// assert_eq!(Slab::<u64>::generations(0), 2_199_023_255_552); // a slot of the first page
    /// assert_eq!(Slab::<u64>::generations(31), 1_024); // one of the last, with 68,719,476,736 slots
    /// # }
    /// ```
    #[must_use]
    pub const fn generations(page: usize) -> usize {
        assert!(page < C::MAX_PAGES, "there are no more than MAX_PAGES pages");
        1 << PageNumber::<C>::new(page as u32).generation_bits()
    }
}
