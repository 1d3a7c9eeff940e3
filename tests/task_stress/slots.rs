//! Last references that other threads release, against slots that are used again at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use flagstone::task::{JoinHandle, TaskRef, yield_now};

use super::{
    Budget,
    canary::{Books, Canary},
    random::Random,
    turn,
};
use crate::{
    storages::{Stored, on_every_storage},
    trials::OnDrop,
};

on_every_storage! {
    slots_are_used_again_while_others_let_go_of_them
}

const SLOTS: usize = 2;
const THREADS: usize = 2;

static BOOKS: Books = Books::new();

/// The last handle, reference or waker of a task.
struct Last {
    handle: Option<JoinHandle<Canary<'static>>>,
    task: TaskRef,
    waker: std::task::Waker,
}

fn slots_are_used_again_while_others_let_go_of_them<M: Stored>() {
    let _turn = turn();
    let executor = M::small_executor(SLOTS);
    let alive = Arc::new(AtomicUsize::new(0));
    let (queues, threads): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| {
            let (queue, lasts) = mpsc::channel::<Last>();
            let thread = thread::spawn(move || {
                let mut random = Random::new();
                for Last { handle, task, waker } in lasts {
                    match random.below(5) {
                        0 => drop((handle, task, waker)),
                        1 => drop((task, waker, handle)),
                        2 => drop((waker.wake(), handle, task)),
                        3 => drop((task.cancel(), task, handle, waker)),
                        _ => drop((handle.map(|handle| (handle.cancel(), handle)), task.waker().wake(), waker, task)),
                    }
                }
            });
            (queue, thread)
        })
        .unzip();
    let (mut random, mut ids) = (Random::new(), [0; 64]);
    executor.block_on(async {
        for (key, ()) in Budget::new().enumerate() {
            let claim = executor.claim().await;
            // No last reference has it, nor the other claim.
            let id = claim.id().as_usize();
            assert!(!ids.contains(&id), "an id came twice");
            ids[key % ids.len()] = id;
            let (canary, counted) = (BOOKS.make(key), Arc::clone(&alive));
            assert!(counted.fetch_add(1, Ordering::Relaxed) < SLOTS);
            // Counted down when the future is dropped, whenever that is.
            let alive_still = OnDrop(move || {
                counted.fetch_sub(1, Ordering::Relaxed);
            });
            let handle = claim.spawn(async move {
                let _alive_still = alive_still;
                canary.check(key);
                if key % 3 == 0 {
                    yield_now().await;
                }
                canary.check(key);
                canary
            });
            let handle = handle.expect("the executor lives");
            let (task, waker) = (handle.task(), handle.task().waker());
            let handle = if random.once_in(3) {
                handle.detach();
                None
            } else {
                Some(handle)
            };
            queues[random.below(THREADS)].send(Last { handle, task, waker }).expect("they listen until the end");
        }
    });
    drop(queues);
    for thread in threads {
        thread.join().expect("no panic");
    }
    executor.tick(usize::MAX);
    assert_eq!((executor.len(), alive.load(Ordering::Relaxed)), (0, 0));
    let claims = [(); SLOTS].map(|()| executor.try_claim().expect("no slot is lost"));
    assert!(executor.try_claim().is_none());
    drop(claims);
    drop(executor);
    BOOKS.balance();
}
