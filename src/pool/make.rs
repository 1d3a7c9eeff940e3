//! Making a pool, and what its keys are.

use core::marker::PhantomData;

use super::Pool;
use crate::{
    clear::Clear,
    config::{Config, Layout},
    key_type::Key,
    raw::ShardTable,
    slab::Slab,
    sync,
};

impl<T: Clear + Default> Pool<T> {
    sync::const_fn! {
        /// Returns an empty pool of the default configuration. It allocates nothing and makes no value.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::Pool;
        ///
        /// static POOL: Pool<Vec<u8>> = Pool::new();
        /// assert!(POOL.is_empty());
        /// ```
        #[must_use]
        pub fn new() -> Self {
            Self::new_with_config()
        }
    }

    /// Returns an empty pool of the default configuration in which the current thread has room for `capacity` entries,
    /// as made by [`reserve`](Self::reserve). No value is made.
    ///
    /// # Panics
    ///
    /// If the allocator refuses the memory, or no shard can have that many entries. [`Pool::new`] followed by
    /// [`Pool::reserve`] returns an error instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool: flagstone::Pool<String> = flagstone::Pool::with_capacity(1_000);
    /// assert!(pool.capacity() >= 1_000);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        let pool = Self::new();
        match pool.reserve(capacity) {
            Ok(()) => pool,
            Err(error) => error.refuse_capacity(capacity),
        }
    }

    sync::const_fn! {
        /// Returns an empty pool of the given configuration. It allocates nothing and makes no value.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{Config, Pool};
        ///
        /// struct Two;
        /// impl Config for Two {
        ///     const MAX_PAGES: usize = 1;
        ///     const INITIAL_PAGE_SIZE: usize = 2;
        /// }
        ///
        /// static BUFFERS: Pool<Vec<u8>, Two> = Pool::new_with_config();
        /// let (first, second) = (BUFFERS.create().unwrap(), BUFFERS.create().unwrap());
        /// assert!(BUFFERS.create().is_none());
        /// # drop((first, second));
        /// ```
        #[must_use]
        pub fn new_with_config<C: Config>() -> Pool<T, C> {
            Pool::with_key()
        }
    }
}

impl<T: Clear> Pool<T> {
    sync::const_fn! {
        /// Returns an empty pool of the default configuration, whose values `init` makes. It allocates nothing and makes
        /// no value.
        ///
        /// So values need not be `Default`. `init` is called where a slot has no value yet, or has lost it to a panic in
        /// its `Clear`; what is said of `Default` elsewhere holds for `init`.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::Pool;
        ///
        /// static FRAMES: Pool<Vec<u8>> = Pool::with_init(|| Vec::with_capacity(1500));
        /// let frame = FRAMES.lend().unwrap();
        /// assert_eq!((frame.len(), frame.capacity()), (0, 1500));
        /// ```
        #[must_use]
        pub fn with_init(init: fn() -> T) -> Self {
            Self::with_init_and_config(init)
        }
    }

    sync::const_fn! {
        /// Returns an empty pool of the given configuration, whose values `init` makes, as [`with_init`](Self::with_init)
        /// does.
        ///
        /// A configuration that cannot work is a compile error.
        #[must_use]
        pub fn with_init_and_config<C: Config>(init: fn() -> T) -> Pool<T, C> {
            Pool::with_key_and_init(init)
        }
    }
}

impl<T: Clear + Default, C: Config, K: Key> Pool<T, C, K> {
    sync::const_fn! {
        /// Returns an empty pool whose keys are of a [type of their own](crate::keyed). It allocates nothing and makes no
        /// value.
        ///
        /// A configuration that cannot work is a compile error.
        ///
        /// # Examples
        ///
        /// ```
        /// use flagstone::{keyed, new_key_type};
        ///
        /// new_key_type! {
        ///     struct LineKey;
        /// }
        ///
        /// static LINES: keyed::Pool<LineKey, String> = keyed::Pool::with_key();
        /// let key: LineKey = LINES.create_with(|line| line.push_str("text")).unwrap();
        /// assert!(LINES.remove(key));
        /// ```
        #[must_use]
        pub fn with_key() -> Self {
            Self::with_key_and_init(T::default)
        }
    }
}

impl<T: Clear, C: Config, K: Key> Pool<T, C, K> {
    sync::const_fn! {
        /// Returns an empty pool whose keys are of a [type of their own](crate::keyed), and whose values `init` makes, as
        /// [`with_init`](Pool::with_init) does.
        ///
        /// A configuration that cannot work is a compile error.
        #[must_use]
        pub fn with_key_and_init(init: fn() -> T) -> Self {
            let () = Layout::<C>::VALID;
            Self { shards: ShardTable::new(), init, keys: PhantomData }
        }
    }

    /// The number of low bits that can be set in a key, as [`Slab::USED_BITS`].
    pub const USED_BITS: usize = Slab::<T, C>::USED_BITS;

    /// The number of keys that the slots of one page can hand out, as [`Slab::KEYS_PER_PAGE`].
    pub const KEYS_PER_PAGE: usize = Slab::<T, C>::KEYS_PER_PAGE;

    /// Returns how many keys one slot of page number `page` can hand out, as [`Slab::generations`] does.
    ///
    /// # Panics
    ///
    /// If `page` is not less than [`Config::MAX_PAGES`].
    #[must_use]
    pub const fn generations(page: usize) -> usize {
        Slab::<T, C>::generations(page)
    }
}
