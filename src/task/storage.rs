//! Where the futures of tasks live.

use self::sealed::Sealed;
use super::raw::Bytes;

/// Selects where an executor keeps the futures of its tasks.
///
/// The header of a task is always in a slot of the executor's slab, so every task has an id and is listed. Storages
/// differ in where the future is: [`SlabStorage`] keeps it in the slot, and refuses a future that does not fit;
/// [`BoxStorage`] puts such a future in a box.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait Storage: Sealed + 'static {}

pub(crate) mod sealed {
    use crate::task::raw::Room;

    /// The properties of a storage that the core uses.
    pub trait Sealed {
        type Room: Room;
        /// Whether a future that does not fit is put in a box.
        const BOXES: bool;
        /// The largest number of tasks.
        fn limit(&self) -> Option<usize>;
    }
}

/// Keeps futures in their slots. A future that needs more than `BYTES` bytes, or is aligned to more than 16 (8, if
/// `BYTES` is no multiple of 16), is refused: the error says what the future needs, and returns it.
///
/// A spawn allocates nothing, unless the slab has no free slot.
///
/// # Examples
///
/// ```
/// use flagstone::task::{LocalExecutor, Refusal, SlabStorage};
///
/// let executor = LocalExecutor::with_storage(SlabStorage::<64>::new());
/// assert!(executor.try_spawn(async { 1 }).is_ok());
///
/// let large = [0_u8; 1000];
/// let refused = executor.try_spawn(async move { large.len() }).unwrap_err();
/// assert!(matches!(refused.reason(), Refusal::TooLarge { had: 64, .. }));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlabStorage<const BYTES: usize = 192> {
    limit: Option<usize>,
}

/// Keeps a future in its slot if it fits into `BYTES` bytes and is aligned to no more than 16 (8, if `BYTES` is no
/// multiple of 16), else in a box of its own.
///
/// `BoxStorage<0>` puts (almost) every future in a box, which makes the slots small.
///
/// # Examples
///
/// ```
/// use flagstone::task::{BoxStorage, LocalExecutor};
///
/// let executor = LocalExecutor::with_storage(BoxStorage::<0>::new());
/// let large = [1_u8; 1000];
/// let task = executor.spawn(async move { large.len() });
/// assert_eq!(executor.block_on(task).unwrap(), 1000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoxStorage<const BYTES: usize = 192> {
    limit: Option<usize>,
}

macro_rules! storages {
    ($($name:ident, boxes: $boxes:literal;)*) => {$(
        impl<const BYTES: usize> $name<BYTES> {
            /// Returns a storage for any number of tasks. Slots are made when they are needed: few at first, then in
            /// larger and larger pages.
            #[must_use]
            pub const fn new() -> Self {
                Self { limit: None }
            }

            /// Returns a storage for at most `tasks` tasks at a time. Their slots are made at once, on the executor's
            /// thread, as far as there is memory, and some more for the futures of `block_on`. If slots take more than
            /// 64 kB each, the first call of `block_on` makes that slot instead. `usize::MAX` is no limit.
            #[must_use]
            pub const fn with_capacity(tasks: usize) -> Self {
                Self { limit: Some(tasks) }
            }
        }

        impl<const BYTES: usize> Sealed for $name<BYTES> {
            type Room = Bytes<BYTES>;
            const BOXES: bool = $boxes;

            fn limit(&self) -> Option<usize> {
                self.limit.filter(|limit| *limit != usize::MAX)
            }
        }

        impl<const BYTES: usize> Storage for $name<BYTES> {}
    )*};
}

storages! {
    SlabStorage, boxes: false;
    BoxStorage, boxes: true;
}
