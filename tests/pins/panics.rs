//! Destructors that panic when a pin ends.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use flagstone::{Config, Slab};

use crate::{
    configs::{on_every_configuration, room},
    value::Ledger,
};

on_every_configuration! {
    of_all_that_ends_with_a_pin_one_that_panics_harms_none
    when_all_that_ends_with_a_pin_panics_the_first_goes_on
}

fn of_all_that_ends_with_a_pin_one_that_panics_harms_none<C: Config>() {
    let count = room::<C>(6);
    for panicking in 0..count {
        let ledger = Ledger::new();
        let slab = Slab::new_with_config::<C>();
        let keys: Vec<_> = (0..count)
            .map(|index| slab.insert(if index == panicking { ledger.bomb() } else { ledger.value() }).unwrap())
            .collect();
        let capacity = slab.capacity();
        let pinned = slab.pin();
        assert!(keys.iter().all(|&key| pinned.get(key).is_some() && slab.remove(key)));
        assert_eq!(ledger.dropped(), 0);
        let panic = catch_unwind(AssertUnwindSafe(|| drop(pinned))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), &format!("value {panicking} panics when it is dropped"));
        assert_eq!((slab.len(), ledger.dropped()), (0, count));
        // And all slots can be used again, and pins too.
        let keys: Vec<_> = (0..count).map(|_| slab.insert(ledger.value()).unwrap()).collect();
        assert_eq!(slab.capacity(), capacity);
        let pinned = slab.pin();
        assert!(keys.iter().all(|&key| pinned.get(key).is_some() && slab.remove(key)));
        drop(pinned);
        assert_eq!(ledger.dropped(), 2 * count);
    }
}

fn when_all_that_ends_with_a_pin_panics_the_first_goes_on<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(6)).map(|_| slab.insert(ledger.bomb()).unwrap()).collect();
    let outcome = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let pinned = slab.pin();
            assert!(keys.iter().all(|&key| pinned.get(key).is_some() && slab.remove(key)));
        });
        thread.join()
    });
    outcome.unwrap_err();
    assert_eq!((slab.len(), ledger.dropped()), (0, keys.len()));
}
