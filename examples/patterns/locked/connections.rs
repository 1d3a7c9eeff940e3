//! The same on a locked `slab`. Values need an `Arc` to be used outside of the lock. Keys are used again: so map and slab
//! must change together, under one lock, and an old key would close the slot's new connection; hence the generation.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use slab::Slab;

#[derive(Clone, Copy, PartialEq, Debug)]
struct ConnectionKey {
    index: usize,
    generation: u64,
}

#[derive(Debug)]
struct Connection {
    key: ConnectionKey,
    address: SocketAddr,
    packets: AtomicU64,
}

#[derive(Default)]
struct Table {
    by_address: HashMap<SocketAddr, ConnectionKey>,
    connections: Slab<Arc<Connection>>,
    generation: u64,
}

#[derive(Default)]
struct Connections {
    table: RwLock<Table>,
}

impl Connections {
    fn get_or_insert(&self, address: SocketAddr) -> Arc<Connection> {
        {
            let table = self.table.read().unwrap();
            if let Some(key) = table.by_address.get(&address) {
                return Arc::clone(&table.connections[key.index]);
            }
        }
        let mut table = self.table.write().unwrap();
        if let Some(key) = table.by_address.get(&address) {
            return Arc::clone(&table.connections[key.index]);
        }
        table.generation += 1;
        let generation = table.generation;
        let vacant = table.connections.vacant_entry();
        let key = ConnectionKey { index: vacant.key(), generation };
        let connection = Arc::new(Connection { key, address, packets: AtomicU64::new(0) });
        vacant.insert(Arc::clone(&connection));
        table.by_address.insert(address, key);
        connection
    }

    fn close(&self, key: ConnectionKey) -> bool {
        let mut table = self.table.write().unwrap();
        match table.connections.get(key.index) {
            Some(connection) if connection.key == key => {
                let connection = table.connections.remove(key.index);
                table.by_address.remove(&connection.address);
                true
            }
            _ => false,
        }
    }
}

fn main() {
    let table = Connections::default();
    let address = |number: u16| SocketAddr::from(([127, 0, 0, 1], 1_000 + number % 100));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..10_000 {
                    let connection = table.get_or_insert(address(number));
                    connection.packets.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (count, packets) = {
        let table = table.table.read().unwrap();
        let packets =
            table.connections.iter().map(|(_, connection)| connection.packets.load(Ordering::Relaxed)).sum::<u64>();
        (table.connections.len(), packets)
    };
    assert_eq!((count, packets), (100, 40_000));

    let key = table.get_or_insert(address(0)).key;
    assert!(table.close(key) && !table.close(key));
    assert_ne!(table.get_or_insert(address(0)).key, key);
    println!("{count} connections, {packets} packets");
}
