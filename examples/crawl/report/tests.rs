use std::path::Path;
use std::time::Duration;

use clap::Parser;
use console::{measure_text_width, strip_ansi_codes};

use super::{summary, verification};
use crate::arguments::Arguments;
use crate::crawl::Summary;
use crate::item::{Item, Kind};
use crate::medium::Medium;
use crate::register::Turnover;
use crate::single::SingleWalk;
use crate::tally::Tally;

fn tally(directories: usize) -> Tally {
    let mut tally = Tally::default();
    tally.file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    (0..directories).for_each(|_| tally.directory());
    tally
}

fn crawled() -> Summary {
    let turnover = Turnover { inserted: 1_234_567, removed: 1_234_567, left: 0 };
    Summary { tally: tally(1_234_567), turnover, elapsed: Duration::from_millis(250) }
}

fn walked(directories: usize) -> SingleWalk {
    SingleWalk { tally: tally(directories), elapsed: Duration::from_millis(500) }
}

fn medium(columns: usize) -> Medium {
    Medium { columns, colours: false }
}

/// The lines of a table, which follow an empty line.
fn table(text: &str) -> Vec<&str> {
    let (_before, table) = text.trim_end().rsplit_once("\n\n").unwrap();
    table.lines().collect()
}

#[test]
fn numbers_matter_more_than_remarks() {
    let root = Item { kind: Kind::Directory, path: "a/long/path".repeat(20).into() };
    let arguments = Arguments::parse_from(["crawl"]);
    let at = |columns| summary(&root, &arguments, &crawled(), medium(columns));
    for columns in [40, 80, 140] {
        let text = at(columns);
        assert!(text.lines().all(|line| measure_text_width(line) <= columns), "{text}");
        assert!(text.starts_with("0.250 s, walkers "), "{text}");
        let rows = [("directories", "1,234,567"), ("entries inserted", "1,234,567"), ("errors", "0")];
        for (name, number) in rows {
            assert!(table(&text).iter().any(|line| line.starts_with(name) && line.contains(number)), "{text}");
        }
    }
    assert!(at(80).contains("4,938,268 per second"));
    assert!(at(usize::MAX).contains(&"a/long/path".repeat(20)));
}

#[test]
fn the_difference_matters_most() {
    for columns in [30, 40, 80, 140, usize::MAX] {
        let text = verification(&crawled(), &walked(1_234_560), medium(columns));
        assert!(text.contains("NOT verified"), "{text}");
        let table = table(&text);
        assert_eq!(table.len(), 2, "{text}");
        assert!(table.iter().all(|line| measure_text_width(line) <= columns), "{text}");
        assert!(table[1].starts_with("directories") && table[1].contains("+7"), "{text}");
    }
}

#[test]
fn it_says_how_the_times_were_measured() {
    let text = verification(&crawled(), &walked(1_234_567), Medium::FILE);
    assert!(text.starts_with("\nverified: ") && text.contains("it took 0.500 s, the crawl 0.250 s\n"), "{text}");
    assert!(text.contains("one to fill the cache, not timed; then the crawl; then one thread"), "{text}");
}

#[test]
fn the_verdict_has_a_colour() {
    for directories in [1_234_567, 1] {
        let [coloured, plain] = [true, false]
            .map(|colours| verification(&crawled(), &walked(directories), Medium { colours, ..medium(80) }));
        assert!(coloured.contains("verified\x1b[0m") && !plain.contains('\x1b'), "{coloured}");
        assert_eq!(strip_ansi_codes(&coloured), plain);
    }
}
