//! A snapshot of a task.

use core::{
    fmt::{self, Write},
    panic::Location,
    time::Duration,
};

use super::{raw::Seen, task_id::TaskId};

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Waits to be woken.
    Sleeping,
    /// Is woken, and waits to be polled.
    Scheduled,
    /// Is being polled.
    Running,
    /// Has ended; its join handle, or a reference to it, still exists.
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

/// A snapshot of one task.
///
/// `Display` prints it as one line; [`json`](Self::json) prints the same for programs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The task's id.
    pub id: TaskId,
    /// The task's name, if [`Builder::name`](super::Builder::name) set one.
    pub name: Option<String>,
    /// The task's kind: the one that [`Builder::kind`](super::Builder::kind) set, else `task`; `root` for the future of
    /// `block_on` or `run_until`.
    pub kind: &'static str,
    /// What the task is doing.
    pub state: TaskState,
    /// How often it was polled, up to 2,147,483,647.
    pub polls: u32,
    /// How often it was woken, including wakes while it was already scheduled, up to 4,294,967,295. Of more than eight
    /// million wakes between two polls, not all are counted.
    pub wakes: u32,
    /// Where it was spawned.
    pub location: &'static Location<'static>,
    /// How long ago it was spawned. The resolution is a 64th of a second; the time is that at which its executor last
    /// read the clock, which it does every 64 polls. It stops increasing after two years. `None` where the system has
    /// no clock: `wasm32-unknown-unknown`.
    pub age: Option<Duration>,
    /// The type of its future.
    pub type_name: &'static str,
    /// The size of its future, in bytes.
    pub size: usize,
    /// The number of holders that keep its slot: references and wakers, the join handle, and the executor until the
    /// task has ended. Threads that list tasks at this moment keep it too. They are counted only for a task that was
    /// already removed, and where they have no shard of their own.
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

    /// Returns a value that prints the snapshot as one line of JSON: an object, with the age in seconds, or `null`.
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

/// A text that stays in its line and column. A character that would break the line, or change the direction of the text
/// after it, is shown as its escape in source code.
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

/// Returns whether the character is a control character, a line or paragraph separator, sets the direction of text, or
/// has no width.
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

/// A text as a JSON string (RFC 8259, section 7).
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
