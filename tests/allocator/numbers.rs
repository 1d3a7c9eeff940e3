//! Threads that get no memory for their numbers.

use std::{env, process::Command, sync::Barrier, thread};

use flagstone::{Config, DefaultConfig, Slab};

use crate::{
    GRANTED, NOTING,
    refusals::{Plan, Refusals},
};

alone_on_a_thread! {
    the_first_insertion_of_a_process_returns_without_memory
    threads_that_get_no_memory_for_their_numbers_share_a_shard
    threads_are_registered_by_an_allocator_that_is_asked_to_register_them
}

/// Runs a test again in a process of its own, where no thread has ever had a number.
fn in_a_new_process(name: &str, behaviour: impl FnOnce()) {
    const CHILD: &str = "FLAGSTONE_ALLOCATOR_ALONE";

    if env::var_os(CHILD).is_some() {
        return behaviour();
    }
    let (_crate, module) = module_path!().split_once("::").unwrap();
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["--exact", &format!("{module}::alone::{name}"), "--test-threads=1", "--nocapture"]).env(CHILD, "1");
    let output = test.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Also what the process needs for all threads' numbers.
fn the_first_insertion_of_a_process_returns_without_memory() {
    in_a_new_process("the_first_insertion_of_a_process_returns_without_memory", || {
        let slab = Slab::<u64>::new();
        let insert = |only| {
            let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only });
            refusals.under(|| slab.insert(1))
        };
        thread::scope(|scope| {
            let insert = || {
                assert_eq!((insert(false), slab.capacity()), ((None, true), 0));
                // It has no number, for good.
                let key = slab.insert(1).unwrap();
                assert_eq!((slab.stats().shards()[0].number, slab.take(key)), (0, Some(1)));
            };
            scope.spawn(insert).join().unwrap();
        });
        // With memory for the slab alone, this is a thread without a number.
        let (Some(key), true) = insert(true) else { panic!("there was room, and something was refused") };
        assert_eq!((slab.get(key).as_deref(), slab.stats().shards()[0].number), (Some(&1), 0));
        thread::scope(|scope| {
            let insert = || {
                slab.insert(2).unwrap();
                assert_eq!(slab.stats().shards()[1].number, 1);
            };
            scope.spawn(insert).join().unwrap();
        });
    });
}

/// A number needs memory, so that giving it back needs none. A thread that gets no number uses the overflow shard until
/// its end.
fn threads_that_get_no_memory_for_their_numbers_share_a_shard() {
    const THREADS: usize = 64;

    in_a_new_process("threads_that_get_no_memory_for_their_numbers_share_a_shard", || {
        let slab = Slab::<u64>::new();
        slab.insert(0).unwrap();
        for _ in 0..2 {
            let barrier = Barrier::new(THREADS);
            let insert = |number: u64| {
                let refusals = Refusals::new(Plan { zeroed: false, others: true, first: 0, only: true });
                let (key, was_refused) = refusals.under(|| slab.insert(number));
                let key = key.unwrap();
                let shared = slab.stats().shards().iter().any(|shard| shard.number == 0);
                assert!(shared || !was_refused);
                barrier.wait();
                // A pin goes by guards then.
                let pin = slab.pin();
                assert_eq!(pin.get(key), Some(&number));
                assert!(slab.remove(key) && pin.get(key).is_none());
                drop(pin);
                let again = slab.insert(number).unwrap();
                assert_eq!(slab.take(again), Some(number));
                barrier.wait();
                // The end of the thread is without memory, too.
                GRANTED.set(Some(0));
                was_refused
            };
            let refused: usize = thread::scope(|scope| {
                let insert = &insert;
                let spawn = |number| scope.spawn(move || insert(number));
                let threads: Vec<_> = (0..THREADS as u64).map(spawn).collect();
                threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
            });
            assert!(refused > 0, "a number needs memory now and then");
            assert_eq!(slab.len(), 1);
            assert!(slab.stats().shards().len() <= 2 + THREADS - refused);
        }
    });
}

/// Found by a reader: the allocator was asked for room for one number more with the registry locked.
fn threads_are_registered_by_an_allocator_that_is_asked_to_register_them() {
    in_a_new_process("threads_are_registered_by_an_allocator_that_is_asked_to_register_them", || {
        let slab = Slab::<u64>::new();
        let all_have_numbers = Barrier::new(20);
        let number = |key: usize| key / Slab::<u64>::KEYS_PER_PAGE / DefaultConfig::MAX_PAGES.next_power_of_two();
        let mut numbers: Vec<_> = thread::scope(|scope| {
            let register = || {
                NOTING.set(true);
                let key = slab.insert(1).unwrap();
                NOTING.set(false);
                all_have_numbers.wait();
                number(key)
            };
            let threads: Vec<_> = (0..20).map(|_| scope.spawn(register)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    });
}
