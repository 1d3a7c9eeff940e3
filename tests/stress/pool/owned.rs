//! Guards that outlive the handle of the pool: the thread that drops the last of them frees everything.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{
    Pool,
    pool::{OwnedRef, OwnedRefMut},
};

use super::super::{
    Budget, alone,
    pooled::{self, Pooled},
    random::Random,
};

const THREADS: usize = 3;
const ENTRIES: usize = 8;

enum Sent {
    Shared(OwnedRef<Pooled>),
    Exclusive(OwnedRefMut<Pooled>),
}

fn receive(sent: Sent, random: &mut Random) {
    let shared = match sent {
        Sent::Shared(shared) => shared,
        Sent::Exclusive(mut exclusive) => {
            let key = exclusive.key();
            exclusive.fill(Some(key));
            assert!(!OwnedRefMut::pool(&exclusive).contains(key), "no other thread reads it");
            if random.once_in(3) {
                // Published where no thread sees it any more, or to the threads that have the key.
                return;
            }
            if random.once_in(3) {
                assert!(OwnedRefMut::pool(&exclusive).clear(key));
                exclusive.write(key);
            }
            exclusive.downgrade()
        }
    };
    let key = shared.key();
    shared.check(key);
    if random.once_in(2) {
        let clone = OwnedRef::clone(&shared);
        drop(shared);
        clone.check(key);
        // Cleared by this thread or another, at once; or dropped with the pool.
        if random.once_in(2) {
            OwnedRef::pool(&clone).clear(key);
            clone.check(key);
        }
    }
}

#[test]
fn owned_guards_outlive_the_handle() {
    alone(|| {
        let (queues, threads): (Vec<_>, Vec<_>) = (0..THREADS)
            .map(|_| {
                let (queue, received) = mpsc::channel::<Sent>();
                let thread = thread::spawn(move || {
                    let mut random = Random::new();
                    received.into_iter().for_each(|sent| receive(sent, &mut random));
                });
                (queue, thread)
            })
            .unzip();
        let mut random = Random::new();
        for () in Budget::new() {
            let pool: Arc<Pool<Pooled>> = Arc::new(Pool::new());
            for _ in 0..ENTRIES {
                if random.once_in(2) {
                    let exclusive = Arc::clone(&pool).create_owned().expect("there is room");
                    let queue = &queues[random.below(THREADS)];
                    assert!(queue.send(Sent::Exclusive(exclusive)).is_ok(), "threads wait");
                    continue;
                }
                let key = pool.create_with(|value| value.fill(None)).expect("there is room");
                for queue in &queues {
                    if let Some(shared) = Arc::clone(&pool).get_owned(key) {
                        assert!(queue.send(Sent::Shared(shared)).is_ok(), "threads wait");
                    }
                }
                if random.once_in(2) {
                    pool.clear(key);
                }
            }
            // Here or with the last guard, on any of the threads, the pool ends.
            drop(pool);
        }
        drop(queues);
        for thread in threads {
            thread.join().expect("no panic");
        }
        pooled::balance();
    });
}
