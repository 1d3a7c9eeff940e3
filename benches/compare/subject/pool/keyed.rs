//! The pools with keys, this crate's and the published one, whose interface is the same.

/// Makes the two subjects of a crate's pool.
macro_rules! keyed {
    ($krate:ident, $name:literal) => {
        pub(crate) mod $krate {
            use super::super::super::{Handle, Shared, Subject};
            use super::super::{fill, look};
            use ::$krate::Pool;

            /// The crate's pool with the default configuration, filled in `create_with`.
            pub(crate) struct Filled(Pool<String>);

            impl Subject for Filled {
                const NAME: &'static str = $name;

                type Key = usize;
                type Handle<'a> = &'a Self;

                fn new() -> Self {
                    Self(Pool::new())
                }

                fn handle(&mut self) -> Self::Handle<'_> {
                    self
                }
            }

            impl Shared for Filled {
                fn share(&self) -> Self::Handle<'_> {
                    self
                }
            }

            impl Handle for &Filled {
                type Key = usize;

                #[inline]
                fn insert(&mut self, _value: u64) -> usize {
                    self.0.create_with(fill).expect("there is room")
                }

                #[inline]
                fn get(&mut self, key: usize) -> Option<u64> {
                    self.0.get(key).map(|string| look(&string))
                }

                #[inline]
                fn remove(&mut self, key: usize) -> bool {
                    self.0.clear(key)
                }
            }

            /// The same, filled through the guard of `create`, which is then dropped.
            pub(crate) struct Guarded(Filled);

            /// The pool of a thread that fills entries through guards.
            pub(crate) struct ThroughGuards<'a>(&'a Filled);

            impl Subject for Guarded {
                const NAME: &'static str = Filled::NAME;

                type Key = usize;
                type Handle<'a> = ThroughGuards<'a>;

                fn new() -> Self {
                    Self(Filled::new())
                }

                fn handle(&mut self) -> Self::Handle<'_> {
                    ThroughGuards(&self.0)
                }
            }

            impl Handle for ThroughGuards<'_> {
                type Key = usize;

                #[inline]
                fn insert(&mut self, _value: u64) -> usize {
                    let mut string = self.0.0.create().expect("there is room");
                    fill(&mut string);
                    string.key()
                }

                #[inline]
                fn get(&mut self, key: usize) -> Option<u64> {
                    self.0.get(key)
                }

                #[inline]
                fn remove(&mut self, key: usize) -> bool {
                    self.0.remove(key)
                }
            }
        }
    };
}

keyed! { flagstone, "flagstone" }
keyed! { sharded_slab, "sharded-slab" }
