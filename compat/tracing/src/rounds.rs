//! Measurements in turns.

use std::{error::Error, time::Duration};

use crate::{
    comparison::{Comparison, Series},
    effort::Effort,
    variant::{Runner, Variant},
    workload::Workload,
};

/// A variant that is ready to be measured.
struct Contestant {
    series: Series,
    runner: Runner,
    spans: u64,
}

/// Measures each variant once a round. They are processes of their own, both alive all the time, and each round starts
/// with the other one, so that whatever else the machine does falls on both.
pub(crate) fn compare(
    workload: &'static Workload,
    variants: &[Variant; 2],
    effort: &Effort,
    round_done: impl Fn(),
) -> Result<Comparison, Box<dyn Error>> {
    let [mut patched, mut published] =
        [prepare(&variants[0], workload, effort)?, prepare(&variants[1], workload, effort)?];
    for round in 0..effort.rounds {
        let mut turns = [&mut patched, &mut published];
        if round % 2 == 1 {
            turns.reverse();
        }
        for contestant in turns {
            // Brings back into the cache what the other one pushed out.
            contestant.runner.measure(contestant.spans / 8)?;
            let elapsed = contestant.runner.measure(contestant.spans)?;
            contestant.series.samples.push(contestant.spans as f64 / elapsed.as_secs_f64());
        }
        round_done();
    }
    Ok(Comparison { workload, patched: patched.series, published: published.series })
}

fn prepare(variant: &Variant, workload: &Workload, effort: &Effort) -> Result<Contestant, Box<dyn Error>> {
    let mut runner = variant.start(workload)?;
    let spans = spans_within(effort.measurement, &mut runner)?;
    let samples = Vec::with_capacity(effort.rounds);
    Ok(Contestant { series: Series { name: variant.name, samples }, runner, spans })
}

/// Returns how many spans last about as long as a measurement should, and warms up. The shortest of three runs counts:
/// one that something interrupts lasts long whatever it does.
fn spans_within(measurement: Duration, runner: &mut Runner) -> Result<u64, Box<dyn Error>> {
    let mut spans = 1_000;
    loop {
        let runs = [runner.measure(spans)?, runner.measure(spans)?, runner.measure(spans)?];
        let elapsed = runs.into_iter().min().unwrap_or_default();
        if elapsed >= measurement / 2 {
            let scale = measurement.as_secs_f64() / elapsed.as_secs_f64();
            // Whole groups, where they come in groups.
            return Ok(((spans as f64 * scale) as u64).next_multiple_of(800));
        }
        spans *= 2;
    }
}
