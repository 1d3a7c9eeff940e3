//! Joiners on another thread that change their wakers while the task ends: the last one is woken, and none is kept.

use std::{
    hint, process,
    sync::{Arc, mpsc},
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use flagstone::task::JoinHandle;

use super::{
    Budget,
    canary::{Books, Canary},
    random::Random,
    turn,
};
use crate::{
    storages::{Stored, on_every_storage},
    trials::{asleep, poll},
    wakers::Wakes,
};

on_every_storage! {
    the_last_waker_of_a_joiner_is_woken
}

static BOOKS: Books = Books::new();

fn spin(random: &mut Random) {
    let most = 1 << random.below(11);
    for _ in 0..random.below(most) {
        hint::spin_loop();
    }
}

fn wait(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        if begin.elapsed() > Duration::from_secs(60) {
            eprintln!("in vain: {what}");
            process::abort();
        }
        thread::yield_now();
    }
}

/// Polls with one waker after the other, and then waits, or drops the handle.
fn join(mut handle: JoinHandle<Canary<'static>>, key: usize, random: &mut Random) {
    let wakes = [(); 3].map(|()| Wakes::new());
    let mut last = 0;
    let mut polled = Poll::Pending;
    for _ in 0..random.below(5) {
        last = random.below(wakes.len());
        polled = poll(&mut handle, &wakes[last].waker());
        if polled.is_ready() {
            break;
        }
        spin(random);
    }
    if random.once_in(4) {
        drop((polled, handle));
    } else {
        if polled.is_pending() {
            polled = poll(&mut handle, &wakes[last].waker());
        }
        if polled.is_pending() {
            wait("the joiner was not woken", || wakes[last].count() > 0);
            polled = poll(&mut handle, &wakes[last].waker());
        }
        let Poll::Ready(result) = polled else { panic!("it was woken, and has not ended") };
        match result {
            Ok(canary) => canary.check(key),
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
        drop(handle);
    }
    let all_are_gone = || wakes.iter().all(|wakes| Arc::strong_count(wakes) == 1);
    wait("a waker is kept", all_are_gone);
    assert!(wakes.iter().map(|wakes| wakes.count()).sum::<usize>() <= 1, "one waker is woken, once");
}

fn the_last_waker_of_a_joiner_is_woken<M: Stored>() {
    let _turn = turn();
    let executor = M::executor();
    let (handles, handed) = mpsc::sync_channel::<(JoinHandle<Canary<'static>>, usize)>(2);
    let joiner = thread::spawn(move || {
        let mut random = Random::new();
        for (handle, key) in handed {
            join(handle, key, &mut random);
        }
    });
    let mut random = Random::new();
    for (key, ()) in Budget::new().enumerate() {
        let (canary, sleeps) = (BOOKS.make(key), random.once_in(2));
        let (sender, receiver) = mpsc::channel();
        let handle = executor.spawn(async move {
            if sleeps {
                asleep(|waker| sender.send(waker).expect("it is waited for")).await;
            }
            canary
        });
        let task = handle.task();
        if random.once_in(2) {
            executor.tick(usize::MAX);
        }
        handles.send((handle, key)).expect("a thread joins");
        spin(&mut random);
        if random.once_in(4) {
            task.cancel();
        }
        drop(task);
        // Until it has ended.
        loop {
            executor.tick(usize::MAX);
            match receiver.try_recv() {
                Ok(waker) => {
                    spin(&mut random);
                    waker.wake();
                }
                Err(_) if executor.tick(usize::MAX).polled == 0 => break,
                Err(_) => {}
            }
        }
    }
    drop(handles);
    joiner.join().expect("no panic");
    assert_eq!(executor.len(), 0);
    BOOKS.balance();
}
