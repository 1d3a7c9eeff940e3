//! Does to a store and to the oracle what a case says, and compares.

use std::{
    fmt, mem,
    sync::{Arc, Mutex},
    thread::{self, Scope},
};

use proptest::strategy::BoxedStrategy;

use super::{
    call::{Call, attempt},
    guard::{Exclusive, Shared},
    interlude,
    operations::{Case, Operation, Phase},
    oracle::{Oracle, Trimmed},
    store::{Ending, Store},
    value::Ledger,
    workers::Workers,
};

/// A store that can be driven: with what only this kind of store can do.
pub(crate) trait Driven: Store {
    type Operation: Clone + fmt::Debug + 'static;
    /// What its own operations hold while a phase lasts.
    type Held<'scope, 'env>: Default;

    /// How often its own operations come, where all others together weigh 96.
    const WEIGHT: u32;

    fn operation() -> BoxedStrategy<Self::Operation>;
    /// Those of its own operations that came later.
    fn later_operation() -> BoxedStrategy<Self::Operation>;
    fn step(run: &mut Run<'_, '_, '_, Self>, worker: usize, operation: &Self::Operation);
    /// Makes an entry, if there is room: its key.
    fn add(run: &mut Run<'_, '_, '_, Self>, worker: usize) -> Option<usize>;
    /// Whether a thread that waits for an entry has got it.
    fn is_handed_over(run: &Run<'_, '_, '_, Self>, key: usize) -> bool;
    /// The last guard of an entry for which a thread waits has been dropped, and all pins: the thread gets it.
    fn hand_over(run: &mut Run<'_, '_, '_, Self>, key: usize, id: u64);
    /// The phase ends, and no guards are left.
    fn let_go(run: &mut Run<'_, '_, '_, Self>);
}

/// What is held while a phase lasts.
pub(crate) struct Run<'run, 'scope, 'env, S: Driven> {
    pub(crate) store: &'env Arc<S>,
    pub(crate) oracle: &'run mut Oracle<S::Config>,
    pub(crate) ledger: &'env Arc<Ledger>,
    pub(crate) scope: &'scope Scope<'scope, 'env>,
    // In this order, so that when a comparison fails all guards are dropped before any thread is joined.
    pub(crate) guards: Vec<Box<dyn Shared + 'env>>,
    pub(crate) exclusives: Vec<Box<dyn Exclusive + 'env>>,
    pub(crate) held: S::Held<'scope, 'env>,
    pub(crate) workers: Workers<'scope, 'env>,
}

/// Lifts all curses when a case has failed.
struct Truce<'ledger>(&'ledger Ledger);

impl Drop for Truce<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lift_curses();
        }
    }
}

/// Runs a case with as many threads, or (0) on the caller's own.
pub(crate) fn run<S: Driven>(case: &Case<S::Operation>, threads: usize) {
    let ledger = Ledger::open();
    let has_init = case.phases.len() % 2 == 0;
    let mut store = Arc::new(if has_init { S::with_init() } else { S::new() });
    let mut oracle = Oracle::new(S::ENDING);
    for (number, Phase { operations, pins_first, interlude }) in case.phases.iter().enumerate() {
        // Of every second phase two threads fewer, so that there are shards of threads that have ended.
        let threads = if number % 2 == 1 && threads > 2 { threads - 2 } else { threads };
        thread::scope(|scope| {
            let mut run = Run {
                store: &store,
                oracle: &mut oracle,
                ledger: &ledger,
                scope,
                guards: Vec::new(),
                exclusives: Vec::new(),
                held: S::Held::default(),
                workers: Workers::new(scope, threads),
            };
            let _truce = Truce(&ledger);
            for (worker, operation) in operations {
                if case.has_pins || !matches!(operation, Operation::Pin | Operation::PinOnAll) {
                    run.step(*worker, operation);
                }
                compare(&*store, run.oracle, &ledger);
            }
            run.let_go(*pins_first);
        });
        let _truce = Truce(&ledger);
        compare(&*store, &oracle, &ledger);
        let store = Arc::get_mut(&mut store).expect("all owned guards were dropped or forgotten with their `Arc`");
        interlude::between(store, &mut oracle, interlude);
        compare(store, &oracle, &ledger);
    }
    let _truce = Truce(&ledger);
    oracle.check_given();
    let by_init = has_init && S::ENDING == Ending::Cleared;
    assert_eq!(ledger.of_init(), if by_init { ledger.counts().0 } else { 0 }, "values that the pool's function made");
    let store = Arc::into_inner(store).expect("all owned guards were dropped");
    interlude::finish(store, &mut oracle, case.into_iter);
    assert_eq!(ledger.counts().2, 0, "values are left after the store");
}

