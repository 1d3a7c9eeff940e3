//! The keys of a set.

use core::{fmt, iter::FusedIterator};

use super::raw::FutureSlots;

/// Iterates over the keys of a set's futures. Returned by [`FutureSet::keys`](super::FutureSet::keys).
#[must_use = "iterators do nothing unless they are used"]
pub struct Keys<'a, F> {
    slots: &'a FutureSlots<F>,
    index: usize,
    left: usize,
}

impl<'a, F> Keys<'a, F> {
    pub(super) fn of(slots: &'a FutureSlots<F>) -> Self {
        Self { slots, index: 0, left: slots.len() }
    }
}

impl<F> Iterator for Keys<'_, F> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        loop {
            let key = self.slots.key_at(self.index);
            self.index += 1;
            if key.is_some() {
                return key;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<F> ExactSizeIterator for Keys<'_, F> {}

impl<F> FusedIterator for Keys<'_, F> {}

impl<F> Clone for Keys<'_, F> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<F> fmt::Debug for Keys<'_, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.clone()).finish()
    }
}
