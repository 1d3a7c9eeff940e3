//! The machine and the compiler.

use std::fs;
use std::process::Command;
use std::thread;

/// Describes the processor and the compiler on one line.
pub(crate) fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores; {}", processor(), compiler())
}

/// Returns the processor's name.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| rest.trim_start_matches([' ', '\t', ':']))
        .to_owned()
}

/// Returns the name and version of the compiler in use here.
fn compiler() -> String {
    Command::new("rustc")
        .arg("--version")
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or("unknown compiler".to_owned(), |name| name.trim().to_owned())
}
