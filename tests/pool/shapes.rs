//! Values of unusual size and alignment.

use std::{
    cell::Cell,
    collections::HashSet,
    fmt, ptr,
    sync::{Arc, Mutex, RwLock},
};

use flagstone::{Clear, Config, Pool};

use crate::{
    configs::{on_every_configuration, room},
    shaped::{in_every_shape, is_aligned},
};

in_every_shape! { is_kept }

on_every_configuration! {
    zero_sized_values_are_made_cleared_and_dropped
}

/// Checks values, and that all references to them are aligned and apart.
fn is_kept<T: Clear + Default + PartialEq + fmt::Debug + Copy, C: Config>(make: impl Fn(usize) -> T) {
    let mut pool = Pool::<T>::new_with_config::<C>();
    for _ in 0..2 {
        let keys: Vec<_> = (0..room::<C>(70))
            .map(|index| {
                if index % 2 == 0 {
                    let mut created = pool.create().unwrap();
                    assert!(is_aligned(&*created) && created == T::default());
                    *created = make(index);
                    created.downgrade().key()
                } else {
                    pool.create_with(|value| {
                        assert!(is_aligned(value) && *value == T::default());
                        *value = make(index);
                    })
                    .unwrap()
                }
            })
            .collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        let mut addresses = HashSet::new();
        for (index, &key) in keys.iter().enumerate() {
            let entry = pool.get(key).unwrap();
            assert!(is_aligned(&*entry) && *entry == make(index));
            assert!(addresses.insert(ptr::from_ref(&*entry)) || size_of::<T>() == 0);
            drop(entry);
            *pool.get_exclusive(key).unwrap() = make(index + 1);
            let value = pool.get_mut(key).unwrap();
            assert!(is_aligned(value) && *value == make(index + 1));
        }
        assert!(pool.unique_iter().all(is_aligned) && pool.iter_mut().all(|(_, value)| is_aligned(value)));
        assert!(keys.into_iter().all(|key| pool.clear(key)));
        assert!(pool.is_empty());
    }
    let pool = Arc::new(pool);
    let created = pool.clone().create_owned().unwrap();
    assert!(is_aligned(&*created) && created == T::default());
}

fn zero_sized_values_are_made_cleared_and_dropped<C: Config>() {
    thread_local! {
        static CALLS: [Cell<usize>; 3] = const { [const { Cell::new(0) }; 3] };
    }

    struct Nothing;

    fn count(call: usize) {
        CALLS.with(|calls| calls[call].set(calls[call].get() + 1));
    }

    impl Default for Nothing {
        fn default() -> Self {
            count(0);
            Self
        }
    }

    impl Clear for Nothing {
        fn clear(&mut self) {
            count(1);
        }
    }

    impl Drop for Nothing {
        fn drop(&mut self) {
            count(2);
        }
    }

    let counted = || CALLS.with(|calls| calls.each_ref().map(Cell::take));
    counted();
    let slots = room::<C>(50);
    let pool = Pool::<Nothing>::new_with_config::<C>();
    for round in 0..3 {
        let keys: Vec<_> = (0..slots).map(|_| pool.create().unwrap().key()).collect();
        assert_eq!(counted(), [if round == 0 { slots } else { 0 }, 0, 0]);
        let held = pool.get(keys[0]).unwrap();
        assert!(keys.iter().all(|&key| pool.clear(key)));
        assert_eq!(counted(), [0, slots - 1, 0]);
        drop(held);
        assert_eq!(counted(), [0, 1, 0]);
    }
    drop(pool);
    assert_eq!(counted(), [0, 0, slots]);
}

#[test]
fn huge_values() {
    const SIZE: usize = 64 << 10;

    #[derive(Debug)]
    struct Huge([u8; SIZE]);

    impl Default for Huge {
        fn default() -> Self {
            Self([0; SIZE])
        }
    }

    impl Clear for Huge {
        fn clear(&mut self) {
            self.0.clear();
        }
    }

    let pool = Pool::<Huge>::new();
    for _ in 0..2 {
        let fill = |byte: u8| pool.create_with(|huge| huge.0.iter_mut().for_each(|found| *found += byte)).unwrap();
        let keys: Vec<_> = (0..40).map(fill).collect();
        for (byte, &key) in keys.iter().enumerate() {
            assert!(pool.get(key).unwrap().0.iter().all(|&found| usize::from(found) == byte));
        }
        assert!(keys.iter().all(|&key| pool.clear(key)));
    }
    assert_eq!(pool.capacity(), 32 + 64);
}

#[test]
fn locks_boxes_and_options() {
    let pool = Pool::<Mutex<Vec<u8>>>::new();
    let key = pool.create().unwrap().key();
    pool.get(key).unwrap().lock().unwrap().push(1);
    assert!(pool.clear(key));
    assert!(pool.create().unwrap().lock().unwrap().is_empty());

    let pool = Pool::<Box<RwLock<String>>>::new();
    let key = pool.create_with(|value| value.write().unwrap().push('a')).unwrap();
    assert_eq!(*pool.get(key).unwrap().read().unwrap(), "a");
    assert!(pool.clear(key));
    assert_eq!(*pool.create().unwrap().read().unwrap(), "");

    let dropped = Arc::new(());
    let pool = Pool::<Option<Arc<()>>>::new();
    let key = pool.create_with(|value| *value = Some(Arc::clone(&dropped))).unwrap();
    assert_eq!(Arc::strong_count(&dropped), 2);
    assert!(pool.clear(key));
    assert_eq!(Arc::strong_count(&dropped), 1);
    assert!(pool.create().unwrap().is_none());
}
