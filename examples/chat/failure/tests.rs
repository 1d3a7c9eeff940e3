use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use super::{cannot_accept, cannot_connect, cannot_listen};
use crate::limits::Limits;
use crate::log::Log;
use crate::server::Server;

const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), 80);

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let opened = Server::open(address, Limits::default(), Log::new().0);
    let error = opened.err().expect("another listener has the port");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let message = error.to_string();
    assert!(message.starts_with(&format!("cannot listen on {address}: ")) && message.contains("--port 0"), "{message}");
}

#[test]
fn each_error_has_an_address_and_advice() {
    for (kind, advice) in [
        (ErrorKind::AddrInUse, "`--port 0`"),
        (ErrorKind::PermissionDenied, "`--port 4040`"),
        (ErrorKind::AddrNotAvailable, "`--listen 127.0.0.1`"),
        (ErrorKind::Other, "`--listen` and `--port`"),
    ] {
        let message = cannot_listen(ADDRESS, &kind.into()).to_string();
        assert!(message.contains("192.0.2.7:80") && message.contains(advice), "{message}");
    }
    let refused = io::Error::from(ErrorKind::ConnectionRefused);
    for (message, advice) in [
        (cannot_accept(ADDRESS, &refused), "--max-connections"),
        (cannot_connect("ana", ADDRESS, &refused), "--clients"),
    ] {
        assert!(message.contains("192.0.2.7:80") && message.contains(advice), "{message}");
    }
}
