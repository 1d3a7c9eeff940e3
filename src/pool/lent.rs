//! Guards of values that are lent, and given back with the guard.

use std::sync::Arc;

use super::{OwnedRefMut, Pool, RefMut};
use crate::{
    clear::Clear,
    config::{Config, DefaultConfig},
    guard::guard,
    key_type::Key,
    raw::Loan,
};

/// The methods and traits of guards of lent values.
macro_rules! lent {
    (impl[$($lifetime:lifetime)?] $guard:ty { $hold:ty } of $pool:ty, kept as $kept:ident) => {
        guard! { impl[$($lifetime)?] $guard { Loan<T, C, $hold> } of pool(this): $pool, where T: Clear }

        impl<$($lifetime,)? T: Clear, C: Config, K: Key> $guard {
            /// Makes the value an entry that stays: returns the exclusive guard that [`Pool::create`] would have
            /// returned, whose drop publishes it.
            ///
            /// This is an associated function, so that it captures no method of the value.
            pub fn keep(this: Self) -> $kept<$($lifetime,)? T, C, K> {
                $kept::new(this.lease.keep())
            }
        }

        impl<$($lifetime,)? T: Clear, C: Config, K: Key> ::core::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                self.lease.value_mut()
            }
        }
    };
}

/// The guard of a lent value, through which it can be changed. Returned by [`Pool::lend`].
///
/// When it is dropped, also by a panic, the value is cleared and its slot freed at once, whatever pins are active. If it
/// is leaked ([`core::mem::forget`]), the value stays out until the pool is cleared or dropped.
///
/// # Panics
///
/// Its drop panics if the value's `Clear` does: the value is dropped and its slot freed. If the drop itself is caused by a
/// panic, a panic of `Clear` aborts the process, as with every destructor.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync>() {}
/// sent::<flagstone::pool::Lent<'static, String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<flagstone::pool::Lent<'static, std::cell::Cell<u8>>>();
/// ```
///
/// # Examples
///
/// ```
/// use flagstone::{Pool, pool::Lent};
///
/// let pool: Pool<String> = Pool::new();
/// let mut line = pool.lend().unwrap();
/// line.push_str("worth keeping");
/// let key = line.key();
/// drop(Lent::keep(line));
/// assert_eq!(*pool.get(key).unwrap(), "worth keeping");
/// ```
#[must_use = "a lent value whose guard is dropped at once is given back at once"]
pub struct Lent<'a, T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: Loan<T, C, &'a Pool<T, C, K>>,
}

lent! { impl['a] Lent<'a, T, C, K> { &'a Pool<T, C, K> } of &'a Pool<T, C, K>, kept as RefMut }

/// The guard of a lent value, bound to no lifetime. Returned by [`Pool::lend_owned`].
///
/// It works as a [`Lent`] does, and holds an `Arc` of the pool. If it is leaked, the pool is never dropped.
///
/// # Sending
///
/// ```
/// fn sent<T: Send + Sync + 'static>() {}
/// sent::<flagstone::pool::LentOwned<String>>();
/// ```
///
/// ```compile_fail,E0277
/// fn sent<T: Send>() {}
/// sent::<flagstone::pool::LentOwned<std::cell::Cell<u8>>>();
/// ```
#[must_use = "a lent value whose guard is dropped at once is given back at once"]
pub struct LentOwned<T: Clear, C: Config = DefaultConfig, K: Key = usize> {
    lease: Loan<T, C, Arc<Pool<T, C, K>>>,
}

lent! { impl[] LentOwned<T, C, K> { Arc<Pool<T, C, K>> } of &Arc<Pool<T, C, K>>, kept as OwnedRefMut }
