//! The server's own messages to clients.

use std::fmt;

use crate::name::{Name, NotAName};

/// A line that begins with `*`, as no name does.
#[derive(Clone, Debug)]
pub(crate) enum Notice<'a> {
    Welcome(&'a Name),
    Joined(&'a Name),
    Left(&'a Name),
    Present(&'a [Name]),
    Server(&'a str),
    Bye,

    NotAName(NotAName),
    NameTaken(&'a Name),
    NoNameInTime,
    /// The most bytes that a line may have.
    TooLong(usize),
    NotUtf8,
    NoCommand(&'a str),

    /// The most connections at a time.
    Full(usize),
    TooSlow,
    Closing,
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "* ")?;
        match self {
            Self::Welcome(name) => write!(f, "welcome, {name}: /who shows who is here, /quit ends"),
            Self::Joined(name) => write!(f, "{name} has joined"),
            Self::Left(name) => write!(f, "{name} has left"),
            Self::Present(names) => {
                write!(f, "here:")?;
                names.iter().try_for_each(|name| write!(f, " {name}"))
            }
            Self::Server(text) => write!(f, "server: {text}"),
            Self::Bye => write!(f, "bye"),
            Self::NotAName(reason) => write!(f, "{reason}; try another"),
            Self::NameTaken(name) => write!(f, "the name {name} is taken; try another"),
            Self::NoNameInTime => write!(f, "you did not say your name"),
            Self::TooLong(most) => write!(f, "not sent: a line has at most {most} bytes"),
            Self::NotUtf8 => write!(f, "not sent: that line is not UTF-8"),
            Self::NoCommand(command) => write!(f, "not sent: there is no {command}, only /who and /quit"),
            Self::Full(most) => write!(f, "the server is full, with {most} connections: try again later"),
            Self::TooSlow => write!(f, "you read too slowly: what was said in between is lost, and you are out"),
            Self::Closing => write!(f, "the server is closing"),
        }
    }
}
