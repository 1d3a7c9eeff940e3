//! The storages over which behaviour is tested.

use flagstone::task::{BoxStorage, LocalExecutor, SlabStorage, Storage};

/// Every future in its slot, or refused.
pub(crate) type Slab = SlabStorage<1024>;
/// No future in its slot.
pub(crate) type Boxed = BoxStorage<0>;

/// A storage that the tests can make.
pub(crate) trait Stored: Storage + Sized + 'static {
    fn unbounded() -> Self;
    fn bounded(tasks: usize) -> Self;

    fn executor() -> LocalExecutor<Self> {
        LocalExecutor::with_storage(Self::unbounded())
    }

    fn small_executor(tasks: usize) -> LocalExecutor<Self> {
        LocalExecutor::with_storage(Self::bounded(tasks))
    }
}

impl Stored for Slab {
    fn unbounded() -> Self {
        Self::new()
    }

    fn bounded(tasks: usize) -> Self {
        Self::with_capacity(tasks)
    }
}

impl Stored for Boxed {
    fn unbounded() -> Self {
        Self::new()
    }

    fn bounded(tasks: usize) -> Self {
        Self::with_capacity(tasks)
    }
}

/// Declares a test of each behaviour over each storage. A behaviour is a function generic over the latter.
macro_rules! on_every_storage {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            #[test]
            fn slab() {
                super::$behaviour::<$crate::storages::Slab>();
            }

            #[test]
            fn boxed() {
                super::$behaviour::<$crate::storages::Boxed>();
            }
        }
    )*};
}
pub(crate) use on_every_storage;
