//! How a model is run: what it gets, under which bound, what must be true in the end, and what is said about it.

use std::{
    cell::Cell,
    collections::BTreeSet,
    panic,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use flagstone::{Config, Pool, Slab};
use loom::model::Builder;

use crate::value::{Canary, Tally, Value};

/// The most preemptions of an execution where `LOOM_MAX_PREEMPTIONS` does not say.
const DEFAULT_BOUND: usize = 3;

/// A slab that the threads of a model borrow without counting, which would only add interleavings.
pub(crate) type Shared<C> = &'static Slab<Value, C>;

/// A pool that the threads of a model borrow without counting.
pub(crate) type SharedPool<C> = &'static Pool<Value, C>;

/// What models are about: a slab or a pool of watched values.
pub(crate) trait Store: 'static {
    fn new() -> Self;

    /// Makes an entry whose value has this number, and returns its key; `None` if there is no room.
    fn add(&self, tally: &Tally, number: usize) -> Option<usize>;

    fn len(&self) -> usize;
}

impl<C: Config + 'static> Store for Slab<Value, C> {
    fn new() -> Self {
        Slab::<Value>::new_with_config()
    }

    fn add(&self, tally: &Tally, number: usize) -> Option<usize> {
        self.insert(tally.value(number))
    }

    fn len(&self) -> usize {
        self.len()
    }
}

impl<C: Config + 'static> Store for Pool<Value, C> {
    fn new() -> Self {
        Pool::<Value>::new_with_config()
    }

    fn add(&self, _: &Tally, number: usize) -> Option<usize> {
        self.create_with(|value| value.fill(number))
    }

    fn len(&self) -> usize {
        self.len()
    }
}

/// Runs `body` with a fresh slab or pool in every interleaving of its threads with at most `LOOM_MAX_PREEMPTIONS`
/// preemptions, and prints how many those were.
///
/// In the end of each the store counts as many entries as there are values in use, and once it is dropped there are no
/// values. Over all executions exactly the `outcomes` were noted, so that no model passes because nothing happens in
/// it. The body joins its threads.
pub(crate) fn check<S: Store>(
    name: &str,
    outcomes: &[&'static str],
    body: impl Fn(&'static S, &Tally) + Send + Sync + 'static,
) {
    check_fewer(name, 0, outcomes, body);
}

/// Like [`check`], with so many preemptions less, for a model that is large.
pub(crate) fn check_fewer<S: Store>(
    name: &str,
    less: usize,
    outcomes: &[&'static str],
    body: impl Fn(&'static S, &Tally) + Send + Sync + 'static,
) {
    check_less(name, less, outcomes, move |tally| {
        let store = Box::into_raw(Box::new(S::new()));
        // SAFETY: it lives until the last line, and all threads that use it are joined before.
        #[allow(unsafe_code, reason = "threads need a reference without a lifetime")]
        body(unsafe { &*store }, tally);
        // SAFETY: as above; it came from a box.
        #[allow(unsafe_code, reason = "threads need a reference without a lifetime")]
        let store = unsafe { Box::from_raw(store) };
        assert_eq!(store.len(), tally.in_use(), "`len` is exact when all is quiet");
        tally.end();
        drop(store);
    });
}

thread_local! {
    /// How often something has panicked in the model that runs. (`loom` runs all threads of a model on one.)
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Counts panics from now on, those that are caught too: what `loom` says within a task's poll, the task's executor
/// takes for the task's. A panic that a model wants is resumed, or the crate's own, and not counted.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let message = info.payload().downcast_ref::<String>().map_or("", String::as_str);
            if !message.starts_with("flagstone: ") {
                PANICS.set(PANICS.get() + 1);
            }
            before(info);
        }));
    });
    PANICS.set(0);
}

/// Like [`check`], for a body that makes its own slab or pool.
pub(crate) fn check_bare(name: &str, outcomes: &[&'static str], body: impl Fn(&Tally) + Send + Sync + 'static) {
    check_less(name, 0, outcomes, body);
}

/// Like [`check_bare`], with so many preemptions less, for a model that is large.
pub(crate) fn check_less(
    name: &str,
    less: usize,
    outcomes: &[&'static str],
    body: impl Fn(&Tally) + Send + Sync + 'static,
) {
    count_panics();
    let mut builder = Builder::new();
    let wanted = builder.preemption_bound.unwrap_or(DEFAULT_BOUND);
    let bound = wanted.saturating_sub(less);
    builder.preemption_bound = Some(bound);
    let executions = Arc::new(AtomicUsize::new(0));
    let tally = Tally::default();
    let start = Instant::now();
    builder.check({
        let (executions, tally) = (Arc::clone(&executions), tally.clone());
        move || {
            executions.fetch_add(1, Ordering::Relaxed);
            tally.begin();
            body(&tally);
            tally.finish();
            assert_eq!(PANICS.get(), 0, "something panicked, and was caught");
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let executions = executions.load(Ordering::Relaxed);
    eprintln!("model {name:<65} bound {bound}  {executions:>8} executions  {seconds:>7.2} s");
    let expected = outcomes.iter().copied().collect::<BTreeSet<_>>();
    let large = ["tasks::", "sets::", "pins::removal::remove_against_a_guard_and_a_pin"];
    let is_large = less > 0 || large.iter().any(|large| name.starts_with(large));
    if wanted >= DEFAULT_BOUND || !is_large {
        assert_eq!(tally.outcomes(), expected, "the outcomes that were seen, and those that should have been");
    } else {
        // With fewer preemptions than by default some of the large ones do not meet all.
        assert!(tally.outcomes().is_subset(&expected), "an outcome that should not have been");
    }
}

/// Returns the key that a slot has in a certain life, to guess it before it is handed out.
pub(crate) fn key_of<C: Config>(shard: usize, page: usize, generation: usize, offset: usize) -> usize {
    let page_bits = usize::BITS - (C::MAX_PAGES - 1).leading_zeros();
    let size = C::INITIAL_PAGE_SIZE << page;
    (shard << page_bits | page) * Slab::<Value, C>::KEYS_PER_PAGE + generation * size + offset
}

/// Returns the first key of the overflow shard: 0 is no key, so its first slot begins with its second life.
pub(crate) fn first_of_overflow<C: Config>() -> usize {
    key_of::<C>(0, 0, 1, 0)
}

/// Inserts a value whose destructor asserts that 1 was written to the cell that is returned with the key.
pub(crate) fn insert_watched<C: Config>(slab: Shared<C>, tally: &Tally) -> (usize, Arc<Canary>) {
    let witness = Arc::new(Canary::new(0));
    let mut value = tally.value(1);
    value.at_end({
        let witness = Arc::clone(&witness);
        move || assert_eq!(witness.read(), 1)
    });
    (slab.insert(value).unwrap(), witness)
}

/// Adds entries until the current thread's shard is full.
pub(crate) fn fill(store: &impl Store, tally: &Tally) -> usize {
    let mut added = 0;
    while store.add(tally, 100 + added).is_some() {
        added += 1;
    }
    added
}
