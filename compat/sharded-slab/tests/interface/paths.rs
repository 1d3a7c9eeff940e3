//! Every public path, and every name's parameters with their bounds and defaults.

use sharded_slab::{Clear, Config, DefaultConfig};

/// A configuration that sets all constants.
pub(crate) struct Every;

impl Config for Every {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 10;
    const INITIAL_PAGE_SIZE: usize = 8;
    const RESERVED_BITS: usize = 4;
}

pub(crate) struct None;

impl Config for None {}

/// Types of slabs, with parameters omitted and given.
#[allow(dead_code, reason = "it only has to compile")]
struct Slabs<'a, T, C: Config> {
    slab: (sharded_slab::Slab<T>, sharded_slab::Slab<T, C>),
    entry: (sharded_slab::Entry<'a, T>, sharded_slab::Entry<'a, T, C>),
    owned_entry: (sharded_slab::OwnedEntry<T>, sharded_slab::OwnedEntry<T, C>),
    vacant_entry: (sharded_slab::VacantEntry<'a, T>, sharded_slab::VacantEntry<'a, T, C>),
    unique_iter: sharded_slab::UniqueIter<'a, T, C>,
}

/// Types of pools, with parameters omitted and given.
#[allow(dead_code, reason = "it only has to compile")]
struct Pools<'a, T, C>
where
    T: Clear + Default,
    C: Config,
{
    pool: (sharded_slab::Pool<T>, sharded_slab::Pool<T, C>),
    pool_in_module: (sharded_slab::pool::Pool<T>, sharded_slab::pool::Pool<T, C>),
    shared: (sharded_slab::pool::Ref<'a, T>, sharded_slab::pool::Ref<'a, T, C>),
    exclusive: (sharded_slab::pool::RefMut<'a, T>, sharded_slab::pool::RefMut<'a, T, C>),
    owned: (sharded_slab::pool::OwnedRef<T>, sharded_slab::pool::OwnedRef<T, C>),
    owned_exclusive: (sharded_slab::pool::OwnedRefMut<T>, sharded_slab::pool::OwnedRefMut<T, C>),
}

/// The modules of documentation are paths too.
#[allow(unused_imports, reason = "it only has to compile")]
use sharded_slab::{implementation, pool};

#[test]
fn the_module_has_the_same_pool_as_the_crate() {
    let pool: sharded_slab::pool::Pool<String> = sharded_slab::Pool::new();
    drop::<sharded_slab::Pool<String, DefaultConfig>>(pool);
}

#[test]
fn a_configuration_has_the_published_constants() {
    const ALL: [usize; 4] = [Every::MAX_THREADS, Every::MAX_PAGES, Every::INITIAL_PAGE_SIZE, Every::RESERVED_BITS];
    assert_eq!(ALL, [64, 10, 8, 4]);
    assert_eq!(None::RESERVED_BITS, 0);
    assert_eq!(None::MAX_THREADS, DefaultConfig::MAX_THREADS);
    assert_eq!(None::MAX_PAGES, DefaultConfig::MAX_PAGES);
    assert_eq!(None::INITIAL_PAGE_SIZE, DefaultConfig::INITIAL_PAGE_SIZE);
}

/// On 32 bits `MAX_PAGES` is smaller than published, as flagstone's `Config` says.
#[cfg(target_pointer_width = "64")]
#[test]
fn the_defaults_are_the_published_ones() {
    assert_eq!((None::MAX_THREADS, None::MAX_PAGES, None::INITIAL_PAGE_SIZE), (4096, 32, 32));
}
