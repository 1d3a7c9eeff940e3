//! Five threads, and then one more, do anything in any order, on a store with four shards of a few slots.
//!
//! Random schedules, and schedules of few preemptions (Burckhardt et al., "A Randomized Scheduler with Probabilistic
//! Guarantees of Finding Bugs", 2010), as many as take some seconds. `shuttle` itself notices when all threads wait.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use flagstone::{Config, Pool, Slab};
use shuttle::{
    Runner,
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
    thread,
};

use crate::{
    random::Random,
    scenario::configuration,
    store::{Pinned, Store},
    value::{Tally, Value},
};

/// Four threads with shards of one slot and two. The fifth thread is at first the only one in the overflow shard.
struct Tiny;

impl Config for Tiny {
    const MAX_THREADS: usize = 4;
    const MAX_PAGES: usize = 2;
    const INITIAL_PAGE_SIZE: usize = 1;
}

const THREADS: usize = 5;
const OPERATIONS: usize = 8;
const EXECUTIONS: usize = 4_000;
const PREEMPTIONS: usize = 4;

/// What the threads know of the store, in the standard library's lock, which is never held over a step.
#[derive(Default)]
struct Board(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The numbers of the values, by key.
    made: BTreeMap<usize, usize>,
    /// A thread was told that it has ended these.
    ended: BTreeSet<usize>,
}

impl Board {
    fn note_made(&self, key: usize, number: usize) {
        assert_eq!(self.0.lock().unwrap().made.insert(key, number), None, "a key came twice");
    }

    fn note_ended(&self, key: usize) {
        assert!(self.0.lock().unwrap().ended.insert(key), "two have ended an entry");
    }

    /// An entry that was made, the number of its value, and whether it has ended already.
    fn choose(&self, random: &mut Random) -> Option<(usize, usize, bool)> {
        let known = self.0.lock().unwrap();
        // The latest ones are of most interest.
        let nth = random.below(8.min(known.made.len().max(1)));
        let latest = known.made.iter().max_by_key(|&(_, number)| number)?;
        let (&key, &number) = known.made.iter().rev().nth(nth).unwrap_or(latest);
        Some((key, number, known.ended.contains(&key)))
    }

    fn left(&self) -> usize {
        let known = self.0.lock().unwrap();
        known.made.len() - known.ended.len()
    }
}

/// What a thread works with.
struct Worker<'a, S> {
    store: &'a S,
    tally: &'a Tally,
    board: &'a Board,
    random: Random,
    /// The number of the thread's next value.
    number: usize,
}

impl<S: Store> Worker<'_, S> {
    fn work(&mut self) {
        let store = self.store;
        let mut guards = Vec::new();
        for _ in 0..OPERATIONS {
            match self.random.below(10) {
                0 => {
                    let pinned = store.pin();
                    let mut held = Vec::new();
                    for _ in 0..3 {
                        held.extend(self.read(|key| pinned.get(key)));
                        self.briefly();
                    }
                    assert!(pinned.iter().all(|(_, value)| value.read() > 0));
                    for (value, number) in held {
                        assert_eq!(value.read(), number, "a pin holds it");
                    }
                }
                1 | 2 => guards.extend(self.read(|key| store.get(key))),
                3 => drop(guards.pop()),
                // A thread that waits for others must hold nothing for which they may wait.
                4 if guards.is_empty() => self.end(S::wait_and_end),
                _ => self.briefly(),
            }
            for (entry, number) in &guards {
                assert_eq!(entry.read(), *number, "it has a guard");
            }
        }
    }

    /// Performs an operation that never waits and leaves nothing behind.
    fn briefly(&mut self) {
        match self.random.below(10) {
            0..4 => {
                self.number += 1;
                if let Some(key) = self.store.add(self.tally, self.number) {
                    self.board.note_made(key, self.number);
                }
            }
            4..6 => self.end(S::end),
            6 => self.end(S::try_end),
            7 => {
                if let Some((key, number, _)) = self.board.choose(&mut self.random) {
                    if let Ok(mut entry) = self.store.exclusive(key) {
                        entry.change(number);
                    }
                }
            }
            8 => self.store.trim(),
            _ => {
                let store = self.store;
                drop(self.read(|key| store.get(key)));
            }
        }
    }

    fn read<V: Deref<Target = Value>>(&mut self, get: impl FnOnce(usize) -> Option<V>) -> Option<(V, usize)> {
        let (key, number, ended) = self.board.choose(&mut self.random)?;
        let value = get(key)?;
        assert!(!ended, "an entry was found that had ended");
        assert_eq!(value.read(), number);
        Some((value, number))
    }

    fn end(&mut self, end: impl FnOnce(&S, usize) -> bool) {
        if let Some((key, _, ended)) = self.board.choose(&mut self.random) {
            if end(self.store, key) {
                assert!(!ended, "an entry was ended that had ended");
                self.board.note_ended(key);
            }
        }
    }
}

