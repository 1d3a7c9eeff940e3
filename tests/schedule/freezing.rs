//! The scheduler that stops one thread for ever, after each of its steps in turn.

use std::collections::{BTreeMap, BTreeSet};

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

use crate::{
    actor::{Place, SharedCourse},
    random::Random,
};

/// Which execution it is.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// The victim is stopped after so many steps.
    freeze_after: usize,
    /// What is random comes from it. With 0 nothing is: the victim runs first, and the others one after the other.
    seed: u64,
}

/// How the others are run while the victim is stopped.
#[derive(Clone, Copy, Debug)]
enum Order {
    Mixed,
    /// One of them stands where it has come to until the other one is done: so each must get along alone.
    LowestFirst,
    HighestFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Thread after thread prepares.
    Preparing,
    /// All run; then all but the victim.
    Acting,
    /// The others are done, or were found waiting: all go on to the end.
    Ending,
}

#[derive(Clone, Copy, Debug)]
struct Thread {
    place: Place,
    /// How often it has let others prepare first.
    gave_way: usize,
    /// Since it acts.
    steps: usize,
    operation: &'static str,
    steps_of_operation: usize,
}

/// One execution, and the sum of those before it.
pub(crate) struct Course {
    plan: Plan,
    phase: Phase,
    threads: Vec<Thread>,
    random: Random,
    order: Order,
    /// The others take so many steps before the victim begins.
    head_start: usize,
    /// The victim is chosen once in so many times.
    odds: usize,
    frozen: bool,
    findings: Findings,
}

/// What a scenario has shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) executions: usize,
    /// Executions in which the victim was stopped before it was done.
    pub(crate) freezes: usize,
    /// The most steps that the victim had, over all schedules; 0 and each number below was a place to stop at.
    pub(crate) victims_steps: usize,
    /// The most steps that one of the others needed for all its work while the victim was stopped.
    pub(crate) longest_work: usize,
    /// The most that it needed for one operation.
    pub(crate) longest_operations: BTreeMap<&'static str, usize>,
    /// In how many executions an operation was waiting for the stopped victim.
    pub(crate) waiting: BTreeMap<&'static str, usize>,
    /// After how many steps of the victim that was, where it ran first.
    pub(crate) waiting_after: BTreeSet<usize>,
}

/// A thread that needs more steps than that for one operation waits. The longest operations that do not wait, those
/// that visit every entry, need less than half of it.
const MOST_STEPS: usize = 800;

/// After so many executions of a scenario no other seed is begun: where there are many places to stop at.
const ENOUGH: usize = 600;

impl Course {
    pub(crate) fn new(threads: usize) -> Self {
        let thread =
            Thread { place: Place::Preparing, gave_way: 0, steps: 0, operation: "none", steps_of_operation: 0 };
        Self {
            plan: Plan { freeze_after: 0, seed: 0 },
            phase: Phase::Preparing,
            threads: vec![thread; threads],
            random: Random::of_seed(0),
            order: Order::LowestFirst,
            head_start: 0,
            odds: 1,
            frozen: false,
            findings: Findings::default(),
        }
    }

    fn begin(&mut self, plan: Plan) {
        let mut random = Random::of_seed(plan.seed);
        let (head_start, odds, order) = match plan.seed {
            0 => (0, 1, Order::LowestFirst),
            seed => (
                // In every other schedule no thread begins with a lead.
                if seed % 2 == 0 { random.below(2 * self.findings.longest_work.max(1)) } else { 0 },
                2 + random.below(6),
                [Order::Mixed, Order::LowestFirst, Order::HighestFirst][random.below(3)],
            ),
        };
        let findings = std::mem::take(&mut self.findings);
        *self = Self { plan, random, order, head_start, odds, findings, ..Self::new(self.threads.len()) };
        self.findings.executions += 1;
    }

    /// Where the execution stands, for one that fails.
    pub(crate) fn describe(&self) -> String {
        format!(
            "{:?}, {:?}, victim {}: {:?}",
            self.plan,
            self.order,
            if self.frozen { "stopped" } else { "free" },
            self.threads
        )
    }

    pub(crate) fn findings(&self) -> Findings {
        self.findings.clone()
    }

    pub(crate) fn arrive(&mut self, number: usize, place: Place) {
        self.threads[number].place = place;
        self.begin_operation(number, "none");
    }

    pub(crate) fn give_way(&mut self, number: usize) {
        self.threads[number].gave_way += 1;
    }

    pub(crate) fn begin_operation(&mut self, number: usize, operation: &'static str) {
        self.threads[number].operation = operation;
        self.threads[number].steps_of_operation = 0;
    }

