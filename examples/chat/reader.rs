//! Lines from a connection.

use std::io::{self, Read};
use std::net::TcpStream;
use std::ops::Range;

use async_io::Async;

use crate::line::{Line, Unfinished};

const CHUNK: usize = 4096;

/// Reads lines, with memory for a chunk and a line.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    stream: &'a Async<TcpStream>,
    chunk: Box<[u8]>,
    /// The part of `chunk` that has not been looked at.
    unread: Range<usize>,
    unfinished: Unfinished,
}

impl<'a> Reader<'a> {
    /// A reader of lines of at most `most` bytes.
    pub(crate) fn new(stream: &'a Async<TcpStream>, most: usize) -> Self {
        Self { stream, chunk: [0; CHUNK].into(), unread: 0..0, unfinished: Unfinished::new(most) }
    }

    /// Waits for a line. At the end of input, the bytes after the last `\n` are a line too.
    ///
    /// If it is dropped while it waits, nothing is lost.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let (taken, line) = self.unfinished.take(&self.chunk[self.unread.clone()]);
            self.unread.start += taken;
            if line.is_some() {
                return Ok(line);
            }
            let chunk = &mut *self.chunk;
            match self.stream.read_with(|mut stream| stream.read(chunk)).await? {
                0 => return Ok(self.unfinished.finish()),
                read => self.unread = 0..read,
            }
        }
    }
}
