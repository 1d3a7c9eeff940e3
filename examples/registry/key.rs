//! Keys as users read and type them.

use std::fmt;
use std::num::{IntErrorKind, ParseIntError};
use std::str::FromStr;

/// A key of the slab. It is hexadecimal in the table, in JSON lines and in commands. It is shown with `0x`, and may be
/// typed with or without.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key(pub(crate) usize);

/// Why a word is not a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NotAKey {
    NotHexadecimal,
    TooLarge,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:#x}", self.0))
    }
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(word: &str) -> Result<Self, NotAKey> {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        if digits.starts_with('+') {
            return Err(NotAKey::NotHexadecimal); // `from_str_radix` would accept it
        }
        usize::from_str_radix(digits, 16).map(Self).map_err(NotAKey::from)
    }
}

impl From<ParseIntError> for NotAKey {
    fn from(error: ParseIntError) -> Self {
        match error.kind() {
            IntErrorKind::PosOverflow => Self::TooLarge,
            _ => Self::NotHexadecimal,
        }
    }
}
