//! The program's output: tables on standard output, remarks on standard error.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::iter::zip;

use indicatif::HumanCount;

use crate::arguments::Arguments;
use crate::crawl::Summary;
use crate::item::Item;
use crate::single::SingleWalk;
use crate::tally::{Tally, Total};

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
pub(crate) fn summary(root: &Item, arguments: &Arguments, summary: &Summary) -> String {
    let (turnover, seconds) = (summary.turnover, summary.elapsed.as_secs_f64());
    let rate = HumanCount((turnover.inserted as f64 / seconds) as u64);
    let mut rows: Vec<Row> = summary.tally.totals().into_iter().map(Row::from).collect();
    rows.extend([
        Row::new("entries inserted", turnover.inserted, format!("{rate} per second")),
        Row::new("entries removed", turnover.removed, String::new()),
        Row::new("entries left", turnover.left as u64, String::new()),
    ]);
    let (walkers, sizers) = (arguments.walkers(), arguments.sizers());
    let path = &root.path;
    format!("{path:?}: walkers {walkers}, sizers {sizers}, {seconds:.3} s\n\n{}", table(&rows))
}

/// Describes how a crawl and a single-threaded walk compare.
pub(crate) fn verification(summary: &Summary, single: &SingleWalk) -> String {
    let seconds = single.elapsed.as_secs_f64();
    if single.agrees_with(&summary.tally) {
        return format!("\nverified: a single-threaded walk found the same in {seconds:.3} s\n");
    }
    let (crawl, single) = (summary.tally.totals(), single.tally.totals());
    let differences = zip(crawl, single).filter(|(crawl, single)| crawl != single);
    let mut rows = vec![Row::heading(["crawl", "one thread", "difference"])];
    rows.extend(differences.map(Row::from));
    format!("\nNOT verified: a single-threaded walk, {seconds:.3} s, differs\n\n{}", table(&rows))
}

/// Guesses why the walks differ, from the two single-threaded walks. The crawl was repeated between
/// them.
pub(crate) fn suspicion(first: &SingleWalk, second: &SingleWalk) -> &'static str {
    if first.agrees_with(&second.tally) {
        "the two single-threaded walks agree; if no errors above explain the difference, then the \
         tree changed during both crawls (/proc shows the threads of the crawl), or the slab has \
         a bug"
    } else {
        "the two single-threaded walks differ too: the tree is changing while it is read"
    }
}

/// Reports the first problems of a crawl.
pub(crate) fn problems(tally: &Tally) {
    let (errors, first) = tally.problems();
    for problem in first {
        note(format_args!("cannot read {problem}"));
    }
    let more = errors - first.len() as u64;
    if more > 0 {
        note(format_args!("and {} more errors", HumanCount(more)));
    }
}

/// A line of a table.
struct Row {
    name: &'static str,
    numbers: Vec<String>,
    remark: String,
}

impl Row {
    fn new(name: &'static str, count: u64, remark: String) -> Self {
        Self { name, numbers: vec![HumanCount(count).to_string()], remark }
    }

    fn heading(names: [&str; 3]) -> Self {
        Self { name: "", numbers: names.map(String::from).into(), remark: String::new() }
    }
}

impl From<Total> for Row {
    fn from(total: Total) -> Self {
        let remark = if total.count == 0 { String::new() } else { total.remark };
        Self::new(total.name, total.count, remark)
    }
}

impl From<(Total, Total)> for Row {
    fn from((crawl, single): (Total, Total)) -> Self {
        let sign = if crawl.count < single.count { '-' } else { '+' };
        let difference = HumanCount(crawl.count.abs_diff(single.count));
        let numbers = vec![
            HumanCount(crawl.count).to_string(),
            HumanCount(single.count).to_string(),
            format!("{sign}{difference}"),
        ];
        Self { name: crawl.name, numbers, remark: String::new() }
    }
}

/// Aligns rows that have the same number of columns.
fn table(rows: &[Row]) -> String {
    let name_width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let width = |column: usize| rows.iter().map(|row| row.numbers[column].len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:name_width$}", row.name);
        for (column, number) in row.numbers.iter().enumerate() {
            line += &format!("  {number:>width$}", width = width(column));
        }
        line += &format!("  {}", row.remark);
        text += line.trim_end();
        text.push('\n');
    }
    text
}
