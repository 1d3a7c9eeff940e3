//! Iterators that have exclusive access to the slab.

use core::{fmt, iter::FusedIterator};

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    key_type::Key,
    raw::{EntriesMut, ShardTable, Walk},
};

/// An iterator over references to all values of a slab or pool. Returned by [`Slab::unique_iter`] and
/// [`Pool::unique_iter`](crate::Pool::unique_iter).
#[must_use = "iterators do nothing unless they are consumed"]
pub struct UniqueIter<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    entries: IterMut<'a, T, C, K>,
}

impl<'a, T, C: Config, K: Key> UniqueIter<'a, T, C, K> {
    pub(crate) fn new(entries: IterMut<'a, T, C, K>) -> Self {
        Self { entries }
    }
}

impl<'a, T, C: Config, K: Key> Iterator for UniqueIter<'a, T, C, K> {
    type Item = &'a T;

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next().map(|(_key, value)| &*value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

/// An iterator over all keys of a slab or pool with mutable references to their values. Returned by [`Slab::iter_mut`]
/// and [`Pool::iter_mut`](crate::Pool::iter_mut).
#[must_use = "iterators do nothing unless they are consumed"]
pub struct IterMut<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    entries: EntriesMut<'a, T, C, K>,
    at_most: usize,
}

impl<'a, T, C: Config, K: Key> IterMut<'a, T, C, K> {
    pub(crate) fn new(shards: &'a mut ShardTable<T, C>) -> Self {
        Self { at_most: shards.len(), entries: EntriesMut::new(shards) }
    }
}

impl<'a, T, C: Config, K: Key> Iterator for IterMut<'a, T, C, K> {
    type Item = (K, &'a mut T);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next();
        self.at_most = self.at_most.saturating_sub(usize::from(entry.is_some()));
        entry
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        at_most(self.at_most)
    }
}

/// An iterator that removes all entries of a slab and yields their keys and values. Returned by [`Slab::drain`].
///
/// When it is dropped, it [clears](Slab::clear) the slab.
#[must_use = "what is not yielded is removed when the iterator is dropped"]
pub struct Drain<'a, T, C: Config = DefaultConfig, K: Key = usize> {
    slab: &'a mut Slab<T, C, K>,
    walk: Walk<C>,
}

impl<'a, T, C: Config, K: Key> Drain<'a, T, C, K> {
    pub(super) fn new(slab: &'a mut Slab<T, C, K>) -> Self {
        Self { slab, walk: Walk::new() }
    }
}

impl<T, C: Config, K: Key> Iterator for Drain<'_, T, C, K> {
    type Item = (K, T);

    fn next(&mut self) -> Option<Self::Item> {
        self.slab.shards.next_taken(&mut self.walk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        at_most(self.slab.len())
    }
}

impl<T, C: Config, K: Key> Drop for Drain<'_, T, C, K> {
    fn drop(&mut self) {
        self.slab.clear();
    }
}

/// An iterator that moves the keys and values out of a slab. Returned by the [`IntoIterator`] of [`Slab`].
///
/// When it is dropped, it drops the slab with the values that it has not yielded.
#[must_use = "iterators do nothing unless they are consumed"]
pub struct IntoIter<T, C: Config = DefaultConfig, K: Key = usize> {
    slab: Slab<T, C, K>,
    walk: Walk<C>,
}

impl<T, C: Config, K: Key> Iterator for IntoIter<T, C, K> {
    type Item = (K, T);

    fn next(&mut self) -> Option<Self::Item> {
        self.slab.shards.next_taken(&mut self.walk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        at_most(self.slab.len())
    }
}

/// Returns an upper bound only: `len` counts removed entries whose guards were leaked, which are not yielded.
const fn at_most(len: usize) -> (usize, Option<usize>) {
    (0, Some(len))
}

impl<T, C: Config, K: Key> FusedIterator for UniqueIter<'_, T, C, K> {}
impl<T, C: Config, K: Key> FusedIterator for IterMut<'_, T, C, K> {}
impl<T, C: Config, K: Key> FusedIterator for Drain<'_, T, C, K> {}
impl<T, C: Config, K: Key> FusedIterator for IntoIter<T, C, K> {}

macro_rules! debug_by_size {
    ($($name:literal $type:ty),*) => {$(
        impl<T, C: Config, K: Key> fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct($name).field("at_most", &self.size_hint().1).finish()
            }
        }
    )*};
}

debug_by_size! { "UniqueIter" UniqueIter<'_, T, C, K>, "IterMut" IterMut<'_, T, C, K>, "Drain" Drain<'_, T, C, K>, "IntoIter" IntoIter<T, C, K> }

impl<T, C: Config, K: Key> IntoIterator for Slab<T, C, K> {
    type Item = (K, T);
    type IntoIter = IntoIter<T, C, K>;

    fn into_iter(self) -> IntoIter<T, C, K> {
        IntoIter { slab: self, walk: Walk::new() }
    }
}

impl<'a, T, C: Config, K: Key> IntoIterator for &'a mut Slab<T, C, K> {
    type Item = (K, &'a mut T);
    type IntoIter = IterMut<'a, T, C, K>;

    fn into_iter(self) -> IterMut<'a, T, C, K> {
        self.iter_mut()
    }
}
