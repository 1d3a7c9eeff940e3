//! The operator's commands.

use std::fmt;

use flagstone::task::TaskId;

#[cfg(test)]
mod tests;

pub(crate) const HELP: &str = "\
tasks        lists the live tasks, including those of the server itself
who          lists the clients with the ids of their tasks
cancel ID    ends a task: a client's connection is closed
say TEXT     sends it to all clients
quit         tells all clients that the server ends, and ends it
help         shows this list
";

/// A line that was understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Command {
    Tasks,
    Who,
    Cancel(TaskId),
    Say(String),
    Quit,
    Help,
}

/// A line that was not understood, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Misunderstood {
    Empty,
    Unknown(String),
    /// The command, and the argument that it lacks.
    Incomplete(&'static str, &'static str),
    /// The command, which takes fewer arguments.
    TooMuch(String),
    NotAnId(String),
}

impl Command {
    /// Parses a line.
    ///
    /// # Errors
    ///
    /// What is wrong with the line, in words that say what to do.
    pub(crate) fn parse(line: &str) -> Result<Self, Misunderstood> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        match word {
            "" => Err(Misunderstood::Empty),
            "tasks" => Self::Tasks.alone(word, rest),
            "who" => Self::Who.alone(word, rest),
            "quit" => Self::Quit.alone(word, rest),
            "help" => Self::Help.alone(word, rest),
            "cancel" if rest.is_empty() => Err(Misunderstood::Incomplete("cancel", "ID")),
            "cancel" => rest.parse().map(Self::Cancel).map_err(|_| Misunderstood::NotAnId(rest.to_owned())),
            "say" if rest.is_empty() => Err(Misunderstood::Incomplete("say", "TEXT")),
            "say" => Ok(Self::Say(rest.to_owned())),
            _ => Err(Misunderstood::Unknown(word.to_owned())),
        }
    }

    fn alone(self, word: &str, rest: &str) -> Result<Self, Misunderstood> {
        if rest.is_empty() { Ok(self) } else { Err(Misunderstood::TooMuch(word.to_owned())) }
    }
}

impl fmt::Display for Misunderstood {
    /// Quotes what was typed, so that an escape sequence in it does no harm.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "an empty line: type `help` for the commands"),
            Self::Unknown(word) => write!(f, "there is no command {word:?}: type `help` for those that there are"),
            Self::Incomplete(command, what) => write!(f, "{command} what? type `{command} {what}`"),
            Self::TooMuch(command) => write!(f, "`{command}` stands alone: type it without anything after it"),
            Self::NotAnId(word) => {
                write!(f, "{word:?} is not an id: ids are numbers like 1:0x2a, in the first column of `tasks`")
            }
        }
    }
}
