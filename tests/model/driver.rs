//! Does to a store and to the oracle what a case says, and compares.

use std::{
    fmt, mem,
    sync::{Arc, Mutex},
    thread::{self, Scope},
};

use proptest::{sample::Index, strategy::BoxedStrategy};

use super::{
    call::{Call, attempt},
    guard::{Exclusive, Shared},
    interlude,
    keys::{KeyChoice, one_of},
    operations::{Case, Operation, Phase},
    oracle::{Oracle, Released, Stand},
    store::Store,
    value::{Curse, Ledger, Value},
    workers::Workers,
};

/// A store that can be driven: with what only this kind of store can do.
pub(crate) trait Driven: Store {
    type Operation: Clone + fmt::Debug + 'static;
    /// What its own operations hold while a phase lasts.
    type Held<'scope, 'env>: Default;

    /// How often its own operations come, where all others together weigh 62.
    const WEIGHT: u32;

    fn operation() -> BoxedStrategy<Self::Operation>;
    fn step(run: &mut Run<'_, '_, '_, Self>, worker: usize, operation: &Self::Operation);
    /// Makes an entry, if there is room: its key.
    fn add(run: &mut Run<'_, '_, '_, Self>, worker: usize) -> Option<usize>;
    /// The last guard of what somebody waits for has been dropped: he gets it.
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
    // In this order, so that when a comparison fails all guards are dropped before anybody is waited for.
    guards: Vec<Box<dyn Shared + 'env>>,
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
    let mut store = Arc::new(S::new());
    let mut oracle = Oracle::new(S::ENDING);
    for Phase { operations, interlude } in &case.phases {
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
                run.step(*worker, operation);
                compare(&*store, run.oracle, &ledger);
            }
            run.let_go();
        });
        let _truce = Truce(&ledger);
        compare(&*store, &oracle, &ledger);
        let store = Arc::get_mut(&mut store).expect("all owned guards were dropped or forgotten with their `Arc`");
        interlude::between(store, &mut oracle, interlude);
        compare(store, &oracle, &ledger);
    }
    let _truce = Truce(&ledger);
    oracle.check_given();
    let store = Arc::into_inner(store).expect("all owned guards were dropped");
    interlude::finish(store, &mut oracle, case.into_iter);
    assert_eq!(ledger.counts().2, 0, "values are left after the store");
}

