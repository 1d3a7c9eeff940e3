//! A traced program on the published `tracing-subscriber`. Its registry keeps its spans in flagstone, because of one
//! line in `Cargo.toml` and nothing else.
//!
//! ```text
//! cargo run --release                       # the program: prints its spans cargo run --release -- --bench
//! # spans per second, with and without the patch: a minute or two cargo run --release -- --bench --quick    # the same
//! with less precision: a quarter of a minute cargo test                                # checks that it is flagstone,
//! and that all works
//! ```
//!
//! `published/` is the same program and the same tests without the line. There two tests fail, which shows that they
//! distinguish the crates: `cargo test --manifest-path published/Cargo.toml`.

// The program.
mod arguments;
mod linked;
mod program;

// What the bench measures, in child processes.
mod measurement;
mod pair;
mod subscriber;
mod workload;

// How it compares them.
mod comparison;
mod effort;
mod rounds;
mod variant;

// The report.
#[path = "../../../benches/report/machine.rs"]
mod machine;
mod table;
mod targets;

use std::{error::Error, process::ExitCode};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use arguments::Arguments;
use variant::Variant;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("traced: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what the arguments request.
fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(workload) = &arguments.measure {
        measurement::serve(workload)?;
    } else if arguments.linked {
        println!("{}", linked::name());
    } else if arguments.list {
        for workload in workload::ALL {
            println!("{:18}  {}", workload.id, workload.title);
        }
    } else if arguments.bench {
        bench(arguments)?;
    } else {
        program::run();
        println!("The registry kept its spans in {}.", linked::name());
    }
    Ok(())
}

/// Builds both variants, measures what was requested, and reports it.
fn bench(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let workloads: Vec<_> = workload::ALL.iter().filter(|workload| arguments.wants(workload)).collect();
    if workloads.is_empty() {
        return Err("nothing has such a name; --list prints the names".into());
    }
    let effort = arguments.effort();
    let variants = [Variant::patched(), Variant::published()];
    for variant in &variants {
        eprintln!("building {variant}");
        variant.build()?;
        variant.check()?;
    }

    let progress = ProgressBar::new((workloads.len() * effort.rounds) as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {elapsed_precise}, {eta_precise} to go: {msg}")?);
    let mut comparisons = Vec::new();
    for workload in workloads {
        progress.set_message(workload.title);
        comparisons.push(rounds::compare(workload, &variants, &effort, || progress.inc(1))?);
    }
    progress.finish_and_clear();

    println!("{}\n{}\n\n{}", machine::describe(), effort.note, table::Table(&comparisons));
    println!("\n{}", targets::Targets(&comparisons));
    Ok(())
}
