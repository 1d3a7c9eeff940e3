//! Clearing a value in place, so that the memory that it owns is reused.

use core::{
    cell::{Cell, OnceCell, RefCell},
    marker::PhantomData,
    num::{
        NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
        NonZeroU64, NonZeroU128, NonZeroUsize, Wrapping,
    },
    sync::atomic,
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque},
    ffi::OsString,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    thread::ThreadId,
    time::{Instant, SystemTime},
};

/// A value that can be emptied in place and reused, with the memory that it owns.
///
/// A [`Pool`](crate::Pool) calls [`clear`](Self::clear) on the values of ended entries. The next user of the value
/// finds what the implementation leaves. It should leave nothing that the previous user wrote, so that any two cleared
/// values are equal, and equal to the type's [`Default`], except for types that have no empty value. It should keep
/// capacity, and drop what the value refers to.
///
/// | implemented for | what `clear` does | keeps |
/// | --- | --- | --- |
/// | `Vec`, `VecDeque`, `BinaryHeap`, `HashMap`, `HashSet`, `String`, `OsString`, `PathBuf` | removes all elements | the allocation |
/// | `BTreeMap`, `BTreeSet`, `LinkedList` | removes all elements | nothing: they have no capacity |
/// | `Option`, `OnceCell`, `OnceLock` | becomes empty | nothing |
/// | `Box<T>`, `Cell<T>`, `RefCell<T>` | clears what is in it | the box, and what `T` keeps |
/// | `Mutex<T>`, `RwLock<T>` | clears what is in it; clears the poison of a poisoned lock | what `T` keeps |
/// | arrays, slices, `Box<[T]>` and tuples | clears each element | what they keep |
/// | numbers, `bool`, `char`, `Duration`, atomics | becomes zero, `false`, `'\0'` | |
/// | `Arc`, `Rc` of values that are `Default` too | clears the value if there is no other pointer to it, strong or weak; otherwise becomes a new default value | what `T` keeps |
/// | `NonZero*`, `Instant`, `SystemTime`, `ThreadId` | nothing: they have no empty value | |
///
/// A lock or cell whose guard was leaked ([`core::mem::forget`]) stays locked or borrowed: only its contents are
/// cleared.
///
/// With the feature `derive`, `#[derive(Clear)]` clears each field of a struct; an enum becomes its default.
///
/// # Panics
///
/// An implementation may panic. The pool drops the value then, and the panic is resumed.
///
/// # Examples
///
/// ```
/// use flagstone::Clear;
///
/// #[derive(Default)]
/// struct Request {
///     path: String,
///     headers: Vec<(String, String)>,
///     retries: u32,
/// }
///
/// impl Clear for Request {
///     fn clear(&mut self) {
///         // All fields are named, so that the compiler reports a field that is added later.
///         let Self { path, headers, retries } = self;
///         path.clear();
///         headers.clear();
///         retries.clear();
///     }
/// }
///
/// let mut request = Request { path: "/index.html".to_owned(), headers: vec![], retries: 3 };
/// let capacity = request.path.capacity();
/// request.clear();
/// assert_eq!((request.path.as_str(), request.path.capacity(), request.retries), ("", capacity, 0));
/// ```
#[diagnostic::on_unimplemented(
    message = "a pool cannot keep values of type `{Self}`: it does not implement `flagstone::Clear`",
    label = "`Clear` is not implemented for this type",
    note = "implement `Clear` for it: a `clear` that empties the value and keeps the memory that it owns; with the feature `derive`, `#[derive(Clear)]` does that field by field"
)]
pub trait Clear {
    /// Empties the value, and keeps the memory that it owns.
    fn clear(&mut self);
}

/// Implements [`Clear`] for types with a method of the same name and meaning.
macro_rules! by_method {
    ($([$($parameter:ident)*] $type:ty),* $(,)?) => {$(
        impl<$($parameter),*> Clear for $type {
            #[inline]
            fn clear(&mut self) {
                <$type>::clear(self);
            }
        }
    )*};
}

by_method! {
    [T] Vec<T>, [T] VecDeque<T>, [T] BinaryHeap<T>, [T] LinkedList<T>, [K V S] HashMap<K, V, S>, [T S] HashSet<T, S>,
    [K V] BTreeMap<K, V>, [T] BTreeSet<T>, [] String, [] OsString,
}

impl Clear for PathBuf {
    #[inline]
    fn clear(&mut self) {
        self.as_mut_os_string().clear();
    }
}

impl<T> Clear for Option<T> {
    #[inline]
    fn clear(&mut self) {
        *self = None;
    }
}