/// All that can be seen without changing anything.
fn compare<S: Store>(store: &S, oracle: &Oracle<S::Config>, ledger: &Ledger) {
    assert_eq!(store.len(), oracle.len(), "len");
    assert_eq!(store.is_empty(), oracle.len() == 0);
    assert_eq!(store.capacity(), oracle.capacity(), "capacity");
    assert_eq!(ledger.counts(), oracle.counts(), "values made, clearings, and values alive");
    for (key, entry) in oracle.entries() {
        assert_eq!(store.contains(key), oracle.readable(key).is_some(), "contains {key:#x}");
        assert!(ledger.is_alive(entry.id), "the value of {key:#x} ended early");
    }
    assert!(oracle.kept().all(|id| ledger.is_alive(id)), "a value that a slot keeps has ended");
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
            Operation::CloneGuard(index) => self.clone_guard(index),
            Operation::ReadGuard(index) => self.read_guard(index),
            Operation::DropGuard(index) => self.drop_guard(worker, index),
            Operation::EndByGuard(index) => self.end_by_guard(worker, index),
            Operation::ForgetGuard(index) => self.forget_guard(index),
            Operation::Exclude(choice) => self.exclude(worker, choice),
            Operation::Write(index, number, curse) => self.write(index, *number, *curse),
            Operation::Downgrade(index) => self.downgrade(worker, index),
            Operation::Include(index) => self.include(worker, index),
            Operation::EndByExclusive(index) => self.end_by_exclusive(worker, index),
            Operation::ForgetExclusive(index) => self.forget_exclusive(index),
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
            Operation::Restart => self.workers.restart(worker),
        }
    }

    /// Runs `task` on the chosen thread. A planned panic is a result, any other goes on.
    pub(crate) fn act<R: Send + 'env>(
        &mut self,
        worker: usize,
        task: impl FnOnce() -> R + Send + 'env,
    ) -> Result<R, Call> {
        self.workers.run(worker, move || attempt(task))
    }

    fn end(&mut self, worker: usize, key: usize) {
        let store = self.store;
        let ended = self.act(worker, move || store.end(key));
        assert_eq!(ended, self.oracle.end(key), "the end of {key:#x}");
    }

    fn get(
        &mut self,
        worker: usize,
        choice: &KeyChoice,
        get: impl FnOnce(usize) -> Option<Box<dyn Shared + 'env>> + Send + 'env,
    ) {
        let key = choice.key(self.oracle);
        let guard = self.workers.run(worker, move || get(key));
        let id = guard.as_ref().map(|guard| guard.value().id());
        assert_eq!(id, self.oracle.get(key), "get {key:#x}");
        if let Some(guard) = guard {
            assert_eq!(guard.key(), key);
            self.guards.push(guard);
        }
    }

    fn clone_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let clone = self.guards[chosen].share();
        self.oracle.entry_mut(clone.key()).guards += 1;
        self.guards.push(clone);
    }

    fn read_guard(&self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        self.compare_value(self.guards[chosen].key(), self.guards[chosen].value());
    }

    fn compare_value(&self, key: usize, value: &Value) {
        let entry = self.oracle.entry(key).expect("a guard's entry has not ended");
        assert_eq!((value.id(), value.written()), (entry.id, entry.written), "the value of {key:#x}");
    }

    /// Does on the chosen thread, and then in the oracle, what lets a guard of `key` go.
    fn release<R: Send + fmt::Debug + PartialEq + 'env>(
        &mut self,
        worker: usize,
        key: usize,
        act: impl FnOnce() -> R + Send + 'env,
        foresee: impl FnOnce(&mut Oracle<S::Config>) -> Result<(R, Released), Call>,
    ) {
        let id = self.oracle.entry_mut(key).id;
        let outcome = self.act(worker, act);
        let foreseen = foresee(self.oracle);
        assert_eq!(outcome.as_ref(), foreseen.as_ref().map(|(result, _)| result), "a guard of {key:#x} lets go");
        if matches!(foreseen, Ok((_, Released::HandedOver))) {
            S::hand_over(self, key, id);
        }
    }

    fn drop_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        self.release(worker, key, move || drop(guard), |oracle| Ok(((), oracle.release(key)?)));
    }

    fn end_by_guard(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let guard = self.guards.swap_remove(chosen);
        let key = guard.key();
        self.release(worker, key, move || guard.end(), |oracle| Ok((oracle.end(key)?, oracle.release(key)?)));
    }

    fn forget_guard(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.guards) else { return };
        let entry = self.oracle.entry_mut(self.guards[chosen].key());
        // Not what somebody waits for: he would wait for ever. Not an owned guard: the store would never be dropped.
        if entry.stand != Stand::Awaited && !self.guards[chosen].is_owned() {
            entry.forgotten += 1;
            self.guards.swap_remove(chosen).forget();
        }
    }

    fn exclude(&mut self, worker: usize, choice: &KeyChoice) {
        let (store, key) = (self.store, choice.key(self.oracle));
        let exclusive = self.workers.run(worker, move || store.get_exclusive(key));
        let id = exclusive.as_ref().map(|exclusive| exclusive.value().id()).map_err(|&error| error);
        assert_eq!(id, self.oracle.exclude(key), "get_exclusive {key:#x}");
        if let Ok(exclusive) = exclusive {
            assert_eq!(exclusive.key(), key);
            self.exclusives.push(exclusive);
        }
    }

    fn write(&mut self, index: &Index, number: u64, curse: Curse) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let key = self.exclusives[chosen].key();
        self.compare_value(key, self.exclusives[chosen].value());
        self.exclusives[chosen].value_mut().write(number, curse);
        let entry = self.oracle.entry_mut(key);
        (entry.written, entry.curse) = (Some(number), curse);
    }

    fn downgrade(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.guards.push(self.workers.run(worker, move || exclusive.downgrade()));
        self.oracle.downgrade(key);
    }

    fn include(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.release(worker, key, move || drop(exclusive), |oracle| Ok(((), oracle.include(key)?)));
    }

    fn end_by_exclusive(&mut self, worker: usize, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let exclusive = self.exclusives.swap_remove(chosen);
        let key = exclusive.key();
        self.release(worker, key, move || exclusive.end(), |oracle| Ok((oracle.end(key)?, oracle.include(key)?)));
    }

    fn forget_exclusive(&mut self, index: &Index) {
        let Some(chosen) = one_of(index, &self.exclusives) else { return };
        let entry = self.oracle.entry_mut(self.exclusives[chosen].key());
        if entry.stand != Stand::Awaited && !self.exclusives[chosen].is_owned() {
            entry.forgotten += 1;
            self.exclusives.swap_remove(chosen).forget();
        }
    }

    fn retain(&mut self, worker: usize, multiple: u64, panics_at: Option<usize>) {
        let (store, asked) = (self.store, Arc::new(Mutex::new(Vec::new())));
        let outcome = self.act(worker, {
            let asked = Arc::clone(&asked);
            move || {
                store.retain(|key, value| {
                    let mut asked = asked.lock().expect("it is let go before a panic");
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
        let asked = mem::take(&mut *asked.lock().expect("it is let go before a panic"));
        let oracle = &mut *self.oracle;
        let mut readable = oracle.all_endable();
        readable.retain(|&key, _| oracle.readable(key).is_some());
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

    /// Ends the phase: all guards and reservations are dropped on this thread, and all threads end.
    fn let_go(&mut self) {
        while let Some(guard) = self.guards.pop() {
            let (key, id) = (guard.key(), guard.value().id());
            let outcome = attempt(|| drop(guard));
            let foreseen = self.oracle.release(key);
            self.has_let_go(key, id, outcome, foreseen);
        }
        while let Some(exclusive) = self.exclusives.pop() {
            let (key, id) = (exclusive.key(), exclusive.value().id());
            let outcome = attempt(|| drop(exclusive));
            let foreseen = self.oracle.include(key);
            self.has_let_go(key, id, outcome, foreseen);
        }
        S::let_go(self);
    }

    fn has_let_go(&mut self, key: usize, id: u64, outcome: Result<(), Call>, foreseen: Result<Released, Call>) {
        assert_eq!(outcome, foreseen.map(drop), "a guard of {key:#x} lets go");
        if foreseen == Ok(Released::HandedOver) {
            S::hand_over(self, key, id);
        }
    }
}
