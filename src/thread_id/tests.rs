use std::{
    collections::{BTreeSet, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Barrier, mpsc},
    thread,
};

use super::*;

/// Compares every order of taking and giving back that begins with `done` and is `steps` longer with a plain set.
///
/// Step 0 takes a number, step n gives back the n-th of the taken ones.
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

/// Keeps the record of a registry that is dropped: a leak checker would report it otherwise.
fn keep_reachable(record: Option<&'static Record>) {
    static KEPT: Mutex<Vec<&'static Record>> = Mutex::new(Vec::new());

    KEPT.lock().expect("no test panics here").extend(record);
}

fn apply(registry: &mut Registry, out: &mut BTreeSet<usize>, step: usize) {
    if step == 0 {
        let lowest_free = (1..).find(|number| !out.contains(number)).expect("numbers do not run out");
        let record = registry
            .take(&mut Spare::default())
            .or_else(|| registry.take(&mut Spare::allocate(registry.wanted_room()).expect("there is memory")));
        assert_eq!(record.map(Record::number), Some(lowest_free), "beside {out:?}");
        keep_reachable(record);
        out.insert(lowest_free);
    } else {
        let number = *out.iter().nth(step - 1).expect("a number that is out");
        out.remove(&number);
        registry.give_back(number);
    }
    assert!(registry.has_room_for_all(), "giving back would need memory");
    let (numbers, free) = registry.counts();
    assert_eq!(numbers, free + out.len(), "every number is out or free");
}

#[test]
fn the_lowest_free_number_is_handed_out_in_every_order() {
    explore(&mut Vec::new(), 8);
}

#[test]
fn numbers_of_many_words_are_taken_given_back_and_borrowed() {
    const NUMBERS: usize = 300;
    let mut registry = Registry::default();
    for number in 1..=NUMBERS {
        assert!(registry.take(&mut Spare::default()).is_none(), "every number needs a record");
        let room = registry.wanted_room();
        let record = registry.take(&mut Spare::allocate(room).expect("there is memory"));
        assert_eq!(record.map(Record::number), Some(number));
        keep_reachable(record);
        assert!(registry.has_room_for_all());
    }
    let numbers = [256, 65, 64, 300, 1, 129, 128];
    for number in numbers {
        registry.give_back(number);
    }
    for number in [0, 2, 301, 64 * 8, usize::MAX - 1, usize::MAX] {
        assert!(!registry.take_number(number), "{number} is not free");
    }
    assert!(registry.take_number(65) && !registry.take_number(65));
    for number in [1, 64, 128, 129, 256, 300] {
        assert_eq!(registry.take(&mut Spare::default()).map(Record::number), Some(number));
    }
    assert_eq!(registry.counts(), (NUMBERS, 0));
}

#[test]
fn a_spare_of_other_sizes_than_are_wanted_is_no_harm() {
    let mut registry = Registry::default();
    for number in 1..=200 {
        let room = [0, registry.wanted_room(), 2, 700][number % 4];
        let spare = &mut Spare::allocate(room).expect("there is memory");
        match registry.take(spare) {
            Some(record) => {
                assert_eq!(record.number(), registry.counts().0);
                keep_reachable(Some(record));
            }
            None => assert!(registry.wanted_room() > 0),
        }
        assert!(registry.has_room_for_all());
    }
    assert!(registry.counts().0 > 190);
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
    // Other tests take and give back numbers meanwhile, but far fewer than this one would use up.
    const THREADS: usize = 500;
    let highest = (0..THREADS)
        .map(|_| thread::spawn(current_or_register).join().expect("the thread does not panic"))
        .max()
        .expect("there were threads");
    assert!(highest < THREADS / 2, "{highest}");
}

/// Whether thread-locals are initialised again after they were destroyed.
const CACHE_MAY_BE_LOST: bool = cfg!(flagstone_emulated_locals);

/// Requests a number while the thread's locals are destroyed.
struct Late(mpsc::Sender<(usize, usize, usize)>);

