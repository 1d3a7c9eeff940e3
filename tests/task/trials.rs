//! Helpers of tests: polling by hand, other threads, expected panics.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
};

use flagstone::task::{JoinError, JoinHandle, LocalExecutor, Storage};

/// Runs something on a thread of its own, and waits for it.
pub(crate) fn elsewhere<R: Send>(behaviour: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(behaviour).join()).unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs something that may panic.
pub(crate) fn attempt<R>(behaviour: impl FnOnce() -> R) -> thread::Result<R> {
    catch_unwind(AssertUnwindSafe(behaviour))
}

/// The message of a panic.
pub(crate) fn said(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("something that is no text")
}

/// Polls a future once.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Polls a future once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll(future, Waker::noop())
}

/// The output of a join handle whose task has ended.
#[track_caller]
pub(crate) fn joined<T>(mut handle: JoinHandle<T>) -> Result<T, JoinError<T>> {
    match poll_once(&mut handle) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the task has not ended"),
    }
}

/// Runs a closure when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A future of a closure.
pub(crate) use std::future::poll_fn;

/// A future that waits until its waker is called, once: the waker goes where `tell` puts it.
pub(crate) fn asleep(tell: impl FnOnce(Waker)) -> impl Future<Output = ()> {
    let mut tell = Some(tell);
    poll_fn(move |context| match tell.take() {
        Some(tell) => {
            tell(context.waker().clone());
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
}

/// A task that sleeps after its first poll, and its waker. When it is woken it completes.
pub(crate) fn sleeper<M: Storage>(executor: &LocalExecutor<M>) -> (JoinHandle<()>, Waker) {
    let (sender, receiver) = mpsc::channel();
    let handle = executor.spawn(asleep(move |waker| sender.send(waker).unwrap()));
    executor.tick(usize::MAX);
    (handle, receiver.recv().expect("it was polled"))
}
