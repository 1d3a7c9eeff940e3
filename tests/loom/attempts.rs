//! An attempt at exclusive access that other threads do not notice, against all that they do meanwhile.
//!
//! Property: while `get_exclusive` or `try_take` looks at the pins, every other thread finds the entry as before, whether the
//! attempt succeeds or not; it succeeds only if no thread has read the entry since it began, and no other attempt can be
//! mistaken for it.
//!
//! Invariants: L2, L3, N2.
//!
//! Orderings: `publish`, `include` and `downgrade` Release with `become_readable` and `share_intended` Acquire, also where the
//! word that these find is that of a later attempt (`intend` and `withdraw` continue the release sequence); the barriers of
//! `raw/pin.rs` around `intend`.

use flagstone::{Config, ExclusiveError};
use loom::thread::{self, JoinHandle};

use crate::{
    check::{Shared, check, check_fewer},
    sizes::{OneSlot, ThreeThreads},
    value::Tally,
};

/// How a thread tries to have the entry to itself.
#[derive(Clone, Copy, Debug)]
enum Attempt {
    GetExclusive,
    TryTake,
}

use Attempt::{GetExclusive, TryTake};

impl Attempt {
    /// Tries it, and changes the value by one. Whether that succeeded.
    fn make<C: Config>(self, slab: Shared<C>, key: usize) -> Result<(), ExclusiveError> {
        match self {
            GetExclusive => slab.get_exclusive(key).map(|mut entry| {
                let number = entry.read();
                entry.change(number + 1);
            }),
            TryTake => {
                let mut value = slab.try_take(key).ok_or(ExclusiveError::InUse)?;
                let number = value.read();
                value.change(number + 1);
                Ok(())
            }
        }
    }

    /// A thread that tries it.
    fn start<C: Config + 'static>(self, slab: Shared<C>, key: usize) -> JoinHandle<Result<(), ExclusiveError>> {
        thread::spawn(move || self.make(slab, key))
    }
}

/// Under a pin, which refuses every attempt, the entry is found by whatever looks for it.
#[test]
fn refused_attempt_against_looks() {
    type Look = fn(Shared<OneSlot>, usize) -> bool;
    let looks: [(&str, Look); 6] = [
        ("get", |slab, key| slab.get(key).is_some_and(|entry| entry.read() == 1)),
        ("contains", |slab, key| slab.contains(key)),
        ("pin, get", |slab, key| slab.pin().get(key).is_some_and(|value| value.read() == 1)),
        ("walk", |slab, key| slab.pin().iter().any(|(found, value)| found == key && value.read() == 1)),
        ("walk, fold", |slab, _| slab.pin().iter().fold(0, |sum, (_, value)| sum + value.read()) == 1),
        ("retain", |slab, _| {
            let mut asked = 0;
            slab.retain(|_, value| {
                asked += value.read();
                true
            });
            asked == 1
        }),
    ];
    for attempt in [GetExclusive, TryTake] {
        for (look_name, look) in looks {
            let name = format!("attempts::refused_attempt_against_looks ({attempt:?}, {look_name})");
            check(&name, &["refused"], move |slab: Shared<OneSlot>, tally| {
                let key = slab.insert(tally.value(1)).unwrap();
                let _pinned = slab.pin();
                let other = attempt.start(slab, key);
                assert!(look(slab, key), "the entry is there throughout");
                assert_eq!(other.join().unwrap(), Err(ExclusiveError::InUse));
                tally.note("refused");
            });
        }
    }
}

/// The looks of a thread that has not pinned the slab itself, while a third one has.
#[test]
fn refused_attempt_against_get_elsewhere() {
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::refused_attempt_against_get_elsewhere ({attempt:?})");
        check_fewer(&name, 1, &[], move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let _pinned = slab.pin();
            let other = attempt.start(slab, key);
            let reader = thread::spawn(move || {
                assert_eq!(slab.get(key).expect("the entry is there throughout").read(), 1);
                assert!(slab.contains(key));
            });
            reader.join().unwrap();
            assert_eq!(other.join().unwrap(), Err(ExclusiveError::InUse));
        });
    }
}

/// Two attempts at once, and a pinned reader, which may have cancelled the first when the second begins: the first must
/// not mistake the second's word for its own.
#[test]
fn two_attempts_against_a_pinned_reader() {
    let outcomes = ["read, none changed", "read, one changed", "read, two changed", "hidden"];
    let name = "attempts::two_attempts_against_a_pinned_reader";
    check(name, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let others = [GetExclusive, GetExclusive].map(|attempt| attempt.start(slab, key));
        let read = slab.pin().get(key).map(|value| value.read());
        let changes = others.into_iter().map(|other| usize::from(other.join().unwrap().is_ok())).sum();
        assert!(read.is_none_or(|number| number <= 1 + changes));
        assert_eq!(slab.get(key).unwrap().read(), 1 + changes);
        tally.note(match (read, changes) {
            (None, _) => "hidden",
            (_, 0) => "read, none changed",
            (_, 1) => "read, one changed",
            _ => "read, two changed",
        });
    });
}

/// The same, where the attempts are to take the value.
#[test]
fn two_attempts_to_take_against_a_pinned_reader() {
    let outcomes = ["read", "absent", "taken", "left"];
    let name = "attempts::two_attempts_to_take_against_a_pinned_reader";
    check(name, &outcomes, |slab: Shared<ThreeThreads>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let others = [GetExclusive, TryTake].map(|attempt| attempt.start(slab, key));
        let read = slab.pin().get(key).map(|value| value.read());
        let [_, taken] = others.map(|other| other.join().unwrap().is_ok());
        tally.note(if read.is_some() { "read" } else { "absent" });
        tally.note(if taken { "taken" } else { "left" });
        assert_eq!(slab.contains(key), !taken);
    });
}

