//! How a model is run: what it gets, under which bound, what must be true in the end, and what is said about it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use flagstone::{Config, Slab};
use loom::model::Builder;

use crate::value::{Tally, Value};

/// The most preemptions of an execution where `LOOM_MAX_PREEMPTIONS` does not say.
const DEFAULT_BOUND: usize = 3;

/// A slab that the threads of a model borrow without counting, which would only add interleavings.
pub(crate) type Shared<C> = &'static Slab<Value, C>;

/// Runs `body` with a fresh slab in every interleaving of its threads with at most `LOOM_MAX_PREEMPTIONS`
/// preemptions, and prints how many those were.
///
/// In the end of each the slab counts as many entries as there are values, and once it is dropped there are none. Over
/// all executions exactly the `outcomes` were noted, so that no model passes because nothing happens in it. The body
/// joins its threads.
pub(crate) fn check<C: Config + 'static>(
    name: &str,
    outcomes: &[&'static str],
    body: impl Fn(Shared<C>, &Tally) + Send + Sync + 'static,
) {
    check_bare(name, outcomes, move |tally| {
        let slab = Box::into_raw(Box::new(Slab::<Value>::new_with_config::<C>()));
        // SAFETY: it lives until the last line, and all threads that use it are joined before.
        #[allow(unsafe_code, reason = "threads need a reference without a lifetime")]
        body(unsafe { &*slab }, tally);
        // SAFETY: as above; it came from a box.
        #[allow(unsafe_code, reason = "threads need a reference without a lifetime")]
        let slab = unsafe { Box::from_raw(slab) };
        assert_eq!(slab.len(), tally.alive(), "`len` is exact when all is quiet");
        drop(slab);
    });
}

/// Like [`check`], for a body that makes its own slab.
pub(crate) fn check_bare(name: &str, outcomes: &[&'static str], body: impl Fn(&Tally) + Send + Sync + 'static) {
    let mut builder = Builder::new();
    let bound = builder.preemption_bound.unwrap_or(DEFAULT_BOUND);
    builder.preemption_bound = Some(bound);
    let executions = Arc::new(AtomicUsize::new(0));
    let tally = Tally::default();
    let start = Instant::now();
    builder.check({
        let (executions, tally) = (Arc::clone(&executions), tally.clone());
        move || {
            executions.fetch_add(1, Ordering::Relaxed);
            body(&tally);
            tally.finish();
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let executions = executions.load(Ordering::Relaxed);
    eprintln!("model {name:<50} bound {bound}  {executions:>8} executions  {seconds:>7.2} s");
    let expected = outcomes.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(tally.outcomes(), expected, "the outcomes that were seen, and those that should have been");
}

/// The key that a slot has in a certain life: to be guessed before anybody has it.
pub(crate) fn key_of<C: Config>(shard: usize, page: usize, generation: usize, offset: usize) -> usize {
    let page_bits = usize::BITS - (C::MAX_PAGES - 1).leading_zeros();
    let size = C::INITIAL_PAGE_SIZE << page;
    (shard << page_bits | page) * Slab::<Value, C>::KEYS_PER_PAGE + generation * size + offset
}

/// Inserts until the current thread's shard is full.
pub(crate) fn fill<C: Config>(slab: &Slab<Value, C>, tally: &Tally) -> usize {
    let mut inserted = 0;
    while slab.try_insert(tally.value(100 + inserted)).is_ok() {
        inserted += 1;
    }
    inserted
}
