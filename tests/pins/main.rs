//! Pins, of slabs and of pools.

// Instead of std's.
#[cfg(flagstone_emulated_locals)]
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on.
#[path = "../support/all.rs"]
mod support;

#[cfg(target_os = "linux")]
use support::sleeping;
use support::{alone, configs, crowd, pooled, shaped, value};

// One pin: what is read through it, what waits for it.
mod nesting;
mod pool;
mod reading;
mod removing;
mod taking;

// Threads without a shard.
mod guarded;
mod guarded_pool;

// Exclusive access, which pins refuse.
mod exclusive;

// Other people's code, other threads, and pins that never end.
mod double_faults;
mod forgetting;
mod numbers;
mod panics;
mod thread_ends;
mod walking;

use std::{sync::mpsc, thread};

use flagstone::{Config, Slab};

/// Has another thread pin the slab and look `key` up, runs `behaviour`, and then ends that thread's pin. Whatever the
/// other thread found is looked at by `look` until its pin ends.
fn under_anothers_pin<T: Send + Sync, C: Config, R>(
    slab: &Slab<T, C>,
    key: usize,
    look: impl Fn(&T) + Send,
    behaviour: impl FnOnce() -> R,
) -> R {
    let ((pinned, wait_for_pinned), (end, wait_for_end)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            let pin = slab.pin();
            let value = pin.get(key);
            value.iter().for_each(|value| look(value));
            pinned.send(()).unwrap();
            // Until the other end is dropped, also by a panic.
            wait_for_end.recv().unwrap_err();
            value.iter().for_each(|value| look(value));
        });
        wait_for_pinned.recv().unwrap();
        let outcome = behaviour();
        drop(end);
        other.join().unwrap();
        outcome
    })
}
