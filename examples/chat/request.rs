//! What a member asks for with a line.

#[cfg(test)]
mod tests;

/// A line of a member that has a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// An empty line.
    Nothing,
    Say(String),
    Who,
    Quit,
    /// An unknown command.
    Unknown(String),
}

impl From<String> for Request {
    fn from(line: String) -> Self {
        match line.trim_end() {
            "" => Self::Nothing,
            "/who" => Self::Who,
            "/quit" => Self::Quit,
            command if command.starts_with('/') => Self::Unknown(command.to_owned()),
            _ => Self::Say(line),
        }
    }
}