/// All that can be seen without changing anything.
fn compare<S: Store>(store: &S, oracle: &Oracle<S::Config>, ledger: &Ledger) {
    assert_eq!(store.len(), oracle.len(), "len");
    assert_eq!(store.is_empty(), oracle.len() == 0);
    assert_eq!(store.capacity(), oracle.capacity(), "capacity");
    oracle.check_stats(&store.stats());
    assert_eq!(ledger.counts(), oracle.counts(), "values made, clearings, and values alive");
    for (key, entry) in oracle.entries() {
        assert_eq!(store.contains(key), oracle.readable(key).is_some(), "contains {key:#x}");
        assert!(ledger.is_alive(entry.id), "the value of {key:#x} ended early");
    }
    assert!(oracle.kept().all(|id| ledger.is_alive(id)), "a value that a slot keeps has ended");
}

/// Only free pages give memory back; panics go on.
pub(crate) fn compare_trim(outcome: Result<usize, Call>, expected: &Trimmed) {
    assert_eq!(outcome.err(), expected.panics.then_some(Call::Drop), "the end of kept values");
    assert!(expected.pages > 0 || outcome == Ok(0), "{outcome:?} bytes of no pages");
}

impl<'env, S: Driven> Run<'_, '_, 'env, S> {
    fn step(&mut self, worker: usize, operation: &Operation<S::Operation>) {
        let store = self.store;
        match operation {
            Operation::Own(operation) => S::step(self, worker, operation),
            Operation::Get(choice) => self.get(worker, choice, move |key| store.get(key)),
            Operation::GetOwned(choice) => {
                self.get(worker, choice, move |key| Some(Arc::clone(store).get_owned(key)? as Box<dyn Shared>));
            }
            Operation::GetArc(choice) => {
                let (count, guards) = (Arc::strong_count(store), self.guards.len());
                self.get(worker, choice, move |key| store.get_arc(key).map(|guard| guard as Box<dyn Shared>));
                let gained = self.guards.len() - guards;
                assert_eq!(Arc::strong_count(store), count + gained, "only a guard has a clone of the `Arc`");
            }
            Operation::TryGet(choice) => self.try_get(worker, choice),
            Operation::CloneGuard(index) => self.clone_guard(index),
            Operation::ReadGuard(index) => self.read_guard(index),
            Operation::DropGuard(index) => self.drop_guard(worker, index),
            Operation::EndByGuard(index) => self.end_by_guard(worker, index),
            Operation::ForgetGuard(index) => self.forget_guard(index),
            Operation::Exclude(choice) => self.exclude(worker, choice),
            Operation::WaitExclusive(choice, ends) => self.wait_exclusive(worker, choice, *ends),
            Operation::Write(index, number, curse) => self.write(index, *number, *curse),
            Operation::Downgrade(index) => self.downgrade(worker, index),
            Operation::Include(index) => self.include(worker, index),
            Operation::EndByExclusive(index) => self.end_by_exclusive(worker, index),
            Operation::ForgetExclusive(index) => self.forget_exclusive(index),
            Operation::Pin => self.pin(worker),
            Operation::PinOnAll => (0..self.workers.count()).for_each(|worker| self.pin(worker)),
            Operation::OfPin(index, of_pin) => self.use_pin(index, of_pin),
            Operation::Contains(choice) => {
                let key = choice.key(self.oracle);
                let contains = self.workers.run(worker, move || store.contains(key));
                assert_eq!(contains, self.oracle.readable(key).is_some(), "contains {key:#x}");
            }
            Operation::End(choice) => self.end(worker, choice.key(self.oracle)),
            Operation::Retain(multiple, panics_at) => self.retain(worker, *multiple, *panics_at),
            Operation::Churn(times) => {
                for _ in 0..*times {
                    if let Some(key) = S::add(self, worker) {
                        self.end(worker, key);
                    }
                }
            }
            Operation::Trim => self.trim(worker),
            Operation::Walk(walk) => self.walk(worker, walk),
            Operation::MakeRoom(additional) => self.make_room(worker, *additional),
            Operation::Restart => {
                self.unpin_all(Some(worker));
                self.workers.restart(worker);
            }
        }
    }