    /// The task that takes the next step, by its number: 0 is the test itself, and from 1 on our threads.
    fn choose(&mut self, runnable: &[usize]) -> usize {
        if self.phase == Phase::Preparing {
            if runnable.contains(&0) {
                return 0;
            }
            let preparing = |&&task: &&usize| self.threads[task - 1].place == Place::Preparing;
            let first = runnable.iter().filter(preparing).min_by_key(|&&task| (self.threads[task - 1].gave_way, task));
            if let Some(&task) = first {
                return task;
            }
            let stuck = self.threads.iter().any(|thread| thread.place == Place::Preparing);
            assert!(!stuck, "the scenario cannot be prepared");
            self.phase = Phase::Acting;
        }
        if self.phase == Phase::Acting {
            if let Some(number) = self.choose_actor(runnable) {
                self.count_step(number);
                return number + 1;
            }
            self.phase = Phase::Ending;
        }
        runnable[self.random.below(runnable.len())]
    }

    /// The thread that takes the next step that counts. `None` if the others are done, or one was found waiting.
    fn choose_actor(&mut self, runnable: &[usize]) -> Option<usize> {
        let victim = self.threads[0];
        self.frozen = victim.place != Place::Done && victim.steps >= self.plan.freeze_after;
        let can_act = |number: usize| self.threads[number].place != Place::Done && runnable.contains(&(number + 1));
        let others: Vec<_> = (1..self.threads.len()).filter(|&number| can_act(number)).collect();
        let victim_can = !self.frozen && can_act(0);
        if self.found_waiting(&others) {
            return None;
        }
        if others.is_empty() {
            return victim_can.then_some(0);
        }
        if self.frozen {
            return Some(match self.order {
                Order::Mixed => others[self.random.below(others.len())],
                Order::LowestFirst => others[0],
                Order::HighestFirst => others[others.len() - 1],
            });
        }
        let lead = self.head_start > 0;
        self.head_start = self.head_start.saturating_sub(1);
        let victims_turn = victim_can && !lead && self.random.below(self.odds) == 0;
        Some(if victims_turn { 0 } else { others[self.random.below(others.len())] })
    }

    /// Whether one of the others waits for the victim: it cannot run, or does not come to an end.
    fn found_waiting(&mut self, can_act: &[usize]) -> bool {
        if !self.frozen {
            return false;
        }
        let blocked = |number: usize| !can_act.contains(&number) && self.threads[number].place != Place::Done;
        let spins = |number: usize| self.threads[number].steps_of_operation > MOST_STEPS;
        // One that cannot run may wait for another one of the others; when none can, it is for the victim.
        let waits = |&number: &usize| spins(number) || (can_act.is_empty() && blocked(number));
        let Some(number) = (1..self.threads.len()).find(waits) else { return false };
        *self.findings.waiting.entry(self.threads[number].operation).or_default() += 1;
        if self.plan.seed == 0 {
            self.findings.waiting_after.insert(self.plan.freeze_after);
        }
        true
    }

    fn count_step(&mut self, number: usize) {
        let thread = &mut self.threads[number];
        thread.steps += 1;
        thread.steps_of_operation += 1;
        if number == 0 {
            self.findings.victims_steps = self.findings.victims_steps.max(thread.steps);
        } else if self.frozen && thread.steps_of_operation <= MOST_STEPS {
            self.findings.longest_work = self.findings.longest_work.max(thread.steps);
            let longest = self.findings.longest_operations.entry(thread.operation).or_default();
            *longest = thread.steps_of_operation.max(*longest);
        }
    }
}

/// Stops the victim after 0, 1, 2 ... steps, until it is done before that; then again, with the next seed.
pub(crate) struct Freezer {
    course: SharedCourse,
    next: Option<Plan>,
    seeds: u64,
}

impl Freezer {
    pub(crate) fn new(course: SharedCourse, seeds: u64) -> Self {
        Self { course, next: None, seeds }
    }
}

impl Scheduler for Freezer {
    fn new_execution(&mut self) -> Option<Schedule> {
        let mut course = self.course.lock();
        let plan = match self.next {
            None => Plan { freeze_after: 0, seed: 0 },
            Some(last) if course.frozen => Plan { freeze_after: last.freeze_after + 1, ..last },
            Some(last) => Plan { freeze_after: 0, seed: last.seed + 1 },
        };
        course.findings.freezes += usize::from(course.frozen);
        if plan.seed > self.seeds || (plan.freeze_after == 0 && course.findings.executions > ENOUGH) {
            return None;
        }
        self.next = Some(plan);
        course.begin(plan);
        Some(Schedule::new(plan.seed))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        let runnable: Vec<_> = runnable.iter().map(|task| usize::from(task.id())).collect();
        Some(TaskId::from(self.course.lock().choose(&runnable)))
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("shuttle's random numbers are not used")
    }
}
