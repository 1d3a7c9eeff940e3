//! The common code of the guards of slabs and pools, and the `Debug` output of slabs and pools.

use core::fmt;

use crate::{
    config::Config,
    raw::{Hold, leases},
};

/// The methods and traits of every guard: its key, its store, `Deref`, `Debug`, and comparison with a value.
///
/// `$bound` is what the store requires of its values. `$this` is `self`, or `this` where the accessor must not shadow a
/// method of the value that has the same name.
macro_rules! guard {
    (impl[$($lifetime:lifetime)?] $guard:ty { $lease:ty } of $store:ident($this:tt): $hold:ty $(, where T: $bound:path)?) => {
        impl<$($lifetime,)? T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> $guard {
            #[inline(always)]
            pub(super) fn new(lease: $lease) -> Self {
                Self { lease }
            }

            /// Returns the entry's key.
            #[inline]
            #[must_use]
            pub fn key(&self) -> K {
                self.lease.key()
            }

            #[doc = concat!("Returns the ", stringify!($store), " in which the entry is.")]
            #[inline]
            #[must_use]
            #[allow(clippy::needless_arbitrary_self_type, reason = "`$this` is not always `self`")]
            pub fn $store($this: &Self) -> $hold {
                $this.lease.hold()
            }
        }

        impl<$($lifetime,)? T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::ops::Deref for $guard {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                self.lease.value()
            }
        }

        impl<$($lifetime,)? T: ::core::fmt::Debug $(+ $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::fmt::Debug for $guard {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&**self, formatter)
            }
        }

        impl<$($lifetime,)? T: PartialEq $(+ $bound)?, C: $crate::Config, K: $crate::key_type::Key> PartialEq<T> for $guard {
            fn eq(&self, other: &T) -> bool {
                **self == *other
            }
        }
    };
}
pub(crate) use guard;

/// The methods and traits of guards that share their entry with other guards.
macro_rules! shared_guard {
    (impl[$($lifetime:lifetime)?] $guard:ty { $lease:ty } of $store:ident($this:tt): $hold:ty $(, where T: $bound:path)?) => {
        $crate::guard::guard! { impl[$($lifetime)?] $guard { $lease } of $store($this): $hold $(, where T: $bound)? }

        impl<$($lifetime,)? T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> $guard {
            /// Returns another guard of the same entry, even if the entry has been removed meanwhile. Lock-free: one
            /// CAS, retried if other threads change the count at the same moment.
            ///
            /// This is an associated function and not the trait's method, so that `guard.clone()` clones the value, as
            /// with the guards of `sharded-slab` and with [`core::cell::Ref`].
            ///
            /// # Panics
            ///
            /// If the entry has as many guards as can be counted.
            #[allow(clippy::should_implement_trait, reason = "the trait would capture `guard.clone()`, see above")]
            #[track_caller]
            pub fn clone(this: &Self) -> Self {
                Self { lease: this.lease.share() }
            }
        }

        // It gives access to `&T` only, and a panic leaves the reference count consistent.
        impl<$($lifetime,)? T: ::core::panic::RefUnwindSafe $(+ $bound)?, C: $crate::Config, K: $crate::key_type::Key>
            ::core::panic::UnwindSafe for $guard {}
        impl<$($lifetime,)? T: ::core::panic::RefUnwindSafe $(+ $bound)?, C: $crate::Config, K: $crate::key_type::Key>
            ::core::panic::RefUnwindSafe for $guard {}
    };
}
pub(crate) use shared_guard;

/// The methods and traits of exclusive guards.
macro_rules! exclusive_guard {
    (impl[$($lifetime:lifetime)?] $guard:ty { $lease:ty } of $store:ident($this:tt): $hold:ty, downgrade: $shared:ty $(, where T: $bound:path)?) => {
        $crate::guard::guard! { impl[$($lifetime)?] $guard { $lease } of $store($this): $hold $(, where T: $bound)? }

        impl<$($lifetime,)? T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> $guard {
            /// Ends the exclusive access and returns an ordinary guard, in one atomic step. Wait-free.
            #[inline]
            pub fn downgrade(self) -> $shared {
                <$shared>::new(self.lease.downgrade())
            }
        }

        impl<$($lifetime,)? T $(: $bound)?, C: $crate::Config, K: $crate::key_type::Key> ::core::ops::DerefMut for $guard {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut T {
                self.lease.value_mut()
            }
        }
    };
}
pub(crate) use exclusive_guard;

/// Writes the entries of a slab or pool, each in turn and under a guard, while other threads continue to use the store.
pub(crate) fn debug_store<T: fmt::Debug, C: Config, H: Hold<T, C> + Copy>(
    name: &str,
    hold: H,
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    struct Entries<H, T, C>(H, core::marker::PhantomData<(T, C)>);

    impl<T: fmt::Debug, C: Config, H: Hold<T, C> + Copy> fmt::Debug for Entries<H, T, C> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut map = formatter.debug_map();
            for lease in leases(self.0) {
                map.entry(&lease.key(), lease.value());
            }
            map.finish()
        }
    }

    formatter
        .debug_struct(name)
        .field("len", &hold.shards().len())
        .field("capacity", &hold.shards().capacity())
        .field("entries", &Entries(hold, core::marker::PhantomData))
        .finish()
}
