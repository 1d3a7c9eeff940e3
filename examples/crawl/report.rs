//! The program's output: tables on standard output, remarks on standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::iter::zip;

use console::Alignment::{Left, Right};
use console::{Style, truncate_str};
use indicatif::HumanCount;

use crate::arguments::Arguments;
use crate::columns::{self, Step};
use crate::crawl::Summary;
use crate::item::Item;
use crate::medium::Medium;
use crate::single::SingleWalk;
use crate::tally::{Tally, Total};

#[cfg(test)]
mod tests;

/// How the times of `--verify` were measured.
const ORDER: &str = "(three walks: one to fill the cache, not timed; then the crawl; then one thread)";

/// Writes to standard output. A closed pipe is not an error.
///
/// # Errors
///
/// Any other error, such as a full disk.
pub(crate) fn print(text: &str) -> Result<(), String> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_bytes());
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write to standard output: {error}")),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. Unlike `eprintln`, does not panic if it is closed.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "crawl: {line}");
}

/// Describes a crawl.
pub(crate) fn summary(root: &Item, arguments: &Arguments, summary: &Summary, medium: Medium) -> String {
    let (turnover, seconds) = (summary.turnover, summary.elapsed.as_secs_f64());
    let rate = HumanCount((turnover.inserted as f64 / seconds) as u64);
    let mut rows: Vec<[String; 3]> = summary.tally.totals().into_iter().map(total).collect();
    rows.extend([
        row("entries inserted", turnover.inserted, format!("{rate} per second")),
        row("entries removed", turnover.removed, String::new()),
        row("entries left", turnover.left as u64, String::new()),
    ]);
    let (walkers, sizers) = (arguments.walkers(), arguments.sizers());
    let heading = format!("{seconds:.3} s, walkers {walkers}, sizers {sizers}: {:?}", root.path);
    let steps = [Step::Shorten(REMARK, 8), Step::Drop(REMARK)];
    let table = columns::lines(&rows, &[Left, Right, Left], &steps, medium.columns);
    format!("{}\n\n{}", truncate_str(&heading, medium.columns, "…"), text(&table))
}

/// Describes how a crawl and a single-threaded walk compare.
pub(crate) fn verification(summary: &Summary, single: &SingleWalk, medium: Medium) -> String {
    let [crawled, walked] = [summary.elapsed, single.elapsed].map(|elapsed| elapsed.as_secs_f64());
    let times = format!("{walked:.3} s, the crawl {crawled:.3} s");
    if single.agrees_with(&summary.tally) {
        let verified = medium.paint(Style::new().green(), "verified");
        return format!("\n{verified}: a single-threaded walk found the same; it took {times}\n{ORDER}\n");
    }
    let differences = zip(summary.tally.totals(), single.tally.totals()).filter(|(crawl, single)| crawl != single);
    let mut rows = vec![["", "difference", "crawl", "one thread"].map(str::to_owned)];
    rows.extend(differences.map(difference));
    let steps = [Step::Drop(ONE_THREAD), Step::Shorten(NAME, 8), Step::Drop(CRAWL)];
    let table = columns::lines(&rows, &[Left, Right, Right, Right], &steps, medium.columns);
    let verdict = medium.paint(Style::new().red(), "NOT verified");
    format!("\n{verdict}: a single-threaded walk differs; it took {times}\n{ORDER}\n\n{}", text(&table))
}

/// Guesses why the walks differ, from the two single-threaded walks. The crawl was repeated between
/// them.
pub(crate) fn suspicion(first: &SingleWalk, second: &SingleWalk) -> &'static str {
    if first.agrees_with(&second.tally) {
        "the two single-threaded walks agree; if no errors below explain the difference, then the \
         tree changed during both crawls (/proc shows the threads of the crawl), or the slab has \
         a bug"
    } else {
        "the two single-threaded walks differ too: the tree is changing while it is read"
    }
}

/// Reports the first problems of a crawl, and what they mean. Returns whether there were none.
pub(crate) fn problems(tally: &Tally) -> bool {
    let (errors, first) = tally.problems();
    for problem in first {
        note(format_args!("cannot read {problem}"));
    }
    let more = errors - first.len() as u64;
    if more > 0 {
        note(format_args!("and {} more errors", HumanCount(more)));
    }
    if errors > 0 {
        note("NOT everything could be read: the totals lack what is named above, and the exit status is 1");
    }
    errors == 0
}

const NAME: usize = 0;
const REMARK: usize = 2; // of a total
const CRAWL: usize = 2; // of a difference
const ONE_THREAD: usize = 3;

fn row(name: &str, count: u64, remark: String) -> [String; 3] {
    [name.to_owned(), HumanCount(count).to_string(), remark]
}

fn total(total: Total) -> [String; 3] {
    let remark = if total.count == 0 { String::new() } else { total.remark };
    row(total.name, total.count, remark)
}

fn difference((crawl, single): (Total, Total)) -> [String; 4] {
    let sign = if crawl.count < single.count { '-' } else { '+' };
    let difference = format!("{sign}{}", HumanCount(crawl.count.abs_diff(single.count)));
    [crawl.name.to_owned(), difference, HumanCount(crawl.count).to_string(), HumanCount(single.count).to_string()]
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
