//! What all types of typed keys are made of.

use core::{
    error::Error,
    fmt,
    num::{IntErrorKind, NonZeroUsize},
    str::FromStr,
};

use super::Key;

/// The untyped key inside every type that [`new_key_type!`](crate::new_key_type) makes.
///
/// It is a type of keys, too: use it instead of `usize` where an `Option` of a key should be one word.
///
/// `Display` writes hexadecimal digits after `0x`; `FromStr` reads these, and decimal digits.
///
/// # Examples
///
/// ```
/// use flagstone::keyed::{InvalidKey, KeyData};
///
/// let key = KeyData::from_bits(31).unwrap();
/// assert_eq!(key.to_string(), "0x1f");
/// assert_eq!("0x1f".parse(), Ok(key));
/// assert_eq!("31".parse(), Ok(key));
/// assert_eq!("0".parse::<KeyData>(), Err(InvalidKey::Zero));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct KeyData(NonZeroUsize);

impl KeyData {
    /// Returns the key's number as a `u64`, whatever the pointer width. For a key that a store has handed out it is
    /// neither 0 nor `u64::MAX`.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0.get() as u64
    }

    /// Returns the key with this number; `None` for numbers that no store of this target hands out: 0, and from
    /// `usize::MAX` on. `Some` does not mean that an entry exists.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        match Self::try_from_bits(bits) {
            Ok(key) => Some(key),
            Err(_) => None,
        }
    }

    /// Returns the key of a number, as [`from_bits`](Self::from_bits) does, or the reason why there is none.
    ///
    /// # Errors
    ///
    /// [`InvalidKey::Zero`] or [`InvalidKey::TooLarge`].
    #[inline]
    pub const fn try_from_bits(bits: u64) -> Result<Self, InvalidKey> {
        if bits >= usize::MAX as u64 {
            return Err(InvalidKey::TooLarge);
        }
        match NonZeroUsize::new(bits as usize) {
            Some(raw) => Ok(Self(raw)),
            None => Err(InvalidKey::Zero),
        }
    }
}

impl Key for KeyData {
    #[inline(always)]
    fn from_raw(raw: NonZeroUsize) -> Self {
        Self(raw)
    }

    #[inline(always)]
    fn to_raw(self) -> usize {
        self.0.get()
    }
}

impl From<KeyData> for u64 {
    fn from(key: KeyData) -> Self {
        key.to_bits()
    }
}

impl TryFrom<u64> for KeyData {
    type Error = InvalidKey;

    fn try_from(bits: u64) -> Result<Self, InvalidKey> {
        Self::try_from_bits(bits)
    }
}

impl fmt::Debug for KeyData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyData({self})")
    }
}

impl fmt::Display for KeyData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl FromStr for KeyData {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        // The standard library's parser accepts a sign.
        if digits.starts_with('+') {
            return Err(InvalidKey::NotANumber);
        }
        match u64::from_str_radix(digits, radix) {
            Ok(bits) => Self::try_from_bits(bits),
            Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(InvalidKey::TooLarge),
            Err(_) => Err(InvalidKey::NotANumber),
        }
    }
}

/// The reason why a number or a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidKey {
    /// The number is 0, which is never a key.
    Zero,
    /// The number is `usize::MAX`, which is never a key, or larger.
    TooLarge,
    /// The text is neither `0x` and hexadecimal digits, nor decimal digits.
    NotANumber,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => formatter.write_str("0 is never a key"),
            Self::TooLarge => write!(formatter, "keys are numbers below {:#x} on this target", usize::MAX),
            Self::NotANumber => formatter.write_str("a key is `0x` and hexadecimal digits, or decimal digits"),
        }
    }
}

impl Error for InvalidKey {}
