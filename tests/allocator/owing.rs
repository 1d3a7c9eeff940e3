//! If there is no memory for a deferred-release record, the removed value stays until the slab is cleared or dropped.
//! Nothing else does.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{Pool, Slab};

use crate::{
    BALANCE,
    refusals::{Number, Plan, ROOM, Refusals, Small},
};

alone_on_a_thread! {
    what_a_pin_owes_without_memory_stays_and_nothing_else_does
    what_stays_for_want_of_memory_counts_as_live_and_keeps_its_page
    a_pool_keeps_what_a_pin_owes_without_memory
}

type Value = Arc<()>;

/// Removes entries under an own pin, of which the obligations that a plan says are refused.
fn what_a_pin_owes_without_memory_stays_and_nothing_else_does() {
    const COUNT: usize = 6;

    for only in [true, false] {
        for first in 0..=COUNT {
            let values = [(); COUNT].map(|()| Value::default());
            let mut slab = Slab::<Value>::new_with_config::<Small>();
            let keys = values.each_ref().map(|value| slab.insert(Arc::clone(value)).unwrap());
            let before = BALANCE.get();
            let refusals = Refusals::new(Plan { zeroed: true, others: true, first, only });
            let pin = slab.pin();
            for (index, &key) in keys.iter().enumerate() {
                let is_refused = index == first || index > first && !only;
                assert_eq!(refusals.under(|| slab.remove(key)), (true, is_refused));
            }
            assert_eq!(slab.len(), COUNT);
            drop(pin);
            let stays = |index: usize| index == first || index > first && !only;
            for (index, value) in values.iter().enumerate() {
                assert_eq!(Arc::strong_count(value), 1 + usize::from(stays(index)), "{index}, {first}, {only}");
            }
            let left = (0..COUNT).filter(|&index| stays(index)).count();
            assert_eq!((slab.len(), refusals.count(), BALANCE.get()), (left, left, before));
            // The slots of all others are used again, and those that stay only when all is cleared.
            let fill =
                |slab: &Slab<Value, Small>| (0..).take_while(|_| slab.insert(Value::default()).is_some()).count();
            assert_eq!(fill(&slab), ROOM - left);
            slab.clear();
            assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
            assert_eq!((fill(&slab), slab.capacity()), (ROOM, ROOM));
        }
    }
}

fn what_stays_for_want_of_memory_counts_as_live_and_keeps_its_page() {
    let value = Value::default();
    let mut slab = Slab::<Value>::new_with_config::<Small>();
    let key = slab.insert(Arc::clone(&value)).unwrap();
    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
    let pin = slab.pin();
    assert_eq!(refusals.under(|| slab.remove(key)), (true, true));
    drop(pin);
    let total = slab.stats().total();
    assert_eq!((total.live, total.high_water, total.retired, slab.len()), (1, 1, 0, 1));
    assert_eq!((slab.trim(), slab.shrink_to_fit()), (0, 0));
    assert_eq!((slab.stats().total(), Arc::strong_count(&value)), (total, 2));
    assert_eq!((slab.iter_mut().count(), slab.get_mut(key)), (0, None));
    assert_eq!(slab.drain().count(), 0, "it was removed");
    assert_eq!((slab.len(), slab.stats().total().live, Arc::strong_count(&value)), (0, 0, 1));
    slab.shrink_to_fit();
    assert_eq!(slab.stats().total().high_water, 0);
}

fn a_pool_keeps_what_a_pin_owes_without_memory() {
    for elsewhere in [false, true] {
        let mut pool = Pool::<Number>::new_with_config::<Small>();
        let keys = [1, 2].map(|value| pool.create_with(|number| number.0 = value).unwrap());
        let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
        let clear = || {
            assert_eq!(refusals.under(|| pool.clear(keys[0])), (true, true));
            assert_eq!(refusals.under(|| pool.clear(keys[1])), (true, false));
            assert!(!pool.clear(keys[0]) && pool.get(keys[0]).is_none());
        };
        let pin = pool.pin();
        let values = keys.map(|key| pin.get(key).unwrap());
        if elsewhere {
            // The thread that clears is the one that asks for memory.
            let (tell, told) = mpsc::channel();
            thread::scope(|scope| {
                let pool = &pool;
                scope.spawn(move || {
                    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
                    tell.send((refusals.under(|| pool.clear(keys[0])), refusals.under(|| pool.clear(keys[1]))))
                        .unwrap();
                });
            });
            assert_eq!(told.recv().unwrap(), ((true, true), (true, false)));
        } else {
            clear();
        }
        assert_eq!((values[0].0, values[1].0, pool.len()), (1, 2, 2));
        drop(pin);
        assert_eq!(pool.len(), 1);
        pool.clear_all();
        assert_eq!(pool.len(), 0);
        let filled = (0..).take_while(|_| pool.create_with(|number| assert_eq!(number.0, 0)).is_some()).count();
        assert_eq!((filled, pool.capacity()), (ROOM, ROOM));
    }
}