impl Drop for Late {
    fn drop(&mut self) {
        let _ = self.0.send((current(), current_or_register(), current()));
    }
}

sync::thread_local! {
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
    // One order destroys the registration first, the other last; which is which depends on the platform.
    let mut ended = 0;
    for order in orders {
        let (number, seen) = late(order);
        let is_lost = CACHE_MAY_BE_LOST && seen.0 == UNREGISTERED && seen.1 == seen.2;
        assert!(is_lost || seen == (number, number, number) || seen == (ENDED, ENDED, ENDED), "{number}: {seen:?}");
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

/// Whether a number is free.
fn is_free(number: usize) -> bool {
    lock(&registry()).find(number).is_some_and(|(_, is_free)| is_free)
}

/// The record of the current thread's number, which it gets here.
fn own_record() -> &'static Record {
    current_or_register();
    record().expect("the thread has a number")
}

fn on_a_new_thread<R: Send>(behaviour: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(behaviour).join()).expect("the thread does not panic")
}

#[test]
fn the_record_is_that_of_the_number() {
    on_a_new_thread(|| {
        assert!(record().is_none());
        let number = current_or_register();
        let record = record().expect("the thread has a number");
        assert_eq!((record.number(), record.count()), (number, 1));
        assert!(core::ptr::eq(record, lock(&registry()).find(number).expect("it was handed out").0));
        assert_eq!((align_of_val(record), size_of_val(record)), (64, 64));
    });
}

#[test]
fn pins_are_under_the_number_of_the_thread() {
    on_a_new_thread(|| {
        assert!(of_pins() >= UNREGISTERED, "a thread without a number has no pins");
        let record = own_record();
        let number = record.number();
        assert_eq!((of_pins(), record.count()), (number, 1));
        for depth in 1..=3 {
            record.keep();
            assert_eq!((of_pins(), current(), record.count()), (number, number, 1 + depth));
        }
        for depth in (0..3).rev() {
            record.give_up();
            assert_eq!((of_pins(), current(), record.count()), (number, number, 1 + depth));
        }
        // The end of its registration gives the number back, not that of its pins.
        assert!(!is_free(number));
    });
}

#[test]
fn a_pin_too_many_panics_and_changes_nothing() {
    const MOST: usize = isize::MAX as usize;

    let refused = |pin: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(pin)).expect_err("there are too many pins");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.starts_with("flagstone: ") && message.contains("drop pins"), "{message}");
    };
    on_a_new_thread(|| {
        let record = own_record();
        record.pretend(MOST - 1);
        record.keep();
        for _ in 0..3 {
            refused(&|| record.keep());
            assert_eq!((record.count(), current(), of_pins()), (MOST, record.number(), record.number()));
        }
        record.give_up();
        record.keep();
        refused(&|| record.keep());
        record.pretend(1);
    });
    // The same with a slab: nested pins fail too, and afterwards the state is as before.
    on_a_new_thread(|| {
        let (slab, other) = (crate::Slab::<u8>::new(), crate::Slab::<u8>::new());
        let key = slab.insert(7).expect("there is room");
        let record = own_record();
        let outer = slab.pin();
        record.pretend(MOST - 1);
        let last = slab.pin();
        for slab in [&slab, &other] {
            refused(&|| drop(slab.pin()));
        }
        assert_eq!((record.count(), outer.get(key), last.get(key)), (MOST, Some(&7), Some(&7)));
        drop(last);
        let again = other.pin();
        refused(&|| drop(slab.pin()));
        drop(again);
        record.pretend(2);
        drop(outer);
        assert_eq!(record.count(), 1);
        assert_eq!(slab.take(key), Some(7), "no pin is out");
    });
}

/// Loses the cache, as std does where thread-locals are keys with destructors.
fn lose_the_cache() {
    CURRENT.with(|current| {
        current.number.set(UNREGISTERED);
        current.record.set(None);
        current.former.set(None);
    });
}

