//! The identities of spans.

use std::{collections::HashSet, thread};

use tracing::{Dispatch, dispatcher, info_span, subscriber};

use crate::census::Census;

/// More than the number of generations of a slot in the published crate, which is 8,191.
const SPANS: usize = 30_000;

/// With the published crate it fails: "span 8192 has the identity Id(1) of an earlier one", which is the first.
#[test]
fn only_with_flagstone_no_identity_comes_twice() {
    let census = Census::default();
    let mut seen = HashSet::new();
    subscriber::with_default(census.registry(), || {
        for number in 1..=SPANS {
            let id = info_span!("short").id().unwrap();
            assert!(seen.insert(id.into_u64()), "span {number} has the identity {id:?} of an earlier one");
        }
    });
    assert_eq!((census.opened(), census.closed()), (SPANS, SPANS));
}

#[test]
fn no_two_open_spans_have_one_identity() {
    const THREADS: usize = 4;
    let census = Census::default();
    let dispatch = Dispatch::new(census.registry());
    let identities: Vec<_> = thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| {
            scope.spawn(|| {
                dispatcher::with_default(&dispatch, || (0..1_000).map(|_| info_span!("long")).collect::<Vec<_>>())
            })
        });
        let open = threads.map(|thread| thread.join().unwrap());
        open.iter().flatten().map(|span| span.id().unwrap().into_u64()).collect()
    });
    assert_eq!(identities.iter().collect::<HashSet<_>>().len(), THREADS * 1_000);
    assert_eq!((census.opened(), census.closed()), (THREADS * 1_000, THREADS * 1_000));
}
