//! Parsing bytes into lines.

use std::mem;

#[cfg(test)]
mod tests;

/// A line, without its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Line {
    /// Control characters are replaced: those of a stranger should not reach a terminal.
    Text(String),
    TooLong,
    NotUtf8,
}

/// The received part of a line. If the line is too long, nothing of it is kept, however long it gets.
#[derive(Debug)]
pub(crate) struct Unfinished {
    bytes: Vec<u8>,
    most: usize,
    too_long: bool,
}

impl Unfinished {
    /// For lines of at most `most` bytes, without the `\n` or `\r\n` at the end.
    pub(crate) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, too_long: false }
    }

    /// Takes bytes up to the end of the line. Returns how many, and the line if it has ended.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> (usize, Option<Line>) {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.extend(bytes);
            return (bytes.len(), None);
        };
        self.extend(&bytes[..end]);
        (end + 1, Some(self.line()))
    }

    /// Returns what lies between the last end of a line and the end of input.
    pub(crate) fn finish(&mut self) -> Option<Line> {
        (self.too_long || !self.bytes.is_empty()).then(|| self.line())
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.too_long |= self.bytes.len() + bytes.len() > self.most + 1; // one more, which may be the `\r`
        if self.too_long {
            self.bytes.clear();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn line(&mut self) -> Line {
        let (mut bytes, too_long) = (mem::take(&mut self.bytes), mem::take(&mut self.too_long));
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if too_long || bytes.len() > self.most {
            return Line::TooLong;
        }
        match String::from_utf8(bytes) {
            Ok(text) if text.chars().any(is_harmful) => Line::Text(text.replace(is_harmful, "\u{fffd}")),
            Ok(text) => Line::Text(text),
            Err(_) => Line::NotUtf8,
        }
    }
}

fn is_harmful(character: char) -> bool {
    character.is_control() && character != '\t'
}
