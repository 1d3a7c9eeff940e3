//! Panics in user code: what they leave behind.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use flagstone::{Config, Slab};

use crate::{
    configs::{on_every_configuration, room},
    value::{Counted, Ledger},
};

on_every_configuration! {
    clear_with_a_panicking_destructor_drops_all
    dropping_a_slab_with_a_panicking_destructor_drops_all
    dropping_a_drain_with_a_panicking_destructor_drops_all
    dropping_an_into_iter_with_a_panicking_destructor_drops_all
    clear_with_a_panicking_destructor_under_a_forgotten_guard_drops_all
    remove_with_a_panicking_destructor_frees_the_slot
    the_last_guard_with_a_panicking_destructor_frees_the_slot
    retain_with_a_panicking_destructor_frees_the_slot
    a_panicking_destructor_on_another_thread_frees_the_slot
    a_guard_that_a_panic_drops_lets_go
}

/// Runs `end` on a slab of ten values, for each of them being the one whose destructor panics. (Of fewer where there is
/// not so much room.)
fn for_each_panicking<C: Config>(mut end: impl FnMut(Slab<Counted, C>) -> Option<Slab<Counted, C>>) {
    let count = room::<C>(10);
    for panicking in 0..count {
        let ledger = Ledger::new();
        let slab = Slab::new_with_config::<C>();
        for index in 0..count {
            slab.insert(if index == panicking { ledger.bomb() } else { ledger.value() }).unwrap();
        }
        let capacity = slab.capacity();
        let slab = end(slab);
        assert_eq!(ledger.dropped(), count);
        let Some(mut slab) = slab else { continue };
        assert_eq!((slab.len(), slab.unique_iter().count()), (0, 0));
        // And all slots can be used again.
        for _ in 0..count {
            slab.insert(ledger.value()).unwrap();
        }
        assert_eq!((slab.len(), slab.capacity()), (count, capacity));
    }
}

fn clear_with_a_panicking_destructor_drops_all<C: Config>() {
    for_each_panicking::<C>(|mut slab| {
        catch_unwind(AssertUnwindSafe(|| slab.clear())).unwrap_err();
        Some(slab)
    });
}

fn dropping_a_slab_with_a_panicking_destructor_drops_all<C: Config>() {
    for_each_panicking::<C>(|slab| {
        catch_unwind(AssertUnwindSafe(|| drop(slab))).unwrap_err();
        None
    });
}

fn dropping_a_drain_with_a_panicking_destructor_drops_all<C: Config>() {
    for_each_panicking::<C>(|mut slab| {
        catch_unwind(AssertUnwindSafe(|| drop(slab.drain()))).unwrap_err();
        Some(slab)
    });
    // In part consumed: the panic may come from the caller's value or from the rest.
    for_each_panicking::<C>(|mut slab| {
        catch_unwind(AssertUnwindSafe(|| {
            let mut drain = slab.drain();
            for _ in 0..3 {
                drop(drain.next());
            }
        }))
        .unwrap_err();
        Some(slab)
    });
}

fn dropping_an_into_iter_with_a_panicking_destructor_drops_all<C: Config>() {
    for consumed in [0, 1, 3] {
        for_each_panicking::<C>(|slab| {
            catch_unwind(AssertUnwindSafe(|| {
                let mut iterator = slab.into_iter();
                for _ in 0..consumed {
                    drop(iterator.next());
                }
            }))
            .unwrap_err();
            None
        });
    }
}

fn clear_with_a_panicking_destructor_under_a_forgotten_guard_drops_all<C: Config>() {
    for removed in [false, true] {
        for_each_panicking::<C>(|mut slab| {
            let keys: Vec<_> = slab.iter_mut().map(|(key, _)| key).collect();
            for key in keys {
                mem::forget(slab.get(key));
                if removed {
                    assert!(slab.remove(key));
                }
            }
            catch_unwind(AssertUnwindSafe(|| slab.clear())).unwrap_err();
            Some(slab)
        });
    }
}

