use std::time::Duration;

use super::ledger::{Fate, Heard, Ledger};
use super::speech::{number, speech};
use crate::medium::Medium;

const OWNER: usize = 1;

fn ledger() -> Ledger {
    Ledger::new(OWNER, 4, true)
}

fn hear(ledger: &mut Ledger, lines: &[(usize, usize)]) -> Result<(), String> {
    lines.iter().try_for_each(|(speaker, line)| {
        let heard = ledger.hear(&format!("c{speaker}: {}", speech(*speaker, *line)));
        heard.map(drop).map_err(|violation| violation.to_string())
    })
}

#[test]
fn a_few_clients_are_served() {
    let report = super::run(12, Duration::from_secs(60), Medium { columns: 40, colours: false }).unwrap().unwrap();
    assert!(report.starts_with("passed: 12 clients talked through the server"), "{report}");
    let (words, table) = report.split_once("measured:\n").unwrap();
    assert!(words.lines().all(|line| line.chars().count() <= 80), "{report}");
    assert!(table.lines().all(|line| line.chars().count() <= 40), "{report}");
    assert!(table.contains(" lines delivered"), "{report}");
}

#[test]
fn lines_are_told_apart() {
    for line in 0..200 {
        let text = speech(2, line);
        assert_eq!(number(2, &text), Some(line));
        assert_eq!(number(3, &text), None);
        assert_eq!(number(2, &text[..text.len() - 1]), None);
    }
    assert_eq!(number(2, "x"), None);
}

#[test]
fn all_in_order_is_right() {
    let mut ledger = ledger();
    assert_eq!(hear(&mut ledger, &[(0, 0), (2, 0), (0, 1), (0, 2), (2, 1)]), Ok(()));
    ledger.close(0, Fate::Stayed { said: 3 }).unwrap();
    ledger.close(2, Fate::Stayed { said: 2 }).unwrap();
    assert_eq!(ledger.hear("* c2 has left").unwrap(), Heard::Left);
    ledger.close(2, Fate::Gone { said_at_most: 3 }).unwrap();
    assert_eq!(ledger.hear("* here: c0").unwrap(), Heard::Notice("here: c0".to_owned()));
}

#[test]
fn what_is_wrong_is_noticed() {
    let wrong = |lines: &[(usize, usize)], part: &str| {
        let violation = hear(&mut ledger(), lines).unwrap_err();
        assert!(violation.contains(part), "{violation}");
    };
    wrong(&[(0, 0), (0, 0)], "again");
    wrong(&[(0, 0), (0, 2)], "lost");
    wrong(&[(0, 1)], "lost");
    wrong(&[(OWNER, 0)], "its own");
    wrong(&[(4, 0)], "not there");
    for line in ["c0: 0", "c0 has joined", "x: y", "", "* x has left", "* c1 has joined", "* c4 has joined"] {
        assert!(ledger().hear(line).is_err(), "{line}");
    }
    for line in ["* c0 has joined", "* c0 has left"] {
        let mut ledger = ledger();
        ledger.hear(line).unwrap();
        assert!(ledger.hear(line).is_err(), "{line}");
    }
    let mut left = ledger();
    left.hear("* c0 has left").unwrap();
    assert!(hear(&mut left, &[(0, 0)]).unwrap_err().contains("after it had left"));
}

#[test]
fn what_is_missing_in_the_end_is_noticed() {
    let mut ledger = ledger();
    hear(&mut ledger, &[(0, 0), (0, 1)]).unwrap();
    ledger.close(0, Fate::Stayed { said: 2 }).unwrap();
    assert!(ledger.close(0, Fate::Stayed { said: 3 }).is_err());
    assert!(ledger.close(2, Fate::Stayed { said: 1 }).is_err());
    assert!(ledger.close(0, Fate::Gone { said_at_most: 2 }).is_err());
    ledger.hear("* c0 has left").unwrap();
    assert!(ledger.close(0, Fate::Gone { said_at_most: 1 }).is_err());
    assert!(ledger.close(0, Fate::Stayed { said: 2 }).is_err());
    assert_eq!(ledger.count(0), 2);
}

#[test]
fn a_latecomer_begins_in_the_middle() {
    let mut late = Ledger::new(OWNER, 4, false);
    hear(&mut late, &[(0, 5), (0, 6)]).unwrap();
    late.close(0, Fate::Stayed { said: 7 }).unwrap();
    late.close(2, Fate::Stayed { said: 7 }).unwrap();
    late.has_heard_from(0, 5, 7).unwrap();
    assert!(late.has_heard_from(0, 4, 7).is_err());
    late.has_heard_from(2, 7, 7).unwrap();
    assert!(late.has_heard_from(2, 6, 7).is_err());
    assert!(hear(&mut late, &[(0, 8)]).is_err());
    late.hear("* c3 has joined").unwrap();
    assert!(late.close(3, Fate::Stayed { said: 1 }).is_err());
}
