//! What an error of the system means: which address it is about, and what to try.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

#[cfg(test)]
mod tests;

/// The server cannot listen on this address.
pub(crate) fn cannot_listen(address: SocketAddr, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there, perhaps another `chat`: end it, or try `--port 0` for a port that is free"
        }
        ErrorKind::PermissionDenied => "the system reserves this port, as it does those below 1024: try `--port 4040`",
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address: try `--listen 127.0.0.1`, or `--listen 0.0.0.0` for all that it has"
        }
        _ => "try another address with `--listen` and `--port`",
    };
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}; {advice}"))
}

/// The server, which listens on this address, cannot accept a connection.
pub(crate) fn cannot_accept(address: SocketAddr, error: &io::Error) -> String {
    format!(
        "cannot accept a connection on {address}: {error}; it tries again. If too many files are open, raise their \
         limit (`ulimit -n`), or allow fewer connections with `--max-connections`"
    )
}

/// A client of the self-test cannot connect to its server.
pub(crate) fn cannot_connect(client: &str, address: SocketAddr, error: &io::Error) -> String {
    format!(
        "{client} cannot connect to {address}: {error}; check that programs of this machine may connect to each other. \
         If too many files are open, raise their limit (`ulimit -n`), or try fewer `--clients`"
    )
}

/// A thread cannot be started.
pub(crate) fn cannot_start(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot start a thread: {error}; check the limit of threads (`ulimit -u`)"))
}
