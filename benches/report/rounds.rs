//! Interleaved measurements.

use super::comparison::{Comparison, Series};
use super::effort::Effort;
use super::unit::Unit;
use super::watchdog::Watchdog;
use super::workload::{Trial, Workload};
use std::time::Duration;

/// A subject that is ready to be measured.
struct Runner {
    series: Series,
    trial: Trial,
    iterations: u64,
}

/// Measures each subject once a round. Each round starts with the next subject.
pub(crate) fn compare(workload: &Workload, effort: Effort, round_done: impl Fn()) -> Comparison {
    let (mut runners, mut absent) = (Vec::<Runner>::new(), Vec::new());
    let watchdog = Watchdog::watch(workload.title);
    for contestant in &workload.contestants {
        watchdog.step();
        match (contestant.prepare)() {
            Ok(mut trial) => {
                let iterations = iterations_within(effort.measurement(), &mut trial).max(workload.pass);
                let samples = Vec::with_capacity(effort.rounds());
                runners.push(Runner { series: Series { subject: contestant.subject, samples }, trial, iterations });
            }
            Err(obstacle) => absent.push((contestant.subject, obstacle)),
        }
    }
    for round in 0..effort.rounds() {
        let count = runners.len();
        for turn in 0..count {
            let runner = &mut runners[(round + turn) % count];
            watchdog.step();
            // Reloads into the cache what the previous subject evicted.
            (runner.trial)(workload.pass.max(runner.iterations / 8));
            let elapsed = (runner.trial)(runner.iterations);
            let operations = runner.iterations * workload.operations;
            runner.series.samples.push(elapsed.as_nanos() as f64 / operations as f64);
        }
        round_done();
    }
    Comparison {
        id: workload.id,
        title: workload.title,
        unit: Unit::Nanoseconds,
        series: runners.into_iter().map(|runner| runner.series).collect(),
        absent,
    }
}

/// Returns how many iterations last about as long as a measurement should, and warms up. The shortest of three runs
/// counts, because an interruption makes a run longer.
fn iterations_within(measurement: Duration, trial: &mut Trial) -> u64 {
    let mut iterations = 1;
    loop {
        let runs = [trial(iterations), trial(iterations), trial(iterations)];
        let elapsed = runs.into_iter().min().expect("three runs");
        if elapsed >= measurement / 2 {
            let scale = measurement.as_secs_f64() / elapsed.as_secs_f64();
            return ((iterations as f64 * scale) as u64).max(1);
        }
        iterations *= 2;
    }
}
