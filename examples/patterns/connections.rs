//! A table of connections, found by address or by key, which threads fill and read at once.
//!
//! The map may hold keys of closed connections, for which `get` finds nothing. So `close` needs the key only, and not the
//! map's lock. Such keys stay in the map until a caller with the same address replaces them; a server that never sees an
//! address again would remove them from time to time.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use flagstone::{keyed, new_key_type};

new_key_type! {
    struct ConnectionKey;
}

#[derive(Debug, Default)]
struct Connection {
    packets: AtomicU64,
}

struct Connections {
    by_address: RwLock<HashMap<SocketAddr, ConnectionKey>>,
    connections: keyed::Slab<ConnectionKey, Connection>,
}

impl Connections {
    fn get_or_insert(&self, address: SocketAddr) -> keyed::Entry<'_, ConnectionKey, Connection> {
        let known = self.by_address.read().unwrap().get(&address).copied();
        if let Some(connection) = known.and_then(|key| self.connections.get(key)) {
            return connection;
        }
        let mut by_address = self.by_address.write().unwrap();
        if let Some(connection) = by_address.get(&address).and_then(|&key| self.connections.get(key)) {
            return connection;
        }
        let key = self.connections.insert(Connection::default()).expect("there is room");
        by_address.insert(address, key);
        self.connections.get(key).expect("no other thread has the key yet")
    }

    fn close(&self, key: ConnectionKey) -> bool {
        self.connections.remove(key)
    }
}

fn main() {
    let table = Connections { by_address: RwLock::default(), connections: keyed::Slab::with_key() };
    let address = |number: u16| SocketAddr::from(([127, 0, 0, 1], 1_000 + number % 100));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..10_000 {
                    // The guard is used without a lock, and outlives even a `close`.
                    let connection = table.get_or_insert(address(number));
                    connection.packets.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let packets: u64 = table.connections.iter().map(|connection| connection.packets.load(Ordering::Relaxed)).sum();
    assert_eq!((table.connections.len(), packets), (100, 40_000));

    let key = table.get_or_insert(address(0)).key();
    assert!(table.close(key) && !table.close(key));
    assert_ne!(table.get_or_insert(address(0)).key(), key);
    println!("{} connections, {packets} packets", table.connections.len());
}
