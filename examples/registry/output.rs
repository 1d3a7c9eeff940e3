//! Standard output and standard error, which the reader may close at any time.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes to standard output and flushes it.
///
/// # Errors
///
/// Any error of writing; [`io::ErrorKind::BrokenPipe`] if the reader has closed it.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    written.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}

/// Writes a line to standard error. Unlike `eprintln`, does not panic if it is closed.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}: {line}", env!("CARGO_CRATE_NAME"));
}
