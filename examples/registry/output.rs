//! Standard output and standard error, which others may close at any time.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes to standard output at once.
///
/// # Errors
///
/// Those of writing; [`io::ErrorKind::BrokenPipe`] if no one wants to read on.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}

/// Writes a line to standard error, unlike `eprintln` without a panic if no one is listening.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}: {line}", env!("CARGO_CRATE_NAME"));
}
