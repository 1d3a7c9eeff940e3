//! The macro that makes types of typed keys.

/// Makes types of keys, for [`keyed::Slab`](crate::keyed::Slab) and [`keyed::Pool`](crate::keyed::Pool).
///
/// A type of keys has the size of a `usize`, and so has an `Option` of it. There is no null key, and no `Default`: use the
/// `Option`. Keys are `Copy`, `Eq`, `Ord`, `Hash` and `Debug` (hexadecimal); further attributes are allowed. `Display` and
/// `FromStr` use the form of [`KeyData`](crate::keyed::KeyData). `to_bits` and `from_bits` convert to and from `u64`, as do
/// `u64: From` and `TryFrom<u64>`. In a configuration with
/// [`RESERVED_BITS`](crate::Config::RESERVED_BITS), a number in which you have set such bits is another key for `==`,
/// though it finds the same entry.
///
/// With the feature `serde`, keys are strings such as `"0x1f"` in human-readable formats, in which numbers are accepted
/// too, and `u64`s in others. (Strings, since JavaScript rounds numbers beyond 2<sup>53</sup>.) Do not implement these
/// traits by hand: another crate may enable the feature. A key is valid for the slab that handed it out, while that slab
/// exists: after a restart, or with another configuration, it may find another entry.
///
/// # Examples
///
/// ```
/// use flagstone::{keyed, new_key_type};
///
/// new_key_type! {
///     /// Names a connection.
///     pub struct ConnectionKey;
///     struct UserKey; // one macro call, many types
/// }
///
/// let users: keyed::Slab<UserKey, &str> = keyed::Slab::with_key();
/// let user = users.insert("ada").unwrap();
///
/// // As a handle for C, and back:
/// let handle: u64 = user.to_bits();
/// assert_eq!(UserKey::from_bits(handle), Some(user));
/// assert_eq!(UserKey::from_bits(0), None);
///
/// // As text, and back:
/// assert_eq!(user.to_string().parse(), Ok(user));
/// assert!(format!("{user:?}").starts_with("UserKey(0x"));
/// ```
#[macro_export]
macro_rules! new_key_type {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident; $($rest:tt)*) => {
        $(#[$attribute])*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq)]
        #[derive(::core::cmp::PartialOrd, ::core::cmp::Ord, ::core::hash::Hash)]
        #[repr(transparent)]
        $visibility struct $name($crate::keyed::KeyData);

        #[allow(dead_code)]
        impl $name {
            /// Returns the key's number as a `u64`, whatever the pointer width. For a key that a store has handed out it
            /// is neither 0 nor `u64::MAX`.
            #[inline]
            #[must_use]
            $visibility const fn to_bits(self) -> ::core::primitive::u64 {
                self.0.to_bits()
            }

            /// Returns the key with this number; `None` for numbers that no store of this target hands out: 0, and from
            /// `usize::MAX` on. `Some` does not mean that an entry exists.
            #[inline]
            #[must_use]
            $visibility const fn from_bits(bits: ::core::primitive::u64) -> ::core::option::Option<Self> {
                match $crate::keyed::KeyData::from_bits(bits) {
                    ::core::option::Option::Some(key) => ::core::option::Option::Some(Self(key)),
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        }

        impl $crate::keyed::Key for $name {
            #[inline(always)]
            fn from_raw(raw: ::core::num::NonZeroUsize) -> Self {
                Self($crate::keyed::Key::from_raw(raw))
            }

            #[inline(always)]
            fn to_raw(self) -> ::core::primitive::usize {
                $crate::keyed::Key::to_raw(self.0)
            }
        }

        impl ::core::convert::From<$name> for ::core::primitive::u64 {
            fn from(key: $name) -> Self {
                key.to_bits()
            }
        }

        impl ::core::convert::TryFrom<::core::primitive::u64> for $name {
            type Error = $crate::keyed::InvalidKey;

            fn try_from(bits: ::core::primitive::u64) -> ::core::result::Result<Self, Self::Error> {
                $crate::keyed::KeyData::try_from_bits(bits).map(Self)
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(formatter, "{}({})", ::core::stringify!($name), self.0)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::keyed::InvalidKey;

            fn from_str(text: &::core::primitive::str) -> ::core::result::Result<Self, Self::Err> {
                ::core::str::FromStr::from_str(text).map(Self)
            }
        }

        $crate::__serde_of_key_type! { $name }
        $crate::new_key_type! { $($rest)* }
    };
    () => {};
}

/// Implements the traits of `serde` for a type of keys.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __serde_of_key_type {
    ($name:ident) => {
        impl $crate::keyed::__serde::Serialize for $name {
            fn serialize<S: $crate::keyed::__serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::keyed::__serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> $crate::keyed::__serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::keyed::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::keyed::__serde::Deserialize::deserialize(deserializer).map(Self)
            }
        }
    };
}

/// Nothing without the feature `serde`.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __serde_of_key_type {
    ($name:ident) => {};
}
