//! Keys in the formats of `serde`.

use core::fmt;

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Unexpected, Visitor},
};

use super::KeyData;

/// A string in human-readable formats, such as `"0x1f"`, and a `u64` in others.
impl Serialize for KeyData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.to_bits())
        }
    }
}

/// Reads what `Serialize` writes. In human-readable formats, a number is accepted too.
impl<'de> Deserialize<'de> for KeyData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(KeyVisitor)
        } else {
            deserializer.deserialize_u64(KeyVisitor)
        }
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = KeyData;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key: a number, or a string with `0x` and hexadecimal digits")
    }

    fn visit_u64<E: Error>(self, bits: u64) -> Result<KeyData, E> {
        KeyData::try_from_bits(bits).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, bits: i64) -> Result<KeyData, E> {
        match u64::try_from(bits) {
            Ok(bits) => self.visit_u64(bits),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(bits), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<KeyData, E> {
        text.parse().map_err(E::custom)
    }
}
