//! Values of unusual size and alignment.

use std::{
    collections::HashSet,
    fmt, ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use flagstone::{Config, Slab};

use crate::{
    configs::{on_every_configuration, room},
    shaped::{in_every_shape, is_aligned},
};

in_every_shape! { is_kept }

on_every_configuration! {
    zero_sized_values_are_dropped_once_each
}

/// Checks values, and that all references to them are aligned and apart.
fn is_kept<T: PartialEq + fmt::Debug + Copy, C: Config>(make: impl Fn(usize) -> T) {
    let mut slab = Slab::new_with_config::<C>();
    let mut keys: Vec<_> = (1..room::<C>(70)).map(|index| slab.insert(make(index)).unwrap()).collect();
    let vacant = slab.vacant_entry().unwrap();
    keys.insert(0, vacant.key());
    vacant.insert(make(0));
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());

    let mut addresses = HashSet::new();
    for (index, &key) in keys.iter().enumerate() {
        let entry = slab.get(key).unwrap();
        assert!(is_aligned(&*entry));
        assert_eq!(*entry, make(index));
        assert!(addresses.insert(ptr::from_ref(&*entry)) || size_of::<T>() == 0);
        drop(entry);
        let mut exclusive = slab.get_exclusive(key).unwrap();
        assert!(is_aligned(&*exclusive));
        *exclusive = make(index + 1);
        drop(exclusive);
        let value = slab.get_mut(key).unwrap();
        assert!(is_aligned(value));
        assert_eq!(*value, make(index + 1));
    }
    assert!(slab.unique_iter().all(is_aligned));
    assert!(slab.iter_mut().all(|(_, value)| is_aligned(value)));
    let slab = Arc::new(slab);
    for (index, &key) in keys.iter().enumerate() {
        let owned = Arc::clone(&slab).get_owned(key).unwrap();
        assert!(is_aligned(&*owned));
        drop(owned);
        assert_eq!(slab.take(key), Some(make(index + 1)));
    }
    assert!(slab.is_empty());
}

fn zero_sized_values_are_dropped_once_each<C: Config>() {
    std::thread_local!(static DROPS: AtomicUsize = const { AtomicUsize::new(0) });

    struct Nothing;

    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.with(|drops| drops.fetch_add(1, Ordering::Relaxed));
        }
    }

    let dropped = || DROPS.with(|drops| drops.load(Ordering::Relaxed));
    let before = dropped();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(50)).map(|_| slab.insert(Nothing).unwrap()).collect();
    for (index, &key) in keys.iter().take(keys.len() / 2).enumerate() {
        assert_eq!(dropped(), before + index);
        let entry = slab.get(key).unwrap();
        assert!(slab.remove(key));
        assert_eq!(dropped(), before + index);
        drop(entry);
    }
    drop(slab);
    assert_eq!(dropped(), before + keys.len());
}

#[test]
fn huge_values() {
    const SIZE: usize = 64 << 10;

    let slab = Slab::<[u8; SIZE]>::new();
    let keys: Vec<_> = (0..40_u8).map(|byte| slab.insert([byte; SIZE]).unwrap()).collect();
    for (byte, &key) in keys.iter().enumerate() {
        assert!(slab.get(key).unwrap().iter().all(|&found| usize::from(found) == byte));
    }
    assert!(slab.take(keys[7]).unwrap().iter().all(|&found| found == 7));
    assert!(keys[..7].iter().all(|&key| slab.remove(key)));
    assert_eq!(slab.len(), 32);
}
