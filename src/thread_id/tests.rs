use std::{
    collections::{BTreeSet, HashSet},
    sync::mpsc,
    thread,
};

use super::*;

/// Every order of taking and giving back that begins with `done` and is `steps` longer, against a plain set.
///
/// Step 0 takes a number, step n gives the n-th of those back that are out.
fn explore(done: &mut Vec<usize>, steps: usize) {
    let (mut registry, mut out) = (Registry::default(), BTreeSet::new());
    for &step in &*done {
        apply(&mut registry, &mut out, step);
    }
    if steps > 0 {
        for step in 0..=out.len() {
            done.push(step);
            explore(done, steps - 1);
            done.pop();
        }
    }
}

fn apply(registry: &mut Registry, out: &mut BTreeSet<usize>, step: usize) {
    if step == 0 {
        let lowest_free = (1..).find(|number| !out.contains(number)).expect("numbers do not run out");
        let number = registry.take_lowest().or_else(|| {
            drop(registry.move_to(BinaryHeap::with_capacity(registry.wanted_room())));
            registry.take_lowest()
        });
        assert_eq!(number, Some(lowest_free), "beside {out:?}");
        out.insert(lowest_free);
    } else {
        let number = *out.iter().nth(step - 1).expect("a number that is out");
        out.remove(&number);
        registry.give_back(number);
    }
    assert!(registry.free.capacity() >= registry.highest, "giving back would need memory");
    assert_eq!(registry.highest, registry.free.len() + out.len(), "every number is out or free");
}

#[test]
fn the_lowest_free_number_is_handed_out_in_every_order() {
    explore(&mut Vec::new(), 8);
}

#[test]
fn a_thread_has_no_number_until_it_needs_one_and_then_keeps_it() {
    let numbers = thread::spawn(|| (current(), current_or_register(), current(), current_or_register()))
        .join()
        .expect("the thread does not panic");
    let (before, first, then, again) = numbers;
    assert_eq!(before, UNREGISTERED);
    assert!((1..UNREGISTERED).contains(&first));
    assert_eq!((then, again), (first, first));
}

#[test]
fn threads_that_live_at_once_have_different_numbers() {
    const THREADS: usize = 32;
    let (numbers, received) = mpsc::channel();
    let (ends, threads): (Vec<_>, Vec<_>) = (0..THREADS)
        .map(|_| {
            let numbers = numbers.clone();
            let (end, wait) = mpsc::channel::<()>();
            let thread = thread::spawn(move || {
                numbers.send(current_or_register()).expect("the test waits");
                // Lives until the other end is dropped.
                let _ = wait.recv();
                current()
            });
            (end, thread)
        })
        .unzip();
    let alive: HashSet<usize> = received.iter().take(THREADS).collect();
    assert_eq!(alive.len(), THREADS);
    drop(ends);
    let at_the_end: HashSet<usize> =
        threads.into_iter().map(|thread| thread.join().expect("the thread does not panic")).collect();
    assert_eq!(at_the_end, alive);
}

#[test]
fn a_thread_that_ends_gives_its_number_back() {
    // Other tests take and give numbers meanwhile, but not nearly as many as this one would use up.
    const THREADS: usize = 500;
    let highest = (0..THREADS)
        .map(|_| thread::spawn(current_or_register).join().expect("the thread does not panic"))
        .max()
        .expect("there were threads");
    assert!(highest < THREADS / 2, "{highest}");
}

/// Asks for a number while the thread's locals are torn down.
struct Late(mpsc::Sender<(usize, usize, usize)>);

impl Drop for Late {
    fn drop(&mut self) {
        let _ = self.0.send((current(), current_or_register(), current()));
    }
}

std::thread_local! {
    static LATE: Cell<Option<Late>> = const { Cell::new(None) };
}

fn late(register: impl FnOnce(Late) -> usize + Send + 'static) -> (usize, (usize, usize, usize)) {
    let (sender, receiver) = mpsc::channel();
    let number = thread::spawn(move || register(Late(sender))).join().expect("the thread does not panic");
    (number, receiver.recv().expect("the destructor has run"))
}

