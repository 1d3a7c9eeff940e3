//! What is known of a task.

use core::{
    fmt::{self, Write},
    panic::Location,
    time::Duration,
};

use super::{raw::Seen, task_id::TaskId};

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits to be woken.
    Sleeping,
    /// It waits for its turn.
    Scheduled,
    /// It is being polled.
    Running,
    /// It has ended, and its join handle, or a reference to it, is still there.
    Finished,
}

impl fmt::Display for TaskState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Sleeping => "sleeping",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Finished => "finished",
        })
    }
}

/// What is known of a task at one moment.
///
/// Printed, it is a line; [`json`](Self::json) is the same for programs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Who it is.
    pub id: TaskId,
    /// What it is called, if [`Builder::name`](super::Builder::name) said so.
    pub name: Option<String>,
    /// What kind of task it is: what [`Builder::kind`](super::Builder::kind) said, else `task`; `root` for the future of
    /// `block_on` or `run_until`.
    pub kind: &'static str,
    /// What it is doing.
    pub state: TaskState,
    /// How often it was polled, up to 2,147,483,647.
    pub polls: u32,
    /// How often it was woken, also while it was scheduled already, up to 4,294,967,295. Of more than eight million wakes
    /// between two polls not all are counted.
    pub wakes: u32,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// How long ago it was spawned, to a 64th of a second, and as of the last time that its executor looked at the clock,
    /// which is every 64 polls. Nothing more after two years. `None` where the system has no clock: `wasm32-unknown-unknown`.
    pub age: Option<Duration>,
    /// The type of its future.
    pub type_name: &'static str,
    /// The size of its future, in bytes.
    pub size: usize,
    /// How many keep its slot: references and wakers, the join handle, and the executor until the task has ended. Threads that
    /// list tasks at this moment keep it too, and are counted of a task that has gone, and where they have no shard of their own.
    pub references: usize,
}

impl TaskInfo {
    pub(crate) fn new(seen: &Seen<'_>) -> Self {
        let state = match seen {
            Seen { has_ended: true, .. } => TaskState::Finished,
            Seen { is_running: true, .. } => TaskState::Running,
            Seen { is_scheduled: true, .. } => TaskState::Scheduled,
            _ => TaskState::Sleeping,
        };
        Self {
            id: TaskId::of((seen.executor, seen.key)),
            name: seen.name.map(str::to_owned),
            kind: seen.kind,
            state,
            polls: seen.polls,
            wakes: seen.wakes,
            location: seen.location,
            age: seen.age,
            type_name: seen.type_name,
            size: seen.size,
            references: seen.references,
        }
    }

    /// Returns what prints the same as one line of JSON: an object, ages in seconds, or `null`.
    #[must_use]
    pub fn json(&self) -> impl fmt::Display + '_ {
        Json(self)
    }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", OneLine(self.kind), self.id)?;
        if let Some(name) = &self.name {
            write!(formatter, " {name:?}")?;
        }
        write!(
            formatter,
            ": {}, {} polls, {} wakes, {} references, ",
            self.state, self.polls, self.wakes, self.references
        )?;
        match self.age {
            Some(age) => write!(formatter, "{:.2} s old", age.as_secs_f64())?,
            None => formatter.write_str("of unknown age")?,
        }
        let (type_name, location) = (OneLine(self.type_name), self.location.to_string());
        write!(formatter, ", {type_name} ({} bytes), spawned at {}", self.size, OneLine(&location))
    }
}

/// A text that stays in its line and its column: what would break the line, or turn the direction of what follows, is shown
/// as it would be written in source.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if breaks_lines(character) {
                write!(formatter, "{}", character.escape_default())
            } else {
                formatter.write_char(character)
            }
        })
    }
}

/// Control characters, line and paragraph separators, and those that set the direction of text or have no width.
fn breaks_lines(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

struct Json<'a>(&'a TaskInfo);

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        write!(formatter, r#"{{"id":"{}","name":"#, info.id)?;
        match &info.name {
            Some(name) => write!(formatter, "{}", Text(name))?,
            None => formatter.write_str("null")?,
        }
        write!(
            formatter,
            r#","kind":{},"state":"{}","polls":{},"wakes":{},"location":{},"age":"#,
            Text(info.kind),
            info.state,
            info.polls,
            info.wakes,
            Text(&info.location.to_string()),
        )?;
        match info.age {
            Some(age) => write!(formatter, "{:.3}", age.as_secs_f64())?,
            None => formatter.write_str("null")?,
        }
        write!(formatter, r#","type":{},"size":{},"references":{}}}"#, Text(info.type_name), info.size, info.references,)
    }
}

/// A text as JSON has it (RFC 8259, section 7).
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' => formatter.write_str("\\\"")?,
                '\\' => formatter.write_str("\\\\")?,
                // All of these are below 0x10000.
                control if breaks_lines(control) => write!(formatter, "\\u{:04x}", u32::from(control))?,
                other => write!(formatter, "{other}")?,
            }
        }
        formatter.write_str("\"")
    }
}
