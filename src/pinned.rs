//! The common code of the pins of slabs and pools.

/// Defines the type of a store's pins, and its iterators. `$bound` is what the store requires of its values.
macro_rules! pinned {
    ($(#[$attribute:meta])* $store:ident($method:literal) $(, where T: $bound:path)?) => {
        $(#[$attribute])*
        #[must_use = "a pin that is dropped at once pins nothing"]
        pub struct Pinned<'a, T $(: $bound)?, C: $crate::Config = $crate::DefaultConfig, K: $crate::key_type::Key = usize> {
            pin: $crate::raw::Pinned<T, C, &'a $store<T, C, K>>,
        }

        impl<'a, T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> Pinned<'a, T, C, K> {
            #[inline(always)]
            pub(super) fn new(store: &'a $store<T, C, K>) -> Self {
                Self { pin: $crate::raw::Pinned::new(store) }
            }

            /// Returns a reference to the value of `key`'s entry; `None` if there is none, or while an exclusive guard
            /// of it is active or waited for.
            ///
            /// Wait-free: three loads and a comparison, and nothing is written. Lock-free if another thread tries to
            /// get exclusive access to the entry at this moment: then a compare-and-swap (CAS) makes that attempt fail.
            ///
            /// On a thread without a shard of its own it is lock-free, and allocates: the pin keeps a guard of the
            /// entry.
            ///
            /// # Panics
            ///
            /// On such a thread, if the entry has as many guards as can be counted.
            #[inline]
            #[must_use]
            pub fn get(&self, key: K) -> Option<&T> {
                self.pin.get(key.to_raw())
            }

            /// Returns whether [`get`](Self::get) of `key` would find an entry at this moment. Wait-free.
            #[inline]
            #[must_use]
            pub fn contains(&self, key: K) -> bool {
                self.pin.hold().contains(key)
            }

            /// Returns an iterator over the keys and values of all entries of all threads, in no particular order.
            /// Other threads may use the store meanwhile.
            ///
            /// An entry that exists throughout is yielded once, unless an exclusive guard of it is active or waited for
            /// at its turn. An entry that is inserted or removed meanwhile may or may not be yielded.
            ///
            /// Each step is wait-free and costs a load and a comparison for each slot that it passes. Slots that were
            /// never used are skipped without a load. On a thread without a shard of its own, each entry costs what
            /// [`get`](Self::get) costs there.
            ///
            /// # Panics
            ///
            /// On such a thread, a step panics where `get` does.
            #[inline]
            pub fn iter(&self) -> Iter<'_, T, C, K> {
                Iter { entries: self.pin.iter() }
            }

            /// Returns an iterator over the keys of all entries, with the guarantees of [`iter`](Self::iter).
            #[inline]
            pub fn keys(&self) -> Keys<'_, T, C, K> {
                Keys { entries: self.iter() }
            }

            /// Returns the number of entries, as the store's own `len` does. It includes removed entries whose
            /// reclamation the pin defers, which `iter` does not yield.
            #[must_use]
            pub fn len(&self) -> usize {
                self.pin.hold().len()
            }

            /// Returns whether [`len`](Self::len) is zero.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            #[doc = concat!("Returns the ", $method, " that is pinned.")]
            #[must_use]
            pub fn store(&self) -> &'a $store<T, C, K> {
                self.pin.hold()
            }
        }

        impl<T: ::core::fmt::Debug $(+ $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::fmt::Debug for Pinned<'_, T, C, K> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_map().entries(self).finish()
            }
        }

        /// An iterator over keys and values under a pin. Returned by [`Pinned::iter`].
        #[must_use = "iterators do nothing unless they are consumed"]
        pub struct Iter<'a, T $(: $bound)?, C: $crate::Config = $crate::DefaultConfig, K: $crate::key_type::Key = usize> {
            entries: $crate::raw::PinnedEntries<'a, T, C, &'a $store<T, C, K>>,
        }

        impl<'a, T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> Iterator for Iter<'a, T, C, K> {
            type Item = (K, &'a T);

            #[inline]
            fn next(&mut self) -> Option<(K, &'a T)> {
                self.entries.next()
            }

            #[inline]
            fn fold<B, F: FnMut(B, (K, &'a T)) -> B>(self, start: B, combine: F) -> B {
                self.entries.fold(start, combine)
            }
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::iter::FusedIterator for Iter<'_, T, C, K> {}

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::fmt::Debug for Iter<'_, T, C, K> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_struct("Iter").finish_non_exhaustive()
            }
        }

        impl<'a, T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> IntoIterator for &'a Pinned<'_, T, C, K> {
            type Item = (K, &'a T);
            type IntoIter = Iter<'a, T, C, K>;

            #[inline]
            fn into_iter(self) -> Iter<'a, T, C, K> {
                self.iter()
            }
        }

        /// An iterator over keys under a pin. Returned by [`Pinned::keys`].
        #[derive(Debug)]
        #[must_use = "iterators do nothing unless they are consumed"]
        pub struct Keys<'a, T $(: $bound)?, C: $crate::Config = $crate::DefaultConfig, K: $crate::key_type::Key = usize> {
            entries: Iter<'a, T, C, K>,
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> Iterator for Keys<'_, T, C, K> {
            type Item = K;

            #[inline]
            fn next(&mut self) -> Option<K> {
                self.entries.next().map(|(key, _value)| key)
            }

            #[inline]
            fn fold<B, F: FnMut(B, K) -> B>(self, start: B, mut combine: F) -> B {
                self.entries.fold(start, |combined, (key, _value)| combine(combined, key))
            }
        }

        impl<T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::iter::FusedIterator for Keys<'_, T, C, K> {}
    };
}
pub(crate) use pinned;
