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

use crate::configs::{on_every_configuration, room};

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(align(128))]
struct Aligned128(usize);

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(align(4096))]
struct Aligned4096(usize);

#[derive(Clone, Copy, PartialEq, Debug)]
#[repr(align(128))]
struct AlignedNothing;

on_every_configuration! {
    nothing
    aligned_nothing
    a_byte
    three_bytes
    sixteen_byte_words
    aligned_to_128
    aligned_to_4096
    zero_sized_values_are_dropped_once_each
}

fn nothing<C: Config>() {
    is_kept::<(), C>(|_| ());
}

fn aligned_nothing<C: Config>() {
    is_kept::<_, C>(|_| AlignedNothing);
}

fn a_byte<C: Config>() {
    is_kept::<_, C>(|index| index as u8);
}

fn three_bytes<C: Config>() {
    is_kept::<_, C>(|index| [index as u8, 1, 2]);
}

fn sixteen_byte_words<C: Config>() {
    is_kept::<_, C>(|index| index as u128);
}

fn aligned_to_128<C: Config>() {
    is_kept::<_, C>(Aligned128);
}

fn aligned_to_4096<C: Config>() {
    is_kept::<_, C>(Aligned4096);
}

fn is_aligned<T>(value: &T) -> bool {
    ptr::from_ref(value).addr() % align_of::<T>() == 0
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
