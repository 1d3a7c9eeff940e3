//! A set as a stream, and as a collection of futures.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};

use super::FutureSet;

impl<F: Future, S> Stream for FutureSet<F, S> {
    type Item = F::Output;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        self.poll_next_with_key(context).map(|next| next.map(|(_, output)| output))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

/// A set is terminated once it has returned `None`, until a future is added, as in `FuturesUnordered`. So if an empty
/// set was not polled yet, or not since it became empty, a `select!` gets `None` from it once, and skips it only after
/// that.
impl<F: Future, S> FusedStream for FutureSet<F, S> {
    fn is_terminated(&self) -> bool {
        self.set.is_terminated()
    }
}

/// Collects the futures in a set whose capacity is exactly their number.
impl<F> FromIterator<F> for FutureSet<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let futures: Vec<F> = futures.into_iter().collect();
        let mut set = Self::with_capacity(futures.len());
        for future in futures {
            let Ok(_) = set.try_push(future) else { unreachable!("the set has room for all of them") };
        }
        set
    }
}
