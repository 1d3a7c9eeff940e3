//! Issue 14, point 13: the memory of an executor, and that nothing is allocated where room was reserved.

use std::{
    alloc::Layout,
    cell::{Cell, RefCell},
    future::{Future, pending, poll_fn},
    sync::mpsc,
    task::{Context, Poll, Waker},
    thread,
};

use flagstone::{
    ReserveError,
    task::{LocalExecutor, Runnable, SlabStorage, Storage, Tasks},
};

use super::{COUNTED, alone};

thread_local! {
    /// Bytes that are allocated, the largest number of them so far, and calls of the allocator, while the thread is
    /// counted.
    static HELD: Cell<(usize, usize, usize)> = const { Cell::new((0, 0, 0)) };
    /// Larger allocations are refused.
    static LARGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Whether the allocation may be made.
pub(super) fn allocated(layout: Layout) -> bool {
    if layout.size() > LARGEST.get() {
        return false;
    }
    if COUNTED.get() {
        let (held, most, calls) = HELD.get();
        let held = held.wrapping_add(layout.size());
        // Memory that is freed here may have been allocated while nothing was counted.
        HELD.set((held, if held > isize::MAX as usize { most } else { most.max(held) }, calls + 1));
    }
    true
}

pub(super) fn freed(layout: Layout) {
    if COUNTED.get() {
        let (held, most, calls) = HELD.get();
        HELD.set((held.wrapping_sub(layout.size()), most, calls));
    }
}

/// The most bytes that a behaviour holds at a time, and how often it allocates.
fn weight(behaviour: impl FnOnce()) -> (usize, usize) {
    HELD.set((0, 0, 0));
    COUNTED.set(true);
    behaviour();
    COUNTED.set(false);
    let (_, most, calls) = HELD.get();
    (most, calls)
}

/// A root's slot counts the executor, and no task does: at the end of the executor it was forgotten, where another thread
/// had woken it and its driver had been dropped.
#[test]
fn point_13_a_driver_that_is_dropped_when_it_was_woken_keeps_no_executor() {
    alone(|| {
        let (wakers, received) = mpsc::sync_channel::<Waker>(1);
        let (done, is_done) = mpsc::sync_channel(1);
        let other = thread::spawn(move || {
            for waker in received {
                waker.wake();
                done.send(()).unwrap();
            }
        });
        let behaviour = || {
            let executor = LocalExecutor::new();
            let left = RefCell::new(None);
            let mut driver = Box::pin(executor.run_until(poll_fn(|context| {
                *left.borrow_mut() = Some(context.waker().clone());
                Poll::<()>::Pending
            })));
            assert!(driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            wakers.send(left.take().unwrap()).unwrap();
            is_done.recv().unwrap();
            drop(driver);
        };
        behaviour(); // registers the thread
        HELD.set((0, 0, 0));
        COUNTED.set(true);
        behaviour();
        COUNTED.set(false);
        assert_eq!(HELD.get().0, 0, "bytes are left");
        drop(wakers);
        other.join().unwrap();
    });
}

/// A slot of the default storage.
const SLOT: usize = 256;

#[test]
#[cfg(target_pointer_width = "64")]
fn point_13_an_executor_with_one_task_weighs_less_than_two_kilobytes() {
    alone(|| {
        let behaviour = || {
            let executor = LocalExecutor::new();
            let task = executor.spawn(async { 1 });
            assert_eq!(executor.block_on(task).unwrap(), 1);
        };
        behaviour(); // the thread registers
        let (bytes, calls) = weight(behaviour);
        assert!(bytes <= 2048 && calls <= 6, "{bytes} bytes in {calls} allocations");
    });
}

#[test]
#[cfg(target_pointer_width = "64")]
fn point_13_the_first_page_follows_the_capacity() {
    alone(|| {
        drop(LocalExecutor::new().spawn(async {}));
        for capacity in [1, 4, 100, 1000, 4000, 5000, 100_000] {
            let (bytes, _) = weight(|| drop(LocalExecutor::with_capacity(capacity)));
            let slots = (capacity + 4) * SLOT;
            assert!((slots..slots + 4096).contains(&bytes), "{bytes} bytes for {capacity}");
        }
    });
}

/// A scheduler that runs tasks at once.
fn at_once(task: Runnable) {
    task.run();
}

#[test]
#[cfg(target_pointer_width = "64")]
fn point_13_a_storage_of_few_large_slots_takes_what_they_take() {
    alone(|| {
        type Large = SlabStorage<1_000_000>;

        fn spawned_and_driven<M: Storage>(executor: &LocalExecutor<M>, tasks: usize) {
            for _ in 0..tasks {
                executor.spawn(pending::<()>()).detach();
            }
            executor.tick(tasks);
        }
        drop(LocalExecutor::new().spawn(async {}));
        let (bytes, _) = weight(|| spawned_and_driven(&LocalExecutor::with_storage(Large::with_capacity(4)), 4));
        assert!((4_000_000..4_010_000).contains(&bytes), "{bytes} bytes for four");
        // One more, for the future of `block_on`.
        let (bytes, _) = weight(|| {
            let executor = LocalExecutor::with_storage(Large::with_capacity(4));
            spawned_and_driven(&executor, 4);
            executor.block_on(async {});
        });
        assert!((4_000_000..5_010_000).contains(&bytes), "{bytes} bytes for four and a root");
        let (bytes, _) = weight(|| spawned_and_driven(&LocalExecutor::with_storage(Large::new()), 1));
        assert!(bytes < 1_010_000, "{bytes} bytes for one");
        let (bytes, _) = weight(|| drop(Tasks::with_storage(at_once, Large::with_capacity(4))));
        assert!((4_000_000..4_010_000).contains(&bytes), "{bytes} bytes for a scheduler's four");
    });
}

#[test]
fn point_13_where_room_was_reserved_nothing_is_allocated() {
    alone(|| {
        for reserved in [1, 2, 3, 100, 10_000] {
            let executor = LocalExecutor::new();
            let spawn = || executor.spawn(pending::<()>()).detach();
            spawn();
            // These have slots that are not entries yet.
            let claims = [(); 3].map(|()| executor.try_claim().unwrap());
            for _ in 0..2 {
                executor.reserve(reserved).unwrap();
                assert_eq!(weight(|| (0..reserved).for_each(|_| spawn())).1, 0, "{reserved}");
            }
            drop(claims);

            let tasks = Tasks::new(at_once);
            let spawn = || tasks.spawn(pending::<()>()).detach();
            spawn();
            tasks.reserve(reserved).unwrap();
            assert_eq!(weight(|| (0..reserved).for_each(|_| spawn())).1, 0, "{reserved}");
        }
    });
}

/// Each thread's slots are its own: room is made on the thread that reserves it.
#[test]
fn point_13_each_thread_reserves_for_itself() {
    alone(|| {
        let tasks = Tasks::new(at_once);
        let spawn = || tasks.spawn(pending::<()>()).detach();
        spawn();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    tasks.reserve(100).unwrap();
                    assert_eq!(weight(|| (0..100).for_each(|_| spawn())).1, 0);
                });
            }
        });
    });
}

