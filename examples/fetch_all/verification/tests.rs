use std::sync::Arc;

use super::problems;
use crate::item::{Content, Item};
use crate::readers::{Counts, Finished};

/// Three lines, their results, and the correct counts.
fn flawless() -> (Vec<Arc<Item>>, Vec<Finished>, Counts) {
    let item = |number| Arc::new(Item { number, content: Content::Line(vec![b'x'; 20_000 * number as usize]) });
    let given: Vec<_> = (1..=3).map(item).collect();
    let kept = given.iter().rev().map(|item| Finished { item: Arc::clone(item), outcome: item.read(7) }).collect();
    (given, kept, Counts { threads: 1, started: 3, completed: 3, most_in_flight: 2, woken: 3, polls: 6 })
}

/// Returns the one problem that a change causes.
fn problem(change: impl FnOnce(&mut Vec<Arc<Item>>, &mut Vec<Finished>, &mut Counts)) -> String {
    let (mut given, mut kept, mut counts) = flawless();
    change(&mut given, &mut kept, &mut counts);
    let mut problems = problems(&given, &kept, &counts, 2);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}

#[test]
fn what_is_right_is_no_problem() {
    let (given, kept, counts) = flawless();
    assert_eq!(problems(&given, &kept, &counts, 2), [""; 0]);
    assert_eq!(problems(&[], &[], &Counts::default(), 2), [""; 0]);
}

#[test]
fn whatever_is_wrong_is_said() {
    assert!(problem(|_, kept, _| drop(kept.pop())).contains("\"line 1\" has no result"));
    assert!(problem(|_, kept, _| kept.push(kept[0].clone())).contains("\"line 3\" has 2 results"));
    assert!(problem(|_, kept, _| kept[1].outcome = kept[2].outcome.clone()).contains("\"line 2\" differs"));
    assert!(problem(|_, kept, _| kept[0].outcome = Err("gone".to_owned())).contains("gone"));
    let stranger = |number| Arc::new(Item { number, content: Content::File("stranger".into()) });
    assert!(problem(|_, kept, _| kept[0].item = stranger(3)).contains("\"line 3\" has the result of \"stranger\""));
    let unlisted = Finished { item: stranger(4), outcome: Err(String::new()) };
    assert!(problem(|_, kept, _| kept.push(unlisted)).contains("\"stranger\" was not on the list"));
}

#[test]
fn whatever_is_miscounted_is_said() {
    assert!(problem(|_, _, counts| counts.started += 1).contains("4 reads were started, not 3"));
    assert!(problem(|_, _, counts| counts.completed -= 1).contains("2 reads were completed, not 3"));
    assert!(problem(|_, _, counts| counts.woken -= 1).contains("2 reads were woken, not 3"));
    assert!(problem(|_, _, counts| counts.polls += 1).contains("7 polls of reads, not 6"));
    assert!(problem(|_, _, counts| counts.most_in_flight = 3).contains("3 reads were in flight"));
    assert!(problem(|_, _, counts| counts.most_in_flight = 0).contains("0 reads were in flight"));
}

#[test]
fn many_problems_are_counted() {
    let given: Vec<_> = (1..=30).map(|number| Arc::new(Item { number, content: Content::Line(Vec::new()) })).collect();
    let counts = Counts { threads: 1, started: 30, completed: 30, most_in_flight: 1, woken: 30, polls: 60 };
    let problems = problems(&given, &[], &counts, 1);
    assert_eq!((problems.len(), &problems[10][..]), (11, "and 20 more"));
}
