//! Iterators that have exclusive access to the slab.

use core::{fmt, iter::FusedIterator};

use super::Slab;
use crate::{
    config::{Config, DefaultConfig},
    raw::{EntriesMut, ShardTable, Walk},
};

/// An iterator over references to all values of a slab or pool. Returned by [`Slab::unique_iter`] and
/// [`Pool::unique_iter`](crate::Pool::unique_iter).
#[must_use = "iterators do nothing unless they are consumed"]
pub struct UniqueIter<'a, T, C: Config = DefaultConfig> {
    entries: IterMut<'a, T, C>,
}

impl<'a, T, C: Config> UniqueIter<'a, T, C> {
    pub(crate) fn new(entries: IterMut<'a, T, C>) -> Self {
        Self { entries }
    }
}

impl<'a, T, C: Config> Iterator for UniqueIter<'a, T, C> {
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
pub struct IterMut<'a, T, C: Config = DefaultConfig> {
    entries: EntriesMut<'a, T, C>,
    at_most: usize,
}

impl<'a, T, C: Config> IterMut<'a, T, C> {
    pub(crate) fn new(shards: &'a mut ShardTable<T, C>) -> Self {
        Self { at_most: shards.len(), entries: EntriesMut::new(shards) }
    }
}

impl<'a, T, C: Config> Iterator for IterMut<'a, T, C> {
    type Item = (usize, &'a mut T);

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
pub struct Drain<'a, T, C: Config = DefaultConfig> {
    slab: &'a mut Slab<T, C>,
    walk: Walk<C>,
}

impl<'a, T, C: Config> Drain<'a, T, C> {
    pub(super) fn new(slab: &'a mut Slab<T, C>) -> Self {
        Self { slab, walk: Walk::new() }
    }
}

impl<T, C: Config> Iterator for Drain<'_, T, C> {
    type Item = (usize, T);

    fn next(&mut self) -> Option<Self::Item> {
        self.slab.shards.next_taken(&mut self.walk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        at_most(self.slab.len())
    }
}

impl<T, C: Config> Drop for Drain<'_, T, C> {
    fn drop(&mut self) {
        self.slab.clear();
    }
}

/// An iterator that moves the keys and values out of a slab. Returned by the [`IntoIterator`] of [`Slab`].
///
/// When it is dropped, it drops the slab with the values that it has not yielded.
#[must_use = "iterators do nothing unless they are consumed"]
pub struct IntoIter<T, C: Config = DefaultConfig> {
    slab: Slab<T, C>,
    walk: Walk<C>,
}

impl<T, C: Config> Iterator for IntoIter<T, C> {
    type Item = (usize, T);

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

impl<T, C: Config> FusedIterator for UniqueIter<'_, T, C> {}
impl<T, C: Config> FusedIterator for IterMut<'_, T, C> {}
impl<T, C: Config> FusedIterator for Drain<'_, T, C> {}
impl<T, C: Config> FusedIterator for IntoIter<T, C> {}

macro_rules! debug_by_size {
    ($($name:literal $type:ty),*) => {$(
        impl<T, C: Config> fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct($name).field("at_most", &self.size_hint().1).finish()
            }
        }
    )*};
}

debug_by_size! { "UniqueIter" UniqueIter<'_, T, C>, "IterMut" IterMut<'_, T, C>, "Drain" Drain<'_, T, C>, "IntoIter" IntoIter<T, C> }

impl<T, C: Config> IntoIterator for Slab<T, C> {
    type Item = (usize, T);
    type IntoIter = IntoIter<T, C>;

    fn into_iter(self) -> IntoIter<T, C> {
        IntoIter { slab: self, walk: Walk::new() }
    }
}

impl<'a, T, C: Config> IntoIterator for &'a mut Slab<T, C> {
    type Item = (usize, &'a mut T);
    type IntoIter = IterMut<'a, T, C>;

    fn into_iter(self) -> IterMut<'a, T, C> {
        self.iter_mut()
    }
}
