//! Waiting for all outputs.

use core::{
    convert::Infallible,
    future::Future,
    task::{Context, Poll},
};

use super::FutureSet;
use crate::task::yield_now;

/// A drain yields after this number of outputs in one poll, so that other tasks run.
pub(super) const OUTPUTS_BETWEEN_YIELDS: usize = 256;

impl<F: Future, S> FutureSet<F, S> {
    /// Polls the futures that were woken, until one is ready, and returns its key and its output. Returns `None` if the
    /// set is empty.
    ///
    /// # Panics
    ///
    /// If one of the futures panics.
    #[inline]
    pub fn poll_next_with_key(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, F::Output)>> {
        self.set.poll(context)
    }

    /// Waits for all futures, and calls `each` with every output as it becomes ready. It yields to other tasks after
    /// 256 outputs.
    ///
    /// If this is dropped before it is ready, the remaining futures stay in the set.
    ///
    /// # Panics
    ///
    /// If `each` or one of the futures panics: the other futures stay in the set.
    pub async fn drain(&mut self, mut each: impl FnMut(F::Output)) {
        let drained = self.try_drain(|output| {
            each(output);
            Ok::<(), Infallible>(())
        });
        match drained.await {
            Ok(()) => (),
        }
    }

    /// Waits for all futures, and calls `each` with every output as it becomes ready, until `each` returns an error.
    ///
    /// # Panics
    ///
    /// As [`drain`](Self::drain).
    ///
    /// # Errors
    ///
    /// The first error that `each` returns. The remaining futures stay in the set.
    pub async fn try_drain<E>(&mut self, mut each: impl FnMut(F::Output) -> Result<(), E>) -> Result<(), E> {
        let mut outputs = 0_usize;
        while let Some(output) = self.next().await {
            each(output)?;
            outputs = outputs.wrapping_add(1);
            if outputs % OUTPUTS_BETWEEN_YIELDS == 0 {
                yield_now().await;
            }
        }
        Ok(())
    }
}
