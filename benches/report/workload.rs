//! What the subjects are made to do.
//!
//! A workload is prepared once for each subject (filled to its occupancy, say), and then run as
//! often as the harness likes: [`rounds`](super::rounds) runs the subjects in turns, criterion one
//! by one.

use std::error::Error;
use std::time::Duration;

/// A prepared workload: runs the given number of iterations and returns the time they took.
pub(crate) type Trial = Box<dyn FnMut(u64) -> Duration>;

/// Why a subject cannot do a workload.
pub(crate) type Obstacle = String;

/// A workload and the subjects that can do it.
pub(crate) struct Workload {
    /// The name on the command line and in files.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// How many operations an iteration stands for.
    pub(crate) operations: u64,
    /// How many iterations touch everything there is. No measurement has fewer, and each follows
    /// as many that are not timed: otherwise a fast subject, which gets through its entries more
    /// than once, would find them in the cache and a slow one would not.
    pub(crate) pass: u64,
    /// Who takes part.
    pub(crate) contestants: Vec<Contestant>,
}

impl Workload {
    /// A workload whose iterations are single operations, and touch everything there is.
    pub(crate) fn plain(id: &'static str, title: &'static str, contestants: Vec<Contestant>) -> Self {
        Self { id, title, operations: 1, pass: 1, contestants }
    }
}

/// A subject with a workload ahead of it.
pub(crate) struct Contestant {
    /// The subject's name.
    pub(crate) subject: &'static str,
    /// Makes the store and whatever the workload needs.
    pub(crate) prepare: Box<dyn Fn() -> Result<Trial, Obstacle>>,
}

impl Contestant {
    /// A subject for which nothing stands in the way.
    pub(crate) fn new(subject: &'static str, prepare: impl Fn() -> Trial + 'static) -> Self {
        Self { subject, prepare: Box::new(move || Ok(prepare())) }
    }
}

/// Does one workload with one subject for that many iterations, which callgrind may look at, and
/// prints what an operation took. The names and the number are those of the command line.
pub(crate) fn run_once(workloads: &[Workload], names: &[String]) -> Result<(), Box<dyn Error>> {
    let [workload, subject, iterations] = names else { return Err("three arguments are needed".into()) };
    let workload = workloads
        .iter()
        .find(|candidate| candidate.id == workload)
        .ok_or_else(|| format!("no workload is called '{workload}'; --list has the names"))?;
    let contestant = workload
        .contestants
        .iter()
        .find(|candidate| candidate.subject == subject)
        .ok_or_else(|| format!("no subject of '{}' is called '{subject}'", workload.id))?;
    let iterations = iterations.parse()?;
    let elapsed = (contestant.prepare)()?(iterations);
    println!("{:.2} ns", elapsed.as_nanos() as f64 / (iterations * workload.operations) as f64);
    Ok(())
}
