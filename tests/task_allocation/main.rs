//! Executors whose memory is made in advance: nothing is allocated, and nothing freed, once they are set up.
//!
//! Each test does everything once before it counts: a place in the source from which tasks are spawned is noted when it
//! is first used, and threads register.

#![allow(unsafe_code, reason = "a global allocator is")]
#![allow(clippy::waker_clone_wake, reason = "that wakers are cloned is what is tested")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    future::{Future, pending, poll_fn},
    hint,
    panic::resume_unwind,
    pin::pin,
    ptr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
};

mod looks;
mod sets;
mod weight;

use flagstone::task::{JoinHandle, LocalExecutor, SlabStorage, Spawner, Storage, yield_now};

/// Allocations and frees of the counted threads.
static CALLS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

impl Counting {
    fn count() {
        if COUNTED.get() {
            CALLS.fetch_add(1, Ordering::Relaxed);
        }
    }
}

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count();
        sets::note(layout);
        looks::allocated(layout);
        if !weight::allocated(layout) {
            return ptr::null_mut();
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::count();
        weight::freed(layout);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Runs a test when its turn has come, on a thread of its own that has given its number back when the turn ends.
/// Otherwise the number would come back while the next test counts: that test's next thread would get it, and a shard
/// of its own.
fn alone(test: impl FnOnce() + Send) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let result = thread::scope(|scope| scope.spawn(test).join());
    result.unwrap_or_else(|panic| resume_unwind(panic));
}

const TASKS: usize = 32;

/// Runs a behaviour on executors whose slots are made in advance. Counts the allocations and frees when the behaviour
/// is repeated.
macro_rules! nothing_is_allocated {
    ($($(#[$attribute:meta])* $behaviour:ident)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $behaviour() {
            alone(|| {
                let slab = LocalExecutor::with_storage(SlabStorage::<192>::with_capacity(TASKS));
                assert_eq!(count(|state| behaviours::$behaviour(&slab, state)), 0, "in a slab");
                let boxes = LocalExecutor::with_capacity(TASKS);
                assert_eq!(count(|state| behaviours::$behaviour(&boxes, state)), 0, "where boxes could be");
            });
        }
    )*};
}

nothing_is_allocated! {
    spawning_and_awaiting
    yielding
    cancelling
    claiming
    referring
    waking_from_another_thread
    spawning_from_another_thread
    running_inside_another_executor
}

/// What is made once for all rounds.
type Handles = Vec<JoinHandle<usize>>;

fn count(mut behaviour: impl FnMut(&mut Handles)) -> usize {
    let mut handles = Vec::with_capacity(TASKS);
    behaviour(&mut handles);
    let before = CALLS.load(Ordering::SeqCst);
    COUNTED.set(true);
    (0..20).for_each(|_| behaviour(&mut handles));
    COUNTED.set(false);
    CALLS.load(Ordering::SeqCst) - before
}

/// Calls something on another thread, which is counted too, while `meanwhile` runs here.
fn while_elsewhere<T: Send>(there: impl Fn() -> T + Sync, meanwhile: impl FnOnce()) {
    let counted = COUNTED.replace(false); // the thread is made here
    let (ready, go, done) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
    let wait = |flag: &AtomicBool| {
        while !flag.load(Ordering::Acquire) {
            hint::spin_loop();
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        let there = scope.spawn(|| {
            // It uses the crate before it counts.
            assert!(flagstone::Slab::new().insert(0).is_some());
            ready.store(true, Ordering::Release);
            wait(&go);
            COUNTED.set(counted);
            drop(there());
            COUNTED.set(false);
            done.store(true, Ordering::Release);
        });
        wait(&ready);
        COUNTED.set(counted);
        go.store(true, Ordering::Release);
        meanwhile();
        COUNTED.set(false);
        wait(&done);
        // The scope would not wait until the thread's number is given back.
        there.join().expect("no panic");
    });
    COUNTED.set(counted);
}

mod behaviours {
    use super::*;

    pub(super) fn spawning_and_awaiting<M: Storage>(executor: &LocalExecutor<M>, handles: &mut Handles) {
        let sum = executor.block_on(async {
            let mut sum = 0;
            for number in 0..TASKS {
                sum += executor.spawn(async move { number }).await.unwrap();
            }
            handles.extend((0..TASKS).map(|number| executor.spawn(async move { number })));
            for handle in handles.drain(..) {
                sum += handle.await.unwrap();
            }
            sum
        });
        assert_eq!((sum, executor.len()), (TASKS * (TASKS - 1), 0));
        (0..TASKS).for_each(|number| executor.spawn(async move { number }).detach());
        assert_eq!(executor.tick(usize::MAX).completed, TASKS);
    }

    pub(super) fn yielding<M: Storage>(executor: &LocalExecutor<M>, handles: &mut Handles) {
        handles.extend((0..TASKS).map(|number| {
            executor.spawn(async move {
                for _ in 0..number {
                    yield_now().await;
                }
                number
            })
        }));
        for handle in handles.drain(..) {
            executor.block_on(handle).unwrap();
        }
    }

    pub(super) fn cancelling<M: Storage>(executor: &LocalExecutor<M>, handles: &mut Handles) {
        handles.extend((0..TASKS).map(|_| executor.spawn(pending())));
        handles[..4].iter().for_each(|handle| assert!(handle.cancel()));
        executor.tick(TASKS / 2);
        handles[4..].iter().for_each(|handle| assert!(handle.cancel()));
        handles.truncate(TASKS / 2);
        for handle in handles.drain(..) {
            assert!(executor.block_on(handle).unwrap_err().is_cancelled());
        }
        executor.tick(usize::MAX);
        assert_eq!(executor.len(), 0);
    }

