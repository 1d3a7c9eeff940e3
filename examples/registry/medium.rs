//! What standard output can show.

use std::env;
use std::ffi::OsString;

use console::{Style, Term};

// The path is given because other examples include this file by its path too.
#[cfg(test)]
#[path = "medium/tests.rs"]
mod tests;

/// The assumed width of a terminal that does not report one.
const USUAL: usize = 80;

/// The width of a line, and whether text may have colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Medium {
    pub(crate) columns: usize,
    pub(crate) colours: bool,
}

impl Medium {
    /// A file or a pipe: lines of any length, and no colours.
    pub(crate) const FILE: Self = Self { columns: usize::MAX, colours: false };

    /// Returns what standard output can show now. The user may resize a terminal at any time.
    pub(crate) fn of_output() -> Self {
        let output = Term::stdout();
        let columns = || output.size_checked().map_or(USUAL, |(_lines, columns)| usize::from(columns));
        Self::new(output.is_term().then(columns), env::var_os("NO_COLOR"), env::var_os("TERM"))
    }

    /// `columns` is `None` unless the output is a terminal. An empty `NO_COLOR` has no effect: see
    /// <https://no-color.org>.
    fn new(columns: Option<usize>, no_color: Option<OsString>, terminal: Option<OsString>) -> Self {
        let Some(columns) = columns else { return Self::FILE };
        let refused = no_color.is_some_and(|value| !value.is_empty());
        let dumb = terminal.is_some_and(|terminal| terminal == "dumb");
        Self { columns, colours: !refused && !dumb }
    }

    /// Returns the text in this style, or unchanged if there are no colours.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        style.force_styling(self.colours).apply_to(text).to_string()
    }
}
