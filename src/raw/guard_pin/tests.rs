use std::thread;

use super::*;
use crate::config::DefaultConfig;

type Shards = ShardTable<u8, DefaultConfig>;

fn with_table() -> Shards {
    let slab = Shards::new();
    assert!(slab.table_or_allocate().is_some());
    slab
}

#[test]
fn pins_are_out_by_their_count() {
    let slab = with_table();
    for count in 0..5 {
        let mut pins: Vec<_> = (0..count).map(|_| GuardPin::new(&slab)).collect();
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
    let slabs = [(); 3].map(|()| with_table());
    let check = |out: [bool; 3]| assert_eq!([0, 1, 2].map(|slab| GuardPin::is_out(&slabs[slab])), out);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut out, mut pins) = ([false; 3], [None, None, None]);
        for slab in 0..3 {
            pins[slab] = Some(GuardPin::new(&slabs[slab]));
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
    let slab = with_table();
    let is_out_elsewhere =
        || thread::scope(|scope| scope.spawn(|| GuardPin::is_out(&slab)).join()).expect("it does not panic");
    let _pin = GuardPin::new(&slab);
    assert!(GuardPin::is_out(&slab) && !is_out_elsewhere());
}

#[test]
fn a_pin_begins_without_guards() {
    let slab = with_table();
    let (one, other) = (GuardPin::new(&slab), GuardPin::new(&slab));
    assert!(one.keys.borrow_mut().insert(1));
    assert!(other.keys.borrow().is_empty());
}
