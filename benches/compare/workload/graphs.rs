//! The points of the published graphs: each number of items is a workload, whose name ends with it.

use super::published::{FourThreads, OneThread};
use super::{EnterDuo, EnterSolo};
use crate::compare::subject::flagstone::Flagstone;
use crate::compare::subject::locked::{Locked, StdRwLock};
use crate::compare::subject::sharded_slab::ShardedSlab;
use crate::compare::subject::unlocked::Unlocked;
use crate::compare::subject::{SharedVisitor, Visitor};
use crate::report::workload::Workload;

/// The number of items, the name and the title, of four threads.
const FOUR_THREADS: [(u64, &str, &str); 7] = [
    (100, "four-threads-100", "4 threads, fresh slab: 100 inserts, then removes"),
    (300, "four-threads-300", "4 threads, fresh slab: 300 inserts, then removes"),
    (500, "four-threads-500", "4 threads, fresh slab: 500 inserts, then removes"),
    (700, "four-threads-700", "4 threads, fresh slab: 700 inserts, then removes"),
    (1_000, "four-threads-1000", "4 threads, fresh slab: 1,000 inserts, then removes"),
    (3_000, "four-threads-3000", "4 threads, fresh slab: 3,000 inserts, then removes"),
    (5_000, "four-threads-5000", "4 threads, fresh slab: 5,000 inserts, then removes"),
];

/// The same, of one thread.
const ONE_THREAD: [(u64, &str, &str); 7] = [
    (100, "one-thread-100", "1 thread, one slab: 100 inserts, then removes"),
    (300, "one-thread-300", "1 thread, one slab: 300 inserts, then removes"),
    (500, "one-thread-500", "1 thread, one slab: 500 inserts, then removes"),
    (700, "one-thread-700", "1 thread, one slab: 700 inserts, then removes"),
    (1_000, "one-thread-1000", "1 thread, one slab: 1,000 inserts, then removes"),
    (3_000, "one-thread-3000", "1 thread, one slab: 3,000 inserts, then removes"),
    (5_000, "one-thread-5000", "1 thread, one slab: 5,000 inserts, then removes"),
];

/// Returns them in the order of the report.
pub(super) fn all() -> Vec<Workload> {
    let four_threads = FOUR_THREADS.into_iter().map(|(items, id, title)| {
        let enter = EnterDuo(FourThreads { items });
        let contestants =
            vec![enter.visit::<Flagstone>(), enter.visit::<ShardedSlab>(), enter.visit::<Locked<StdRwLock>>()];
        Workload::plain(id, title, contestants)
    });
    let one_thread = ONE_THREAD.into_iter().map(|(items, id, title)| {
        let enter = EnterSolo(OneThread { items });
        let contestants = vec![
            enter.visit::<Flagstone>(),
            enter.visit::<ShardedSlab>(),
            enter.visit::<Locked<StdRwLock>>(),
            enter.visit::<Unlocked>(),
        ];
        Workload::plain(id, title, contestants)
    });
    four_threads.chain(one_thread).collect()
}
