//! Sets that are moved to other threads between polls.

use std::{
    sync::mpsc,
    task::{Poll, Waker},
    thread,
};

use crate::{
    gate::{Gate, poll, run},
    homes::{Home, Room, in_every_home, in_every_size},
    trials::elsewhere,
    wakers::Wakes,
};

in_every_size! {
    a_set_is_polled_by_one_thread_after_another
}
in_every_home! {
    threads_wake_what_another_one_polls
}

fn a_set_is_polled_by_one_thread_after_another<H: Home, const N: usize>() {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..N).map(|_| Gate::new()).collect();
    for (at, gate) in gates.iter().enumerate() {
        assert!(set.try_push(gate.waits(at)).is_ok());
    }
    // It is moved, not borrowed, and comes back.
    let (mut set, wakes) = elsewhere(move || {
        let wakes = Wakes::new();
        while gates_left(&mut set, &wakes.waker()) {}
        (set, wakes)
    });
    let before = wakes.count();
    gates.iter().for_each(|gate| assert_eq!(gate.polls(), 1));
    for (round, at) in [N - 1, N / 2, 0].into_iter().enumerate() {
        gates[at].wake();
        assert_eq!(wakes.count() - before, 1, "the thread that polled last is woken");
        if round == 1 {
            assert!(elsewhere(|| poll(&mut set, Waker::noop())).is_pending());
        }
    }
    assert!(elsewhere(|| run(&mut set)).is_pending());
    // Woken inside a poll on yet another thread.
    gates[N - 1].open();
    let (output, set) = elsewhere(move || (run(&mut set), set));
    assert_eq!((output.map(|next| next.map(|(_, output)| output)), set.len()), (Poll::Ready(Some(N - 1)), N - 1));
    elsewhere(move || drop(set));
}

/// Whether the set asks to be polled again.
fn gates_left<S>(set: &mut flagstone::FutureSet<crate::gate::Waits, S>, waker: &Waker) -> bool {
    let again = Wakes::new();
    assert!(poll(set, &again.waker()).is_pending());
    let is_left = again.count() > 0;
    assert!(is_left || poll(set, waker).is_pending());
    is_left
}

fn threads_wake_what_another_one_polls<H: Home>() {
    const FUTURES: usize = 200;
    let mut room = Room::<_, FUTURES>::new();
    let mut set = H::set(&mut room);
    let gates: Vec<_> = (0..FUTURES).map(|_| Gate::new()).collect();
    for (at, gate) in gates.iter().enumerate() {
        assert!(set.try_push(gate.waits(at)).is_ok());
    }
    assert!(run(&mut set).is_pending());
    let (sender, outputs) = mpsc::channel();
    thread::scope(|scope| {
        for part in 0..4 {
            let gates = &gates;
            scope.spawn(move || {
                for gate in gates.iter().skip(part).step_by(4) {
                    gate.wake();
                    thread::yield_now();
                    gate.open();
                }
            });
        }
        scope.spawn(move || {
            let executor = flagstone::task::LocalExecutor::new();
            executor.block_on(set.drain(|output| sender.send(output).unwrap()));
        });
    });
    let mut outputs: Vec<_> = outputs.into_iter().collect();
    outputs.sort_unstable();
    assert_eq!(outputs, (0..FUTURES).collect::<Vec<_>>());
}
