//! The workloads of `compare` under criterion, for its statistics and its report in
//! `target/criterion`.
//!
//! ```text
//! cargo bench -p benches --bench criterion                        # everything, about six minutes
//! cargo bench -p benches --bench criterion -- get-1000/flagstone  # what this pattern matches
//! ```
//!
//! Criterion measures one subject after the other. So on a machine that is not idle `compare`, which interleaves the
//! subjects, is more reliable.

/// What `compare` measures.
mod compare {
    pub(crate) mod subject;
    pub(crate) mod workload;
}

/// The modules of the report that `compare` needs.
mod report {
    pub(crate) mod cores;
    pub(crate) mod random;
    #[expect(dead_code, reason = "criterion has no place for titles, and its own way to warm up")]
    pub(crate) mod workload;
}

use compare::workload;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

/// Registers every workload with every subject. Only what the filter selects is prepared.
fn workloads(criterion: &mut Criterion) {
    for workload in workload::all() {
        let mut group = criterion.benchmark_group(workload.id);
        group.throughput(Throughput::Elements(workload.operations));
        for contestant in &workload.contestants {
            let mut trial = None;
            group.bench_function(contestant.subject, |bencher| {
                let trial = trial.get_or_insert_with(|| (contestant.prepare)().expect("every subject takes part"));
                bencher.iter_custom(trial);
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = workloads
}
criterion_main!(benches);
