//! Memory and the slowest insert, each measured in a process of its own.

use super::subject::{self, Handle, Subject, Visitor};
use crate::report::comparison::{Comparison, Series};
use crate::report::effort::Effort;
use crate::report::unit::Unit;
use std::error::Error;
use std::fmt::Write;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

/// Something that a child process finds out.
pub(crate) struct Figure {
    /// The name on the command line, in files, and between the processes.
    pub(crate) id: &'static str,
    /// The name in tables.
    pub(crate) title: &'static str,
    /// What it counts.
    unit: Unit,
}

/// What a child process finds out, in the order in which it prints it.
pub(crate) const FIGURES: [Figure; 6] = [
    Figure { id: "memory-entry", title: "memory of each live u64 (resident, 10,000,000 of them)", unit: Unit::Bytes },
    Figure { id: "memory-empty", title: "memory of an empty slab (resident)", unit: Unit::Bytes },
    Figure { id: "memory-empty-virtual", title: "address space of an empty slab", unit: Unit::Bytes },
    Figure { id: "memory-first", title: "memory that the first insert adds (resident)", unit: Unit::Bytes },
    Figure { id: "memory-first-virtual", title: "address space that the first insert adds", unit: Unit::Bytes },
    Figure { id: "slowest-insert", title: "slowest insert on the way to 10,000,000", unit: Unit::Nanoseconds },
];

/// The child's work, with one subject.
type Weighing = fn(entries: u64) -> Result<[f64; FIGURES.len()], Box<dyn Error>>;

/// Finds the child's work for each subject.
struct Weigh;

impl Visitor for Weigh {
    type Output = (&'static str, Weighing);

    fn visit<S: Subject>(&self) -> Self::Output {
        (S::NAME, weigh_subject::<S>)
    }
}

/// In the child: weighs the subject and returns the figures, one a line.
pub(crate) fn weigh(subject: &str, entries: u64) -> Result<String, Box<dyn Error>> {
    let (_, weighing) = subject::every(&Weigh)
        .into_iter()
        .find(|&(name, _)| name == subject)
        .ok_or_else(|| format!("no subject is called '{subject}'"))?;
    let mut lines = String::new();
    for (figure, quantity) in FIGURES.iter().zip(weighing(entries)?) {
        writeln!(lines, "{} {quantity}", figure.id)?;
    }
    Ok(lines)
}

/// In the child: fills the subject and looks at the process's memory meanwhile.
fn weigh_subject<S: Subject>(entries: u64) -> Result<[f64; FIGURES.len()], Box<dyn Error>> {
    /// How many small slabs share the coarse figures of the operating system.
    const SMALL: usize = 64;
    let mut small: Vec<S> = Vec::with_capacity(SMALL);

    let nothing = Memory::now()?;
    small.extend((0..SMALL).map(|_| S::new()));
    let empty = Memory::now()?;
    for slab in &mut small {
        black_box(slab.handle().insert(0));
    }
    let first = Memory::now()?;

    let mut large = S::new();
    let mut slowest = Duration::ZERO;
    let mut handle = large.handle();
    for value in 0..entries {
        let start = Instant::now();
        black_box(handle.insert(value));
        slowest = slowest.max(start.elapsed());
    }
    let full = Memory::now()?;

    drop(handle);
    black_box((&mut small, &mut large));
    Ok([
        (full.resident - first.resident) / entries as f64,
        (empty.resident - nothing.resident) / SMALL as f64,
        (empty.mapped - nothing.mapped) / SMALL as f64,
        (first.resident - empty.resident) / SMALL as f64,
        (first.mapped - empty.mapped) / SMALL as f64,
        slowest.as_nanos() as f64,
    ])
}

/// The memory of this process, in bytes.
struct Memory {
    /// What the operating system has backed.
    resident: f64,
    /// What has an address.
    mapped: f64,
}

impl Memory {
    /// Asks the operating system. The roll-up counts pages where `statm` adds up the processors'
    /// counters, which lag, and tells the process's own pages from those of the program's file.
    fn now() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            resident: kilobytes("/proc/self/smaps_rollup", "Anonymous:")? * 1_024.0,
            mapped: kilobytes("/proc/self/status", "VmSize:")? * 1_024.0,
        })
    }
}

/// Returns the number behind the name in a file of the kernel's.
fn kilobytes(file: &str, name: &str) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number = number.ok_or_else(|| format!("{file} has no {name}"))?;
    Ok(number.parse()?)
}

/// Returns how many child processes each subject gets.
pub(crate) fn repetitions(effort: Effort) -> usize {
    match effort {
        Effort::Full => 7,
        Effort::Quick | Effort::Smoke => 1,
    }
}

/// Weighs each subject in turn, each time in a new process.
pub(crate) fn compare(effort: Effort, repetition_done: impl Fn()) -> Result<Vec<Comparison>, Box<dyn Error>> {
    let (repetitions, entries) = (repetitions(effort), if effort.counts() { 10_000_000 } else { 10_000 });
    let subjects = subject::every(&Weigh);
    let mut comparisons = FIGURES.map(|figure| Comparison {
        id: figure.id,
        title: figure.title,
        unit: figure.unit,
        series: subjects
            .iter()
            .map(|&(subject, _)| Series { subject, samples: Vec::with_capacity(repetitions) })
            .collect(),
        absent: Vec::new(),
    });
    for repetition in 0..repetitions {
        for turn in 0..subjects.len() {
            let turn = (repetition + turn) % subjects.len();
            let output = child(subjects[turn].0, entries)?;
            for (comparison, line) in comparisons.iter_mut().zip(output.lines()) {
                let quantity = line.strip_prefix(comparison.id).ok_or("figures out of order")?;
                comparison.series[turn].samples.push(quantity.trim().parse()?);
            }
        }
        repetition_done();
    }
    Ok(comparisons.into())
}

/// Runs this program as the child that weighs the subject.
fn child(subject: &str, entries: u64) -> Result<String, Box<dyn Error>> {
    let output =
        Command::new(env::current_exe()?).args(["--footprint", subject, "--entries", &entries.to_string()]).output()?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the child that weighs '{subject}' failed: {reason}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
