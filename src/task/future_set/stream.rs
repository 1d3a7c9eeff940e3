//! A set is a stream, and is made of what there is to be in it.

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

/// A set is terminated once it has returned `None`, until a future is added: as `FuturesUnordered` is. So an empty set that was
/// not polled yet, or since its last future, returns `None` to a `select!` before that passes it by.
impl<F: Future, S> FusedStream for FutureSet<F, S> {
    fn is_terminated(&self) -> bool {
        self.set.is_terminated()
    }
}

/// A set with just the capacity that it takes.
impl<F> FromIterator<F> for FutureSet<F> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let futures: Vec<F> = futures.into_iter().collect();
        let mut set = Self::with_capacity(futures.len());
        for future in futures {
            let Ok(_) = set.try_push(future) else { unreachable!("it is as large") };
        }
        set
    }
}