#[test]
fn in_thread_local_destructors_a_number_is_kept_or_none_is_given() {
    let orders: [fn(Late) -> usize; 2] = [
        |late| {
            LATE.set(Some(late));
            current_or_register()
        },
        |late| {
            let number = current_or_register();
            LATE.set(Some(late));
            number
        },
    ];
    // One order destroys the registration first, the other last; which is which is the platform's business.
    let mut ended = 0;
    for order in orders {
        let (number, seen) = late(order);
        assert!(seen == (number, number, number) || seen == (ENDED, ENDED, ENDED), "{number}: {seen:?}");
        ended += usize::from(seen.0 == ENDED);
    }
    assert!(ended <= 1, "at least one destructor runs before the registration's");
}

#[test]
fn a_thread_may_need_its_first_number_in_a_thread_local_destructor() {
    let (_, (before, given, then)) = late(|late| {
        LATE.set(Some(late));
        0
    });
    assert_eq!(before, UNREGISTERED);
    assert!(given < UNREGISTERED || given == ENDED, "{given}");
    assert_eq!(then, given);
}

/// How often a number is free. Never more than once, or two threads would have it.
fn times_free(number: usize) -> usize {
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    registry.free.iter().filter(|&&Reverse(free)| free == number).count()
}

fn on_a_new_thread<R: Send>(behaviour: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(behaviour).join()).expect("the thread does not panic")
}

#[test]
fn pins_are_under_the_number_of_the_thread() {
    on_a_new_thread(|| {
        assert!(of_pins() >= UNREGISTERED, "a thread without a number has no pins");
        let number = current_or_register();
        assert_eq!((of_pins(), pins()), (number, 0));
        for depth in 1..=3 {
            keep();
            assert_eq!((of_pins(), current(), pins()), (number, number, depth));
        }
        for depth in (0..3).rev() {
            give_up(number);
            assert_eq!((of_pins(), current(), pins()), (number, number, depth));
        }
        // Its registration gives the number back, not its pins.
        assert_eq!(times_free(number), 0);
    });
}

/// What a thread-local sees at a thread's end that has so many pins out.
struct Pins {
    out: usize,
    number: usize,
    report: mpsc::Sender<bool>,
}

impl Drop for Pins {
    fn drop(&mut self) {
        let Self { out, number, ref report } = *self;
        let has_ended = current() == ENDED;
        for left in (0..out).rev() {
            assert_eq!((of_pins(), pins(), times_free(number)), (number, left + 1, 0));
            // Nobody else can have it.
            assert_ne!(on_a_new_thread(current_or_register), number);
            give_up(number);
        }
        assert_eq!(pins(), 0);
        // After the last one it is anybody's; before the registration has ended it is still this thread's.
        assert_eq!(of_pins(), if has_ended { ENDED } else { number });
        assert!(times_free(number) <= usize::from(has_ended));
        report.send(has_ended).expect("the test waits");
    }
}

std::thread_local! {
    static PINS: Cell<Option<Pins>> = const { Cell::new(None) };
}

/// Runs a thread that ends with so many pins. Its number, and whether its registration ended before its pins.
fn ends_with_pins(out: usize, local_first: bool) -> (usize, bool) {
    let (report, receiver) = mpsc::channel();
    let number = thread::spawn(move || {
        if local_first {
            PINS.set(None);
        }
        let number = current_or_register();
        (0..out).for_each(|_| keep());
        PINS.set(Some(Pins { out, number, report }));
        number
    });
    let number = number.join().expect("the thread does not panic");
    (number, receiver.recv().expect("the destructor has run, and found all as it should be"))
}

#[test]
fn a_number_that_pins_keep_is_nobody_elses_until_the_last_has_ended() {
    let mut ended = HashSet::new();
    for out in 0..4 {
        for local_first in [false, true] {
            let (number, has_ended) = ends_with_pins(out, local_first);
            assert!(times_free(number) <= 1);
            ended.insert(has_ended);
        }
    }
    assert_eq!(ended.len(), 2, "one order destroys the registration first, the other last");
}

#[test]
fn numbers_that_pins_kept_are_used_again() {
    // As in `a_thread_that_ends_gives_its_number_back`.
    const THREADS: usize = 500;
    let highest = (0..THREADS).map(|turn| ends_with_pins(turn % 3, turn % 2 == 0).0).max();
    assert!(highest.is_some_and(|highest| highest < THREADS / 2), "{highest:?}");
}
