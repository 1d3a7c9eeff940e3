//! One thread after another, in every order of first uses, with everything in its thread-locals.

use std::thread;

use crate::{
    dice::Dice,
    held::{Held, Kind, SLOTS, remove_shared},
    ledger::alone,
    owners::insert,
};

const KINDS: [Kind; 3] = [Kind::Pin, Kind::Guard, Kind::Deeds];

/// Every order of `0..4`.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256).map(|order| [order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6]);
    all.filter(|order| (0..4).all(|step| order.contains(&step))).collect()
}

/// Uses thread-locals for the first time in that order; 3 stands for the slab, and with it for the crate's own.
fn use_in_order(order: [usize; 4], thread: usize) {
    for step in order {
        match SLOTS.get(step) {
            Some(slot) => slot.set(None),
            None => assert!(super::ledger::SLAB.remove(insert(thread))),
        }
    }
}

#[test]
fn thread_locals_hold_all_kinds_of_things_in_every_order() {
    alone(|| {
        let mut number = 0;
        for order in orders() {
            for kinds in (0..27).map(|kinds| [KINDS[kinds % 3], KINDS[kinds / 3 % 3], KINDS[kinds / 9]]) {
                for again in 0..3 {
                    number += 1;
                    let behaviour = move || {
                        use_in_order(order, number);
                        let may_take = !kinds.contains(&Kind::Pin);
                        for (slot, kind) in SLOTS.iter().zip(kinds) {
                            slot.set(Some(Held::new(kind, number, Dice::new(number as u64), may_take, again)));
                        }
                    };
                    thread::spawn(behaviour).join().unwrap();
                }
            }
        }
        remove_shared();
    });
}

/// The number is not another thread's while the pin is out, whatever the thread has lost.
#[test]
fn threads_that_begin_while_another_one_ends_have_other_numbers() {
    struct Spawns(usize);

    impl Drop for Spawns {
        fn drop(&mut self) {
            // `insert` compares numbers.
            let thread = self.0;
            let behaviour = move || assert!(super::ledger::SLAB.remove(insert(thread + 1)));
            thread::spawn(behaviour).join().unwrap();
            assert!(super::ledger::SLAB.remove(insert(thread)));
        }
    }

    thread_local!(static SPAWNS: std::cell::RefCell<Option<Spawns>> = const { std::cell::RefCell::new(None) });

    alone(|| {
        for (index, order) in orders().into_iter().enumerate() {
            for first in [false, true] {
                let thread = 1_000_000 + 10 * index;
                let behaviour = move || {
                    if first {
                        SPAWNS.set(None);
                    }
                    use_in_order(order, thread);
                    for slot in SLOTS {
                        slot.set(Some(Held::new(Kind::Pin, thread, Dice::new(index as u64), false, 1)));
                    }
                    SPAWNS.set(Some(Spawns(thread)));
                };
                thread::spawn(behaviour).join().unwrap();
            }
        }
        remove_shared();
    });
}
