use std::future::pending;

use console::{measure_text_width, strip_ansi_codes};
use flagstone::task::LocalExecutor;

use super::{HEADING, render};
use crate::medium::Medium;

/// An executor with a task that has a short name, and one that is named by a long address.
fn executor() -> LocalExecutor {
    let executor = LocalExecutor::new();
    for name in ["doorman", "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:51234"] {
        executor.builder().name(name).kind("connection").spawn(pending::<()>()).detach();
    }
    executor
}

#[test]
fn the_id_and_the_state_matter_most() {
    let executor = executor();
    let ids: Vec<String> = executor.registry().tasks().iter().map(|task| task.id.to_string()).collect();
    for columns in [32, 40, 80, 140] {
        let text = render(&executor.registry(), Medium { columns, colours: false });
        assert!(text.lines().all(|line| measure_text_width(line) <= columns), "{columns}:\n{text}");
        for (id, line) in ids.iter().zip(text.lines().skip(1)) {
            assert!(line.trim_start().starts_with(id) && line.contains("scheduled"), "{columns}:\n{text}");
        }
        assert_eq!(text.lines().count(), 3, "{columns}:\n{text}");
        assert!(columns < 80 || text.contains("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:51234"), "{columns}:\n{text}");
        assert!(columns < 140 || text.contains("bytes"), "{columns}:\n{text}");
    }
}

#[test]
fn a_file_gets_all_columns() {
    let executor = executor();
    let [file, wide] = [Medium::FILE, Medium { columns: 1000, colours: false }];
    let text = render(&executor.registry(), file);
    assert!(HEADING.iter().all(|heading| text.contains(heading)), "{text}");
    assert_eq!(text, render(&executor.registry(), wide));
}

#[test]
fn states_have_colours_that_take_no_room() {
    let executor = executor();
    for columns in [40, 80, 140] {
        let [coloured, plain] = [true, false].map(|colours| render(&executor.registry(), Medium { columns, colours }));
        assert!(coloured.contains("\x1b[33mscheduled\x1b[0m") && !plain.contains('\x1b'), "{coloured}");
        assert_eq!(strip_ansi_codes(&coloured), plain);
    }
}