impl<T> Clear for OnceCell<T> {
    #[inline]
    fn clear(&mut self) {
        drop(self.take());
    }
}

impl<T> Clear for OnceLock<T> {
    #[inline]
    fn clear(&mut self) {
        drop(self.take());
    }
}

/// For sized values and slices. Boxes of trait objects are left to the crates of the traits.
impl<T: Clear> Clear for Box<T> {
    #[inline]
    fn clear(&mut self) {
        (**self).clear();
    }
}

impl<T: Clear> Clear for Box<[T]> {
    #[inline]
    fn clear(&mut self) {
        (**self).clear();
    }
}

impl<T: Clear + ?Sized> Clear for Cell<T> {
    #[inline]
    fn clear(&mut self) {
        self.get_mut().clear();
    }
}

impl<T: Clear + ?Sized> Clear for RefCell<T> {
    #[inline]
    fn clear(&mut self) {
        self.get_mut().clear();
    }
}

impl<T: Clear + ?Sized> Clear for Mutex<T> {
    #[inline]
    fn clear(&mut self) {
        self.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        // This comes last: only now is the data cleared that a panicking thread left.
        self.clear_poison();
    }
}

impl<T: Clear + ?Sized> Clear for RwLock<T> {
    #[inline]
    fn clear(&mut self) {
        self.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
        // This comes last: only now is the data cleared that a panicking thread left.
        self.clear_poison();
    }
}

impl<T: Clear> Clear for [T] {
    #[inline]
    fn clear(&mut self) {
        self.iter_mut().for_each(Clear::clear);
    }
}

impl<T: Clear, const LENGTH: usize> Clear for [T; LENGTH] {
    #[inline]
    fn clear(&mut self) {
        self.as_mut_slice().clear();
    }
}

/// Implements [`Clear`] for types that own nothing.
macro_rules! by_default {
    ($($type:ty),* $(,)?) => {$(
        impl Clear for $type {
            #[inline]
            fn clear(&mut self) {
                *self = Self::default();
            }
        }
    )*};
}

by_default! {
    (), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, Duration,
}

impl<T: ?Sized> Clear for PhantomData<T> {
    #[inline]
    fn clear(&mut self) {}
}

/// Implements [`Clear`] for types that have no empty value and own nothing: the value stays as it is.
macro_rules! by_nothing {
    ($($type:ty),* $(,)?) => {$(
        /// Has no empty value, and stays as it is.
        impl Clear for $type {
            #[inline]
            fn clear(&mut self) {}
        }
    )*};
}

by_nothing! {
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, NonZeroI8, NonZeroI16, NonZeroI32,
    NonZeroI64, NonZeroI128, NonZeroIsize, Instant, SystemTime, ThreadId,
}

macro_rules! counted {
    ($($pointer:ident)*) => {$(
        /// Clears the value if no other pointer shares it, and otherwise points to a new default value.
        impl<T: Clear + Default> Clear for $pointer<T> {
            #[inline]
            fn clear(&mut self) {
                match Self::get_mut(self) {
                    Some(value) => value.clear(),
                    None => *self = Self::default(),
                }
            }
        }
    )*};
}

counted! { Arc Rc }

impl<T: Clear> Clear for Wrapping<T> {
    #[inline]
    fn clear(&mut self) {
        self.0.clear();
    }
}

macro_rules! atomics {
    ($($width:literal $type:ident),* $(,)?) => {$(
        #[cfg(target_has_atomic = $width)]
        by_default! { atomic::$type }
    )*};
}

atomics! {
    "8" AtomicBool, "8" AtomicU8, "8" AtomicI8, "16" AtomicU16, "16" AtomicI16, "32" AtomicU32, "32" AtomicI32,
    "64" AtomicU64, "64" AtomicI64, "ptr" AtomicUsize, "ptr" AtomicIsize,
}

macro_rules! tuples {
    ($($($element:ident)+),* $(,)?) => {$(
        impl<$($element: Clear),+> Clear for ($($element,)+) {
            #[inline]
            #[allow(non_snake_case, reason = "elements are named as their types are")]
            fn clear(&mut self) {
                let ($($element,)+) = self;
                $($element.clear();)+
            }
        }
    )*};
}

tuples! {
    A, A B, A B C, A B C D, A B C D E, A B C D E F, A B C D E F G, A B C D E F G H, A B C D E F G H I,
    A B C D E F G H I J, A B C D E F G H I J K, A B C D E F G H I J K L,
}

#[cfg(test)]
mod tests;
