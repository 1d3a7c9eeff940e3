//! Totals: what was found, and the first problems.

use std::fs::{self, Metadata};
use std::path::Path;

use indicatif::HumanBytes;

use crate::item::Problem;

/// How many problems are stored; all are counted.
const PROBLEMS_KEPT: usize = 5;

/// What one thread has counted. Every thread has its own tally; they are merged at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    files: u64,
    directories: u64,
    symbolic_links: u64,
    special_files: u64,
    bytes: u64,
    errors: u64,
    first_problems: Vec<Problem>,
}

/// One total of a tally.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Total {
    pub(crate) name: &'static str,
    pub(crate) count: u64,
    pub(crate) remark: String,
}

impl Tally {
    /// Counts a directory.
    pub(crate) fn directory(&mut self) {
        self.directories += 1;
    }

    /// Counts what is not a directory, after asking the file system what it is.
    pub(crate) fn file(&mut self, path: &Path) {
        match fs::symlink_metadata(path) {
            Ok(metadata) => self.metadata(&metadata),
            Err(error) => self.problem(Problem::new(path, &error)),
        }
    }

    fn metadata(&mut self, metadata: &Metadata) {
        if metadata.is_file() {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(metadata.len()); // sparse files can claim 2^63
        } else if metadata.is_symlink() {
            self.symbolic_links += 1;
        } else {
            self.special_files += 1;
        }
    }

    /// Counts an error.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.errors += 1;
        self.keep([problem]);
    }

    /// Adds what another thread has counted.
    pub(crate) fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.symbolic_links += other.symbolic_links;
        self.special_files += other.special_files;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.errors += other.errors;
        self.keep(other.first_problems);
    }

    fn keep(&mut self, problems: impl IntoIterator<Item = Problem>) {
        let room = PROBLEMS_KEPT - self.first_problems.len();
        self.first_problems.extend(problems.into_iter().take(room));
    }

    /// Returns every total, in the order of the report.
    pub(crate) fn totals(&self) -> [Total; 6] {
        [
            Total::new("files", self.files, ""),
            Total::new("directories", self.directories, ""),
            Total::new("symbolic links", self.symbolic_links, "not followed"),
            Total::new("special files", self.special_files, "devices, pipes, sockets"),
            Total::new("bytes", self.bytes, HumanBytes(self.bytes).to_string()),
            Total::new("errors", self.errors, "the first few are listed"),
        ]
    }

    /// Returns the number of errors and the first problems.
    pub(crate) fn problems(&self) -> (u64, &[Problem]) {
        (self.errors, &self.first_problems)
    }
}

impl Total {
    fn new(name: &'static str, count: u64, remark: impl Into<String>) -> Self {
        Self { name, count, remark: remark.into() }
    }
}
