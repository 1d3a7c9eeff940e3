//! Waiting for the next output.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedFuture, FusedStream};

use super::{FutureSet, OnHeap};

/// Waits for an output. Returned by [`FutureSet::next`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct Next<'a, F, S = OnHeap> {
    set: &'a mut FutureSet<F, S>,
}

/// Waits for an output and its key. Returned by [`FutureSet::next_with_key`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct NextWithKey<'a, F, S = OnHeap> {
    set: &'a mut FutureSet<F, S>,
}

impl<F: Future, S> Future for Next<'_, F, S> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.set.poll_next_with_key(context).map(|next| next.map(|(_, output)| output))
    }
}

impl<F: Future, S> Future for NextWithKey<'_, F, S> {
    type Output = Option<(usize, F::Output)>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.set.poll_next_with_key(context)
    }
}

impl<F: Future, S> FutureSet<F, S> {
    /// Waits for the output of the future that is ready first. Returns `None` if the set is empty.
    ///
    /// Nothing is lost if this is dropped before it is ready.
    ///
    /// # Panics
    ///
    /// When it is polled: if one of the futures panics.
    #[allow(clippy::should_implement_trait, reason = "streams call it so; the set is none of iterators")]
    pub fn next(&mut self) -> Next<'_, F, S> {
        Next { set: self }
    }

    /// Waits for the output of the future that is ready first, as [`next`](Self::next) does, and also returns the key
    /// that the future had.
    ///
    /// # Panics
    ///
    /// When it is polled: if one of the futures panics.
    pub fn next_with_key(&mut self) -> NextWithKey<'_, F, S> {
        NextWithKey { set: self }
    }
}

macro_rules! waits {
    ($($name:ident)*) => {$(
        /// Is terminated while the set is.
        impl<F: Future, S> FusedFuture for $name<'_, F, S> {
            fn is_terminated(&self) -> bool {
                self.set.is_terminated()
            }
        }

        impl<F, S> fmt::Debug for $name<'_, F, S> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).field("set", &self.set).finish()
            }
        }
    )*};
}

waits! { Next NextWithKey }
