//! Whether a waiting thread sleeps.

use std::{hint, thread, time::Duration};

/// How long, in processor time, another thread is kept waiting.
const HELD: Duration = Duration::from_millis(300);

/// Nanoseconds that the current thread has spent on a processor.
fn processor_time() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_whitespace().next().unwrap().parse().unwrap()
}

/// Checks that `take`, on another thread, gets its value and uses next to no processor time while `held` lives, from when it
/// `has_begun`.
pub(crate) fn takes_asleep(take: impl FnOnce() -> Option<u32> + Send, has_begun: impl Fn() -> bool, held: impl Sized) {
    thread::scope(|scope| {
        let taker = scope.spawn(|| {
            let before = processor_time();
            assert_eq!(take(), Some(1));
            Duration::from_nanos(processor_time() - before)
        });
        while !has_begun() {
            thread::yield_now();
        }
        // As much work as a taker that spun would have time for too, however busy the machine is.
        let before = processor_time();
        while Duration::from_nanos(processor_time() - before) < HELD {
            hint::black_box((0..10_000).sum::<u64>());
        }
        drop(held);
        let used = taker.join().unwrap();
        assert!(used < HELD / 10, "the taker used {used:?} of processor time");
    });
}
