//! What is done with walks over guards, and over keys.

use std::{
    mem,
    sync::{Arc, Mutex},
};

use proptest::prelude::*;

use super::{
    driver::{Driven, Run},
    guard::Shared,
};

/// What may be done with a walk.
#[derive(Clone, Debug)]
pub(crate) enum Walk {
    Keys,
    /// Keeps the guards of values whose identity is a multiple, of so many entries or of all.
    Keep(u64, Option<usize>),
    /// Ends by their guards the entries whose identity is a multiple.
    End(u64),
}

pub(crate) fn walk() -> impl Strategy<Value = Walk> {
    prop_oneof![
        2 => Just(Walk::Keys),
        3 => (1..6_u64, proptest::option::of(0..6_usize)).prop_map(|(multiple, count)| Walk::Keep(multiple, count)),
        1 => (2..5_u64).prop_map(Walk::End),
    ]
}

impl<'env, S: Driven> Run<'_, '_, 'env, S> {
    pub(crate) fn walk(&mut self, worker: usize, walk: &Walk) {
        match *walk {
            Walk::Keys => {
                let store = self.store;
                let mut keys: Vec<usize> = self.workers.run(worker, move || store.keys().collect());
                keys.sort_unstable();
                let expected = self.oracle.all_readable();
                assert!(keys.iter().eq(expected.keys()), "keys {keys:x?}, where there are {expected:x?}");
            }
            Walk::Keep(multiple, count) => self.walk_and_keep(worker, multiple, count.unwrap_or(usize::MAX)),
            Walk::End(multiple) => self.walk_and_end(worker, multiple),
        }
    }

    fn walk_and_keep(&mut self, worker: usize, multiple: u64, count: usize) {
        let store = self.store;
        let (seen, kept) = self.workers.run(worker, move || {
            let (mut seen, mut kept) = (Vec::new(), Vec::<Box<dyn Shared + 'env>>::new());
            for guard in store.iter().take(count) {
                let id = guard.value().id();
                seen.push((guard.key(), id));
                if id % multiple == 0 {
                    kept.push(guard);
                }
            }
            (seen, kept)
        });
        let mut left = self.oracle.all_readable();
        assert_eq!(seen.len(), count.min(left.len()), "the number of entries that {seen:x?} has, of {left:x?}");
        for (key, id) in seen {
            assert_eq!(left.remove(&key), Some(id), "a walk visits {key:#x}");
        }
        for guard in kept {
            assert_eq!(self.oracle.get(guard.key()), Some(guard.value().id()));
            self.guards.push(guard);
        }
    }

    fn walk_and_end(&mut self, worker: usize, multiple: u64) {
        let (store, seen) = (self.store, Arc::new(Mutex::new(Vec::new())));
        let outcome = self.act(worker, {
            let seen = Arc::clone(&seen);
            move || {
                for guard in store.iter() {
                    let (key, id) = (guard.key(), guard.value().id());
                    seen.lock().expect("it is unlocked before a panic").push((key, id));
                    assert!(id % multiple != 0 || guard.end(), "the end of {key:#x}, just seen");
                }
            }
        });
        let seen = mem::take(&mut *seen.lock().expect("it is unlocked before a panic"));
        let oracle = &mut *self.oracle;
        let mut left = oracle.all_readable();
        let mut foreseen = Ok(());
        for (key, id) in seen {
            assert_eq!(foreseen, Ok(()), "a walk goes on after a panic");
            assert_eq!(left.remove(&key), Some(id), "a walk visits {key:#x}");
            if id % multiple == 0 {
                assert_eq!(oracle.get(key), Some(id));
                assert_eq!(oracle.end(key), Ok(true), "no value ends under a guard");
                foreseen = oracle.release(key).map(drop);
            }
        }
        assert_eq!(outcome, foreseen, "a walk that ends entries");
        assert!(foreseen.is_err() || left.is_empty(), "a walk does not visit {left:x?}");
    }
}
