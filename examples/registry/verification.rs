//! A run that checks itself, with a fixed set of tasks.
//!
//! The checking thread is the only one that registers tasks. So before each look it knows which tasks exist, and after
//! it the journal says which have ended. Every other task must have been seen once, under its name, with progress that
//! does not decrease. One task waits until it is cancelled, by the commands that a user would type.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};
use indicatif::HumanCount;

use crate::job::Job;
use crate::key::Key;
use crate::operator::{self, Answer};
use crate::registry::Registry;
use crate::session;
use crate::table::Space;
use crate::task::State;
use crate::ticket::Ticket;

const TASKS: usize = 200;

/// How many tasks are live while more are submitted: fewer than the total, so that slots are reused.
const LIVE: usize = 40;

/// The pause between two looks, so that the workers get most of the time even on a single processor.
const PAUSE: Duration = Duration::from_micros(100);

/// How long the tasks may take, on a slow machine too.
const PATIENCE: Duration = Duration::from_secs(300);

/// How many problems are reported.
const PROBLEMS_KEPT: usize = 10;

/// The expected tasks and the problems found.
struct Verification<'a> {
    registry: &'a Registry,
    queue: Sender<(Ticket<'a>, Job)>,
    known: HashMap<Key, Known>,
    looks: usize,
    seen: usize,
    problems: Vec<String>,
}

/// What is known of a task.
struct Known {
    name: String,
    progress: u32,
    last_look: usize,
}

/// Runs the tasks, and returns a sentence that says what was checked, or the problems.
///
/// # Errors
///
/// If a thread cannot be started.
pub(crate) fn run(workers: usize) -> io::Result<Result<String, Vec<String>>> {
    let registry = Registry::new();
    thread::scope(|scope| {
        let (queue, waiting) = unbounded();
        let stopped = session::hire(scope, &waiting, workers.max(2)); // one of them waits to be cancelled
        let mut verification =
            Verification { registry: &registry, queue, known: HashMap::new(), looks: 0, seen: 0, problems: Vec::new() };
        stopped.map(|_workers| {
            verification.run();
            verification.result()
        })
    })
}

impl Verification<'_> {
    fn run(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let Some(waiting) = self.submit(Job::waiting()) else { return };
        let mut submitted = 1;
        while submitted < TASKS || self.registry.len() > 1 {
            while submitted < TASKS && self.registry.len() < LIVE {
                if self.submit(Job::mixed(submitted, 1)).is_none() {
                    return;
                }
                submitted += 1;
            }
            self.look();
            if Instant::now() > deadline {
                return self.problem("the tasks take too long");
            }
        }
        self.look();
        self.cancel_as_a_person_would(waiting);
        while self.registry.len() > 0 {
            self.look();
            if Instant::now() > deadline {
                return self.problem("the cancelled task is still running");
            }
        }
        self.expect(&format!("cancel {waiting}"), "has ended: cancelled");
        self.expect(&format!("show {waiting}"), State::Cancelled.name());
        self.expect("list", "all tasks have ended");
    }

    /// Registers a task and sends it to the workers.
    fn submit(&mut self, job: Job) -> Option<Key> {
        let name = job.name();
        let Some(ticket) = self.registry.register(&name) else {
            self.problem("the slab has no room");
            return None;
        };
        let key = ticket.key();
        if self.known.insert(key, Known { name, progress: 0, last_look: 0 }).is_some() {
            self.problem(format_args!("the key {key} was handed out twice"));
        }
        let _ = self.queue.send((ticket, job)); // without workers its end is recorded too
        Some(key)
    }

    /// Looks at all tasks under one pin.
    fn look(&mut self) {
        self.looks += 1;
        let look = self.looks;
        let mut problems = Vec::new();
        for (key, task) in &self.registry.pin() {
            let key = Key(key);
            let Some(known) = self.known.get_mut(&key) else {
                problems.push(format!("{key} was seen, and never registered"));
                continue;
            };
            let (name, progress) = (&task.name, task.progress());
            if known.last_look == look {
                problems.push(format!("{key} was seen twice in one look"));
            }
            if *name != known.name {
                problems.push(format!("{key} should be {:?}, not {name:?}", known.name));
            }
            if progress < known.progress {
                problems.push(format!("{key} went back from {} to {progress} per mille", known.progress));
            }
            (known.last_look, known.progress) = (look, progress);
            self.seen += 1;
        }
        // Ended tasks are in the journal before they leave the slab: a task in neither was missed.
        let ended = self.registry.journal().since(0);
        let ended: HashSet<Key> = ended.iter().map(|outcome| outcome.key).collect();
        for (key, known) in &self.known {
            if known.last_look != look && !ended.contains(key) {
                problems.push(format!("{key} ({}) was not seen", known.name));
            }
        }
        self.problems.extend(problems);
        thread::sleep(PAUSE);
    }

    /// Finds the task by its name, and cancels it by the key that the table shows.
    fn cancel_as_a_person_would(&mut self, waiting: Key) {
        let Answer::Text(table) = operator::answer(self.registry, "find TO BE cancelled", Space::UNLIMITED) else {
            return self.problem("`find` is not to quit");
        };
        let found = table.lines().nth(1).and_then(|row| row.split_whitespace().next()).unwrap_or_default().to_owned();
        if found != waiting.to_string() {
            self.problem(format_args!("`find` should have shown the key {waiting}, and said {table:?}"));
        }
        self.expect(&format!("cancel {found}"), "cancelling");
    }

    /// Executes a line, and expects an answer that contains `expected`.
    fn expect(&mut self, line: &str, expected: &str) {
        match operator::answer(self.registry, line, Space::UNLIMITED) {
            Answer::Text(text) if text.contains(expected) => {}
            answer => self.problem(format_args!("`{line}` should have said {expected:?}, not {answer:?}")),
        }
    }

    fn count(&mut self, state: State, expected: usize) {
        let count = self.registry.journal().count(state);
        if count != expected {
            self.problem(format_args!("{expected} tasks should have {state}, not {count}"));
        }
    }

    fn problem(&mut self, problem: impl Display) {
        self.problems.push(problem.to_string());
    }

    fn result(&mut self) -> Result<String, Vec<String>> {
        if self.problems.is_empty() {
            let faults = (1..TASKS).filter(|number| Job::mixed(*number, 1).is_fault()).count();
            self.count(State::Cancelled, 1);
            self.count(State::Failed, faults);
            self.count(State::Finished, TASKS - 1 - faults);
        }
        let unseen = self.known.values().filter(|known| known.last_look == 0).count();
        if unseen > 0 {
            self.problem(format_args!("{unseen} tasks were never seen"));
        }
        if !self.problems.is_empty() {
            self.problems.truncate(PROBLEMS_KEPT);
            return Err(std::mem::take(&mut self.problems));
        }
        let (looks, seen) = (HumanCount(self.looks as u64), HumanCount(self.seen as u64));
        Ok(format!(
            "verified: {TASKS} tasks, {looks} looks that saw {seen} entries and missed none, 1 cancelled, 0 left"
        ))
    }
}

impl Drop for Verification<'_> {
    /// Cancels all tasks even if a check panics. Otherwise the workers would wait for ever, and the scope for them.
    fn drop(&mut self) {
        self.registry.cancel_all();
    }
}
