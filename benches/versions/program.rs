//! The program of `benches/against`: two versions of this crate, `old` and `new`, interleaved.

mod rows;

/// The modules that the benches share.
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../report"]
mod report {
    pub(crate) mod comparison;
    pub(crate) mod effort;
    pub(crate) mod random;
    pub(crate) mod rounds;
    pub(crate) mod unit;
    pub(crate) mod watchdog;
    pub(crate) mod workload;
}

use report::comparison::{Comparison, Series};
use report::effort::Effort;
use report::rounds;
use report::workload::{Contestant, Workload};
use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (options, filters): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let has = |option: &str| options.iter().any(|given| given == option);
    let wants = |name: &str| filters.is_empty() || filters.iter().any(|part| name.contains(part));
    let effort = if has("--quick") { Effort::Quick } else { Effort::Fine };
    let rows: Vec<_> = rows::old::all().into_iter().zip(rows::new::all()).filter(|(old, _)| wants(old.0)).collect();
    if rows.is_empty() {
        eprintln!("against: no row has such a name; --list prints the names");
        return ExitCode::FAILURE;
    }
    if has("--list") {
        rows.iter().for_each(|(old, _)| println!("{}", old.0));
        return ExitCode::SUCCESS;
    }
    println!("{}\nMedians, with the quartiles behind them.\n", effort.note(""));
    println!("{:28}{:>30}{:>30}{:>26}", "", "old, ns", "new, ns", "new / old");
    for ((name, old), (_, new)) in rows {
        let contestants = vec![Contestant::new("old", old), Contestant::new("new", new)];
        let workload = Workload { pass: rows::PASS, ..Workload::plain(name, name, contestants) };
        print_row(&rounds::compare(&workload, effort, || {}));
    }
    ExitCode::SUCCESS
}

/// Prints the figures of both versions, and their ratio within the rounds.
fn print_row(comparison: &Comparison) {
    let [old, new] = comparison.series.as_slice() else { unreachable!("there are two versions") };
    let quotients = new.samples.iter().zip(&old.samples).map(|(new, old)| new / old).collect();
    let ratio = Series { subject: "new / old", samples: quotients };
    let show = |series: &Series, digits: usize| {
        let (lower, upper) = series.quartiles();
        let digits = if upper < 1_000.0 { digits } else { 0 };
        format!("{:.digits$} ({lower:.digits$} to {upper:.digits$})", series.median())
    };
    println!("{:28}{:>30}{:>30}{:>26}", comparison.title, show(old, 2), show(new, 2), show(&ratio, 3));
}
