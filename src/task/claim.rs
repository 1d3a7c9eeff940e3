//! A slot for a task, claimed before its future exists.

use core::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};
use std::borrow::Cow;

use super::{
    builder::TASK,
    join_handle::JoinHandle,
    raw::{Claimed, Name, NoPlace, Origin, Owner},
    spawn_error::SpawnError,
    storage::{BoxStorage, Storage},
    task_id::TaskId,
};

/// A claimed slot, for one task. A claim that is dropped unused gives its slot back.
///
/// Returned by [`LocalExecutor::try_claim`](super::LocalExecutor::try_claim) and
/// [`claim`](super::LocalExecutor::claim). It keeps the storage alive, not the executor: after the executor has ended,
/// spawning is refused.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::with_capacity(1);
/// let claim = executor.try_claim().unwrap();
/// assert!(executor.try_claim().is_none());
///
/// let id = claim.id(); // known before the future is
/// let task = claim.spawn_with(|| async move { id }).unwrap();
/// assert_eq!(executor.block_on(task).unwrap(), id);
/// ```
///
/// Its future need not be `Send`, so a claim cannot be sent to another thread:
///
/// ```
/// let executor = flagstone::task::LocalExecutor::new();
/// let (claim, shared) = (executor.try_claim().unwrap(), std::rc::Rc::new(7));
/// claim.spawn(async move { drop(shared) }).unwrap().detach();
/// ```
///
/// ```compile_fail,E0277
/// let executor = flagstone::task::LocalExecutor::new();
/// let claim = executor.try_claim().unwrap();
/// std::thread::spawn(move || drop(claim)).join().unwrap();
/// ```
#[must_use = "a claim that is dropped gives its slot back"]
pub struct Claim<M: Storage = BoxStorage> {
    claimed: Claimed<M>,
    name: Option<Cow<'static, str>>,
    kind: &'static str,
}

impl<M: Storage> Claim<M> {
    pub(crate) fn new(owner: &Owner<M>) -> Result<Self, NoPlace> {
        Claimed::new(owner).map(Self::of)
    }

    fn of(claimed: Claimed<M>) -> Self {
        Self { claimed, name: None, kind: TASK }
    }

    /// Sets the task's name, as [`Builder::name`](super::Builder::name) does.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the task's kind, as [`Builder::kind`](super::Builder::kind) does.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// Returns the id that the task will have. If the claim has no slot, and so refuses to spawn, it is the id of no
    /// task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        TaskId::of(self.claimed.id())
    }

    /// Spawns a future in the slot.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the future, if the future does not fit the slot, or the executor has ended. The slot is
    /// given back.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(self, future: F) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
        self.spawn_made(future, |future| future)
    }

    /// Spawns the future that `make` returns. `make` is called once the slot is known to have room; its future is then
    /// moved into the slot.
    ///
    /// # Panics
    ///
    /// If `make` panics: the slot is given back.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with `make`, if the future does not fit the slot, or the executor has ended. The slot is given
    /// back.
    #[track_caller]
    pub fn spawn_with<G, F>(self, make: G) -> Result<JoinHandle<F::Output>, SpawnError<G>>
    where
        G: FnOnce() -> F,
        F: Future + 'static,
    {
        self.spawn_made(make, |make| make())
    }

    #[track_caller]
    fn spawn_made<G, F: Future + 'static>(
        self,
        source: G,
        make: impl FnOnce(G) -> F,
    ) -> Result<JoinHandle<F::Output>, SpawnError<G>> {
        let origin = Origin { location: Location::caller(), kind: self.kind };
        let spawned = match self.name {
            Some(name) => self.claimed.spawn(origin, Name(name), source, make),
            None => self.claimed.spawn(origin, (), source, make),
        };
        JoinHandle::of(spawned)
    }
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl<M: Storage> core::panic::UnwindSafe for Claim<M> {}
impl<M: Storage> core::panic::RefUnwindSafe for Claim<M> {}

impl<M: Storage> fmt::Debug for Claim<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Claim").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Waits for a free slot: the future of [`LocalExecutor::claim`](super::LocalExecutor::claim).
///
/// Waiting claims get slots in the order in which they began to wait, and are not overtaken: while a claim waits,
/// [`try_spawn`](super::LocalExecutor::try_spawn) and [`try_claim`](super::LocalExecutor::try_claim) are refused. Each
/// slot that becomes free wakes one claim. A claim that was woken owns its slot, and no other task gets that slot
/// meanwhile: poll the claim or drop it. Waiting, and being woken, takes amortized constant time.
///
/// If the executor has ended, or its capacity is zero, the claim is ready and refuses to spawn.
#[must_use = "futures do nothing unless they are awaited"]
pub struct ClaimFuture<M: Storage = BoxStorage> {
    owner: Owner<M>,
    /// Its entry in the queue.
    waiting: Option<usize>,
}

impl<M: Storage> ClaimFuture<M> {
    pub(crate) fn new(owner: Owner<M>) -> Self {
        Self { owner, waiting: None }
    }
}

impl<M: Storage> Future for ClaimFuture<M> {
    type Output = Claim<M>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Claim<M>> {
        let this = &mut *self;
        let core = this.owner.core();
        if core.is_closed() || core.limit() == Some(0) {
            return Poll::Ready(Claim::of(Claimed::nothing(&this.owner)));
        }
        let is_granted = match this.waiting {
            Some(waiting) => core.has_room(waiting, context.waker()),
            None => {
                if let Ok(claim) = Claim::new(&this.owner) {
                    return Poll::Ready(claim);
                }
                this.waiting = core.wait_for_room(context.waker());
                this.waiting.is_none()
            }
        };
        if !is_granted {
            return Poll::Pending;
        }
        this.waiting = None;
        Poll::Ready(Claim::of(Claimed::of_granted(&this.owner)))
    }
}

impl<M: Storage> Drop for ClaimFuture<M> {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting {
            self.owner.core().wait_no_more(waiting);
        }
    }
}

impl<M: Storage> Unpin for ClaimFuture<M> {}

impl<M: Storage> fmt::Debug for ClaimFuture<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClaimFuture").field("is_waiting", &self.waiting.is_some()).finish_non_exhaustive()
    }
}
