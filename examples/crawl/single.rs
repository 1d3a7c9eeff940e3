//! The same walk in one thread and without a slab, for comparison.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::item::{Item, Kind};
use crate::tally::Tally;

/// The result of a single-threaded walk.
#[derive(Clone, Debug)]
pub(crate) struct SingleWalk {
    pub(crate) tally: Tally,
    pub(crate) elapsed: Duration,
}

impl SingleWalk {
    /// Walks a tree, without the files and directories below the root that have one of the names in `skip`.
    pub(crate) fn run(root: &Item, skip: &[OsString]) -> Self {
        let start = Instant::now();
        let mut tally = Tally::default();
        let mut found = vec![root.clone()];
        while let Some(item) = found.pop() {
            match item.kind {
                Kind::Directory => read(&item, skip, &mut found, &mut tally),
                Kind::File => tally.file(&item.path),
            }
        }
        Self { tally, elapsed: start.elapsed() }
    }

    /// Whether both walks have the same totals.
    pub(crate) fn agrees_with(&self, tally: &Tally) -> bool {
        self.tally.totals() == tally.totals()
    }
}

fn read(directory: &Item, skip: &[OsString], found: &mut Vec<Item>, tally: &mut Tally) {
    tally.directory();
    match Item::list(&directory.path, skip) {
        Ok(children) => children.for_each(|child| match child {
            Ok(item) => found.push(item),
            Err(problem) => tally.problem(problem),
        }),
        Err(problem) => tally.problem(problem),
    }
}