    pub(super) fn claiming<M: Storage>(executor: &LocalExecutor<M>, _: &mut Handles) {
        drop(executor.try_claim().unwrap());
        let one = executor.try_claim().unwrap().spawn(async { 1 }).unwrap();
        let two = executor.try_claim().unwrap().spawn_with(|| async { 2 }).unwrap();
        let local = executor.local_spawner();
        let three = executor.spawn(async move { local.claim().await.spawn(async { 3 }).unwrap().await.unwrap() });
        let sum = executor.block_on(async { one.await.unwrap() + two.await.unwrap() + three.await.unwrap() });
        assert_eq!((sum, executor.len()), (6, 0));
        // All slots are taken, and one claim waits.
        let mut all = [const { None }; TASKS];
        all.iter_mut().for_each(|claim| *claim = executor.try_claim());
        assert!(executor.try_claim().is_none() && executor.try_spawn(async {}).is_err());
        let (mut waiting, mut context) = (pin!(executor.claim()), Context::from_waker(Waker::noop()));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        all[7] = None;
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }

    pub(super) fn referring<M: Storage>(executor: &LocalExecutor<M>, _: &mut Handles) {
        let handle = executor.spawn(async { yield_now().await });
        let (task, abort, registry) = (handle.task(), handle.abort_handle(), executor.registry());
        let (found, waker) = (registry.get(handle.id()).unwrap(), task.waker());
        found.wake();
        waker.clone().wake();
        executor.block_on(handle).unwrap();
        assert!(!abort.abort() && !task.cancel() && task.is_finished());
        drop((task, found));
        waker.wake();
    }

    /// The place of one waker.
    static BELL: Mutex<Option<Waker>> = Mutex::new(None);

    async fn rung() {
        let mut waits = true;
        poll_fn(|context| {
            if std::mem::take(&mut waits) {
                *BELL.lock().unwrap() = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    fn ring() {
        loop {
            let waker = BELL.lock().unwrap().take();
            match waker {
                Some(waker) => return waker.wake(),
                None => thread::yield_now(),
            }
        }
    }

    pub(super) fn waking_from_another_thread<M: Storage>(executor: &LocalExecutor<M>, _: &mut Handles) {
        while_elsewhere(ring, || executor.block_on(executor.spawn(rung())).unwrap());
        while_elsewhere(ring, || executor.block_on(rung()));
    }

    pub(super) fn spawning_from_another_thread<M: Storage>(executor: &LocalExecutor<M>, _: &mut Handles) {
        static RAN: AtomicUsize = AtomicUsize::new(0);

        fn spawn<M: Storage>(spawner: &Spawner<M>) {
            spawner.spawn(async { RAN.fetch_add(1, Ordering::SeqCst) }).detach();
            spawner.spawn_with(|| async { RAN.fetch_add(1, Ordering::SeqCst) }).detach();
        }
        let (spawner, before) = (executor.spawner(), RAN.load(Ordering::SeqCst));
        while_elsewhere(
            || spawn(&spawner),
            || {
                executor.block_on(async {
                    while RAN.load(Ordering::SeqCst) < before + 2 {
                        yield_now().await;
                    }
                });
            },
        );
    }

    pub(super) fn running_inside_another_executor<M: Storage>(executor: &LocalExecutor<M>, _: &mut Handles) {
        let task = executor.spawn(async {
            yield_now().await;
            7
        });
        let mut running = pin!(executor.run_until(task));
        let Poll::Ready(output) = running.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits for nothing")
        };
        assert_eq!(output.unwrap(), 7);
    }
}

/// Checks that allocations are counted, so that the tests above mean something.
#[test]
fn what_is_not_made_in_advance_is_counted() {
    alone(|| {
        let executor = LocalExecutor::with_capacity(1);
        let large = |executor: &LocalExecutor| {
            let large = [7_u8; 1000];
            let handle = executor.spawn(async move { large[999] });
            assert_eq!(executor.block_on(handle).unwrap(), 7);
        };
        assert_eq!(count(|_| large(&executor)), 2 * 20, "a box for each, made and freed");
        assert!(count(|_| drop(LocalExecutor::with_capacity(1))) >= 2 * 20);
    });
}

/// Resident bytes of this process.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("the second number") * 4096
}

// Issue 14, point 3: all pages were kept, 129 MB after 500,000 tasks.
#[cfg(target_os = "linux")]
#[test]
fn issue_14_point_3_one_waker_keeps_a_page_of_a_dropped_executor_memory_is_given_back() {
    const TASKS: usize = 200_000;

    alone(|| {
        let executor = LocalExecutor::new();
        // In one of the first slots, which are in the smallest page.
        let handle = executor.spawn(async {});
        let waker = handle.task().waker();
        executor.block_on(handle).expect("no panic");
        let before = resident();
        for _ in 0..TASKS {
            executor.spawn(pending::<()>()).detach();
        }
        executor.tick(usize::MAX);
        let peak = resident() - before;
        drop(executor);
        let kept = resident().saturating_sub(before);
        assert!(kept < peak / 2, "{kept} bytes of {peak} are kept");
        drop(waker);
    });
}
