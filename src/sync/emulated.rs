//! Thread-locals as std implements them on targets without native ones: each is a key with a destructor, even if its
//! initial value is a constant.
//!
//! When a thread ends, its values are destroyed in rounds. A value is not accessible while it is destroyed. If it is
//! used afterwards, it is initialised again, and the next round destroys it again. After the last round values are
//! leaked.
//!
//! Android, `x86_64-pc-windows-gnu`, OpenBSD, illumos and others destroy values in an order that is not specified. Here
//! the environment variable `FLAGSTONE_LOCALS` chooses: `first`, the default, begins with the value that the thread
//! used first, and `last` ends with that.
//!
//! Only for the tests of this crate, with `--cfg flagstone_emulated_locals`.

use core::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    mem::{self, ManuallyDrop},
    ptr,
};
use std::{env, rc::Rc, sync::OnceLock};

/// The maximum number of rounds that std makes.
const ROUNDS: usize = 5;

std::thread_local! {
    /// The values of the current thread, in the order in which it used their keys first. It has no destructor itself.
    static VALUES: RefCell<ManuallyDrop<Vec<(usize, Value)>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };

    /// Exists to run its destructor. Std destroys the native thread-local that was used first at the very end. So,
    /// where there are native ones, this destructor runs after those of all std thread-locals that the thread used
    /// after the first emulated one.
    static ROUNDS_AT_END: RoundsAtEnd = const { RoundsAtEnd };
}

enum Value {
    Absent,
    Alive(Rc<dyn Any>),
    Ending,
}

/// Like `std::thread::LocalKey`.
pub struct LocalKey<T: 'static> {
    initial: fn() -> T,
}

/// Like `std::thread::AccessError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessError;

impl<T: 'static> LocalKey<T> {
    /// Creates a key. Only for [`thread_local!`](crate::thread_local).
    #[doc(hidden)]
    pub const fn new(initial: fn() -> T) -> Self {
        Self { initial }
    }

    /// Does the same as std's method of this name.
    ///
    /// # Panics
    ///
    /// If the value is being destroyed.
    pub fn with<R>(&'static self, access: impl FnOnce(&T) -> R) -> R {
        self.try_with(access).expect("a thread-local is not used while it is destroyed")
    }

    /// Does the same as std's method of this name.
    ///
    /// # Errors
    ///
    /// If the value is being destroyed.
    pub fn try_with<R>(&'static self, access: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        Ok(access(&*self.value()?))
    }

    fn value(&'static self) -> Result<Rc<T>, AccessError> {
        let address = ptr::from_ref(self).addr();
        // An error says that the rounds are over, and that the value will be leaked.
        let _ = ROUNDS_AT_END.try_with(|_| ());
        let value = match peek(address) {
            Value::Ending => return Err(AccessError),
            Value::Alive(value) => value,
            Value::Absent => {
                let value: Rc<dyn Any> = Rc::new((self.initial)());
                // A value that is there was made by the initialiser. Replace it, as std does.
                drop(replace(address, Value::Alive(Rc::clone(&value))));
                value
            }
        };
        Ok(value.downcast().unwrap_or_else(|_| unreachable!("the key's address is that of one type")))
    }
}

impl<T> LocalKey<Cell<T>> {
    /// Does the same as std's method of this name.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// Does the same as std's method of this name.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Does the same as std's method of this name.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Does the same as std's method of this name.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T> LocalKey<RefCell<T>> {
    /// Does the same as std's method of this name.
    pub fn set(&'static self, value: T) {
        drop(self.replace(value));
    }

    /// Does the same as std's method of this name.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Does the same as std's method of this name.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }

    /// Does the same as std's method of this name.
    pub fn with_borrow<R>(&'static self, access: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| access(&cell.borrow()))
    }

    /// Does the same as std's method of this name.
    pub fn with_borrow_mut<R>(&'static self, access: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| access(&mut cell.borrow_mut()))
    }
}

impl<T> fmt::Debug for LocalKey<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Returns the value of a key on the current thread, without changing it.
fn peek(address: usize) -> Value {
    VALUES.with_borrow(|values| match values.iter().find(|(of, _)| *of == address) {
        Some((_, Value::Alive(value))) => Value::Alive(Rc::clone(value)),
        Some((_, Value::Ending)) => Value::Ending,
        Some((_, Value::Absent)) | None => Value::Absent,
    })
}

fn replace(address: usize, value: Value) -> Value {
    VALUES.with_borrow_mut(|values| match values.iter_mut().find(|(of, _)| *of == address) {
        Some((_, place)) => mem::replace(place, value),
        None => {
            values.push((address, value));
            Value::Absent
        }
    })
}

struct RoundsAtEnd;

impl Drop for RoundsAtEnd {
    fn drop(&mut self) {
        for _ in 0..ROUNDS {
            let is_alive = |(address, value): &(usize, Value)| matches!(value, Value::Alive(_)).then_some(*address);
            let mut round: Vec<usize> = VALUES.with_borrow(|values| values.iter().filter_map(is_alive).collect());
            if begins_with_the_last() {
                round.reverse();
            }
            for address in round {
                drop(replace(address, Value::Ending));
                drop(replace(address, Value::Absent));
            }
        }
        // Values that are still alive are leaked, as are values that are made from now on.
        let values = VALUES.with_borrow_mut(|values| mem::take(&mut **values));
        values.into_iter().for_each(mem::forget);
    }
}

fn begins_with_the_last() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();

    *ANSWER.get_or_init(|| match env::var("FLAGSTONE_LOCALS").as_deref() {
        Err(env::VarError::NotPresent) | Ok("first") => false,
        Ok("last") => true,
        other => panic!("FLAGSTONE_LOCALS is `first` or `last`, not {other:?}"),
    })
}

/// Declares thread-locals like std's macro of this name.
#[doc(hidden)]
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $initial:expr);+ $(;)?) => {$(
        $(#[$attribute])*
        $visibility static $name: $crate::emulated::LocalKey<$type> = $crate::emulated::LocalKey::new(|| $initial);
    )+};
}

#[cfg(test)]
mod tests;
