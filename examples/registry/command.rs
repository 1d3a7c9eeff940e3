//! The commands that a user can type while the tasks run.

use std::fmt;

use crate::key::{Key, NotAKey};

#[cfg(test)]
mod tests;

pub(crate) const HELP: &str = "\
list         shows the tasks that wait or run
find TEXT    shows those with TEXT in their names
show KEY     shows one task, even if it has ended
cancel KEY   asks its worker to stop
quit         cancels all tasks and exits
help         shows this list
";

/// A valid command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Command {
    List,
    Find(String),
    Show(Key),
    Cancel(Key),
    Quit,
    Help,
}

/// An invalid command line. Its text says what to type instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Misunderstood {
    Empty,
    Unknown(String),
    /// The command, and its missing argument.
    Incomplete(&'static str, &'static str),
    /// The command, which takes fewer arguments.
    TooMuch(String),
    NotAKey(String, NotAKey),
}

impl Command {
    /// Parses a line.
    ///
    /// # Errors
    ///
    /// What is wrong with the line, and what to type instead.
    pub(crate) fn parse(line: &str) -> Result<Self, Misunderstood> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        match word {
            "" => Err(Misunderstood::Empty),
            "list" => Self::List.alone(word, rest),
            "quit" => Self::Quit.alone(word, rest),
            "help" => Self::Help.alone(word, rest),
            "find" if rest.is_empty() => Err(Misunderstood::Incomplete("find", "TEXT")),
            "find" => Ok(Self::Find(rest.to_owned())),
            "show" => Ok(Self::Show(key("show", rest)?)),
            "cancel" => Ok(Self::Cancel(key("cancel", rest)?)),
            _ => Err(Misunderstood::Unknown(word.to_owned())),
        }
    }

    fn alone(self, word: &str, rest: &str) -> Result<Self, Misunderstood> {
        if rest.is_empty() { Ok(self) } else { Err(Misunderstood::TooMuch(word.to_owned())) }
    }
}

fn key(command: &'static str, rest: &str) -> Result<Key, Misunderstood> {
    let mut words = rest.split_whitespace();
    let Some(word) = words.next() else { return Err(Misunderstood::Incomplete(command, "KEY")) };
    if words.next().is_some() {
        return Err(Misunderstood::TooMuch(command.to_owned()));
    }
    word.parse().map_err(|reason| Misunderstood::NotAKey(word.to_owned(), reason))
}

impl fmt::Display for Misunderstood {
    /// Quotes the input, so that escape sequences in it do no harm.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "an empty line: type `help` for the commands"),
            Self::Unknown(word) => write!(f, "there is no command {word:?}: type `help` for the commands"),
            Self::Incomplete(command, "KEY") => {
                write!(f, "{command} which task? type `{command} KEY`, with a key from the first column of `list`")
            }
            Self::Incomplete(command, what) => write!(f, "{command} what? type `{command} {what}`"),
            Self::TooMuch(command) => match command.as_str() {
                "show" | "cancel" => write!(f, "`{command}` takes one key: type one line per key"),
                _ => write!(f, "`{command}` takes no argument: type it alone"),
            },
            Self::NotAKey(word, NotAKey::NotHexadecimal) => {
                write!(
                    f,
                    "{word:?} is not a key: keys are hexadecimal numbers like 0x2a, in the first column of `list`"
                )
            }
            Self::NotAKey(word, NotAKey::TooLarge) => {
                write!(f, "{word:?} is larger than any key: take one from the first column of `list`")
            }
        }
    }
}
