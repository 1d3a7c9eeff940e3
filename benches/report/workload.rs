//! A workload of several subjects.
//!
//! A workload is prepared once for each subject (filled to its occupancy, say), and then run as often as the harness
//! needs: [`rounds`](super::rounds) interleaves the subjects, criterion runs them one by one.

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
    /// How many iterations touch every entry. No measurement has fewer, and each follows as many untimed ones.
    /// Otherwise a fast subject, which visits its entries more than once, would find them in the cache and a slow one
    /// would not.
    pub(crate) pass: u64,
    /// The subjects that take part.
    pub(crate) contestants: Vec<Contestant>,
}

impl Workload {
    /// A workload whose iterations are single operations, each of which touches every entry.
    pub(crate) fn plain(id: &'static str, title: &'static str, contestants: Vec<Contestant>) -> Self {
        Self { id, title, operations: 1, pass: 1, contestants }
    }
}

/// A subject of a workload.
pub(crate) struct Contestant {
    /// The subject's name.
    pub(crate) subject: &'static str,
    /// Makes the store and whatever the workload needs.
    pub(crate) prepare: Box<dyn Fn() -> Result<Trial, Obstacle>>,
}

impl Contestant {
    /// A subject that can do the workload.
    pub(crate) fn new(subject: &'static str, prepare: impl Fn() -> Trial + 'static) -> Self {
        Self { subject, prepare: Box::new(move || Ok(prepare())) }
    }
}

/// Runs one workload with one subject for that many iterations, for callgrind, and prints the time of an operation. The
/// names and the number are arguments of the command line.
pub(crate) fn run_once(workloads: &[Workload], names: &[String]) -> Result<(), Box<dyn Error>> {
    let [workload, subject, iterations] = names else { return Err("three arguments are needed".into()) };
    let workload = workloads
        .iter()
        .find(|candidate| candidate.id == workload)
        .ok_or_else(|| format!("no workload is called '{workload}'; --list prints the names"))?;
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
