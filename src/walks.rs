//! The common code of iteration over the guards of slabs and pools.

/// Defines a store's iterators over guards and over keys. `$bound` is what the store requires of its values.
macro_rules! walks {
    (
        $store:ident called $method:literal, $guard:ident in $entries:ident, keys in $keys:ident $(, where T: $bound:path)?
    ) => {
        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> $store<T, C, K> {
            /// Returns an iterator over guards of all entries of all threads, in no particular order. Other threads may
            /// use the store meanwhile.
            ///
            /// An entry that exists throughout is yielded once, unless an exclusive guard of it is active or waited for
            /// at its turn. An entry that is inserted or removed meanwhile may or may not be yielded. It is the way to
            /// visit entries and end some of them; a walk that only reads is faster under a [pin](Self::pin).
            ///
            /// Each step is lock-free: it reads the slots that it passes, and gets a guard, which costs what
            /// [`get`](Self::get) costs.
            ///
            /// # Panics
            ///
            /// A step panics where `get` does.
            #[inline]
            #[track_caller]
            pub fn iter(&self) -> $entries<'_, T, C, K> {
                $entries { leases: $crate::raw::Leases::new(self) }
            }

            /// Returns an iterator over the keys of all entries, with the guarantees of [`iter`](Self::iter). It gets no
            /// guards, so an entry may have been removed when its key is yielded.
            #[inline]
            pub fn keys(&self) -> $keys<'_, T, C, K> {
                $keys { leases: $crate::raw::Leases::new(self) }
            }
        }

        #[doc = concat!("An iterator over guards of the entries of a ", $method, ". Returned by [`", stringify!($store), "::iter`].")]
        #[must_use = "iterators do nothing unless they are consumed"]
        pub struct $entries<'a, T $(: $bound)?, C: $crate::Config = $crate::DefaultConfig, K: $crate::key_type::Key = usize> {
            leases: $crate::raw::Leases<C, &'a $store<T, C, K>>,
        }

        impl<'a, T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> Iterator for $entries<'a, T, C, K> {
            type Item = $guard<'a, T, C, K>;

            #[inline]
            fn next(&mut self) -> Option<$guard<'a, T, C, K>> {
                self.leases.next().map($guard::new)
            }
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::fmt::Debug for $entries<'_, T, C, K> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_struct(stringify!($entries)).finish_non_exhaustive()
            }
        }

        impl<'a, T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> IntoIterator for &'a $store<T, C, K> {
            type Item = $guard<'a, T, C, K>;
            type IntoIter = $entries<'a, T, C, K>;

            #[inline]
            #[track_caller]
            fn into_iter(self) -> $entries<'a, T, C, K> {
                self.iter()
            }
        }

        #[doc = concat!("An iterator over the keys of a ", $method, ". Returned by [`", stringify!($store), "::keys`].")]
        #[must_use = "iterators do nothing unless they are consumed"]
        pub struct $keys<'a, T $(: $bound)?, C: $crate::Config = $crate::DefaultConfig, K: $crate::key_type::Key = usize> {
            leases: $crate::raw::Leases<C, &'a $store<T, C, K>>,
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> Iterator for $keys<'_, T, C, K> {
            type Item = K;

            #[inline]
            fn next(&mut self) -> Option<K> {
                self.leases.next_key()
            }
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::fmt::Debug for $keys<'_, T, C, K> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_struct(stringify!($keys)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use walks;
