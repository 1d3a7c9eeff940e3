//! What the figures of a bench are compared with, and the files they are written to.

use super::arguments::Choice;
use super::comparison::{Comparison, Rival};
use super::graph::Graph;
use super::spreadsheet::Spreadsheet;
use super::table::Table;
use super::targets::{Target, Targets};
use super::{machine, plot, profile};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The folder in which results go into folders of their own: cargo runs benches in their package, whose parent is the
/// workspace.
fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("")).join("target")
}

/// A ratio beside each figure.
pub(crate) struct Column {
    /// The name in tables.
    pub(crate) head: &'static str,
    /// The name in files.
    pub(crate) file: &'static str,
    /// What the subjects are compared with.
    pub(crate) rival: Rival,
}

/// A file with a panel for each of some workloads.
pub(crate) struct Picture {
    /// The file's name.
    pub(crate) file: &'static str,
    /// Stands above the panels.
    pub(crate) heading: &'static str,
    /// Whether the workload of that name belongs in it.
    pub(crate) shows: fn(&str) -> bool,
}

/// The description of a bench.
pub(crate) struct Bench {
    /// The name on the command line and of files.
    pub(crate) name: &'static str,
    /// How to read the tables.
    pub(crate) explanation: &'static str,
    /// The subject of the targets. Its variants have names that begin with this.
    pub(crate) ours: &'static str,
    /// The subject that the others are compared with, if there is one.
    pub(crate) published: Option<&'static str>,
    /// Subjects that do less than the others, and show what that costs.
    pub(crate) floors: &'static [&'static str],
    /// The ratios beside the figures.
    pub(crate) columns: &'static [Column],
    /// What is to be reached.
    pub(crate) targets: &'static [Target],
    /// The report as pictures.
    pub(crate) pictures: &'static [Picture],
    /// Lines over the sizes of some workloads.
    pub(crate) graphs: &'static [Graph],
}

impl Bench {
    /// Returns the exit code, and prints the error if there is one.
    pub(crate) fn end(&self, result: Result<(), Box<dyn Error>>) -> ExitCode {
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{}: {error}", self.name);
                ExitCode::FAILURE
            }
        }
    }

    /// Measures and reports on the terminal, and in files if the figures are meaningful.
    pub(crate) fn report(
        &self,
        choice: &Choice,
        beside: &str,
        measure: impl FnOnce() -> Result<Vec<Comparison>, Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        // First, because workloads of two threads pin threads to cores, after which only one core would be counted.
        let machine = machine::describe();
        let comparisons = measure()?;
        if comparisons.is_empty() {
            return Err("nothing has such a name; --list prints the names".into());
        }
        let effort = choice.effort();
        let note = choice.note(format!("Profile {}. {}", profile::name(), effort.note(beside)));
        println!("{machine}\n{note}");
        println!("\n{}", self.explanation);
        for comparison in &comparisons {
            println!("\n{}", Table { comparison, columns: self.columns });
        }
        if effort.counts() {
            let targets = Targets { comparisons: &comparisons, targets: self.targets, ours: self.ours };
            println!("\n{targets}");
            self.write(&comparisons, &note, choice)?;
        }
        Ok(())
    }

    /// Writes the files, and prints their paths.
    fn write(&self, comparisons: &[Comparison], note: &str, choice: &Choice) -> Result<(), Box<dyn Error>> {
        let folder = choice.out.clone().unwrap_or_else(|| results().join(self.name));
        fs::create_dir_all(&folder)?;
        let rows = folder.join(profile::file_name(&format!("{}.csv", self.name)));
        fs::write(&rows, Spreadsheet { comparisons, columns: self.columns }.to_string())?;
        println!("\nWritten: {}", rows.display());
        for picture in self.pictures {
            let shown: Vec<_> = comparisons.iter().filter(|comparison| (picture.shows)(comparison.id)).collect();
            if !shown.is_empty() {
                let file = folder.join(profile::file_name(picture.file));
                plot::draw(self, &shown, picture.heading, note, &file)?;
                println!("         {}", file.display());
            }
        }
        for graph in self.graphs {
            let file = folder.join(profile::file_name(graph.file));
            if graph.draw(self, comparisons, note, &file)? {
                println!("         {}", file.display());
            }
        }
        Ok(())
    }
}
