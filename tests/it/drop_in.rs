//! What compiles against `sharded-slab` compiles against flagstone: this file does against both (see `faults`).

use std::sync::Arc;

#[cfg(not(flagstone_published))]
use flagstone as subject;
#[cfg(flagstone_published)]
use sharded_slab as subject;
use subject::{Config, DefaultConfig, Entry, OwnedEntry, Slab, UniqueIter, VacantEntry};

struct Small;

impl Config for Small {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 20;
    const INITIAL_PAGE_SIZE: usize = 8;
    const RESERVED_BITS: usize = 4;
}

struct Registry {
    names: Slab<String>,
    small: Slab<u8, Small>,
}

struct Holder {
    name: OwnedEntry<String>,
}

fn name(names: &Slab<String>, key: usize) -> Option<Entry<'_, String>> {
    names.get(key)
}

fn place(names: &Slab<String, DefaultConfig>) -> Option<VacantEntry<'_, String, DefaultConfig>> {
    names.vacant_entry()
}

fn every<C: Config>(slab: &mut Slab<u8, C>) -> UniqueIter<'_, u8, C> {
    slab.unique_iter()
}

#[test]
fn a_slab_of_unnamed_types_is_that_of_the_default_configuration() {
    let slab = Slab::default();
    let key = slab.insert(String::from("value")).unwrap();
    assert!(slab.contains(key));
    let constructor: fn() -> Slab<u8> = Slab::new;
    assert!(constructor().insert(1).is_some());
}

#[test]
fn cloning_through_a_guard_clones_the_value() {
    let slab = Slab::new();
    let key = slab.insert(String::from("value")).unwrap();
    let value: String = slab.get(key).unwrap().clone();
    assert_eq!(value, "value");
    assert_eq!(slab.get(key).unwrap(), value);
}

#[test]
fn names_and_signatures_are_the_same() {
    let mut registry = Registry { names: Slab::new(), small: Slab::new_with_config::<Small>() };
    registry.small.insert(1).unwrap();
    assert_eq!(every(&mut registry.small).count(), 1);
    assert!(Slab::<u8, Small>::USED_BITS <= usize::BITS as usize - Small::RESERVED_BITS);

    let vacant = place(&registry.names).unwrap();
    let key: usize = vacant.key();
    vacant.insert(String::from("name"));
    assert_eq!(name(&registry.names, key).unwrap().key(), key);

    let names = Arc::new(registry.names);
    let holder = Holder { name: Arc::clone(&names).get_owned(key).unwrap() };
    assert_eq!(holder.name.len(), 4);
    // Not of the removed key: there `take` would wait for the guard.
    assert_eq!(names.take(usize::MAX), None);
    assert!(names.remove(key));
    assert_eq!(holder.name, String::from("name"));
}
