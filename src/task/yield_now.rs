//! Yielding to other tasks.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Yields once: every other task that is ready has its turn before this one goes on.
///
/// Works in every executor: the future wakes its task, and is ready when it is polled next.
///
/// # Examples
///
/// ```
/// use flagstone::task::{LocalExecutor, yield_now};
///
/// let executor = LocalExecutor::new();
/// executor.spawn(async { println!("second") }).detach();
/// executor.block_on(async {
///     println!("first");
///     yield_now().await;
///     println!("third");
/// });
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { has_yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct YieldNow {
    has_yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.has_yielded {
            return Poll::Ready(());
        }
        self.has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