#[test]
fn point_13_reserving_is_refused_where_there_cannot_be_room() {
    alone(|| {
        let executor = LocalExecutor::new();
        executor.spawn(pending::<()>()).detach();
        LARGEST.set(100_000);
        assert_eq!(executor.reserve(10_000), Err(ReserveError::Memory));
        assert_eq!(executor.reserve(100), Ok(()));
        LARGEST.set(usize::MAX);
        executor.reserve(0).unwrap();
        executor.spawn(async {}).detach();
        executor.tick(2);
        assert_eq!(executor.len(), 1);

        let bounded = LocalExecutor::with_capacity(4);
        bounded.spawn(pending::<()>()).detach();
        assert_eq!(bounded.reserve(3), Ok(()));
        assert_eq!(bounded.reserve(4), Err(ReserveError::Capacity));
        assert_eq!(bounded.reserve(usize::MAX), Err(ReserveError::Capacity));
        let tasks = Tasks::with_capacity(at_once, 4);
        assert_eq!((tasks.reserve(4), tasks.reserve(5)), (Ok(()), Err(ReserveError::Capacity)));
    });
}

/// Reserving little by little takes few pages: a thread can have only a few.
#[test]
fn point_13_room_that_is_reserved_one_by_one_is_made_for_many() {
    alone(|| {
        let executor = LocalExecutor::new();
        let ((), (_, calls)) = (
            (),
            weight(|| {
                for _ in 0..5000 {
                    executor.reserve(1).unwrap();
                    executor.spawn(pending::<()>()).detach();
                }
            }),
        );
        assert!(calls < 30, "{calls} allocations");
        assert_eq!(executor.len(), 5000);
    });
}

/// The first page of each thread had 1,024 slots, 264 kB: 270 MB for 32 executors and 32 threads with one live task each.
#[test]
#[cfg(target_pointer_width = "64")]
fn point_4_each_thread_that_spawns_takes_little() {
    const EXECUTORS: usize = 8;
    const THREADS: usize = 8;
    // Its part of the slab: a shard, and a page with a head and two slots, each with its alignment.
    const PART: usize = 3 * 64 + 48 + 2 * 64 + 2 * SLOT + 48;
    // Tables with rows for all: the directory of 4, 8 and 16 rows, of 17 words each; the roster of up to 32 threads, and heads.
    const TABLES: usize = (4 + 8 + 16) * 17 * 8 + (4 + 8 + 16 + 32) * 8 + 8 * 64;

    alone(|| {
        let executors = [(); EXECUTORS].map(|()| LocalExecutor::new());
        for executor in &executors {
            executor.spawn(pending::<()>()).detach();
        }
        let spawners: Vec<_> = executors.iter().map(LocalExecutor::spawner).collect();
        // All at a time, so that no thread has the number of one that has ended.
        let barrier = std::sync::Barrier::new(THREADS);
        let spawn_on_all = || spawners.iter().for_each(|spawner| spawner.spawn(pending::<()>()).detach());
        let bytes: usize = thread::scope(|scope| {
            let threads = [(); THREADS].map(|()| {
                scope.spawn(|| {
                    barrier.wait();
                    let (bytes, _) = weight(spawn_on_all);
                    barrier.wait();
                    bytes
                })
            });
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        let (least, most) = (EXECUTORS * THREADS * PART, EXECUTORS * (THREADS * PART + TABLES));
        assert!((least..=most).contains(&bytes), "{bytes} bytes, not {least} to {most}");
        assert!(executors.iter().all(|executor| executor.len() == 1 + THREADS));
    });
}
