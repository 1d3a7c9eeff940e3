use std::panic;

use super::Registry;
use crate::key::Key;
use crate::task::{Cancelled, State};

#[test]
fn an_entry_goes_with_its_ticket() {
    let registry = Registry::new();
    let ticket = registry.register("one").unwrap();
    let key = ticket.key();
    assert_eq!(registry.get(key).unwrap().state(), State::Queued);
    ticket.begin().unwrap();
    ticket.advance(1, 4).unwrap();
    assert_eq!(registry.get(key).unwrap().progress(), 250);
    ticket.finish("found".to_owned());
    assert!(registry.get(key).is_none());
    assert_eq!(registry.len(), 0);
    let outcome = registry.journal().find(key).unwrap();
    assert_eq!((outcome.state, outcome.progress, outcome.remark.as_str()), (State::Finished, 250, "found"));
}

#[test]
fn an_entry_goes_when_its_worker_panics() {
    let registry = Registry::new();
    let ticket = registry.register("one").unwrap();
    let key = ticket.key();
    let panicked = panic::catch_unwind(|| {
        let _ticket = ticket;
        panic::resume_unwind(Box::new("quietly"));
    });
    assert!(panicked.is_err());
    assert_eq!(registry.len(), 0);
    assert_eq!(registry.journal().find(key).unwrap().state, State::Failed);
}

#[test]
fn a_task_that_is_cancelled_while_it_waits_does_not_begin() {
    let registry = Registry::new();
    let ticket = registry.register("one").unwrap();
    let task = registry.get(ticket.key()).unwrap();
    assert!(task.cancel());
    assert!(!task.cancel());
    assert_eq!(ticket.begin(), Err(Cancelled));
    assert_eq!(task.elapsed(), None);
}

#[test]
fn a_task_that_ends_under_a_pin_stays_readable() {
    let registry = Registry::new();
    let ticket = registry.register("one").unwrap();
    let Key(key) = ticket.key();
    let pinned = registry.pin();
    let task = pinned.get(key).unwrap();
    ticket.stop();
    assert_eq!((task.name.as_str(), task.state()), ("one", State::Cancelled));
    assert!(pinned.get(key).is_none());
}

#[test]
fn names_cannot_move_the_cursor() {
    let registry = Registry::new();
    let ticket = registry.register("\x1b[2Jone\n").unwrap();
    assert_eq!(registry.get(ticket.key()).unwrap().name, "\u{fffd}[2Jone\u{fffd}");
}