fn crowd<S: Store>(name: &str, scheduler: impl Scheduler + 'static) {
    let start = Instant::now();
    let (made, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (tally, execution) = (Tally::default(), AtomicU64::new(0));
    let counts = (Arc::clone(&made), Arc::clone(&ended));
    let executions = Runner::new(scheduler, configuration()).run(move || {
        tally.begin();
        tally.end(); // a pool drops what it keeps on the pages that are trimmed
        let seed = 100 * execution.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::new((S::new(), Board::default(), tally.clone()));
        let spawn = |number: usize| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (store, board, tally) = &*shared;
                let random = Random::of_seed(seed + number as u64);
                Worker { store, tally, board, random, number: 100 * (1 + number) }.work();
            })
        };
        let mut threads = (0..THREADS).map(spawn).collect::<Vec<_>>().into_iter();
        threads.next().expect("there are some").join().unwrap();
        let late = spawn(THREADS); // it has the number of the first one, which has ended
        threads.chain([late]).for_each(|thread| thread.join().unwrap());

        let (store, board, tally) = Arc::into_inner(shared).expect("all threads are joined");
        assert_eq!((store.len(), tally.in_use()), (board.left(), board.left()), "entries left");
        store.retain(|_| false);
        assert_eq!((store.len(), tally.in_use()), (0, 0), "an entry that was ended did not go");
        drop(store);
        tally.finish();
        let known = board.0.into_inner().unwrap();
        counts.0.fetch_add(known.made.len() as u64, Ordering::Relaxed);
        counts.1.fetch_add(known.ended.len() as u64, Ordering::Relaxed);
    });
    let (made, ended) = (made.load(Ordering::Relaxed), ended.load(Ordering::Relaxed));
    let seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "crowd   {}: {name:<49} {executions:>5} executions, {made} entries, {ended} ended by name {seconds:.2} s",
        S::NAME
    );
    assert!(executions == EXECUTIONS && ended > made / 4, "too little has happened");
}

/// Other schedules, and other operations, in each of them; the same in every run.
const SEED: u64 = 20_260;

#[test]
fn slab_at_random() {
    crowd::<Slab<Value, Tiny>>("random", RandomScheduler::new_from_seed(SEED, EXECUTIONS));
}

#[test]
fn pool_at_random() {
    crowd::<Pool<Value, Tiny>>("random", RandomScheduler::new_from_seed(SEED, EXECUTIONS));
}

#[test]
fn slab_with_few_preemptions() {
    crowd::<Slab<Value, Tiny>>("few preemptions", PctScheduler::new_from_seed(SEED, PREEMPTIONS, EXECUTIONS));
}

#[test]
fn pool_with_few_preemptions() {
    crowd::<Pool<Value, Tiny>>("few preemptions", PctScheduler::new_from_seed(SEED, PREEMPTIONS, EXECUTIONS));
}
