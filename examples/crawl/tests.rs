use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use super::{accept, run, walk_both};
use crate::arguments::Arguments;
use crate::crawl::Summary;
use crate::item::{Item, Problem};
use crate::register::Turnover;
use crate::single::SingleWalk;
use crate::tally::Tally;

const EXAMPLES: &str = env!("CARGO_MANIFEST_DIR");

fn summary(tally: Tally, left: usize) -> Summary {
    let turnover = Turnover { inserted: 3, removed: 3 - left as u64, left };
    Summary { tally, turnover, elapsed: Duration::from_secs(1) }
}

#[test]
fn a_crawl_without_problems_is_accepted() {
    assert!(accept(&summary(Tally::default(), 0)));
}

#[test]
fn what_cannot_be_read_below_the_root_is_a_failure() {
    let mut tally = Tally::default();
    let denied = io::Error::from(ErrorKind::PermissionDenied);
    tally.problem(Problem::new(Path::new("root/unreadable"), &denied));
    assert!(!accept(&summary(tally, 0)));
    let help = Arguments::command().render_help().to_string();
    assert!(help.contains("1  something below the root could not be read"), "{help}");
}

#[test]
fn an_entry_that_is_left_is_a_failure() {
    assert!(!accept(&summary(Tally::default(), 1)));
}

#[test]
fn a_root_that_is_missing_is_an_error_with_its_name() {
    let arguments = Arguments::parse_from(["crawl", "no such root", "--no-progress"]);
    assert!(run(&arguments).unwrap_err().to_string().contains("\"no such root\""));
}

#[test]
fn both_walks_skip_the_same_names() {
    let arguments =
        Arguments::parse_from(["crawl", EXAMPLES, "--no-progress", "--skip", "registry", "--skip", "main.rs"]);
    let root = Item::root(&arguments.root).unwrap();
    let (summary, single) = walk_both(&root, &arguments).unwrap();
    assert!(accept(&summary) && single.agrees_with(&summary.tally));
    assert!(!SingleWalk::run(&root, &[]).agrees_with(&summary.tally));
}
