//! A client's task, from its first byte to its last.

use std::future::Future;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use async_io::{Async, Timer};
use flagstone::task::yield_now;
use futures_lite::future::or;

use crate::line::Line;
use crate::notice::Notice;
use crate::reader::Reader;
use crate::request::Request;
use crate::room::Seat;

#[cfg(test)]
mod tests;

/// Serves a client. If it is cancelled at any point, it closes the connection, and the seat tells the others.
///
/// ```text
///   converse: name, then a line at a time ──┐
///   outbox.closed(): too slow, or closing ──┼── the first that ends ──▶ leave ──▶ flush ──▶ close
///   outbox.deliver() ───────────────────────┘
/// ```
pub(crate) async fn serve(stream: Async<TcpStream>, seat: Seat) {
    let served = or(converse(&stream, &seat), or(closed(&seat), seat.outbox.deliver(&stream))).await;
    if let Err(error) = &served {
        seat.tell_failure(error);
    }
    seat.leave();
    if served.is_ok() {
        seat.outbox.close();
        let patience = seat.room().limits().farewell;
        if let Some(Ok(())) = within(patience, seat.outbox.flush(&stream)).await {
            within(patience, part(&stream)).await;
        }
    }
}

/// Waits for a future, at most for `patience`.
pub(crate) async fn within<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
    let in_time = async { Some(future.await) };
    let too_late = async {
        Timer::after(patience).await;
        None
    };
    or(in_time, too_late).await
}

async fn closed(seat: &Seat) -> io::Result<()> {
    seat.outbox.closed().await;
    Ok(())
}

/// Listens until the client has ended its sending side. Such a client may still listen, so the lines in the outbox are
/// delivered.
async fn converse(stream: &Async<TcpStream>, seat: &Seat) -> io::Result<()> {
    let limits = *seat.room().limits();
    let mut reader = Reader::new(stream, limits.line);
    match within(limits.introduction, introduce(&mut reader, seat)).await {
        Some(Ok(true)) => {}
        Some(ended) => return ended.map(drop),
        None => {
            seat.outbox.close_with(&Notice::NoNameInTime);
            return Ok(());
        }
    }
    while let Some(line) = reader.next().await? {
        match understand(line, seat).map(Request::from) {
            None | Some(Request::Nothing) => {}
            Some(Request::Say(text)) => seat.say(&text),
            Some(Request::Who) => seat.look_around(),
            Some(Request::Quit) => {
                seat.outbox.close_with(&Notice::Bye);
                return Ok(());
            }
            Some(Request::Unknown(command)) => seat.hear(&Notice::NoCommand(&command)),
        }
        yield_now().await; // a line moves all outboxes: other tasks are served before the next one
    }
    Ok(())
}

/// Asks until there is a name that no other client has. Returns false if the client ended instead.
async fn introduce(reader: &mut Reader<'_>, seat: &Seat) -> io::Result<bool> {
    while let Some(line) = reader.next().await? {
        match understand(line, seat).map(|text| text.parse()) {
            None => {}
            Some(Ok(name)) if seat.introduce(&name) => return Ok(true),
            Some(Ok(name)) => seat.hear(&Notice::NameTaken(&name)),
            Some(Err(reason)) => seat.hear(&Notice::NotAName(reason)),
        }
        yield_now().await;
    }
    Ok(false)
}

/// Returns the text of a line, or tells the client what is wrong with it.
fn understand(line: Line, seat: &Seat) -> Option<String> {
    match line {
        Line::Text(text) => return Some(text),
        Line::TooLong => seat.hear(&Notice::TooLong(seat.room().limits().line)),
        Line::NotUtf8 => seat.hear(&Notice::NotUtf8),
    }
    None
}

/// Ends the sending side, then waits for the client to end too: a connection that is closed with bytes unread is reset,
/// and the last bytes written may be lost.
async fn part(stream: &Async<TcpStream>) -> io::Result<()> {
    stream.get_ref().shutdown(Shutdown::Write)?;
    let mut unread = [0; 512];
    while stream.read_with(|mut stream| stream.read(&mut unread)).await? > 0 {
        yield_now().await;
    }
    Ok(())
}
