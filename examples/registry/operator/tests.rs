use super::{Answer, answer, totals};
use crate::registry::Registry;
use crate::row::Row;
use crate::table::Space;
use crate::task::State;

fn text(registry: &Registry, line: &str) -> String {
    match answer(registry, line, Space::UNLIMITED) {
        Answer::Text(text) => text,
        Answer::Quit => panic!("{line:?} is not to quit"),
    }
}

#[test]
fn a_task_is_found_shown_and_cancelled() {
    let registry = Registry::new();
    let (primes, sorting) = (registry.register("Count primes").unwrap(), registry.register("sort").unwrap());
    let key = primes.key();
    assert_eq!(text(&registry, "list").lines().count(), 3);
    let found = text(&registry, "find PRIME");
    assert!(found.contains(&key.to_string()) && !found.contains("sort"), "{found}");
    assert!(text(&registry, &format!("show {key}")).contains("queued"));
    assert!(text(&registry, &format!("cancel {key}")).starts_with("cancelling"));
    assert!(text(&registry, &format!("cancel {key}")).contains("already"));
    assert_eq!(registry.get(key).unwrap().state(), State::Cancelling);
    assert_eq!(registry.get(sorting.key()).unwrap().state(), State::Queued);
}

#[test]
fn a_stale_key_is_told_from_an_unknown_one() {
    let registry = Registry::new();
    let ticket = registry.register("sort").unwrap();
    let stale = ticket.key();
    ticket.finish("found".to_owned());
    let next = registry.register("another, in the same place").unwrap();
    assert!(text(&registry, &format!("cancel {stale}")).contains("(sort) has ended: finished"));
    assert!(text(&registry, &format!("show {stale}")).contains("found"));
    assert!(text(&registry, "cancel ffffffffffffffff").contains("no task has or had the key"));
    assert_eq!(registry.get(next.key()).unwrap().state(), State::Queued);
}

#[test]
fn nothing_found_is_said() {
    let registry = Registry::new();
    assert_eq!(text(&registry, "list"), "all tasks have ended\n");
    assert!(text(&registry, "find x").contains("no task"));
    assert_eq!(answer(&registry, "quit", Space::UNLIMITED), Answer::Quit);
}

#[test]
fn counts_fit_the_width() {
    let registry = Registry::new();
    let tickets = ["one", "two", "three"].map(|name| registry.register(name).unwrap());
    let [failing, finishing, _waiting] = tickets;
    failing.fail("it has to".to_owned());
    finishing.finish("found".to_owned());
    let pinned = registry.pin();
    let rows = Row::all(&pinned);
    let all = "1 queued, 0 running, 0 cancelling; 1 finished, 0 cancelled, 1 failed\n";
    assert_eq!([totals(&registry, &rows, 140), totals(&registry, &rows, 80)], [all; 2]);
    assert_eq!(totals(&registry, &rows, 40), "1 queued, 1 failed, 1 finished\n");
    assert_eq!(totals(&registry, &rows, 20), "1 queued, 1 failed,…\n");
}
