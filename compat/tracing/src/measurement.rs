//! A child process that measures one workload repeatedly, on request.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use crate::workload;

/// Prints "ready". Then for each line on standard input, which is a number of spans, prints the nanoseconds that they
/// took.
pub(crate) fn serve(id: &str) -> Result<(), Box<dyn Error>> {
    let workload = workload::ALL
        .iter()
        .find(|workload| workload.id == id)
        .ok_or_else(|| format!("no workload is called '{id}'; --list prints the names"))?;
    (workload.subscribe)();
    let mut trial = (workload.prepare)();
    let mut answers = io::stdout().lock();
    writeln!(answers, "ready")?;
    answers.flush()?;
    for line in io::stdin().lock().lines() {
        writeln!(answers, "{}", trial(line?.trim().parse()?).as_nanos())?;
        answers.flush()?;
    }
    Ok(())
}
