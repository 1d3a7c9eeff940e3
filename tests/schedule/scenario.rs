//! A scenario: what the victim does, what the others do, and what must be true in the end.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use flagstone::Slab;
use shuttle::{FailurePersistence, MaxSteps, Runner};

use crate::{
    actor::{Actor, SharedCourse},
    everything,
    freezing::{Course, Findings, Freezer},
    store::Store,
    value::Tally,
};

/// The victim and two others.
const THREADS: usize = 3;

/// Schedules of the steps before the victim is stopped, for each number of steps; beside that in which it runs alone.
const SEEDS: u64 = 40;

/// The number of the value of the target.
pub(crate) const TARGET: usize = 1;

/// What the threads of an execution share.
pub(crate) trait Scene: Send + Sync + 'static {
    const NAME: &'static str;

    fn new(tally: &Tally) -> Self;

    /// All threads are done.
    fn finish(self);
}

/// That of slabs and pools. What is in it beside the store is the standard library's, and no step.
pub(crate) struct Stage<S> {
    pub(crate) store: S,
    pub(crate) tally: Tally,
    /// The key of an entry that all are after.
    target: Mutex<Option<usize>>,
    /// How often a thread was told that it has ended the target.
    ended: AtomicUsize,
    /// Entries of the victim, one for each of the other threads, which will end it. By its value's number.
    bystanders: Mutex<BTreeMap<usize, usize>>,
}

impl<S: Store> Stage<S> {
    /// Makes the current thread one with a number, without touching the store.
    pub(crate) fn register(&self) {
        Slab::new().insert(0).expect("there is room");
    }

    pub(crate) fn add(&self, number: usize) -> usize {
        self.store.add(&self.tally, number).expect("there is room")
    }

    pub(crate) fn add_target(&self) -> usize {
        let key = self.add(TARGET);
        *self.target.lock().unwrap() = Some(key);
        key
    }

    pub(crate) fn target(&self) -> Option<usize> {
        *self.target.lock().unwrap()
    }

    /// Ends the target, and says whether that was this call's doing.
    pub(crate) fn end_target(&self, end: impl FnOnce(&S, usize) -> bool) -> bool {
        let target = self.target().expect("there is a target");
        let ended = end(&self.store, target);
        self.ended.fetch_add(usize::from(ended), Ordering::Relaxed);
        ended
    }

    /// The key of the target, when it must be there.
    pub(crate) fn targets_key(&self) -> usize {
        self.target().expect("there is a target")
    }

    /// Makes an entry for each of the other threads, which will end it.
    pub(crate) fn add_bystanders(&self) {
        for number in 1..THREADS {
            let key = self.add(10 * number);
            self.bystanders.lock().unwrap().insert(10 * number, key);
        }
    }

    pub(crate) fn bystander(&self, number: usize) -> Option<usize> {
        self.bystanders.lock().unwrap().get(&number).copied()
    }

    /// Leaves an entry to that thread.
    pub(crate) fn leave(&self, thread: usize, key: usize) {
        self.bystanders.lock().unwrap().insert(thread, key);
    }

    pub(crate) fn left(&self, thread: usize) -> usize {
        self.bystander(thread).expect("it was left")
    }
}

impl<S: Store> Scene for Stage<S> {
    const NAME: &'static str = S::NAME;

    fn new(tally: &Tally) -> Self {
        Self {
            store: S::new(),
            tally: tally.clone(),
            target: Mutex::default(),
            ended: AtomicUsize::new(0),
            bystanders: Mutex::default(),
        }
    }

    fn finish(self) {
        let ended = self.ended.load(Ordering::Relaxed);
        assert_eq!(ended, usize::from(self.target().is_some()), "so often was the target ended");
        assert_eq!(self.store.len(), self.tally.in_use(), "`len` is exact when all is quiet");
        self.store.retain(|_| false);
        assert_eq!((self.store.len(), self.tally.in_use()), (0, 0), "an entry that was ended did not go");
        self.tally.end();
        drop(self.store);
        self.tally.finish();
    }
}

