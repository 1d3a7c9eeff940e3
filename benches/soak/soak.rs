//! The run: rounds of work, each followed by a check of the totals while no worker runs.

use std::error::Error;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use flagstone::{Config, DefaultConfig, Pool, Slab};
use indicatif::{HumanBytes, HumanCount};

use crate::arena::{NO_KEY, Site};
use crate::arguments::Arguments;
use crate::books::Books;
use crate::crowds::{Crowded, OneSlot, Wrapping};
use crate::ground::{Ground, Of};
use crate::history;
use crate::life::{Office, employ};
use crate::memory::{self, Quiet};
use crate::monitor::Monitor;
use crate::plot;
use crate::samples::Samples;
use crate::value::{DROPPED, MADE, Value};
use crate::violation::{self, Circumstances, raise};

/// Each page can hand out 2^15 keys, then its slots are retired. After some seconds the whole store is used up.
pub(crate) struct Spent;

impl Config for Spent {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 2;
    const RESERVED_BITS: usize = usize::BITS as usize - 15 - 2 - 2; // 2 for the page, 2 for the shard
    const WRAP_GENERATIONS: bool = false;
}

const STORES: usize = 8;
static BOOKS: [Books; STORES] = [const { Books::new() }; STORES];

/// A store at the beginning of the run, and how often workers choose it.
type Planned = (&'static str, usize, usize, usize, fn(Site) -> Box<dyn Ground + Send>);

/// Name, places of the shared table, entries that stay, weight, maker.
const PLANNED: [Planned; STORES] = [
    ("slab", 4096, 16, 6, Of::<Slab<Value, DefaultConfig>>::ground),
    ("pool", 2048, 16, 4, Of::<Pool<Value, DefaultConfig>>::ground),
    ("crowded slab", 20, 3, 3, Of::<Slab<Value, Crowded>>::ground),
    ("crowded pool", 20, 3, 2, Of::<Pool<Value, Crowded>>::ground),
    ("wrapping slab", 8, 0, 1, Of::<Slab<Value, Wrapping>>::ground),
    ("spent slab", 12, 2, 1, Of::<Slab<Value, Spent>>::ground),
    ("spent pool", 12, 2, 1, Of::<Pool<Value, Spent>>::ground),
    ("one-slot slab", 4, 0, 1, Of::<Slab<Value, OneSlot>>::ground),
];

/// The stores of a run.
pub(crate) fn grounds(threads: usize) -> Vec<Box<dyn Ground + Send>> {
    let sites = PLANNED.iter().zip(&BOOKS).enumerate();
    sites
        .map(|(number, (&(name, places, permanent, _, make), books))| {
            make(Site { number, name, books, places, permanent, threads })
        })
        .collect()
}

fn live() -> u64 {
    BOOKS.iter().map(Books::live).sum()
}

/// Runs for the requested time and returns the summary. A violation ends the process instead.
///
/// # Errors
///
/// If a thread cannot be started or a file cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let seed = arguments.seed.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
    let threads = arguments.threads();
    fs::create_dir_all(&arguments.out)
        .map_err(|error| format!("cannot make the folder {:?}: {error}", arguments.out))?;
    let file = arguments.out.join("violation.txt");
    let _ = fs::remove_file(&file); // of an earlier run
    violation::watch(Circumstances { seed, threads, file });

    let samples = Samples::create(&arguments.out.join("soak.csv"))?;
    let mut monitor = Monitor::new(samples, arguments.length(), threads, live);
    let mut grounds = grounds(threads);
    let (mut quiet, mut round, mut lives) = (Quiet::default(), 0, 0);
    while monitor.elapsed() < arguments.length() {
        round += 1;
        let seed = seed.wrapping_add(round as u64 * 0x1_0000);
        lives += work(&mut monitor, &grounds, arguments, seed, round)?;
        balance(&mut monitor, &mut grounds, &mut quiet, round)?;
    }
    monitor.end();
    let stores: String = grounds.iter().map(|ground| format!("  {}\n", ground.describe())).collect();
    drop(grounds);
    let (made, dropped) = (MADE.sum(), DROPPED.sum());
    if made != dropped {
        raise(usize::MAX, "all stores", NO_KEY, format_args!("{made} values were made, and {dropped} dropped"));
    }

    let elapsed = monitor.elapsed().as_secs_f64();
    let operations = history::operations();
    let heading = format!("flagstone soak: {} operations, {threads} threads, seed {seed}", HumanCount(operations));
    plot::draw(&monitor.samples.all, &heading, &arguments.out.join("soak.svg"))?;
    Ok(format!(
        "nothing was violated\n\
         {} operations in {elapsed:.0} s by {threads} threads ({:.2} million a second), seed {seed}\n\
         {round} rounds, {} threads lived; {} values made, as many dropped\n{stores}\
         memory with all stores empty: {} at first, {} at most, {} at last\n\
         written: {}\n",
        HumanCount(operations),
        operations as f64 / elapsed / 1e6,
        HumanCount(lives),
        HumanCount(made),
        HumanBytes(quiet.first.unwrap_or(0)),
        HumanBytes(quiet.most),
        HumanBytes(quiet.last),
        arguments.out.display(),
    ))
}

/// Runs the workers for a round, and returns how many threads lived.
fn work(
    monitor: &mut Monitor,
    grounds: &[Box<dyn Ground + Send>],
    arguments: &Arguments,
    seed: u64,
    round: usize,
) -> io::Result<u64> {
    let left = arguments.length().saturating_sub(monitor.elapsed()).max(Duration::from_millis(100));
    let length = arguments.round().min(left);
    // On its own thread, which has given its number back when the workers start.
    thread::scope(|scope| _ = scope.spawn(|| grounds.iter().for_each(|ground| ground.begin())).join());
    let desks = grounds.iter().map(|ground| ground.desk()).collect();
    let weights = PLANNED.iter().map(|planned| planned.3).collect();
    let office = Office { desks, weights, is_over: AtomicBool::new(false), seed };
    thread::scope(|scope| {
        let workers = (0..arguments.threads()).map(|worker| employ(scope, &office, worker));
        let workers = workers.collect::<io::Result<Vec<_>>>().inspect_err(|_| office.is_over.store(true, Relaxed))?;
        let begun = Instant::now();
        let watched = monitor.watch_workers(round, || {
            office.is_over.fetch_or(begun.elapsed() >= length, Relaxed);
            workers.iter().all(ScopedJoinHandle::is_finished)
        });
        office.is_over.store(true, Relaxed);
        watched?;
        workers.into_iter().map(|worker| worker.join().expect("a supervisor does not panic")).sum()
    })
}

/// Checks the totals of all stores.
fn balance(
    monitor: &mut Monitor,
    grounds: &mut [Box<dyn Ground + Send>],
    quiet: &mut Quiet,
    round: usize,
) -> io::Result<()> {
    thread::scope(|scope| {
        let accountant = scope.spawn(|| grounds.iter_mut().for_each(|ground| ground.settle(round)));
        monitor.watch(round, || accountant.is_finished())
    })?;
    // Slabs are empty now; a pool keeps a value for each slot at most.
    let kept = MADE.sum() - DROPPED.sum();
    let slots: usize = grounds.iter().map(|ground| ground.capacity()).sum();
    if kept > slots as u64 {
        raise(usize::MAX, "all pools", NO_KEY, format_args!("{kept} values are kept, in {slots} slots"));
    }
    if let Err(what) = quiet.look(memory::resident()) {
        raise(usize::MAX, "all stores", NO_KEY, what);
    }
    Ok(())
}
