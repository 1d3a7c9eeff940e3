//! More threads than the published crate has shards for.

use std::{
    collections::HashSet,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{RwLock, mpsc::channel},
    thread,
};

use tracing::{Dispatch, dispatcher, info_span};

use crate::census::Census;

/// The published crate has 4,096 shards, and numbers its threads in 13 bits: up to 8,191.
const THREADS: usize = 8_400;

/// Enough for a thread that creates a span. All threads are alive at once.
const STACK: usize = 128 * 1024;

/// With the published crate it fails: 4,304 of the 8,400 threads panic when they create their span. 4,096 get a shard; the
/// next 4,096 panic with "Thread count overflowed the configured max count. Thread index = 4096", up to 8191; the last
/// 208 with "creating a new thread ID (8192) would exceed the maximum number of thread ID bits", up to 8399. Seen by hand:
///
/// ```text
/// cargo test --manifest-path published/Cargo.toml only_with_flagstone_thousands
/// ```
#[test]
fn only_with_flagstone_thousands_of_threads_are_in_a_span_at_once() {
    let census = Census::default();
    let dispatch = Dispatch::new(census.registry());
    let (report, reports) = channel();
    let gate = RwLock::new(());

    let mut identities = HashSet::new();
    let mut panics = 0;
    thread::scope(|scope| {
        let shut = gate.write().unwrap();
        for number in 0..THREADS {
            let (report, gate, dispatch) = (report.clone(), &gate, &dispatch);
            let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
                let span = panic::catch_unwind(AssertUnwindSafe(|| {
                    dispatcher::with_default(dispatch, || info_span!("thread", number))
                }));
                let _entered = span.as_ref().ok().map(tracing::Span::enter);
                report.send(span.as_ref().ok().and_then(tracing::Span::id)).unwrap();
                // A thread that has panicked stays too, so that all are alive at once.
                drop(gate.read());
            });
            if let Err(error) = spawned {
                drop(shut);
                refuse(number, &error);
            }
        }
        for _ in 0..THREADS {
            match reports.recv().unwrap() {
                Some(identity) => assert!(identities.insert(identity.into_u64())),
                None => panics += 1,
            }
        }
        drop(shut);
    });
    assert_eq!(panics, 0, "of {THREADS} threads so many could not create a span");
    assert_eq!(identities.len(), THREADS);
    assert_eq!((census.opened(), census.closed()), (THREADS, THREADS));

    // After the burst, later threads are not affected.
    let late = thread::scope(|scope| {
        scope.spawn(|| dispatcher::with_default(&dispatch, || info_span!("late").id().is_some())).join()
    });
    assert!(late.unwrap());
    assert_eq!(census.closed(), THREADS + 1);
}

fn refuse(number: usize, error: &io::Error) -> ! {
    panic!("this test needs a system that allows {THREADS} threads; it refused thread {number}: {error}")
}
