use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;

use async_io::{Async, block_on};
use crossbeam_channel::Receiver;
use flagstone::task::TaskId;

use super::{Room, Seat};
use crate::limits::Limits;
use crate::log::Log;
use crate::notice::Notice;

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

fn room(outbox: usize) -> (Rc<Room>, Receiver<String>) {
    let (log, told) = Log::new();
    (Room::new(Limits { outbox, ..Limits::default() }, log), told)
}

fn enter(room: &Rc<Room>, id: usize, name: &str) -> Seat {
    let seat = room.enter(TaskId::from_usize(id), ADDRESS);
    assert!(seat.introduce(&name.parse().unwrap()));
    seat
}

/// What a guest has to read by now, by way of a connection.
fn read(seat: &Seat) -> Vec<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let stream = Async::<TcpStream>::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap()).unwrap();
    block_on(seat.outbox.flush(&stream)).unwrap();
    stream.get_ref().flush().unwrap();
    drop(stream);
    let text = std::io::read_to_string(listener.accept().unwrap().0).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn all_others_hear_it_in_one_order() {
    let (room, _told) = room(1000);
    let (ana, ben, unnamed) =
        (enter(&room, 1, "ana"), enter(&room, 2, "ben"), room.enter(TaskId::from_usize(3), ADDRESS));
    ana.say("one");
    ben.say("two");
    ana.say("* three");
    unnamed.say("nobody says it");
    room.announce(&Notice::Server("four"));
    assert_eq!(read(&ana)[1..], ["* ben has joined", "ben: two", "* server: four"]);
    assert_eq!(read(&ben)[1..], ["ana: one", "ana: * three", "* server: four"]);
    assert!(read(&unnamed).is_empty());
    assert_eq!((room.tally.lines.get(), room.tally.deliveries.get()), (3, 3));
}

#[test]
fn whoever_is_gone_has_left_once() {
    let (room, told) = room(1000);
    let (ana, ben, cleo) = (enter(&room, 1, "ana"), enter(&room, 2, "ben"), enter(&room, 3, "cleo"));
    ben.leave();
    ben.say("nobody hears it");
    drop(ben);
    drop(cleo);
    assert_eq!(read(&ana)[3..], ["* ben has left", "* cleo has left"]);
    assert_eq!(room.tasks(), [TaskId::from_usize(1)]);
    assert_eq!(told.try_iter().count(), 5);
}

#[test]
fn a_name_is_free_again_when_its_owner_has_left() {
    let (room, _told) = room(1000);
    let (ana, other) = (enter(&room, 1, "ana"), room.enter(TaskId::from_usize(2), ADDRESS));
    let name = "ana".parse().unwrap();
    assert!(!other.introduce(&name));
    ana.leave();
    assert!(other.introduce(&name));
    drop(ana);
    other.look_around();
    assert_eq!(read(&other)[1..], ["* here: ana"]);
}

#[test]
fn a_full_outbox_does_not_stop_the_others() {
    let (room, _told) = room(200);
    let (ana, ben, cleo) = (enter(&room, 1, "ana"), enter(&room, 2, "ben"), enter(&room, 3, "cleo"));
    let _ = (read(&ben), read(&cleo));
    ana.say(&"a".repeat(150));
    assert_eq!(read(&ben).len(), 1);
    ana.say(&"b".repeat(150));
    ana.say("after");
    assert_eq!(read(&ben).len(), 2);
    assert_eq!(read(&cleo), [Notice::TooSlow.to_string()]);
    assert_eq!((room.tally.slow.get(), room.tally.deliveries.get()), (1, 4));
}

#[test]
fn it_is_empty_when_the_last_seat_goes() {
    let (room, _told) = room(1000);
    block_on(room.emptied());
    let (ana, ben) = (enter(&room, 1, "ana"), enter(&room, 2, "ben"));
    room.close();
    let late = room.enter(TaskId::from_usize(3), ADDRESS);
    assert_eq!(read(&ana).last().unwrap(), "* the server is closing");
    assert_eq!(read(&late), ["* the server is closing"]);
    let seats_go = async {
        drop(ana);
        flagstone::task::yield_now().await;
        assert_eq!(room.tasks().len(), 2);
        drop((ben, late));
    };
    block_on(futures_lite::future::zip(room.emptied(), seats_go));
}

#[test]
fn the_list_fits_the_width() {
    let (room, _told) = room(1000);
    let _seats = (enter(&room, 0x2a, "ana"), enter(&room, 0x2b, &"b".repeat(24)));
    let _unnamed = room.enter(TaskId::from_usize(0x2c), ADDRESS);
    let at = |columns| room.list(columns).lines().map(str::to_owned).collect::<Vec<_>>();
    let expected = [
        "2 here, of 3 connections",
        "0x2a  ana                       127.0.0.1:1",
        "0x2b  bbbbbbbbbbbbbbbbbbbbbbbb  127.0.0.1:1",
        "0x2c  ?                         127.0.0.1:1",
    ];
    for columns in [80, 140, usize::MAX] {
        assert_eq!(at(columns), expected);
    }
    assert_eq!(at(40)[1..3], ["0x2a  ana", "0x2b  bbbbbbbbbbbbbbbbbbbbbbbb"]);
    assert_eq!(at(20)[..3], ["2 here, of 3 connec…", "0x2a  ana", "0x2b  bbbbbbbbbbbbb…"]);
}
