//! The operator's table of tasks.

use console::Alignment::{self, Left, Right};
use console::Style;
use flagstone::task::{Registry, TaskInfo, TaskState};

use crate::columns::{self, Step};
use crate::medium::Medium;

#[cfg(test)]
mod tests;

const COLUMNS: usize = 11;
const HEADING: [&str; COLUMNS] =
    ["id", "name", "kind", "state", "polls", "wakes", "refs", "age", "bytes", "spawned at", "type"];
const ALIGNMENTS: [Alignment; COLUMNS] = [Right, Left, Left, Left, Right, Right, Right, Right, Right, Left, Left];
const NAME: usize = 1;
const KIND: usize = 2;
const POLLS: usize = 4;
const WAKES: usize = 5;
const REFERENCES: usize = 6;
const AGE: usize = 7;
const BYTES: usize = 8;
const LOCATION: usize = 9;
const TYPE: usize = 10;

/// What gives way in a narrow terminal. The id, by which a task can be cancelled, and the state stay.
const STEPS: [Step; 11] = [
    Step::Shorten(TYPE, 16),
    Step::Drop(TYPE),
    Step::Drop(LOCATION),
    Step::Drop(REFERENCES),
    Step::Drop(BYTES),
    Step::Drop(WAKES),
    Step::Drop(KIND),
    Step::Drop(AGE),
    Step::Drop(POLLS),
    Step::Shorten(NAME, 8),
    Step::Drop(NAME),
];

/// Lists the tasks. In a file or a pipe that is the registry's own table; on a terminal it fits the width.
pub(crate) fn render(registry: &Registry, medium: Medium) -> String {
    if medium == Medium::FILE {
        return registry.to_string();
    }
    let mut rows = vec![HEADING.map(str::to_owned)];
    rows.extend(registry.tasks().iter().map(|task| row(task, medium)));
    let lines = columns::lines(&rows, &ALIGNMENTS, &STEPS, medium.columns);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn row(task: &TaskInfo, medium: Medium) -> [String; COLUMNS] {
    [
        task.id.to_string(),
        task.name.as_deref().unwrap_or("-").to_owned(),
        task.kind.to_owned(),
        medium.paint(style(task.state), &task.state.to_string()),
        task.polls.to_string(),
        task.wakes.to_string(),
        task.references.to_string(),
        task.age.map_or_else(|| "unknown".to_owned(), |age| format!("{:.2} s", age.as_secs_f64())),
        task.size.to_string(),
        task.location.to_string(),
        task.type_name.to_owned(),
    ]
}

fn style(state: TaskState) -> Style {
    let style = Style::new();
    match state {
        TaskState::Sleeping => style,
        TaskState::Scheduled => style.yellow(),
        TaskState::Running => style.green(),
        TaskState::Finished => style.dim(),
    }
}
