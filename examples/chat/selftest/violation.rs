//! Violations: a check that failed.

use std::fmt;
use std::io;

/// A sentence that says what failed.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

pub(crate) type Checked<T = ()> = Result<T, Violation>;

/// Fails with a sentence unless `is_so`.
pub(crate) fn ensure<S: Into<String>>(is_so: bool, sentence: impl FnOnce() -> S) -> Checked {
    if is_so { Ok(()) } else { Err(Violation(sentence().into())) }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<io::Error> for Violation {
    fn from(error: io::Error) -> Self {
        Self(format!("a server of the self-test could not start: {error}"))
    }
}
