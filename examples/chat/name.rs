//! Names of members.

use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// The most characters of a name.
pub(crate) const LONGEST: usize = 24;

/// Letters, digits, `-`, `_` and `.`. So no name contains a colon, which ends the name at the start of a line, or looks
/// like a notice.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Name(String);

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotAName {
    Empty,
    TooLong,
    /// The first character that may not stand there.
    Character(char),
}

impl FromStr for Name {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let text = text.trim();
        let may_not = |character: &char| !(character.is_alphanumeric() || ['-', '_', '.'].contains(character));
        match text.chars().find(may_not) {
            Some(character) => Err(NotAName::Character(character)),
            None if text.is_empty() => Err(NotAName::Empty),
            None if text.chars().count() > LONGEST => Err(NotAName::TooLong),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name has at least one character"),
            Self::TooLong => write!(f, "a name has at most {LONGEST} characters"),
            Self::Character(character) => {
                write!(f, "{character:?} cannot stand in a name: letters, digits, '-', '_' and '.' can")
            }
        }
    }
}
