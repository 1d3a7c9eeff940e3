//! Bounded fan-out in one call.

use core::{convert::Infallible, future::Future};

use super::{FutureSet, drain::OUTPUTS_BETWEEN_YIELDS};
use crate::task::yield_now;

/// Makes a future of each item and waits for all of them, of which at most `limit` run at a time.
///
/// The futures run inside the caller's task, in any executor: they may borrow from it, and if this future is dropped,
/// they are. The futures are polled when `limit` of them were made, or the items end; from then on an item is taken
/// whenever there is room for its future. The iterator must not block until one of the futures makes progress: that
/// deadlocks. The returned future yields to other tasks after every 256 outputs.
///
/// It allocates once, when it is first polled: for `limit` futures, or fewer if the upper bound of the iterator's
/// `size_hint` is smaller.
///
/// # Panics
///
/// At the call, if `limit` is 0. At the first poll, if that is more than a [`FutureSet`] can hold. If `items`, `make` or a
/// future panics: then all futures are dropped.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use flagstone::{future_set::for_each_concurrent, task::{LocalExecutor, yield_now}};
///
/// LocalExecutor::new().block_on(async {
///     let (running, most) = (Cell::new(0), Cell::new(0));
///     for_each_concurrent(0..100, 8, async |_page| {
///         running.set(running.get() + 1);
///         most.set(most.get().max(running.get()));
///         yield_now().await; // a request, say
///         running.set(running.get() - 1);
///     })
///     .await;
///     assert_eq!((running.get(), most.get()), (0, 8));
/// });
/// ```
#[track_caller]
pub fn for_each_concurrent<I, F>(items: I, limit: usize, mut make: impl FnMut(I::Item) -> F) -> impl Future<Output = ()>
where
    I: IntoIterator,
    F: Future<Output = ()>,
{
    let all = try_for_each_concurrent(items, limit, move |item| {
        let future = make(item);
        async move {
            future.await;
            Ok::<(), Infallible>(())
        }
    });
    async move {
        match all.await {
            Ok(()) => (),
        }
    }
}

/// Does the same as [`for_each_concurrent`] until the first error: then the other futures are dropped, and no more are
/// made.
///
/// # Errors
///
/// The first error of a future.
///
/// # Panics
///
/// As [`for_each_concurrent`].
///
/// # Examples
///
/// ```
/// use flagstone::{future_set::try_for_each_concurrent, task::LocalExecutor};
///
/// let result = LocalExecutor::new().block_on(try_for_each_concurrent(["1", "two", "3"], 2, async |text| {
///     text.parse::<u32>().map(drop)
/// }));
/// assert!(result.is_err());
/// ```
#[track_caller]
pub fn try_for_each_concurrent<I, F, E>(
    items: I,
    limit: usize,
    mut make: impl FnMut(I::Item) -> F,
) -> impl Future<Output = Result<(), E>>
where
    I: IntoIterator,
    F: Future<Output = Result<(), E>>,
{
    assert!(limit != 0, "flagstone: with a limit of 0 no future would ever run");
    async move {
        let mut items = items.into_iter();
        // No room is made for more futures than there are items.
        let most = items.size_hint().1.unwrap_or(limit).clamp(1, limit);
        let mut set = FutureSet::with_capacity(most);
        let mut outputs = 0_usize;
        loop {
            let (output, vacancy) = set.vacancy().await;
            if let Some(output) = output {
                output?;
                outputs += 1;
            }
            let Some(item) = items.next() else { break };
            vacancy.insert(make(item));
            if outputs == OUTPUTS_BETWEEN_YIELDS {
                outputs = 0;
                yield_now().await;
            }
        }
        set.try_drain(|output| output).await
    }
}