#[test]
fn a_thread_whose_cache_is_lost_gets_the_number_that_it_has() {
    on_a_new_thread(|| {
        let record = own_record();
        for pins in 0..3 {
            lose_the_cache();
            assert_eq!((current(), of_pins()), (UNREGISTERED, record.number()));
            assert_eq!(current_or_register(), record.number());
            assert!(core::ptr::eq(own_record(), record));
            assert_eq!(record.count(), 1 + pins);
            record.keep();
        }
        lose_the_cache();
        for _ in 0..3 {
            record.give_up();
        }
        assert!(!is_free(record.number()));
    });
}

#[test]
fn a_number_that_no_thread_has_can_be_borrowed_once_at_a_time() {
    // Other tests take free numbers meanwhile, but fewer than these.
    const THREADS: usize = 40;

    assert!(borrow(0).is_none() && borrow(usize::MAX).is_none() && borrow(UNREGISTERED).is_none());
    let (all, end) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let numbers: Vec<usize> = thread::scope(|scope| {
        let register = || {
            let number = current_or_register();
            assert!(borrow(number).is_none(), "the thread itself has it");
            all.wait();
            end.wait();
            number
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(register)).collect();
        all.wait();
        end.wait();
        threads.into_iter().map(|thread| thread.join().expect("the thread does not panic")).collect()
    });
    let before = current();
    let mut borrowed = 0;
    for number in numbers {
        // No thread gets the lowest number while it is borrowed.
        let Some(guard) = borrow(number) else { continue };
        assert!(borrow(number).is_none() && !is_free(number));
        assert_eq!((current(), record().map_or(before, Record::number)), (before, before));
        assert_ne!(on_a_new_thread(current_or_register), number);
        drop(guard);
        borrowed += 1;
    }
    assert!(borrowed > THREADS / 2, "{borrowed}");
}

/// What a thread-local sees at the end of a thread that has `out` active pins.
struct Pins {
    out: usize,
    record: &'static Record,
    report: mpsc::Sender<bool>,
}

impl Drop for Pins {
    fn drop(&mut self) {
        let Self { out, record, ref report } = *self;
        let number = record.number();
        let has_ended = if out > 0 { record.count() == out } else { current() == ENDED };
        for left in (0..out).rev() {
            let registration = usize::from(!has_ended);
            assert_eq!((record.count(), is_free(number)), (registration + left + 1, false));
            let is_lost = CACHE_MAY_BE_LOST && has_ended && of_pins() == ENDED;
            assert!(is_lost || of_pins() == number);
            // No other thread can have it.
            assert_ne!(on_a_new_thread(current_or_register), number);
            assert!(borrow(number).is_none());
            record.give_up();
        }
        // After the last one any thread may have it; before the registration has ended it is still this thread's.
        if out > 0 {
            assert_eq!(of_pins(), if has_ended { ENDED } else { number });
            assert!(has_ended || !is_free(number));
        }
        report.send(has_ended).expect("the test waits");
    }
}

sync::thread_local! {
    static PINS: Cell<Option<Pins>> = const { Cell::new(None) };
}

/// Runs a thread that ends with `out` active pins. Returns its number, and whether its registration ended before its
/// pins.
fn ends_with_pins(out: usize, local_first: bool) -> (usize, bool) {
    let (report, receiver) = mpsc::channel();
    let number = thread::spawn(move || {
        if local_first {
            PINS.set(None);
        }
        let record = own_record();
        (0..out).for_each(|_| record.keep());
        PINS.set(Some(Pins { out, record, report }));
        record.number()
    });
    let number = number.join().expect("the thread does not panic");
    (number, receiver.recv().expect("the destructor has run, and found all as it should be"))
}

#[test]
fn a_number_that_pins_keep_is_no_other_threads_until_the_last_has_ended() {
    let mut ended = HashSet::new();
    for out in 0..4 {
        for local_first in [false, true] {
            ended.insert(ends_with_pins(out, local_first).1);
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
