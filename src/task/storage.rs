//! Where the futures of tasks live.

use self::sealed::Sealed;
use super::raw::Bytes;

/// Where an executor keeps the futures of its tasks.
///
/// The header of a task always stands in a slot of the executor's slab, so every task has an id and is listed. What differs
/// is where its future stands: [`SlabStorage`] keeps it in the slot and refuses what does not fit; [`BoxStorage`] puts what
/// does not fit in a box.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait Storage: Sealed + 'static {}

pub(crate) mod sealed {
    use crate::task::raw::Room;

    /// What a storage is, for the core.
    pub trait Sealed {
        type Room: Room;
        /// Whether what does not fit is put in a box.
        const BOXES: bool;
        /// At most so many tasks.
        fn limit(&self) -> Option<usize>;
    }
}

/// Futures stand in their slots. One that needs more than `BYTES` bytes, or is aligned to more than 16 (8, if `BYTES` is no multiple
/// of 16), is refused: the error says what it needs, and gives it back.
///
/// Nothing is allocated when a task is spawned, unless the slab has no free slot.
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

/// Futures stand in their slots if they fit into `BYTES` bytes and are aligned to no more than 16 (8, if `BYTES` is no multiple of 16),
/// else in a box each.
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
            /// A storage for any number of tasks: slots are made when they are needed, few at first, and in larger and larger
            /// pages.
            #[must_use]
            pub const fn new() -> Self {
                Self { limit: None }
            }

            /// A storage for at most `tasks` tasks at a time, whose slots are made at once, on the executor's thread, as far
            /// as there is memory; and some more, for the futures of `block_on`, unless slots take more than 64 kB each: then
            /// the first call makes one. `usize::MAX` is no limit.
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