/// Runs `victim` and twice `other`, with the victim stopped at each of its steps, and returns what came of it.
fn run<S: Scene>(
    seeds: u64,
    victim: impl Fn(&Actor, &S) + Send + Sync + 'static,
    other: impl Fn(&Actor, &S) + Send + Sync + 'static,
) -> Findings {
    struct SayWhere(SharedCourse);
    impl Drop for SayWhere {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("failed: {}", self.0.lock().describe());
            }
        }
    }

    let course = SharedCourse::new(Course::new(THREADS));
    let _say_where = SayWhere(course.clone());
    let (tally, victim, other) = (Tally::default(), Arc::new(victim), Arc::new(other));
    let body = {
        let course = course.clone();
        move || {
            tally.begin();
            let stage = Arc::new(S::new(&tally));
            let threads = [0, 1, 2].map(|number| {
                let actor = Actor { number, course: course.clone() };
                let (stage, victim, other) = (Arc::clone(&stage), Arc::clone(&victim), Arc::clone(&other));
                // Not a scope: in version 0.9 the end of its last thread wakes a thread that waits for another one of
                // it.
                shuttle::thread::spawn(move || if number == 0 { victim(&actor, &stage) } else { other(&actor, &stage) })
            });
            threads.into_iter().for_each(|thread| thread.join().expect("it has not panicked"));
            Arc::into_inner(stage).expect("all threads are joined").finish();
        }
    };
    Runner::new(Freezer::new(course.clone(), seeds), configuration()).run(body);
    course.lock().findings()
}

pub(crate) fn configuration() -> shuttle::Config {
    let mut configuration = shuttle::Config::new();
    configuration.stack_size = 1 << 18;
    configuration.max_steps = MaxSteps::FailAfter(100_000);
    configuration.failure_persistence = FailurePersistence::None;
    configuration.silence_warnings = true; // about lazy statics that end with each execution: they should
    configuration.ungraceful_shutdown_config.immediately_return_on_panic = true;
    configuration
}

/// Shows that the other threads, which do everything, never wait for the victim.
#[track_caller]
pub(crate) fn nobody_waits<S: Store>(operation: &str, victim: impl Fn(&Actor, &Stage<S>) + Send + Sync + 'static) {
    nobody_waits_with(operation, victim, |me, stage| {
        stage.register();
        everything::with(me, stage, ());
    });
}

/// As [`nobody_waits`], with `others` that prepare something before they do everything.
#[track_caller]
pub(crate) fn nobody_waits_with<S: Store>(
    operation: &str,
    victim: impl Fn(&Actor, &Stage<S>) + Send + Sync + 'static,
    others: impl Fn(&Actor, &Stage<S>) + Send + Sync + 'static,
) {
    nobody_waits_in(operation, victim, others);
}

/// Shows that the other threads, which do this, never wait for the victim.
#[track_caller]
pub(crate) fn nobody_waits_in<S: Scene>(
    operation: &str,
    victim: impl Fn(&Actor, &S) + Send + Sync + 'static,
    others: impl Fn(&Actor, &S) + Send + Sync + 'static,
) {
    let start = Instant::now();
    let findings = run(SEEDS, victim, others);
    print::<S>(operation, &findings, start);
    assert!(findings.waiting.is_empty(), "a thread waited for one that had stopped: {:?}", findings.waiting);
    assert!(findings.victims_steps > 1 && findings.freezes > 0, "the victim was never stopped within the operation");
}

/// Shows that `operation` of the others waits for the victim in what it does: that the harness would have noticed.
#[track_caller]
pub(crate) fn somebody_waits<S: Scene>(
    name: &str,
    operation: &'static str,
    victim: impl Fn(&Actor, &S) + Send + Sync + 'static,
    others: impl Fn(&Actor, &S) + Send + Sync + 'static,
) -> Findings {
    let start = Instant::now();
    let findings = run(SEEDS / 4, victim, others);
    print::<S>(name, &findings, start);
    assert_eq!(findings.waiting.keys().copied().collect::<Vec<_>>(), [operation], "these waited");
    assert!(findings.waiting[operation] < findings.executions, "it waits also when the victim is not stopped within");
    findings
}

/// Operations that look at every entry, or at every slot of a shard.
const OF_THE_WHOLE: [&str; 5] = ["len", "retain", "stats", "trim", "walk"];

fn print<S: Scene>(name: &str, findings: &Findings, start: Instant) {
    let Findings { executions, freezes, victims_steps, longest_work, longest_operations, waiting, .. } = findings;
    let longest = |of_the_whole: bool| {
        let operations = longest_operations.iter().filter(|(name, _)| OF_THE_WHOLE.contains(name) == of_the_whole);
        let longest = operations.max_by_key(|&(_, steps)| steps);
        longest.map_or_else(String::new, |(name, steps)| format!("{steps:>3} {name}"))
    };
    let waiting = waiting.iter().map(|(name, count)| format!("; {name} waited {count} times"));
    eprintln!(
        "stopped {:<55} {victims_steps:>4} places {freezes:>5} of {executions:>5} executions; others: \
         {longest_work:>5} steps, {:<17} {:<10}{} {:.2} s",
        format!("{}: {name}", S::NAME),
        longest(false),
        longest(true),
        waiting.collect::<String>(),
        start.elapsed().as_secs_f64(),
    );
}
