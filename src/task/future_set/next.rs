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

macro_rules! waits {
    ($($name:ident)*) => {$(
        impl<'a, F, S> $name<'a, F, S> {
            pub(super) fn of(set: &'a mut FutureSet<F, S>) -> Self {
                Self { set }
            }
        }

        /// Terminated while the set is.
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
