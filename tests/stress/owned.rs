//! Guards that outlive the handle of the slab: the thread that drops the last of them frees everything.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{OwnedEntry, Slab};

use super::{
    Budget, alone,
    canary::{Books, Canary},
    random::Random,
};

const THREADS: usize = 3;
const ENTRIES: usize = 8;

#[test]
fn owned_entries_outlive_the_handle() {
    static BOOKS: Books = Books::new();
    alone(|| {
        let (queues, threads): (Vec<_>, Vec<_>) = (0..THREADS)
            .map(|_| {
                let (queue, entries) = mpsc::channel::<OwnedEntry<Canary<'static>>>();
                let thread = thread::spawn(move || {
                    let mut random = Random::new();
                    for entry in entries {
                        let key = entry.key();
                        entry.check(key);
                        if random.once_in(2) {
                            let clone = OwnedEntry::clone(&entry);
                            drop(entry);
                            clone.check(key);
                            // Removed by this thread or another, at once or with the slab.
                            if random.once_in(2) {
                                clone.remove();
                            }
                        }
                    }
                });
                (queue, thread)
            })
            .unzip();
        let mut random = Random::new();
        for () in Budget::new() {
            let slab = Arc::new(Slab::new());
            for _ in 0..ENTRIES {
                let key = slab.insert_with_key(|key| BOOKS.make(key)).expect("there is room");
                for queue in &queues {
                    if let Some(entry) = Arc::clone(&slab).get_owned(key) {
                        queue.send(entry).expect("threads wait");
                    }
                }
                if random.once_in(2) {
                    slab.remove(key);
                }
            }
            // Here or with the last guard, on any of the threads, the slab ends.
            drop(slab);
        }
        drop(queues);
        for thread in threads {
            thread.join().expect("no panic");
        }
        BOOKS.balance();
    });
}
