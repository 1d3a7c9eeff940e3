//! Several threads at once, threads that end, threads without a shard.

use std::{cell::RefCell, sync::Barrier, thread};

use flagstone::{Config, Slab};

pub(crate) const THREADS: usize = 8;

/// Runs `behaviour` on several threads at once.
pub(crate) fn on_threads(behaviour: impl Fn(usize) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let behaviour = &behaviour;
            scope.spawn(move || behaviour(number));
        }
    });
}

/// Runs `behaviour` from the destructor of a thread-local, on a thread that has first used the slab by `use_slab`
/// before or after it first used the thread-local.
pub(crate) fn at_the_end_of_a_thread(
    slab_first: bool,
    use_slab: impl FnOnce() + Send,
    behaviour: impl FnOnce() + Send + 'static,
) {
    struct AtEnd(Option<Box<dyn FnOnce()>>);

    impl Drop for AtEnd {
        fn drop(&mut self) {
            self.0.take().unwrap()();
        }
    }

    thread_local!(static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) });

    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let use_local = || AT_END.set(Some(AtEnd(Some(Box::new(behaviour)))));
            if slab_first {
                use_slab();
                use_local();
            } else {
                use_local();
                use_slab();
            }
        });
        // Unlike the end of the scope it waits for the destructors too.
        thread.join().unwrap();
    });
}

/// Runs `behaviour` on a thread that has a number already, which no other thread gets. So it has no shard of a slab of which
/// others [claim all](others_claim_all) shards before it uses the slab.
pub(crate) fn on_a_thread_without_a_shard(behaviour: impl FnOnce() + Send) {
    let registered = || {
        drop(Slab::<u8>::new().pin());
        behaviour();
    };
    thread::scope(|scope| scope.spawn(registered).join()).unwrap();
}

/// As many other threads as there are shards claim one each, by `claim`, before any of them ends.
pub(crate) fn others_claim_all<C: Config>(claim: impl Fn() + Sync) {
    let barrier = Barrier::new(C::MAX_THREADS);
    thread::scope(|scope| {
        let claim = || {
            claim();
            barrier.wait();
        };
        let threads: Vec<_> = (0..C::MAX_THREADS).map(|_| scope.spawn(claim)).collect();
        // Unlike the end of the scope this waits for thread-locals too, whose destructors give numbers back.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}