fn remove_with_a_panicking_destructor_frees_the_slot<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let mut capacity = None;
    for life in 0..Slab::<u8, C>::generations(0).min(20) {
        let key = slab.insert(ledger.bomb()).unwrap();
        assert_eq!(*capacity.get_or_insert(slab.capacity()), slab.capacity());
        catch_unwind(AssertUnwindSafe(|| slab.remove(key))).unwrap_err();
        assert!(!slab.contains(key) && !slab.remove(key));
        assert_eq!((slab.len(), ledger.dropped()), (0, life + 1));
    }
}

fn the_last_guard_with_a_panicking_destructor_frees_the_slot<C: Config>() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new_with_config::<C>());
    for life in 0..3 {
        let key = slab.insert(ledger.bomb()).unwrap();
        let (entry, owned) = (slab.get(key).unwrap(), Arc::clone(&slab).get_owned(key).unwrap());
        assert!(slab.remove(key));
        drop(entry);
        catch_unwind(AssertUnwindSafe(|| drop(owned))).unwrap_err();
        assert_eq!((slab.len(), ledger.dropped(), Arc::strong_count(&slab)), (0, 2 * life + 1, 1));

        let key = slab.insert(ledger.bomb()).unwrap();
        let exclusive = slab.get_exclusive(key).unwrap();
        catch_unwind(AssertUnwindSafe(|| exclusive.remove())).unwrap_err();
        assert_eq!((slab.len(), ledger.dropped()), (0, 2 * life + 2));
    }
    assert_eq!(slab.capacity(), C::INITIAL_PAGE_SIZE.next_power_of_two());
}

fn retain_with_a_panicking_destructor_frees_the_slot<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.bomb()).unwrap();
    catch_unwind(AssertUnwindSafe(|| slab.retain(|_, _| false))).unwrap_err();
    assert!(!slab.contains(key));
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));
    slab.insert(ledger.value()).unwrap();
}

fn a_panicking_destructor_on_another_thread_frees_the_slot<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..3 {
        let key = slab.insert(ledger.bomb()).unwrap();
        thread::scope(|scope| scope.spawn(|| slab.remove(key)).join().unwrap_err());
        let key = slab.insert(ledger.bomb()).unwrap();
        let entry = slab.get(key).unwrap();
        assert!(slab.remove(key));
        thread::scope(|scope| scope.spawn(move || drop(entry)).join().unwrap_err());
        assert!(slab.is_empty());
    }
    assert_eq!(slab.capacity(), C::INITIAL_PAGE_SIZE.next_power_of_two());
}

fn a_guard_that_a_panic_drops_lets_go<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    catch_unwind(AssertUnwindSafe(|| {
        let _entry = slab.get(key).unwrap();
        assert!(slab.remove(key));
        panic!("with a guard");
    }))
    .unwrap_err();
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));
}

#[test]
fn a_panicking_debug_leaves_its_entry() {
    struct Mute;

    impl std::fmt::Debug for Mute {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("says nothing");
        }
    }

    let slab = Slab::<_>::new();
    let key = slab.insert(Mute).unwrap();
    catch_unwind(AssertUnwindSafe(|| format!("{slab:?}"))).unwrap_err();
    assert!(slab.try_take(key).is_some(), "no guard is left");
}

#[test]
fn a_panic_in_an_iterator_that_extends_leaves_what_it_gave() {
    let ledger = Ledger::new();
    let mut slab = Slab::<_>::new();
    let values = (0..10).map(|index| if index < 5 { ledger.value() } else { panic!("no more") });
    catch_unwind(AssertUnwindSafe(|| slab.extend(values))).unwrap_err();
    assert_eq!(slab.len(), 5);
}

/// What a panic carries may panic when it is dropped.
#[test]
fn panics_that_carry_what_panics_lose_nothing() {
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic!("the payload panics too");
            }
        }
    }

    struct Carrier<'a>(&'a std::cell::Cell<usize>);

    impl Drop for Carrier<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            std::panic::panic_any(Bomb);
        }
    }

    let dropped = std::cell::Cell::new(0);
    let mut slab = Slab::<_>::new();
    for _ in 0..10 {
        slab.insert(Carrier(&dropped)).unwrap();
    }
    let first = catch_unwind(AssertUnwindSafe(|| slab.clear())).unwrap_err();
    assert!(first.is::<Bomb>());
    mem::forget(first);
    assert_eq!((dropped.get(), slab.len()), (10, 0));
}
