//! The program's output: results on standard output, progress and remarks on standard error.

#[cfg(test)]
mod tests;

use std::io;
use std::time::{Duration, Instant};

use console::{measure_text_width, truncate_str};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use serde_json::json;

use crate::digest::Digest;
use crate::output::{note, print};
use crate::readers::{Counts, Finished};

/// The time between updates of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// From this width on a line has room for a checksum and a name.
const WIDE: usize = 72;

/// Prints results, and counts them.
#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    quiet: bool,
    /// The width of a line.
    columns: usize,
    /// Hidden where standard error is not a terminal.
    bar: ProgressBar,
    start: Instant,
    totals: Totals,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    read: u64,
    failed: u64,
    bytes: u64,
    lines: u64,
}

impl Report {
    pub(crate) fn new(json: bool, quiet: bool, columns: usize) -> Self {
        let style = ProgressStyle::with_template("{spinner} {wide_msg}").expect("a valid template");
        let bar = ProgressBar::new_spinner().with_style(style);
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { json, quiet, columns, bar, start: Instant::now(), totals: Totals::default() }
    }

    /// Prints a result.
    ///
    /// # Errors
    ///
    /// Any error of writing.
    pub(crate) fn finished(&mut self, finished: &Finished) -> io::Result<()> {
        self.totals.add(finished);
        match &finished.outcome {
            Ok(_) if self.quiet => {}
            Ok(digest) if !self.json => self.print(&text_line(finished, digest, self.columns))?,
            Err(reason) if !self.json => {
                self.bar.suspend(|| note(format_args!("{:?}: {reason}", finished.item.name())))
            }
            _ => self.print(&json_line(finished))?,
        }
        if !self.bar.is_hidden() {
            let Totals { read, failed, bytes, .. } = self.totals;
            self.bar.set_message(format!("{} read, {}; {failed} failed", HumanCount(read), HumanBytes(bytes)));
        }
        Ok(())
    }

    /// Prints text above the progress line, if there is one.
    fn print(&self, text: &str) -> io::Result<()> {
        self.bar.suspend(|| print(text))
    }

    /// Prints the summary, and returns whether everything could be read.
    ///
    /// # Errors
    ///
    /// Any error of writing.
    pub(crate) fn summary(&self, counts: &Counts, at_once: usize) -> io::Result<bool> {
        self.bar.finish_and_clear();
        let seconds = self.start.elapsed().as_secs_f64();
        let Totals { read, failed, bytes, lines } = self.totals;
        let Counts { threads, most_in_flight, woken, polls, .. } = counts;
        if self.json {
            let summary = json!({
                "read": read, "failed": failed, "bytes": bytes, "lines": lines, "seconds": seconds, "at_once": at_once,
                "most_in_flight": most_in_flight, "threads": threads, "woken": woken, "polls": polls,
            });
            print(&format!("{}\n", json!({ "summary": summary })))?;
        } else {
            let [read, bytes, lines] = [read, bytes, lines].map(HumanCount);
            note(format_args!("{read} read, {bytes} bytes, {lines} lines in {seconds:.3} s"));
            let wakes = format!("{woken} wakes from other threads ({threads})");
            note(format_args!("at most {most_in_flight} of {at_once} in flight; {wakes}, {polls} polls"));
        }
        if failed > 0 {
            let advice = "the reasons are above; check that they exist and that you may read them";
            note(format_args!("{} could not be read: {advice}", HumanCount(failed)));
        }
        Ok(failed == 0)
    }
}

impl Totals {
    fn add(&mut self, finished: &Finished) {
        match &finished.outcome {
            Ok(digest) => {
                self.read += 1;
                self.bytes += digest.bytes;
                self.lines += digest.lines;
            }
            Err(_) => self.failed += 1,
        }
    }
}

/// Makes a line of at most `columns` columns. The numbers come first, and the name gets the rest.
fn text_line(finished: &Finished, digest: &Digest, columns: usize) -> String {
    let Digest { bytes, lines, checksum } = digest;
    let numbers = if columns < WIDE {
        format!("{bytes:>9} {lines:>6}")
    } else {
        format!("{bytes:>12} {lines:>9}  {checksum:016x}")
    };
    let name = quote(&finished.item.name(), columns.saturating_sub(numbers.len() + 2));
    format!("{}\n", truncate_str(&format!("{numbers}  {name}"), columns, "…"))
}

/// Quotes a name, so that line breaks and escape sequences in it do no harm. If it is too long, cuts its beginning: the
/// end of a path names the file.
fn quote(name: &str, columns: usize) -> String {
    let quoted = format!("{name:?}");
    if measure_text_width(&quoted) <= columns {
        return quoted;
    }
    let inner = &quoted[1..quoted.len() - 1];
    let mut room = columns.saturating_sub(3); // without the quotes and the ellipsis
    let mut start = inner.len();
    for (at, character) in inner.char_indices().rev() {
        let width = measure_text_width(character.encode_utf8(&mut [0; 4]));
        if width > room {
            break;
        }
        (start, room) = (at, room - width);
    }
    format!("\"…{}\"", &inner[start..])
}

/// The checksum is text, because many JSON parsers round 64-bit numbers.
fn json_line(finished: &Finished) -> String {
    let (number, name) = (finished.item.number, finished.item.name());
    let line = match &finished.outcome {
        Ok(digest) => {
            let checksum = format!("{:016x}", digest.checksum);
            let Digest { bytes, lines, .. } = digest;
            json!({ "number": number, "name": name, "bytes": bytes, "lines": lines, "checksum": checksum })
        }
        Err(reason) => json!({ "number": number, "name": name, "error": reason }),
    };
    format!("{line}\n")
}
