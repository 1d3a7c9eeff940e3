//! A client of the self-test.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use async_io::Async;
use flagstone::task::yield_now;

use super::violation::{Checked, Violation, ensure};
use crate::failure::cannot_connect;

const CHUNK: usize = 16 * 1024;

/// A connection, which one future may write to while another one reads.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: String,
    /// The server's address.
    address: SocketAddr,
    stream: Async<TcpStream>,
    chunk: RefCell<Box<[u8]>>,
    unread: RefCell<VecDeque<u8>>,
}

/// What comes from the server.
#[derive(Debug)]
pub(crate) enum Sound {
    /// A whole line, without its end.
    Line(String),
    /// The end, and how much of a line came before it.
    End(usize),
    /// The server has closed with bytes unread, or has ended.
    Reset,
}

impl Client {
    /// Connects, without sending anything.
    pub(crate) async fn connect(address: SocketAddr, name: impl Into<String>) -> Checked<Self> {
        let name = name.into();
        let connected = Async::<TcpStream>::connect(address).await;
        let stream = connected.map_err(|error| Violation(cannot_connect(&name, address, &error)))?;
        let chunk = RefCell::new([0; CHUNK].into());
        Ok(Self { name, address, stream, chunk, unread: RefCell::default() })
    }

    /// Connects, says its name and expects to be welcome.
    pub(crate) async fn join(address: SocketAddr, name: impl Into<String>) -> Checked<Self> {
        let client = Self::connect(address, name).await?;
        client.say(&client.name).await?;
        client.expect("* welcome, ").await?;
        Ok(client)
    }

    /// Says a line.
    pub(crate) async fn say(&self, line: impl AsRef<[u8]>) -> Checked {
        self.send(&[line.as_ref(), b"\n"].concat()).await
    }

    /// Sends bytes, which need not be lines.
    pub(crate) async fn send(&self, mut bytes: &[u8]) -> Checked {
        while !bytes.is_empty() {
            let written = self.stream.write_with(|mut stream| stream.write(bytes)).await;
            bytes = &bytes[written.map_err(|error| self.cannot("send to", &error))?..];
        }
        Ok(())
    }

    /// Ends its sending side, but still listens.
    pub(crate) fn end(&self) -> Checked {
        let ended = self.stream.get_ref().shutdown(Shutdown::Write);
        ended.map_err(|error| self.cannot("end its half of the connection to", &error))
    }

    /// Waits for a line or the end.
    pub(crate) async fn hear(&self) -> Checked<Sound> {
        loop {
            if let Some(line) = self.take_line()? {
                return Ok(Sound::Line(line));
            }
            match self.stream.read_with(|mut stream| stream.read(&mut self.chunk.borrow_mut())).await {
                Ok(0) => return Ok(Sound::End(self.unread.borrow().len())),
                Ok(read) => self.unread.borrow_mut().extend(&self.chunk.borrow()[..read]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(Sound::Reset),
                Err(error) => return Err(self.cannot("receive from", &error)),
            }
            yield_now().await;
        }
    }

    /// Waits for a line.
    pub(crate) async fn line(&self) -> Checked<String> {
        match self.hear().await? {
            Sound::Line(line) => Ok(line),
            end => Err(Violation(format!("{} should still be connected, and has come to {end:?}", self.name))),
        }
    }

    /// Waits for a line that begins like this.
    pub(crate) async fn expect(&self, begin: &str) -> Checked<String> {
        let line = self.line().await?;
        ensure(line.starts_with(begin), || format!("{} should have heard {begin:?}, not {line:?}", self.name))?;
        Ok(line)
    }

    /// Waits for the end, before which there must be nothing.
    pub(crate) async fn expect_end(&self) -> Checked {
        match self.hear().await? {
            Sound::End(0) => Ok(()),
            sound => Err(Violation(format!("{} should have come to an end, not {sound:?}", self.name))),
        }
    }

    fn take_line(&self) -> Checked<Option<String>> {
        let mut unread = self.unread.borrow_mut();
        let Some(end) = unread.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let mut line: Vec<u8> = unread.drain(..=end).collect();
        line.pop();
        let line = String::from_utf8(line).map_err(|error| Violation(format!("{} has heard {error}", self.name)))?;
        Ok(Some(line))
    }

    fn cannot(&self, what: &str, error: &io::Error) -> Violation {
        let Self { name, address, .. } = self;
        Violation(format!("{name} cannot {what} {address}: {error}"))
    }
}
