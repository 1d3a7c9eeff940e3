use std::time::Duration;

use super::{Space, render};
use crate::key::Key;
use crate::row::Row;
use crate::task::State;

fn rows() -> Vec<Row<'static>> {
    let waiting =
        |key| Row { key: Key(key), name: "sort", state: State::Queued, progress: 0, elapsed: None, remark: "" };
    let elapsed = Some(Duration::from_millis(12_345));
    let running = Row { name: "count primes", state: State::Running, progress: 459, elapsed, ..waiting(0) };
    vec![running, waiting(1), waiting(0x2a)]
}

#[test]
fn columns_are_aligned() {
    let expected = "\
KEY   TASK          STATE    PROGRESS              TIME
0x0   count primes  running  [####------]  45 %  12.3 s
0x1   sort          queued   [----------]   0 %       -
0x2a  sort          queued   [----------]   0 %       -
";
    assert_eq!(render(&rows(), Space { lines: 4, columns: 80 }), expected);
}

#[test]
fn what_does_not_fit_is_counted() {
    let last_line = |lines| render(&rows(), Space { lines, columns: 80 }).lines().last().unwrap_or_default().to_owned();
    assert_eq!(last_line(3), "… and 2 more");
    assert_eq!(last_line(2), "… and 3 more");
    for lines in 2..6 {
        assert!(render(&rows(), Space { lines, columns: 80 }).lines().count() <= lines);
    }
}

#[test]
fn lines_are_cut_at_the_right() {
    let text = render(&rows(), Space { lines: 3, columns: 10 });
    assert!(text.lines().all(|line| line.chars().count() <= 10), "{text}");
    assert!(text.lines().nth(1).unwrap().ends_with('…'), "{text}");
}

#[test]
fn results_have_a_column_of_their_own() {
    let ended = Row { state: State::Finished, progress: 1000, remark: "9 primes", ..rows()[0].clone() };
    let text = render(&[ended], Space::UNLIMITED);
    assert!(text.starts_with("KEY  TASK"), "{text}");
    assert!(text.ends_with("[####################] 100 %  12.3 s  9 primes\n"), "{text}");
}
