//! Sets of futures: all memory is allocated when the set is made, exactly that much, and nothing afterwards.

use std::{
    alloc::Layout,
    cell::Cell,
    future::{Future, poll_fn, ready},
    pin::{Pin, pin},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};

use super::{CALLS, COUNTED, alone, count, while_elsewhere};

thread_local! {
    /// Calls, and bytes, on this thread.
    static NOTED: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

pub(super) fn note(layout: Layout) {
    if COUNTED.get() {
        let (calls, bytes) = NOTED.get();
        NOTED.set((calls + 1, bytes + layout.size()));
    }
}

/// How often a behaviour allocates, and how many bytes.
fn noted<R>(behaviour: impl FnOnce() -> R) -> ((usize, usize), R) {
    NOTED.set((0, 0));
    COUNTED.set(true);
    let result = behaviour();
    COUNTED.set(false);
    (NOTED.get(), result)
}

#[test]
fn a_set_is_made_with_few_allocations() {
    alone(|| {
        for capacity in [1, 64, 1000, 31_744] {
            let ((calls, _), set) = noted(|| FutureSet::<Waits>::with_capacity(capacity));
            assert!((1..=7).contains(&calls), "{calls} for {capacity}");
            drop(set);
        }
        let slots = pin!(StackSlots::<Waits, 64>::new());
        let ((calls, bytes), _) = noted(|| FutureSet::in_place(slots));
        assert!(calls <= 6 && bytes < 400, "{calls} of {bytes} bytes");
    });
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_slot_has_ten_bytes_beside_its_future() {
    alone(|| {
        type Future = std::future::Pending<[usize; 4]>;
        type Large = Pin<Box<dyn std::future::Future<Output = ()>>>;

        let ((_, bytes), _) = noted(|| FutureSet::<Future>::with_capacity(1000));
        assert!(bytes - 1000 * size_of::<Future>() <= 10 * 1000, "{bytes} bytes");
        let ((_, bytes), _) = noted(|| FutureSet::<Large>::with_capacity(1000));
        assert!(bytes - 1000 * size_of::<Large>() <= 10 * 1000, "{bytes} bytes");
        let ((_, bytes), _) = noted(|| FutureSet::<Large>::with_capacity(100_000));
        assert!(bytes - 100_000 * size_of::<Large>() <= 10 * 100_000, "{bytes} bytes");
    });
}

/// Where futures wait for others.
static BOARD: Mutex<[Option<Waker>; CAPACITY]> = Mutex::new([const { None }; CAPACITY]);

const CAPACITY: usize = 700;

/// Whether the futures may complete.
static IS_OPEN: AtomicBool = AtomicBool::new(false);

struct Waits(usize);

impl Future for Waits {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        if IS_OPEN.load(Ordering::SeqCst) {
            return Poll::Ready(self.0);
        }
        BOARD.lock().unwrap()[self.0] = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Every operation of a set, except making and dropping it.
fn use_a_set<S>(set: &mut FutureSet<Waits, S>) {
    assert!((0..CAPACITY).all(|number| set.try_push(Waits(number)).is_ok()));
    assert!(set.try_push(Waits(0)).is_err() && set.try_vacancy().is_none());
    let mut context = Context::from_waker(Waker::noop());
    while (0..CAPACITY).any(|number| BOARD.lock().unwrap()[number].is_none()) {
        assert!(set.poll_next_with_key(&mut context).is_pending());
    }
    IS_OPEN.store(true, Ordering::SeqCst);
    // Woken here, and there.
    for number in 0..CAPACITY / 2 {
        let waker = BOARD.lock().unwrap()[number].take().unwrap();
        waker.clone().wake();
    }
    let there = || {
        for number in CAPACITY / 2..CAPACITY {
            let waker = BOARD.lock().unwrap()[number].take().unwrap();
            waker.wake();
        }
    };
    while_elsewhere(there, || {
        let mut outputs = 0;
        while outputs < CAPACITY - 100 {
            if set.poll_next_with_key(&mut context).is_ready() {
                outputs += 1;
            }
            std::thread::yield_now();
        }
    });
    let mut keys = set.keys();
    let (first, second) = (keys.next().unwrap(), keys.next().unwrap());
    assert!(set.remove(first) && set.take(second).is_some() && set.len() == 98);
    let third = set.keys().last().unwrap();
    assert!(set.wake(third) && set.get_pin_mut(third).is_some());
    set.try_vacancy().unwrap().insert(Waits(0));
    let mut waiting = pin!(set.vacancy());
    assert!(waiting.as_mut().poll(&mut context).is_ready());
    set.clear();
    IS_OPEN.store(false, Ordering::SeqCst);
    *BOARD.lock().unwrap() = [const { None }; CAPACITY];
}

#[test]
fn a_set_that_is_used_allocates_nothing() {
    alone(|| {
        let mut set = FutureSet::with_capacity(CAPACITY);
        assert_eq!(count(|_| use_a_set(&mut set)), 0, "on the heap");
        let mut slots = Box::pin(StackSlots::<_, CAPACITY>::new());
        let mut set = FutureSet::in_place(slots.as_mut());
        assert_eq!(count(|_| use_a_set(&mut set)), 0, "in place");
    });
}

#[test]
fn waiting_and_draining_allocate_nothing() {
    alone(|| {
        let executor = LocalExecutor::new();
        let mut set = FutureSet::with_capacity(10);
        let behaviour = |_: &mut _| {
            executor.block_on(async {
                for number in 0..100 {
                    let (_, vacancy) = set.vacancy().await;
                    vacancy.insert(ready(number));
                }
                set.drain(|_| ()).await;
            });
        };
        assert_eq!(count(behaviour), 0);
        // Nor does a waker that outlives its set.
        let mut waker = None;
        let mut set = FutureSet::with_capacity(1);
        let future = poll_fn(|context| {
            waker = Some(context.waker().clone());
            Poll::Ready(())
        });
        assert!(set.try_push(future).is_ok());
        executor.block_on(set.drain(|()| ()));
        drop(set);
        let waker = waker.unwrap();
        let before = CALLS.load(Ordering::SeqCst);
        COUNTED.set(true);
        waker.wake_by_ref();
        COUNTED.set(false);
        assert_eq!(CALLS.load(Ordering::SeqCst), before);
        // The last waker frees the memory of the wakers.
        COUNTED.set(true);
        waker.wake();
        COUNTED.set(false);
        assert!(CALLS.load(Ordering::SeqCst) > before, "it leaks");
    });
}
