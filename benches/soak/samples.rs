//! The measurements of each second.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

const HEADER: &str = "seconds,operations,operations_per_second,live_entries,resident_bytes,round";

/// One measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    pub(crate) operations: u64,
    pub(crate) operations_per_second: f64,
    pub(crate) live: u64,
    pub(crate) resident: u64,
    pub(crate) round: usize,
}

/// All measurements, which are written to a file too.
#[derive(Debug)]
pub(crate) struct Samples {
    file: File,
    pub(crate) all: Vec<Sample>,
}

impl Samples {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut file = File::create(path)?;
        writeln!(file, "{HEADER}")?;
        Ok(Self { file, all: Vec::new() })
    }

    /// Writes a line immediately, because the process may end at any time.
    pub(crate) fn add(&mut self, sample: Sample) -> io::Result<()> {
        let Sample { seconds, operations, operations_per_second, live, resident, round } = sample;
        self.all.push(sample);
        writeln!(self.file, "{seconds:.2},{operations},{operations_per_second:.0},{live},{resident},{round}")
    }
}
