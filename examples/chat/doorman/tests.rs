use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use async_io::Async;

use super::{MOST_REFUSED, Refused};
use crate::notice::Notice;

#[test]
fn whoever_is_refused_can_read_why() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut refused = Refused::default();
    for _ in 0..2 * MOST_REFUSED {
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"ana\n").unwrap(); // unread: closed like this, the connection would be reset
        refused.add(Async::new(listener.accept().unwrap().0).unwrap(), 7);
        assert_eq!(io::read_to_string(client).unwrap(), format!("{}\n", Notice::Full(7)));
        assert!(refused.0.len() <= MOST_REFUSED);
    }
}
