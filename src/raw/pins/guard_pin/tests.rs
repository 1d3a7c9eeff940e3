use std::thread;

use super::*;
use crate::config::DefaultConfig;

type Shards = ShardTable<u8, DefaultConfig>;

/// A pin that ends when it is dropped.
struct Out<'a>(NonNull<GuardPin>, &'a Shards);

impl<'a> Out<'a> {
    fn new(slab: &'a Shards) -> Self {
        Self(GuardPin::new(slab), slab)
    }
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` made it for this slab, on the test's thread, and it is dropped once.
        assert_eq!(unsafe { GuardPin::release(self.0, self.1) }.count(), 0);
    }
}

#[test]
fn pins_are_out_by_their_count() {
    let slab = Shards::new();
    for count in 0..5 {
        let mut pins: Vec<_> = (0..count).map(|_| Out::new(&slab)).collect();
        while !pins.is_empty() {
            assert!(GuardPin::is_out(&slab));
            // From both ends in turn.
            let _ended = pins.remove(if pins.len() % 2 == 0 { 0 } else { pins.len() - 1 });
        }
        assert!(!GuardPin::is_out(&slab));
    }
}

#[test]
fn pins_are_those_of_their_slab_in_every_order() {
    let slabs = [(); 3].map(|()| Shards::new());
    let check = |out: [bool; 3]| assert_eq!([0, 1, 2].map(|slab| GuardPin::is_out(&slabs[slab])), out);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut out, mut pins) = ([false; 3], [None, None, None]);
        for slab in 0..3 {
            pins[slab] = Some(Out::new(&slabs[slab]));
            out[slab] = true;
            check(out);
        }
        for slab in order {
            (pins[slab], out[slab]) = (None, false);
            check(out);
        }
    }
}

#[test]
fn pins_are_those_of_their_thread() {
    let slab = Shards::new();
    let is_out_elsewhere =
        || thread::scope(|scope| scope.spawn(|| GuardPin::is_out(&slab)).join()).expect("it does not panic");
    let _pin = Out::new(&slab);
    assert!(GuardPin::is_out(&slab) && !is_out_elsewhere());
}

#[test]
fn a_pin_that_was_forgotten_is_of_no_later_slab() {
    let mut forgotten = Vec::new();
    for _ in 0..10 {
        let slab = Box::new(Shards::new());
        assert!(!GuardPin::is_out(&slab), "another slab was at this place");
        forgotten.push(GuardPin::new(&slab));
        assert!(GuardPin::is_out(&slab));
    }
    // Frees everything, so that nothing leaks.
    for pin in forgotten {
        // SAFETY: `new` made it on this thread. It has no guard, and its slab is dropped.
        unsafe { pin.as_ref() }.unlist();
        // SAFETY: as above; `new` made it from a box.
        drop(unsafe { Box::from_raw(pin.as_ptr()) });
    }
}

#[test]
fn room_for_a_key_is_made_beforehand() {
    let slab = Shards::new();
    let out = Out::new(&slab);
    // SAFETY: it lives until `out` is dropped.
    let pin = unsafe { out.0.as_ref() };
    for key in 0..1000 {
        pin.make_room();
        let mut keys = pin.keys.borrow_mut();
        let capacity = keys.capacity();
        assert!(keys.len() < capacity && keys.insert(key));
        assert_eq!(keys.capacity(), capacity);
    }
    pin.keys.borrow_mut().clear();
}
