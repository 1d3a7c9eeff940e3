//! A child process that measures one workload as often as it is told to.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use crate::workload;

/// Says "ready", then for each line on standard input, a number of spans, answers with the nanoseconds that they took.
pub(crate) fn serve(id: &str) -> Result<(), Box<dyn Error>> {
    let workload = workload::ALL
        .iter()
        .find(|workload| workload.id == id)
        .ok_or_else(|| format!("no workload is called '{id}'; --list has the names"))?;
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
