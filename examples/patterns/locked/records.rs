//! The same on a locked `slab`: all threads wait during a dump. Keys are used again, so a child would name whatever
//! record has its parent's index now, unless a number is compared too.

use std::{
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use slab::Slab;

#[derive(Clone, Copy, PartialEq)]
struct RecordKey {
    index: usize,
    generation: u64,
}

struct Record {
    generation: u64,
    name: String,
    parent: Option<RecordKey>,
}

static RECORDS: LazyLock<Mutex<Slab<Record>>> = LazyLock::new(Mutex::default);
static GENERATION: AtomicU64 = AtomicU64::new(0);

fn open(name: String, parent: Option<RecordKey>) -> RecordKey {
    let generation = GENERATION.fetch_add(1, Ordering::Relaxed);
    let index = RECORDS.lock().unwrap().insert(Record { generation, name, parent });
    RecordKey { index, generation }
}

fn get(records: &Slab<Record>, key: RecordKey) -> Option<&Record> {
    records.get(key.index).filter(|record| record.generation == key.generation)
}

fn close(key: RecordKey) -> bool {
    let mut records = RECORDS.lock().unwrap();
    let found = get(&records, key).is_some();
    if found {
        let record = records.remove(key.index);
        drop(records); // or the record's destructor would run under the lock
        drop(record);
    }
    found
}

fn dump() -> Vec<String> {
    let records = RECORDS.lock().unwrap();
    let line = |(_, record): (usize, &Record)| {
        let mut line = record.name.clone();
        let mut parent = record.parent;
        while let Some(record) = parent.and_then(|key| get(&records, key)) {
            line = format!("{} > {line}", record.name);
            parent = record.parent;
        }
        line
    };
    records.iter().map(line).collect()
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
                    assert!(close(request) && close(query));
                }
            })
        });
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        done.store(true, Ordering::Relaxed);
        dumper.join().unwrap()
    });
    let query = open("query".to_owned(), Some(open("request".to_owned(), Some(root))));
    assert!(dump().contains(&"root > request > query".to_owned()));
    let parent = get(&RECORDS.lock().unwrap(), query).unwrap().parent.unwrap();
    assert!(close(parent));
    assert!(dump().contains(&"query".to_owned()));
    println!("{lines} lines while others worked");
}
