//! Room for a future, and waiting for it.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::FusedFuture;

use super::{FutureSet, OnHeap};

/// Room for one future in a set. Returned by [`FutureSet::vacancy`] and [`FutureSet::try_vacancy`].
#[must_use = "a vacancy that is dropped leaves the room to others"]
pub struct Vacancy<'a, F, S = OnHeap> {
    /// Not full.
    set: &'a mut FutureSet<F, S>,
}

impl<'a, F, S> Vacancy<'a, F, S> {
    pub(super) fn of(set: &'a mut FutureSet<F, S>) -> Option<Self> {
        (!set.is_full()).then_some(Self { set })
    }

    /// Adds a future, and returns its key. Like [`FutureSet::try_push`], but cannot fail.
    pub fn insert(self, future: F) -> usize {
        match self.set.try_push(future) {
            Ok(key) => key,
            Err(_) => unreachable!("there is room, and the set is borrowed"),
        }
    }

    /// Adds the future that `make` returns, and returns its key. `make` is called with that key. A panic of `make`
    /// changes nothing.
    pub fn insert_with(self, make: impl FnOnce(usize) -> F) -> usize {
        match self.set.try_push_with(make) {
            Ok(key) => key,
            Err(_) => unreachable!("there is room, and the set is borrowed"),
        }
    }
}

/// Waits for room in a set. Returned by [`FutureSet::vacancy`].
#[must_use = "futures do nothing unless they are awaited"]
pub struct VacancyFuture<'a, F, S = OnHeap> {
    /// `None`: this future has completed.
    set: Option<&'a mut FutureSet<F, S>>,
}

impl<'a, F, S> VacancyFuture<'a, F, S> {
    pub(super) fn of(set: &'a mut FutureSet<F, S>) -> Self {
        Self { set: Some(set) }
    }
}

impl<'a, F: Future, S> Future for VacancyFuture<'a, F, S> {
    type Output = (Option<F::Output>, Vacancy<'a, F, S>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let set = self.set.as_mut().expect("flagstone: a vacancy was polled after it was ready");
        assert!(set.capacity() != 0, "flagstone: a set of capacity 0 never has a vacancy");
        let mut output = None;
        if set.is_full() {
            match set.poll_next_with_key(context) {
                Poll::Ready(next) => output = next.map(|(_, output)| output),
                Poll::Pending => return Poll::Pending,
            }
        }
        let vacancy = self.set.take().and_then(Vacancy::of).expect("a future that was ready left room");
        Poll::Ready((output, vacancy))
    }
}

impl<F: Future, S> FusedFuture for VacancyFuture<'_, F, S> {
    fn is_terminated(&self) -> bool {
        self.set.is_none()
    }
}

macro_rules! shown {
    ($($name:ident)*) => {$(
        impl<F, S> fmt::Debug for $name<'_, F, S> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_struct(stringify!($name)).field("set", &self.set).finish()
            }
        }
    )*};
}

shown! { Vacancy VacancyFuture }
