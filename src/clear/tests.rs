use super::*;

/// Clears a value and returns it.
fn cleared<T: Clear>(mut value: T) -> T {
    value.clear();
    value
}

#[test]
fn collections_keep_their_capacity() {
    assert!(cleared(vec![1; 100]).is_empty());
    assert!(cleared(vec![1; 100]).capacity() >= 100);
    assert!(cleared(VecDeque::from(vec![1; 100])).capacity() >= 100);
    assert!(cleared(BinaryHeap::from(vec![1; 100])).capacity() >= 100);
    assert!(cleared((0..100).map(|number| (number, number)).collect::<HashMap<_, _>>()).capacity() >= 100);
    assert!(cleared((0..100).collect::<HashSet<_>>()).capacity() >= 100);
    assert!(cleared("a".repeat(100)).capacity() >= 100);
    assert!(cleared(OsString::from("a".repeat(100))).capacity() >= 100);
    assert!(cleared(PathBuf::from("a".repeat(100))).capacity() >= 100);
}

#[test]
fn everything_is_empty_afterwards() {
    assert_eq!(cleared(VecDeque::from([1])), VecDeque::new());
    assert!(cleared(BinaryHeap::from([1])).is_empty());
    assert_eq!(cleared(LinkedList::from([1])), LinkedList::new());
    assert_eq!(cleared(BTreeMap::from([(1, 1)])), BTreeMap::new());
    assert_eq!(cleared(BTreeSet::from([1])), BTreeSet::new());
    assert_eq!(cleared(HashMap::from([(1, 1)])), HashMap::new());
    assert_eq!(cleared(HashSet::from([1])), HashSet::new());
    assert_eq!(cleared(OsString::from("a")), OsString::new());
    assert_eq!(cleared(PathBuf::from("/a/b")), PathBuf::new());
    assert_eq!(cleared(Some(1)), None);
    assert_eq!(cleared(OnceCell::from(1)), OnceCell::new());
    assert_eq!(cleared(OnceLock::from(1)), OnceLock::new());
}

#[test]
fn what_is_inside_is_cleared() {
    let boxed = cleared(Box::new("a".repeat(100)));
    assert!(boxed.is_empty() && boxed.capacity() >= 100);
    assert_eq!(cleared(Cell::new(7)).get(), 0);
    assert_eq!(cleared(RefCell::new(vec![1])).into_inner(), []);
    assert_eq!(cleared([vec![1], vec![2]]), [[], []]);
    assert_eq!(cleared((vec![1], "a".to_owned(), 7)), (vec![], String::new(), 0));
    let slices: Box<[String]> = Box::from(["a".to_owned()]);
    assert_eq!(*cleared(slices), [String::new()]);
}

#[test]
fn plain_values_become_their_default() {
    assert_eq!(cleared((1_u8, -1_i64, 1.5_f64, true, 'a')), (0, 0, 0.0, false, '\0'));
    assert_eq!(cleared(atomic::AtomicUsize::new(7)).into_inner(), 0);
    assert!(!cleared(atomic::AtomicBool::new(true)).into_inner());
    cleared(());
}

#[test]
fn a_poisoned_lock_is_cleared_and_healed() {
    let mutex = Mutex::new(vec![1]);
    let lock = RwLock::new(vec![1]);
    std::thread::scope(|scope| {
        let poisoner = scope.spawn(|| {
            let _guards = (mutex.lock().unwrap(), lock.write().unwrap());
            panic!("poisons both");
        });
        poisoner.join().unwrap_err();
    });
    assert!(mutex.is_poisoned() && lock.is_poisoned());
    assert_eq!(cleared(mutex).into_inner().unwrap(), []);
    assert_eq!(cleared(lock).into_inner().unwrap(), []);
}

#[test]
fn counted_pointers_are_emptied_for_their_owner_alone() {
    let alone = cleared(Arc::new("a".repeat(100)));
    assert!(alone.is_empty() && alone.capacity() >= 100);
    let shared = Arc::new("a".to_owned());
    assert_eq!((&**cleared(Arc::clone(&shared)), shared.as_str()), ("", "a"));
    let shared = Rc::new(vec![1]);
    assert_eq!((cleared(Rc::clone(&shared)).len(), shared.len()), (0, 1));
}

#[test]
fn what_has_no_empty_value_stays() {
    assert_eq!(cleared(NonZeroU8::MAX), NonZeroU8::MAX);
    let thread = std::thread::current().id();
    assert_eq!(cleared(thread), thread);
}
