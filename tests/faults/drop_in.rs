//! What compiles against `sharded-slab` compiles against flagstone: this file does against both (see `faults`).

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};

#[cfg(not(flagstone_published))]
use flagstone as subject;
#[cfg(flagstone_published)]
use sharded_slab as subject;
use subject::{
    Clear, Config, DefaultConfig, Entry, OwnedEntry, Pool, Slab, UniqueIter, VacantEntry,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

struct Small;

impl Config for Small {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = if usize::BITS >= 64 { 20 } else { 12 };
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

#[derive(Default, Debug, PartialEq)]
struct Request {
    path: String,
    headers: Vec<(String, String)>,
}

impl Clear for Request {
    fn clear(&mut self) {
        Clear::clear(&mut self.path);
        self.headers.clear();
    }
}

struct Server {
    requests: Arc<Pool<Request>>,
    small: Pool<Vec<u8>, Small>,
}

struct Pending {
    request: OwnedRefMut<Request>,
}

struct Answered {
    request: OwnedRef<Request, DefaultConfig>,
}

fn request(server: &Server, key: usize) -> Option<Ref<'_, Request>> {
    server.requests.get(key)
}

fn fresh(server: &Server) -> Option<RefMut<'_, Request, DefaultConfig>> {
    server.requests.create()
}

fn generic<T: Clear + Default, C: Config>(pool: &Pool<T, C>) -> Option<usize> {
    pool.create_with(|value: &mut T| value.clear())
}

#[test]
fn a_pool_of_unnamed_types_is_that_of_the_default_configuration() {
    let pool = Pool::default();
    let key = pool.create_with(|text: &mut String| text.push_str("value")).unwrap();
    assert_eq!(pool.get(key).unwrap(), String::from("value"));
    let constructor: fn() -> Pool<String> = Pool::new;
    assert!(constructor().create().is_some());
}

#[test]
fn cloning_through_a_reference_clones_the_value() {
    let pool = Pool::<String>::new();
    let mut created = pool.create().unwrap();
    created.push_str("value");
    let value: String = created.clone();
    let shared = created.downgrade();
    let again: String = shared.clone();
    assert_eq!((value.as_str(), again.as_str()), ("value", "value"));
}

#[test]
fn names_and_signatures_of_the_pool_are_the_same() {
    let server = Server { requests: Arc::new(Pool::new()), small: Pool::new_with_config::<Small>() };
    assert!(Pool::<Vec<u8>, Small>::USED_BITS <= usize::BITS as usize - Small::RESERVED_BITS);
    let small = generic(&server.small).unwrap();
    assert!(server.small.clear(small));

    let mut created = fresh(&server).unwrap();
    created.path.push_str("/index.html");
    let key: usize = created.key();
    let shared: Ref<'_, Request> = created.downgrade();
    assert_eq!((shared.key(), shared.path.len()), (key, 11));
    drop(shared);
    assert_eq!(request(&server, key).unwrap().path, "/index.html");
    assert_eq!(format!("{:?}", request(&server, key).unwrap()), r#"Request { path: "/index.html", headers: [] }"#);

    let mut pending = Pending { request: Arc::clone(&server.requests).create_owned().unwrap() };
    pending.request.headers.push(Default::default());
    let answered = std::thread::spawn(move || Answered { request: pending.request.downgrade() }).join().unwrap();
    let again = Arc::clone(&server.requests).get_owned(answered.request.key()).unwrap();
    assert!(server.requests.clear(again.key()));
    assert_eq!(answered.request.headers.len(), again.headers.len());
    assert!(answered.request == Request { path: String::new(), headers: vec![Default::default()] });
    assert!(!format!("{:?}", server.requests).is_empty());
}

#[test]
fn what_is_clearable_there_is_clearable_here() {
    fn is_clear<T: Clear>() {}

    is_clear::<Option<std::rc::Rc<u8>>>();
    is_clear::<Box<Vec<u8>>>();
    is_clear::<Vec<std::rc::Rc<u8>>>();
    is_clear::<HashMap<u8, std::rc::Rc<u8>, std::hash::BuildHasherDefault<std::collections::hash_map::DefaultHasher>>>(
    );
    is_clear::<HashSet<u8>>();
    is_clear::<String>();
    is_clear::<Mutex<Option<u8>>>();
    is_clear::<RwLock<Vec<u8>>>();
}
