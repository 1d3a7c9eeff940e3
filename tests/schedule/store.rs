//! What the scenarios are about: a slab or a pool of watched values, small enough that pages are added and stacks taken
//! within a few operations.

use std::ops::{Deref, DerefMut};

use flagstone::{Config, ExclusiveError, Pool, Slab, Stats, pool};

use crate::{
    actor::Actor,
    value::{Tally, Value},
};

/// Pages of one, two, four and eight slots, for each of three threads. (With fewer, others would find no room while the
/// victim is stopped with a pin, which keeps all that is removed.)
pub(crate) struct Small;

impl Config for Small {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 1;
}

/// How many entries fill a shard of [`Small`].
pub(crate) const SHARD: usize = 15;

/// The second thread has no shard.
pub(crate) struct OneThread;

impl Config for OneThread {
    const MAX_THREADS: usize = 1;
    const MAX_PAGES: usize = 2;
    const INITIAL_PAGE_SIZE: usize = 4;
}

/// Two threads with shards; the third has none.
pub(crate) struct TwoThreads;

impl Config for TwoThreads {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 1;
}

/// Slots that are used only so often: fewest, on the largest page, four times.
pub(crate) struct FewLives;

impl Config for FewLives {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 1;
    const RESERVED_BITS: usize = usize::BITS as usize - 2 - 2 - 5;
    const WRAP_GENERATIONS: bool = false;
}

/// Makes tests of functions that are generic in the store.
macro_rules! of_slab_and_pool {
    ($($name:ident)*) => {
        mod slab {
            $(#[test]
            fn $name() {
                super::$name::<flagstone::Slab<$crate::value::Value, $crate::store::Small>>();
            })*
        }
        mod pool {
            $(#[test]
            fn $name() {
                super::$name::<flagstone::Pool<$crate::value::Value, $crate::store::Small>>();
            })*
        }
    };
}
pub(crate) use of_slab_and_pool;

/// What slabs and pools have in common.
pub(crate) trait Store: Send + Sync + 'static {
    const NAME: &str;

    fn new() -> Self;

    /// Makes an entry whose value has this number. `None` if there is no room.
    fn add(&self, tally: &Tally, number: usize) -> Option<usize>;

    fn get(&self, key: usize) -> Option<impl Deref<Target = Value>>;

    fn exclusive(&self, key: usize) -> Result<impl DerefMut<Target = Value>, ExclusiveError>;

    fn contains(&self, key: usize) -> bool;

    fn pin(&self) -> impl Pinned;

    /// Removes or clears.
    fn end(&self, key: usize) -> bool;

    /// Does so only if no other thread has the entry, where the store can tell.
    fn try_end(&self, key: usize) -> bool;

    /// Does so however long it takes, if that can be asked for.
    fn wait_and_end(&self, key: usize) -> bool;

    fn retain(&self, keep: impl FnMut(&Value) -> bool);

    fn trim(&self);

    fn stats(&self) -> Stats;

    fn len(&self) -> usize;

    fn capacity(&self) -> usize;

    /// What only a slab can, or only a pool: makes two more entries, of `number` and the next one.
    fn add_otherwise(&self, me: &Actor, tally: &Tally, number: usize) -> [usize; 2];
}

pub(crate) trait Pinned {
    fn get(&self, key: usize) -> Option<&Value>;

    fn iter(&self) -> impl Iterator<Item = (usize, &Value)>;
}

macro_rules! common {
    ($name:literal) => {
        const NAME: &str = $name;

        fn get(&self, key: usize) -> Option<impl Deref<Target = Value>> {
            self.get(key)
        }

        fn exclusive(&self, key: usize) -> Result<impl DerefMut<Target = Value>, ExclusiveError> {
            self.get_exclusive(key)
        }

        fn contains(&self, key: usize) -> bool {
            self.contains(key)
        }

        fn pin(&self) -> impl Pinned {
            self.pin()
        }

        fn retain(&self, mut keep: impl FnMut(&Value) -> bool) {
            self.retain(|_, value| keep(value));
        }

        fn trim(&self) {
            self.trim();
        }

        fn stats(&self) -> Stats {
            self.stats()
        }

        fn len(&self) -> usize {
            self.len()
        }

        fn capacity(&self) -> usize {
            self.capacity()
        }
    };
}

impl<C: Config + 'static> Store for Slab<Value, C> {
    common! { "slab" }

    fn new() -> Self {
        Slab::<Value>::new_with_config()
    }

    fn add(&self, tally: &Tally, number: usize) -> Option<usize> {
        self.insert(tally.value(number))
    }

    fn end(&self, key: usize) -> bool {
        self.remove(key)
    }

    fn try_end(&self, key: usize) -> bool {
        self.try_take(key).is_some_and(|value| value.read() != 0)
    }

    fn wait_and_end(&self, key: usize) -> bool {
        self.take(key).is_some_and(|value| value.read() != 0)
    }

    fn add_otherwise(&self, me: &Actor, tally: &Tally, number: usize) -> [usize; 2] {
        me.next("vacant_entry");
        let vacant = self.vacant_entry().expect("there is room");
        let key = vacant.key();
        assert!(!self.contains(key), "nothing is in it yet");
        me.next("VacantEntry::insert");
        vacant.insert(tally.value(number));
        me.next("VacantEntry dropped");
        drop(self.vacant_entry().expect("there is room"));
        me.next("insert");
        [key, self.insert(tally.value(number + 1)).expect("there is room")]
    }
}

impl<C: Config + 'static> Store for Pool<Value, C> {
    common! { "pool" }

    fn new() -> Self {
        Pool::<Value>::new_with_config()
    }

    fn add(&self, _: &Tally, number: usize) -> Option<usize> {
        self.create_with(|value| value.fill(number))
    }

    fn end(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn try_end(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn wait_and_end(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn add_otherwise(&self, me: &Actor, _: &Tally, number: usize) -> [usize; 2] {
        me.next("create");
        let mut first = self.create().expect("there is room");
        first.fill(number);
        let key = first.key();
        me.next("RefMut dropped");
        drop(first);
        me.next("create");
        let mut second = self.create().expect("there is room");
        second.fill(number + 1);
        me.next("RefMut::downgrade");
        let second = second.downgrade();
        me.next("Ref dropped");
        [key, second.key()]
    }
}

impl<C: Config> Pinned for flagstone::Pinned<'_, Value, C> {
    fn get(&self, key: usize) -> Option<&Value> {
        self.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.iter()
    }
}

impl<C: Config> Pinned for pool::Pinned<'_, Value, C> {
    fn get(&self, key: usize) -> Option<&Value> {
        self.get(key)
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.iter()
    }
}
