//! Records that name their parent, opened and closed by threads, while another dumps all that are open.
//!
//! A parent may close before its children: its key finds nothing then, and never another record.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use flagstone::{keyed, new_key_type};

new_key_type! {
    struct RecordKey;
}

struct Record {
    name: String,
    parent: Option<RecordKey>,
}

static RECORDS: keyed::Slab<RecordKey, Record> = keyed::Slab::with_key();

fn open(name: String, parent: Option<RecordKey>) -> RecordKey {
    RECORDS.insert(Record { name, parent }).expect("there is room")
}

/// Returns a line for each open record: its name, and those of its open ancestors. No other thread waits for it.
fn dump() -> Vec<String> {
    let pinned = RECORDS.pin();
    let line = |(_, record): (RecordKey, &Record)| {
        let mut line = record.name.clone();
        let mut parent = record.parent;
        while let Some(record) = parent.and_then(|key| pinned.get(key)) {
            line = format!("{} > {line}", record.name);
            parent = record.parent;
        }
        line
    };
    pinned.iter().map(line).collect()
}

fn main() {
    let root = open("root".to_owned(), None);
    let done = AtomicBool::new(false);
    let lines = thread::scope(|scope| {
        let dumper = scope.spawn(|| {
            let mut lines = 0;
            while !done.load(Ordering::Relaxed) || lines == 0 {
                lines += dump().len();
            }
            lines
        });
        let workers = [1, 2, 3].map(|worker| {
            scope.spawn(move || {
                for number in 0..2_000 {
                    let request = open(format!("request {worker}.{number}"), Some(root));
                    let query = open("query".to_owned(), Some(request));
                    assert!(RECORDS.remove(request) && RECORDS.remove(query));
                }
            })
        });
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        done.store(true, Ordering::Relaxed);
        dumper.join().unwrap()
    });
    let query = open("query".to_owned(), Some(open("request".to_owned(), Some(root))));
    assert!(dump().contains(&"root > request > query".to_owned()));
    assert!(RECORDS.remove(RECORDS.get(query).unwrap().parent.unwrap()));
    assert!(dump().contains(&"query".to_owned()));
    println!("{lines} lines while others worked");
}