#[test]
fn attempt_against_get() {
    let outcomes = ["read, then alone", "read, refused", "hidden, alone"];
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::attempt_against_get ({attempt:?})");
        check(&name, &outcomes, move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let other = attempt.start(slab, key);
            let read = slab.get(key).map(|entry| entry.read());
            tally.note(match (read, other.join().unwrap().is_ok()) {
                (Some(_), true) => "read, then alone",
                (Some(_), false) => "read, refused",
                (None, true) => "hidden, alone",
                (None, false) => unreachable!("nothing else was in use"),
            });
        });
    }
}

/// A removal ends the attempt like an entry without guards.
#[test]
fn attempt_against_remove() {
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::attempt_against_remove ({attempt:?})");
        check(&name, &["alone", "refused"], move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let other = attempt.start(slab, key);
            let removed = slab.remove(key);
            let alone = other.join().unwrap().is_ok();
            tally.note(if alone { "alone" } else { "refused" });
            match attempt {
                GetExclusive => assert!(removed),
                TryTake => assert!(removed != alone, "one of the two has it"),
            }
            assert_eq!(tally.alive(), 0);
            assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
        });
    }
}

/// Under a pin: what is removed is left to the pin, whatever the attempt was about to do.
#[test]
fn refused_attempt_against_remove() {
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::refused_attempt_against_remove ({attempt:?})");
        check(&name, &[], move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let pinned = slab.pin();
            let value = pinned.get(key).unwrap();
            let other = attempt.start(slab, key);
            assert!(slab.remove(key));
            assert!(other.join().unwrap().is_err());
            assert_eq!(value.read(), 1);
            drop(pinned);
            assert_eq!(tally.alive(), 0);
            assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
        });
    }
}

#[test]
fn attempt_against_take() {
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::attempt_against_take ({attempt:?})");
        check(&name, &["alone", "refused"], move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let other = attempt.start(slab, key);
            let taken = slab.take(key).map(|value| value.read());
            let alone = other.join().unwrap().is_ok();
            tally.note(if alone { "alone" } else { "refused" });
            match attempt {
                GetExclusive => assert_eq!(taken, Some(1 + usize::from(alone))),
                TryTake => assert!(taken.is_some() != alone, "one of the two has it"),
            }
            assert!(slab.insert(tally.value(3)).is_some(), "the slot came back");
        });
    }
}

/// Under a pin, for which the taker waits.
#[test]
fn attempt_under_a_pin_against_take() {
    let outcomes = ["alone", "refused"];
    for attempt in [GetExclusive, TryTake] {
        let name = format!("attempts::attempt_under_a_pin_against_take ({attempt:?})");
        check_fewer(&name, 1, &outcomes, move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let pinned = slab.pin();
            let value = pinned.get(key).unwrap();
            let other = attempt.start(slab, key);
            let taker = thread::spawn(move || slab.take(key).map(|value| value.read()));
            assert_eq!(value.read(), 1);
            drop(pinned);
            let (alone, taken) = (other.join().unwrap().is_ok(), taker.join().unwrap());
            tally.note(if alone { "alone" } else { "refused" });
            match attempt {
                GetExclusive => assert_eq!(taken, Some(1 + usize::from(alone))),
                TryTake => assert!(taken.is_some() != alone, "one of the two has it"),
            }
        });
    }
}

/// A thread that finds the entry sees what an exclusive guard wrote, even if it only finds the word of a later attempt.
#[test]
fn what_was_written_is_seen_through_a_later_attempt() {
    type Look = fn(Shared<OneSlot>, usize, &Tally);
    fn note(number: Option<usize>, tally: &Tally) {
        tally.note(match number {
            Some(1) => "1",
            Some(2) => "2",
            Some(_) => "3",
            None => "hidden",
        });
    }
    let looks: [(&str, Look); 3] = [
        ("pin, get", |slab, key, tally| note(slab.pin().get(key).map(|value| value.read()), tally)),
        ("get", |slab, key, tally| note(slab.get(key).map(|entry| entry.read()), tally)),
        ("walk", |slab, _, tally| note(slab.pin().iter().next().map(|(_, value)| value.read()), tally)),
    ];
    for (look_name, look) in looks {
        let name = format!("attempts::what_was_written_is_seen_through_a_later_attempt ({look_name})");
        check(&name, &["1", "2", "3", "hidden"], move |slab: Shared<OneSlot>, tally| {
            let key = slab.insert(tally.value(1)).unwrap();
            let writer = thread::spawn(move || {
                let _ = GetExclusive.make(slab, key);
                let _ = GetExclusive.make(slab, key);
            });
            look(slab, key, tally);
            writer.join().unwrap();
        });
    }
}

/// The same for a value that was just inserted, by a key that no thread was given: only the attempt's word is found.
#[test]
fn what_was_inserted_is_seen_through_an_attempt() {
    let outcomes = ["read", "absent"];
    let name = "attempts::what_was_inserted_is_seen_through_an_attempt";
    check(name, &outcomes, |slab: Shared<OneSlot>, tally| {
        let first = slab.insert(tally.value(2)).unwrap();
        assert!(slab.remove(first));
        let key = first + 1; // one slot: its next generation
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let pinned = slab.pin();
                tally.note_reading(pinned.get(key), 1, "read", "absent");
            }
        });
        assert_eq!(slab.insert(tally.value(1)), Some(key));
        let _ = slab.get_exclusive(key).map(|entry| assert_eq!(entry.read(), 1));
        reader.join().unwrap();
    });
}
