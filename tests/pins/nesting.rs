//! Several pins of one thread.

use flagstone::{Config, DefaultConfig, Pool, Slab};

use crate::{configs::on_every_configuration, value::Ledger};

on_every_configuration! {
    the_last_of_nested_pins_ends_what_was_removed
    a_pin_in_a_pin_sees_what_it_sees
}

/// All orders of the numbers below `COUNT`.
pub(super) fn orders<const COUNT: usize>() -> Vec<[usize; COUNT]> {
    let mut orders = vec![[0; COUNT]];
    for place in 0..COUNT {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..COUNT).filter(move |next| !order[..place].contains(next)).map(move |next| {
                    let mut order = order;
                    order[place] = next;
                    order
                })
            })
            .collect();
    }
    orders
}

fn the_last_of_nested_pins_ends_what_was_removed<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let mut ended = 0;
    for order in orders::<3>() {
        for removed_after in 1..=3 {
            let key = slab.insert(ledger.value()).unwrap();
            let mut pins = [None, None, None];
            for (number, pin) in pins.iter_mut().enumerate() {
                let pin = pin.insert(slab.pin());
                // Where the thread has no shard, the pins that have read it keep it.
                if number < removed_after {
                    assert_eq!(pin.get(key).unwrap().id(), ended);
                }
                if number + 1 == removed_after {
                    assert!(slab.remove(key));
                }
            }
            for number in order {
                assert!(pins[number].as_ref().unwrap().get(key).is_none());
                pins[number] = None;
                if pins.iter().take(removed_after).any(Option::is_some) {
                    assert_eq!((slab.len(), ledger.dropped()), (1, ended));
                }
            }
            ended += 1;
            assert_eq!((slab.len(), ledger.dropped()), (0, ended));
        }
    }
}

fn a_pin_in_a_pin_sees_what_it_sees<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    let outer = slab.pin();
    let value = outer.get(key).unwrap();
    let inner = slab.pin();
    assert!(std::ptr::eq(inner.get(key).unwrap(), value));
    drop(inner);
    assert!(slab.remove(key));
    assert_eq!(*value, 1);
}

#[test]
fn an_inner_pin_outlives_the_outer_one() {
    let ledger = Ledger::new();
    let slab = Slab::<_, DefaultConfig>::new();
    let outer = slab.pin();
    let key = slab.insert(ledger.value()).unwrap();
    let inner = slab.pin();
    assert!(slab.remove(key));
    drop(outer);
    assert_eq!(ledger.dropped(), 0, "the inner pin was out");
    drop(inner);
    assert_eq!(ledger.dropped(), 1);
}

#[test]
fn pins_on_two_slabs_and_a_pool_end_in_any_order_each_with_its_own() {
    let ledger = Ledger::new();
    let (one, two) = (Slab::<_>::new(), Slab::<_>::new());
    let pool = Pool::<String>::new();
    for order in orders::<3>() {
        let before = ledger.dropped();
        let keys = [one.insert(ledger.value()).unwrap(), two.insert(ledger.value()).unwrap()];
        let text = pool.create_with(|text| text.push_str("text")).unwrap();
        let (mut first, mut second, mut third) = (Some(one.pin()), Some(two.pin()), Some(pool.pin()));
        assert!(one.remove(keys[0]) && two.remove(keys[1]) && pool.clear(text));
        for (turn, number) in order.into_iter().enumerate() {
            let lens = [one.len(), two.len(), pool.len()];
            assert_eq!(lens.iter().sum::<usize>(), 3 - turn);
            match number {
                0 => first = None,
                1 => second = None,
                _ => third = None,
            }
            assert_eq!([one.len(), two.len(), pool.len()][number], 0);
            assert_eq!(
                [first.is_some(), second.is_some(), third.is_some()].map(usize::from),
                [one.len(), two.len(), pool.len()]
            );
        }
        assert_eq!(ledger.dropped(), before + 2);
    }
}
