//! Futures and outputs of odd shapes: huge, zero-sized, of large alignment.

use std::{
    future::{Future, pending},
    marker::{PhantomData, PhantomPinned},
    mem,
    pin::Pin,
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use flagstone::task::{BoxStorage, LocalExecutor, Refusal, SlabStorage, Storage, yield_now};

use crate::{
    trials::{joined, poll_fn},
    value::Ledger,
};

/// Runs a behaviour in slots of several sizes, and in boxes.
fn on_all_sizes(behaviour: impl Fn(&dyn Runs)) {
    behaviour(&LocalExecutor::new());
    behaviour(&LocalExecutor::with_storage(BoxStorage::<0>::new()));
    behaviour(&LocalExecutor::with_storage(BoxStorage::<8>::with_capacity(4)));
    behaviour(&LocalExecutor::with_storage(BoxStorage::<16384>::with_capacity(2)));
}

trait Runs {
    fn bytes(&self, make: fn() -> Bytes) -> Bytes;
    fn len(&self) -> usize;
    fn unit(&self);
    fn boxed(&self, future: Pin<Box<dyn Future<Output = ()>>>);
    fn kept(&self, ledger: &Ledger);
}

type Bytes = Vec<u8>;

impl<M: Storage> Runs for LocalExecutor<M> {
    fn bytes(&self, make: fn() -> Bytes) -> Bytes {
        // Many pages that live across a poll, and are returned.
        let large = [3_u8; 1 << 15];
        let handle = self.spawn(async move {
            let made = make();
            yield_now().await;
            let mut large = large;
            large[..made.len()].copy_from_slice(&made);
            yield_now().await;
            large
        });
        self.block_on(handle).unwrap()[..5].to_vec()
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn unit(&self) {
        let handle = self.spawn(async {});
        self.tick(usize::MAX);
        joined(handle).unwrap();
    }

    fn boxed(&self, future: Pin<Box<dyn Future<Output = ()>>>) {
        self.block_on(self.spawn(future)).unwrap();
    }

    fn kept(&self, ledger: &Ledger) {
        // A small future with a large output, and the reverse; one output is never taken.
        let (value, other) = (ledger.value(), ledger.value());
        let small = self.spawn(async move { (value, [1_u64; 1000]) });
        self.tick(usize::MAX);
        assert_eq!(joined(small).unwrap().1, [1; 1000]);
        let large = [2_u64; 1000];
        let handle = self.spawn(async move {
            yield_now().await;
            (other, large[999])
        });
        self.tick(usize::MAX);
        assert_eq!(joined(handle).unwrap().1, 2);
        let value = ledger.value();
        let never_taken = self.spawn(async move { (value, [1_u64; 1000]) });
        self.tick(usize::MAX);
        drop(never_taken);
    }
}

#[test]
fn futures_of_all_sizes_run_and_give_their_output() {
    on_all_sizes(|executor| {
        let ledger = Ledger::new();
        for _ in 0..3 {
            assert_eq!(executor.bytes(|| vec![1, 2]), [1, 2, 3, 3, 3]);
            executor.unit();
            executor.boxed(Box::pin(async { yield_now().await }));
            executor.kept(&ledger);
            assert_eq!(executor.len(), 0);
        }
    });
}

/// Zero-sized, and counted nevertheless.
#[derive(Debug)]
struct Nothing(PhantomData<fn()>);

static NOTHINGS: AtomicUsize = AtomicUsize::new(0);

impl Nothing {
    fn new() -> Self {
        NOTHINGS.fetch_add(1, Ordering::Relaxed);
        Self(PhantomData)
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        NOTHINGS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Future for Nothing {
    type Output = Nothing;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Nothing> {
        Poll::Ready(Nothing::new())
    }
}

#[test]
fn futures_without_size_are_dropped_once_with_their_outputs() {
    fn check<M: Storage>(executor: LocalExecutor<M>) {
        assert_eq!(mem::size_of::<Nothing>(), 0);
        for taken in [true, false] {
            let handle = executor.spawn(Nothing::new());
            assert_eq!(NOTHINGS.load(Ordering::Relaxed), 1);
            executor.tick(usize::MAX);
            assert_eq!(NOTHINGS.load(Ordering::Relaxed), 1, "the output is left");
            if taken {
                drop(joined(handle))
            } else {
                drop(handle)
            }
            assert_eq!(NOTHINGS.load(Ordering::Relaxed), 0);
        }
        let (cancelled, shut_down) = (executor.spawn(Nothing::new()), executor.spawn(Nothing::new()));
        cancelled.cancel();
        executor.tick(1);
        assert!(joined(cancelled).unwrap_err().is_cancelled());
        drop(executor);
        drop(shut_down);
        assert_eq!(NOTHINGS.load(Ordering::Relaxed), 0);
    }

    check(LocalExecutor::new());
    check(LocalExecutor::with_storage(BoxStorage::<0>::new()));
    check(LocalExecutor::with_storage(SlabStorage::<32>::with_capacity(2)));
}

#[test]
fn a_future_never_moves() {
    struct Pinned(Option<*const Self>, usize, PhantomPinned);

    impl Future for Pinned {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let here: *const Self = &raw const *self;
            let mut this = self.as_mut();
            // The pinned fields are written through a projection; the addresses are compared, not used.
            let (seen, polls) = project(&mut this);
            assert_eq!(*seen.get_or_insert(here), here);
            *polls += 1;
            context.waker().wake_by_ref();
            if *polls < 5 { Poll::Pending } else { Poll::Ready(()) }
        }
    }

    #[allow(unsafe_code, reason = "a projection of fields that are not pinned")]
    fn project<'p>(pinned: &'p mut Pin<&mut Pinned>) -> (&'p mut Option<*const Pinned>, &'p mut usize) {
        // SAFETY: nothing is moved out of these two fields.
        let this = unsafe { pinned.as_mut().get_unchecked_mut() };
        (&mut this.0, &mut this.1)
    }

    impl Drop for Pinned {
        fn drop(&mut self) {
            let here: *const Self = self;
            assert_eq!(self.0, Some(here), "it is dropped where it was polled");
        }
    }

    fn check<M: Storage>(executor: &LocalExecutor<M>) {
        let handles: Vec<_> = (0..100).map(|_| executor.spawn(Pinned(None, 0, PhantomPinned))).collect();
        executor.tick(250);
        handles[..10].iter().for_each(|handle| assert!(handle.cancel()));
        executor.tick(usize::MAX);
        handles.into_iter().skip(10).for_each(|handle| joined(handle).unwrap());
    }

    check(&LocalExecutor::new());
    check(&LocalExecutor::with_storage(BoxStorage::<0>::new()));
    check(&LocalExecutor::with_storage(SlabStorage::<64>::with_capacity(100)));
}

#[test]
fn what_just_fits_its_slot_is_taken_and_one_word_more_is_not() {
    fn future<const WORDS: usize>() -> impl Future<Output = usize> {
        let words = [1_usize; WORDS];
        poll_fn(move |_| Poll::Ready(words.iter().sum()))
    }

    let executor = LocalExecutor::with_storage(SlabStorage::<64>::new());
    assert_eq!(mem::size_of_val(&future::<8>()), size_of::<[usize; 8]>());
    let words = 64 / size_of::<usize>();
    let fits = if words == 8 { executor.try_spawn(future::<8>()) } else { return };
    assert_eq!(executor.block_on(fits.expect("64 bytes in 64")).unwrap(), 8);
    let error = executor.try_spawn(future::<9>()).map(drop).unwrap_err();
    assert_eq!(error.reason(), Refusal::TooLarge { needed: 72, had: 64 });
    // The output must fit, too, with a word that says whether there is one.
    assert_eq!(executor.block_on(executor.try_spawn(async { [1_usize; 7] }).unwrap()).unwrap(), [1; 7]);
    let error = executor.try_spawn(async { [1_usize; 8] }).map(drop).unwrap_err();
    assert_eq!(error.reason(), Refusal::TooLarge { needed: 72, had: 64 });
    executor.spawn(pending::<()>()).detach();
}

#[test]
fn outputs_that_borrow_nothing_and_share_much() {
    let executor = LocalExecutor::new();
    let shared: Rc<str> = Rc::from("shared");
    let handles: Vec<_> = (0..10)
        .map(|_| {
            let shared = Rc::clone(&shared);
            executor.spawn(async move { (shared, None::<std::convert::Infallible>) })
        })
        .collect();
    executor.tick(5);
    drop(executor);
    let outputs = handles.into_iter().filter_map(|handle| joined(handle).ok()).count();
    assert_eq!((outputs, Rc::strong_count(&shared)), (5, 1));
}
