use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use async_io::{Async, block_on};
use flagstone::task::{TaskId, yield_now};
use futures_lite::future::zip;

use super::serve;
use crate::limits::Limits;
use crate::log::Log;
use crate::notice::Notice;
use crate::room::Room;

/// More bytes than the system keeps for a connection.
const LINES: usize = 400_000;

fn notice(number: usize) -> String {
    Notice::Server(&format!("line {number} for somebody who does not read, or not yet")).to_string()
}

/// A connection: the server's end, with a seat, and the client's.
fn connect(room: &Rc<Room>) -> (impl Future<Output = ()>, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (stream, address) = listener.accept().unwrap();
    (serve(Async::new(stream).unwrap(), room.enter(TaskId::from_usize(1), address)), client)
}

/// A client says its name, reads nothing while all lines are sent, and ends its sending side. When the server has
/// noticed that, or has dropped the client, it reads. Returns the lines, and what comes after the welcome and them.
fn read_late(limits: Limits) -> (usize, String) {
    let (log, told) = Log::new();
    let room = Room::new(limits, log);
    let (served, mut client) = connect(&room);
    client.write_all(b"ana\n").unwrap();
    let tell = async {
        while !told.try_iter().any(|text| text.contains("has joined")) {
            yield_now().await;
        }
        for number in 0..LINES {
            room.announce(&Notice::Server(notice(number).trim_start_matches("* server: ")));
            if number % 100 == 0 {
                yield_now().await;
            }
        }
        client.shutdown(Shutdown::Write).unwrap();
        while !room.list(usize::MAX).starts_with("0 here, of 1") {
            yield_now().await;
        }
        thread::spawn(|| io::read_to_string(client).unwrap())
    };
    let ((), reading) = block_on(zip(served, tell));
    let read = reading.join().unwrap();
    assert!(read.ends_with('\n'));
    let lines = read.lines().skip(1).zip(0..).take_while(|(line, number)| **line == notice(*number)).count();
    (lines, read.lines().skip(1 + lines).collect())
}

#[test]
fn whoever_says_no_more_still_hears_all() {
    assert_eq!(read_late(Limits { outbox: usize::MAX, ..Limits::patient() }), (LINES, String::new()));
}

#[test]
fn whoever_is_dropped_hears_whole_lines_and_why() {
    for outbox in [100_000, 100_001, 100_002] {
        let (lines, last) = read_late(Limits { outbox, ..Limits::patient() });
        assert!(lines < LINES);
        assert_eq!(last, Notice::TooSlow.to_string());
    }
}

#[test]
fn nobody_waits_for_ever() {
    let moment = Duration::from_millis(1);
    let room = Room::new(Limits { introduction: moment, farewell: moment, ..Limits::default() }, Log::new().0);
    let (served, client) = connect(&room);
    block_on(served);
    assert_eq!(io::read_to_string(client).unwrap(), format!("{}\n", Notice::NoNameInTime));
}

#[test]
fn a_connection_that_fails_is_named() {
    let (log, told) = Log::new();
    let room = Room::new(Limits::patient(), log);
    let (served, mut client) = connect(&room);
    let address = client.local_addr().unwrap();
    client.write_all(b"ana\n").unwrap();
    client.set_nonblocking(true).unwrap();
    let vanish = async {
        while client.peek(&mut [0]).is_err() {
            yield_now().await;
        }
        drop(client); // with the welcome unread: the connection is reset
    };
    block_on(zip(served, vanish));
    let failure = told.try_iter().find(|text| text.contains("has failed")).unwrap();
    assert!(failure.contains(&format!("ana, from {address}")), "{failure}");
}
