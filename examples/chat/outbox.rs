//! The lines that wait for one client to read them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::task::{Context, Poll, Waker};

use async_io::Async;

use crate::notice::Notice;

#[cfg(test)]
mod tests;

/// Whole lines that other tasks put in, and that the client's own task takes out. Putting in never waits. When there is
/// too much, all lines that are not partly written are discarded, a notice is put in their place, and the outbox is
/// closed.
#[derive(Debug)]
pub(crate) struct Outbox(RefCell<Contents>);

#[derive(Debug)]
struct Contents {
    bytes: VecDeque<u8>,
    most: usize,
    /// Whether the first of `bytes` is in the middle of a line.
    begun: bool,
    closed: bool,
    /// The client's task, if it waits.
    task: Option<Waker>,
}

/// The result of putting in a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub(crate) enum Put {
    In,
    /// There was no room: the outbox has been closed.
    Overflowed,
    /// It was closed before.
    Closed,
}

impl Outbox {
    /// An outbox for at most `most` bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self(RefCell::new(Contents { bytes: VecDeque::new(), most, begun: false, closed: false, task: None }))
    }

    /// Puts in a line, which ends with `\n`.
    pub(crate) fn put(&self, line: &str) -> Put {
        let mut contents = self.0.borrow_mut();
        let put = contents.put(line);
        let task = contents.task.take();
        drop(contents);
        task.into_iter().for_each(Waker::wake);
        put
    }

    /// Puts in a last line, and closes the outbox.
    pub(crate) fn close_with(&self, notice: &Notice<'_>) {
        let _ = self.put(&format!("{notice}\n")); // if it was closed before, or this closes it, its last notice says why
        self.close();
    }

    /// Takes no more lines.
    pub(crate) fn close(&self) {
        let mut contents = self.0.borrow_mut();
        contents.closed = true;
        let task = contents.task.take();
        drop(contents);
        task.into_iter().for_each(Waker::wake);
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        self.wait_until(|contents| contents.closed).await;
    }

    /// Writes what is there and what is put in later. It ends only by an error.
    pub(crate) async fn deliver(&self, stream: &Async<TcpStream>) -> io::Result<()> {
        loop {
            self.wait_until(|contents| !contents.bytes.is_empty()).await;
            self.write(stream).await?;
        }
    }

    /// Writes what is there.
    pub(crate) async fn flush(&self, stream: &Async<TcpStream>) -> io::Result<()> {
        while !self.0.borrow().bytes.is_empty() {
            self.write(stream).await?;
        }
        Ok(())
    }

    async fn write(&self, stream: &Async<TcpStream>) -> io::Result<()> {
        stream.write_with(|mut stream| self.0.borrow_mut().write_to(&mut stream)).await
    }

    async fn wait_until(&self, condition: impl Fn(&Contents) -> bool) {
        let poll = |context: &mut Context<'_>| {
            let mut contents = self.0.borrow_mut();
            if condition(&contents) {
                return Poll::Ready(());
            }
            contents.task = Some(context.waker().clone());
            Poll::Pending
        };
        poll_fn(poll).await;
    }
}

impl Contents {
    fn put(&mut self, line: &str) -> Put {
        if self.closed {
            return Put::Closed;
        }
        if self.bytes.len() + line.len() <= self.most {
            self.bytes.extend(line.as_bytes());
            return Put::In;
        }
        let rest_of_line = self.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.bytes.truncate(if self.begun { rest_of_line } else { 0 });
        self.bytes.extend(format!("{}\n", Notice::TooSlow).as_bytes());
        self.closed = true;
        Put::Overflowed
    }

    /// Writes once, as much as `stream` takes.
    fn write_to(&mut self, stream: &mut impl Write) -> io::Result<()> {
        let (first, _second) = self.bytes.as_slices();
        let (available, written) = (first.len(), stream.write(first)?);
        match self.bytes.drain(..written).next_back() {
            Some(last) => self.begun = last != b'\n',
            None if available == 0 => {}
            None => return Err(ErrorKind::WriteZero.into()),
        }
        Ok(())
    }
}
