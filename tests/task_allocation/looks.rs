//! Issue 14, point 2: a look at a registry refuses no spawn, and tasks that end meanwhile use few slots.

use std::{
    alloc::Layout,
    cell::Cell,
    collections::BTreeSet,
    future::pending,
    hint,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use flagstone::task::{BoxStorage, LocalExecutor, SlabStorage, Storage, TaskId};

use super::alone;

/// The length of the names of sleeping tasks. Nothing else has this length, so it shows that a look copies a name.
const NAME: usize = 997;

thread_local! {
    /// The thread looks: it stops where it copies a name.
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

static STOPS: AtomicUsize = AtomicUsize::new(0);
static TURNS: AtomicUsize = AtomicUsize::new(0);

/// Waits in the middle of a look until the executor has had a turn.
pub(super) fn allocated(layout: Layout) {
    if layout.size() == NAME && LOOKS.get() {
        let stop = STOPS.fetch_add(1, Ordering::SeqCst) + 1;
        while TURNS.load(Ordering::SeqCst) < stop {
            hint::spin_loop();
            thread::yield_now();
        }
    }
}

#[test]
fn issue_14_point_2_looks_refuse_no_spawn() {
    alone(|| {
        spawned_amid_looks(|tasks| LocalExecutor::with_storage(SlabStorage::<64>::with_capacity(tasks)));
        spawned_amid_looks(|tasks| LocalExecutor::with_storage(BoxStorage::<0>::with_capacity(tasks)));
    });
}

fn spawned_amid_looks<M: Storage>(make: fn(usize) -> LocalExecutor<M>) {
    const ASLEEP: usize = 1000;
    const AT_A_TIME: usize = 4;
    /// Slots for which a look pins the executor's slab.
    const STRETCH: usize = 64;

    let executor = make(ASLEEP + 8);
    let name: &'static str = "x".repeat(NAME).leak();
    for _ in 0..ASLEEP {
        executor.builder().name(name).spawn(pending::<()>()).detach();
    }
    STOPS.store(0, Ordering::SeqCst);
    TURNS.store(0, Ordering::SeqCst);
    let (registry, is_done) = (executor.registry(), AtomicBool::new(false));
    let mut slots = BTreeSet::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            LOOKS.set(true);
            let listed = registry.tasks().iter().filter(|task| task.name.is_some()).count();
            LOOKS.set(false);
            is_done.store(true, Ordering::SeqCst);
            assert_eq!(listed, ASLEEP);
        });
        while !is_done.load(Ordering::SeqCst) {
            if TURNS.load(Ordering::SeqCst) < STOPS.load(Ordering::SeqCst) {
                for _ in 0..AT_A_TIME {
                    slots.insert(slot_of(executor.try_spawn(async {}).expect("there is room for eight more").id()));
                }
                executor.tick(usize::MAX);
                TURNS.fetch_add(1, Ordering::SeqCst);
            }
            thread::yield_now();
        }
    });
    assert_eq!(TURNS.load(Ordering::SeqCst), ASLEEP, "the look has stopped at each");
    assert!(slots.len() <= (STRETCH + 1) * AT_A_TIME, "{} slots, of {} tasks", slots.len(), ASLEEP * AT_A_TIME);
}

/// The bits of an id that do not change from life to life.
fn slot_of(id: TaskId) -> usize {
    let (offset_bits, shared_bits) = if cfg!(target_pointer_width = "64") { (12, 47) } else { (6, 20) };
    let page = (id.as_usize() >> shared_bits) & 15;
    id.as_usize() & !((1 << shared_bits) - (1 << (offset_bits + page)))
}
