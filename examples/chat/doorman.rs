//! The doorman lets clients in.

use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use flagstone::task::{BoxStorage, LocalSpawner};
use futures_lite::future::or;

use crate::connection;
use crate::failure::cannot_accept;
use crate::notice::Notice;
use crate::room::Room;
use crate::tally::count;

#[cfg(test)]
mod tests;

/// How many refused clients are remembered: one more makes room by disconnecting the first.
const MOST_REFUSED: usize = 32;

/// How long a refused client may take to read why.
const REFUSED: Duration = Duration::from_secs(1);

/// After an error of accepting, which may be that there are too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections, each in a task of its own, for which a slot is claimed first. If there is no slot, nothing has
/// been made yet, and the connection can still be used to say so.
///
/// `here` is the address on which it listens.
pub(crate) async fn serve(
    listener: Async<TcpListener>,
    here: SocketAddr,
    room: Rc<Room>,
    spawner: LocalSpawner<BoxStorage>,
) {
    let mut refused = Refused::default();
    loop {
        let accepted = or(listener.accept(), refused.forget()).await;
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                room.log.tell(cannot_accept(here, &error));
                Timer::after(PAUSE).await;
                continue;
            }
        };
        let Some(claim) = spawner.try_claim() else {
            let most = room.limits().connections;
            let advice = "allow more with `--max-connections`";
            room.log.tell(format_args!("{address} is refused, because {most} clients are connected: {advice}"));
            count(&room.tally.refused, 1);
            refused.add(stream, most);
            continue;
        };
        let seat = room.enter(claim.id(), address);
        match claim.name(address.to_string()).kind("connection").spawn(connection::serve(stream, seat)) {
            Ok(task) => task.detach(),
            Err(error) => room.log.tell(format_args!("{address} cannot be served: {error}; it can connect again")),
        }
    }
}

/// Clients that were refused. They stay connected for a moment: one that has sent its name, and is closed with that unread,
/// is reset, and would not read why.
#[derive(Default)]
struct Refused(VecDeque<(Instant, Async<TcpStream>)>);

impl Refused {
    fn add(&mut self, stream: Async<TcpStream>, most: usize) {
        let text = format!("{}\n", Notice::Full(most));
        let written = stream.get_ref().write(text.as_bytes()); // nothing has been written: there is room for a line
        if written.is_ok() && stream.get_ref().shutdown(Shutdown::Write).is_ok() {
            self.0.push_back((Instant::now() + REFUSED, stream));
        }
        if self.0.len() > MOST_REFUSED {
            self.0.pop_front();
        }
    }

    /// Closes connections when their time has come. Never ends, and may be dropped at any time.
    async fn forget(&mut self) -> io::Result<(Async<TcpStream>, SocketAddr)> {
        while let Some((deadline, _stream)) = self.0.front() {
            Timer::at(*deadline).await;
            self.0.pop_front();
        }
        pending().await
    }
}
