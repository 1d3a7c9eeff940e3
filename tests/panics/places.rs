//! A panic that a caller causes names the caller's line, and its message says that it is this crate's.

use std::{
    cell::RefCell,
    panic::{self, AssertUnwindSafe, Location, catch_unwind},
    sync::Arc,
};

use flagstone::{Config, Entry, Pool, Slab};

use crate::{alone::alone, configs::OneSlot};

thread_local!(static PLACE: RefCell<Option<(String, u32)>> = const { RefCell::new(None) });

/// Checks that the behaviour panics with a message of this crate, and that its place is this call.
#[track_caller]
fn names_this_line<R>(behaviour: impl FnOnce() -> R) {
    let here = Location::caller();
    let panic = catch_unwind(AssertUnwindSafe(behaviour)).map(drop).unwrap_err();
    let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap();
    assert!(message.starts_with("flagstone: "), "{message}");
    assert_eq!(PLACE.take(), Some((here.file().to_owned(), here.line())), "{message}");
}

/// As few bits as possible for the count of guards.
struct FewGuards;

impl Config for FewGuards {
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

alone! {
    fn panics_name_the_callers_line() {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(|place| (place.file().to_owned(), place.line()));
            PLACE.set(place);
        }));

        let slab = Arc::new(Slab::<String>::new());
        let key = slab.insert("value".to_owned()).unwrap();
        let pin = slab.pin();
        names_this_line(|| slab.take(key));
        names_this_line(|| slab.wait_exclusive(key));
        let entry = slab.get(key).unwrap();
        names_this_line(|| entry.take());
        drop(pin);

        let pool: Pool<String> = Pool::new();
        let line = pool.create_with(|line| line.push_str("text")).unwrap();
        let pin = pool.pin();
        names_this_line(|| pool.wait_exclusive(line));
        drop(pin);

        let mut full = Slab::new_with_config::<OneSlot>();
        names_this_line(|| full.extend([1, 2]));
        names_this_line(|| Slab::<i32, OneSlot>::from_iter([1, 2]).len());
        names_this_line(|| Slab::<u8>::with_capacity(usize::MAX));
        names_this_line(|| Pool::<Vec<u8>>::with_capacity(usize::MAX));

        let slab = Arc::new(Slab::new_with_config::<FewGuards>());
        let key = slab.insert(1).unwrap();
        let mut guards = vec![slab.get(key).unwrap()];
        while let Ok(guard) = catch_unwind(AssertUnwindSafe(|| slab.get(key).unwrap())) {
            guards.push(guard);
        }
        names_this_line(|| slab.get(key));
        names_this_line(|| slab.try_get(key));
        names_this_line(|| Arc::clone(&slab).get_owned(key));
        names_this_line(|| slab.get_arc(key));
        names_this_line(|| Entry::clone(&guards[0]));
    }
}