    /// Ends the phase: guards and pins are dropped, the former on this thread, and reservations; and all threads end.
    fn let_go(&mut self, pins_first: bool) {
        if pins_first {
            self.unpin_all(None);
        }
        self.drop_guards();
        self.unpin_all(None);
        S::let_go(self);
    }

    /// Runs `task` on the chosen thread. A planned panic is a result, any other goes on.
    pub(crate) fn act<R: Send + 'env>(
        &mut self,
        worker: usize,
        task: impl FnOnce() -> R + Send + 'env,
    ) -> Result<R, Call> {
        self.workers.run(worker, move || attempt(task))
    }

    pub(crate) fn end(&mut self, worker: usize, key: usize) {
        let store = self.store;
        let ended = self.act(worker, move || store.end(key));
        assert_eq!(ended, self.oracle.end(key), "the end of {key:#x}");
    }

    fn make_room(&mut self, worker: usize, additional: usize) {
        let store = self.store;
        let expected = self.oracle.make_room(self.workers.number(worker), additional);
        let made = self.workers.run(worker, move || store.reserve(additional));
        assert_eq!(made, expected, "room for {additional} more");
    }

    fn trim(&mut self, worker: usize) {
        let store = self.store;
        let number = self.workers.number(worker);
        if let Some(expected) = self.oracle.trim(number, &self.workers.numbers()) {
            compare_trim(self.act(worker, move || store.trim()), &expected);
        }
    }

    fn retain(&mut self, worker: usize, multiple: u64, panics_at: Option<usize>) {
        let (store, asked) = (self.store, Arc::new(Mutex::new(Vec::new())));
        let outcome = self.act(worker, {
            let asked = Arc::clone(&asked);
            move || {
                store.retain(|key, value| {
                    let mut asked = asked.lock().expect("it is unlocked before a panic");
                    asked.push((key, value.id()));
                    let is_last = Some(asked.len() - 1) == panics_at;
                    drop(asked);
                    if is_last {
                        Call::Closure.panic();
                    }
                    value.id() % multiple != 0
                });
            }
        });
        let asked = mem::take(&mut *asked.lock().expect("it is unlocked before a panic"));
        let oracle = &mut *self.oracle;
        let mut readable = oracle.all_readable();
        let mut foreseen = Ok(());
        for (number, (key, id)) in asked.into_iter().enumerate() {
            assert_eq!(foreseen, Ok(()), "`retain` goes on after a panic");
            assert_eq!(readable.remove(&key), Some(id), "`retain` asks about {key:#x}");
            foreseen = match id % multiple {
                _ if Some(number) == panics_at => Err(Call::Closure),
                0 => oracle.end(key).map(|ended| assert!(ended)),
                _ => Ok(()),
            };
        }
        assert_eq!(outcome, foreseen, "`retain`");
        assert!(foreseen.is_err() || readable.is_empty(), "`retain` does not ask about {readable:x?}");
    }
}
