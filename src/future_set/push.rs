//! Adding futures.

use super::{Full, FutureSet};

impl<F, S> FutureSet<F, S> {
    /// Adds a future, and returns its key. It is polled when the set is.
    ///
    /// No other future of this set has had this key before, and none gets it soon: a slot has 2<sup>64</sup> keys,
    /// divided by the smallest power of two that is greater than the capacity. (On 32 bits 2<sup>32</sup>, divided in
    /// the same way: of a thousand slots, each has four million keys.)
    ///
    /// Adding a future wakes no task, not even the one that polled the set last.
    ///
    /// # Errors
    ///
    /// [`Full`], with the future, if the set holds as many futures as its capacity.
    #[inline]
    pub fn try_push(&mut self, future: F) -> Result<usize, Full<F>> {
        self.try_insert(future, |future, _| future)
    }

    /// Adds the future that `make` returns, and returns its key. `make` is called with that key.
    ///
    /// # Panics
    ///
    /// If `make` panics: nothing has changed.
    ///
    /// # Errors
    ///
    /// [`Full`], with `make`, if the set holds as many futures as its capacity.
    #[inline]
    pub fn try_push_with<G: FnOnce(usize) -> F>(&mut self, make: G) -> Result<usize, Full<G>> {
        self.try_insert(make, |make, key| make(key))
    }

    #[inline(always)]
    pub(super) fn try_insert<G>(&mut self, source: G, make: impl FnOnce(G, usize) -> F) -> Result<usize, Full<G>> {
        let mut source = Some(source);
        let key = self.set.insert_with(|key| make(source.take().expect("it is made once"), key));
        key.ok_or_else(|| Full::new(source.expect("it was not made")))
    }
}
