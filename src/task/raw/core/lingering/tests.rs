use super::Lingering;

/// What may happen to one slot, in either order: its entry is removed and the slot counted; its last reference is
/// released.
#[derive(Clone, Copy, Default)]
struct Slot {
    counted: bool,
    released: bool,
}

/// Every order of the steps of some slots and of the last task's end, which comes after all slots were counted. The
/// core's count is released once, by the last step.
fn every_order(slots: &[Slot], ended: bool, steps: &mut Vec<(usize, u8)>) -> usize {
    let mut orders = 0;
    for slot in 0..slots.len() {
        if !slots[slot].counted && !ended {
            orders += step(slots, ended, steps, (slot, 0));
        }
        if !slots[slot].released {
            orders += step(slots, ended, steps, (slot, 1));
        }
    }
    if !ended && slots.iter().all(|slot| slot.counted) {
        orders += step(slots, true, steps, (0, 2));
    }
    if orders > 0 {
        return orders;
    }
    let lingering = Lingering::new();
    for (number, (_, kind)) in steps.iter().enumerate() {
        let released = match kind {
            0 => {
                lingering.one_more();
                false
            }
            1 => lingering.one_less(),
            _ => lingering.none_lives(),
        };
        assert_eq!(released, number + 1 == steps.len(), "{steps:?}");
    }
    1
}

fn step(slots: &[Slot], ended: bool, steps: &mut Vec<(usize, u8)>, step: (usize, u8)) -> usize {
    let mut after = slots.to_vec();
    match step.1 {
        0 => after[step.0].counted = true,
        1 => after[step.0].released = true,
        _ => {}
    }
    steps.push(step);
    let orders = every_order(&after, ended, steps);
    steps.pop();
    orders
}

#[test]
fn the_core_is_released_once_in_every_order() {
    let orders = [0, 1, 2, 3].map(|slots| every_order(&vec![Slot::default(); slots], false, &mut Vec::new()));
    assert!(orders[0] == 1 && orders[3] > 100, "{orders:?}");
}
