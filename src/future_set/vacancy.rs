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
    /// The set, which is not full.
    set: &'a mut FutureSet<F, S>,
}

impl<'a, F, S> Vacancy<'a, F, S> {
    fn of(set: &'a mut FutureSet<F, S>) -> Option<Self> {
        (!set.is_full()).then_some(Self { set })
    }

    /// Adds a future, and returns its key. Like [`FutureSet::try_push`], but cannot fail.
    pub fn insert(self, future: F) -> usize {
        match self.set.try_push(future) {
            Ok(key) => key,
            Err(_) => unreachable!("there is room, and the set is borrowed"),
        }
    }

    /// Adds the future that `make` returns, and returns its key. `make` is called with that key.
    ///
    /// # Panics
    ///
    /// If `make` panics: nothing has changed.
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
    /// `None` after this future has completed.
    set: Option<&'a mut FutureSet<F, S>>,
}

impl<'a, F, S> VacancyFuture<'a, F, S> {
    fn of(set: &'a mut FutureSet<F, S>) -> Self {
        Self { set: Some(set) }
    }
}

impl<'a, F: Future, S> Future for VacancyFuture<'a, F, S> {
    type Output = (Option<F::Output>, Vacancy<'a, F, S>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let set = self.set.as_mut().expect("flagstone: the future of `vacancy` was polled after it had completed");
        assert!(set.capacity() != 0, "flagstone: `vacancy` would wait for ever: the capacity of the set is 0");
        let mut output = None;
        if set.is_full() {
            match set.poll_next_with_key(context) {
                Poll::Ready(next) => output = next.map(|(_, output)| output),
                Poll::Pending => return Poll::Pending,
            }
        }
        let vacancy = self.set.take().and_then(Vacancy::of).expect("a future that has completed leaves room");
        Poll::Ready((output, vacancy))
    }
}

impl<F: Future, S> FusedFuture for VacancyFuture<'_, F, S> {
    fn is_terminated(&self) -> bool {
        self.set.is_none()
    }
}

impl<F, S> FutureSet<F, S> {
    /// Returns room for one future; `None` if the set is full.
    #[inline]
    pub fn try_vacancy(&mut self) -> Option<Vacancy<'_, F, S>> {
        Vacancy::of(self)
    }
}

impl<F: Future, S> FutureSet<F, S> {
    /// Waits for room for one future. If the set is full, its futures are polled until one is ready; the output of that
    /// future is returned too.
    ///
    /// Nothing is lost if this is dropped before it is ready. To get the key of that output too, call
    /// [`next_with_key`](Self::next_with_key) while the set [is full](Self::is_full).
    ///
    /// # Panics
    ///
    /// When it is polled: if the set's capacity is zero; if one of the futures panics.
    ///
    /// # Examples
    ///
    /// ```
    /// # use flagstone::{FutureSet, task::LocalExecutor};
    /// # LocalExecutor::new().block_on(async {
    /// let mut set = FutureSet::with_capacity(1);
    /// let (output, vacancy) = set.vacancy().await;
    /// assert_eq!(output, None); // there was room
    /// vacancy.insert(std::future::ready("first"));
    ///
    /// let (output, vacancy) = set.vacancy().await;
    /// assert_eq!(output, Some("first"));
    /// vacancy.insert(std::future::ready("second"));
    /// # });
    /// ```
    pub fn vacancy(&mut self) -> VacancyFuture<'_, F, S> {
        VacancyFuture::of(self)
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
