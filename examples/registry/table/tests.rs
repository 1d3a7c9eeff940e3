use std::time::Duration;

use console::{measure_text_width, strip_ansi_codes};

use super::{Space, render};
use crate::key::Key;
use crate::medium::Medium;
use crate::row::Row;
use crate::task::State;

fn space(lines: usize, columns: usize) -> Space {
    Space { lines, medium: Medium { columns, colours: false } }
}

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
KEY   TASK          STATE    PROGRESS       DONE    TIME
0x0   count primes  running  [####------]   45 %  12.3 s
0x1   sort          queued   [----------]    0 %       -
0x2a  sort          queued   [----------]    0 %       -
";
    assert_eq!(render(&rows(), space(4, 80)), expected);
}

#[test]
fn what_does_not_fit_is_counted() {
    let last_line = |lines| render(&rows(), space(lines, 80)).lines().last().unwrap_or_default().to_owned();
    assert_eq!(last_line(3), "… and 2 more");
    assert_eq!(last_line(2), "… and 3 more");
    for lines in 2..6 {
        assert!(render(&rows(), space(lines, 80)).lines().count() <= lines);
    }
}

#[test]
fn lines_are_cut_at_the_right() {
    let text = render(&rows(), space(3, 10));
    assert!(text.lines().all(|line| line.chars().count() <= 10), "{text}");
    assert!(text.lines().nth(1).unwrap().ends_with('…'), "{text}");
}

#[test]
fn results_have_a_column_of_their_own() {
    let ended = Row { state: State::Finished, progress: 1000, remark: "9 primes", ..rows()[0].clone() };
    let text = render(&[ended], Space::UNLIMITED);
    assert!(text.starts_with("KEY  TASK"), "{text}");
    assert!(text.ends_with("[####################]  100 %  12.3 s  9 primes\n"), "{text}");
}

/// A running task and a failed one, both with long names.
fn long_rows() -> Vec<Row<'static>> {
    let running = Row { key: Key(0x2a), name: "longest chain below 2,000,000", ..rows()[0].clone() };
    let remark = "panicked half way, as it is meant to";
    vec![running.clone(), Row { key: Key(0x2b), state: State::Failed, remark, ..running }]
}

#[test]
fn state_and_progress_matter_more_than_the_end_of_a_name() {
    for columns in [20, 40, 60, 80, 100, 140] {
        for rows in [&long_rows()[..1], &long_rows()[..]] {
            let text = render(rows, space(10, columns));
            assert!(text.lines().all(|line| measure_text_width(line) <= columns), "{columns}:\n{text}");
            for (row, line) in rows.iter().zip(text.lines().skip(1)) {
                let (key, state) = (row.key.to_string(), row.state.name());
                assert!(line.starts_with(&key) && line.contains(state) && line.contains("45 %"), "{columns}:\n{text}");
            }
        }
    }
}

#[test]
fn the_least_important_columns_give_way_first() {
    let at = |columns| render(&long_rows(), space(10, columns));
    let expected = "\
KEY   TASK                           STATE    PROGRESS                 DONE    TIME  RESULT
0x2a  longest chain below 2,000,000  running  [#########-----------]   45 %  12.3 s
0x2b  longest chain below 2,000,000  failed   [#########-----------]   45 %  12.3 s  panicked half way, as it is meant to
";
    assert_eq!(at(140), expected);
    let expected = "\
KEY   TASK                      STATE     DONE    TIME  RESULT
0x2a  longest chain below 2,0…  running   45 %  12.3 s
0x2b  longest chain below 2,0…  failed    45 %  12.3 s  panicked half way, as i…
";
    assert_eq!(at(80), expected);
    let expected = "\
KEY   TASK                STATE     DONE
0x2a  longest chain bel…  running   45 %
0x2b  longest chain bel…  failed    45 %
";
    assert_eq!(at(40), expected);
}

#[test]
fn states_have_colours_that_take_no_room() {
    for columns in [40, 80, 140] {
        let coloured = Space { lines: 10, medium: Medium { columns, colours: true } };
        let text = render(&long_rows(), coloured);
        assert!(text.contains("\x1b[36mrunning\x1b[0m") && text.contains("\x1b[31mfailed\x1b[0m"), "{text}");
        assert_eq!(strip_ansi_codes(&text), render(&long_rows(), space(10, columns)));
    }
    assert!(!render(&long_rows(), Space::UNLIMITED).contains('\x1b'));
}
