//! Values that are lent, and given back with their guards.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{Config, GetError, Pool, pool::Lent, pool::LentOwned};

use crate::{
    configs::{on_every_configuration, room},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    a_lent_value_comes_back_cleared_and_is_lent_again
    a_lent_value_is_found_by_no_thread
    a_lent_value_that_is_kept_is_an_entry
    a_lent_value_whose_key_is_removed_is_cleared_once
    a_panic_gives_a_lent_value_back
    a_pin_does_not_keep_a_lent_value
    all_values_are_lent_and_come_back_on_another_thread
}

fn a_lent_value_comes_back_cleared_and_is_lent_again<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let mut keys = Vec::new();
    for turn in 0..6 {
        let mut value = pool.lend().unwrap();
        assert_eq!((value.text(), pool.len(), workshop.made(), workshop.cleared()), ("", 1, 1, turn));
        value.write("used");
        keys.push(value.key());
        drop(value);
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, turn + 1, 0));
    }
    keys.dedup();
    assert_eq!(keys.len(), 6, "no key twice in a row");
}

fn a_lent_value_is_found_by_no_thread<C: Config>() {
    let _workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let value = pool.lend().unwrap();
    let key = value.key();
    let look = || {
        assert!(pool.get(key).is_none() && !pool.contains(key) && pool.pin().get(key).is_none());
        assert_eq!(pool.try_get(key).unwrap_err(), GetError::Exclusive);
        assert_eq!((pool.iter().count(), pool.keys().count()), (0, 0));
    };
    look();
    thread::scope(|scope| scope.spawn(look).join()).unwrap();
    drop(value);
    assert_eq!(pool.try_get(key).unwrap_err(), GetError::Absent);
}

fn a_lent_value_that_is_kept_is_an_entry<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let mut value = pool.lend().unwrap();
    value.write("kept");
    let key = value.key();
    let kept = Lent::keep(value);
    assert!(pool.get(key).is_none(), "until its guard is dropped");
    drop(kept);
    assert_eq!((pool.get(key).unwrap().text(), workshop.cleared()), ("kept", 0));
    assert!(pool.remove(key));

    let value = pool.lend_owned().unwrap();
    let key = value.key();
    let kept = LentOwned::keep(value).downgrade();
    assert_eq!((kept.key(), pool.get(key).unwrap().text()), (key, ""));
    drop(kept);
    assert!(pool.remove(key) && pool.is_empty());
    assert_eq!(Arc::strong_count(&pool), 1);
}

fn a_lent_value_whose_key_is_removed_is_cleared_once<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let value = pool.lend().unwrap();
    assert!(pool.remove(value.key()) && !pool.remove(value.key()));
    assert_eq!((value.text(), workshop.cleared()), ("", 0), "it is there as long as its guard");
    drop(value);
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));

    let value = pool.lend().unwrap();
    let key = value.key();
    assert!(pool.remove(key));
    drop(Lent::keep(value));
    assert!(pool.get(key).is_none(), "a removed value that is kept is no entry");
    assert_eq!((workshop.cleared(), pool.len()), (2, 0));
}

fn a_pin_does_not_keep_a_lent_value<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let pin = pool.pin();
    for turn in 1..=5 {
        drop(pool.lend().unwrap());
        assert_eq!((workshop.made(), workshop.cleared(), pool.len()), (1, turn, 0));
    }
    drop(pin);
    assert_eq!(workshop.cleared(), 5);
}

fn a_panic_gives_a_lent_value_back<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut value = pool.lend().unwrap();
        value.write("half");
        panic!("in the middle");
    }));
    assert!(panic.is_err());
    assert_eq!((pool.len(), workshop.cleared()), (0, 1));
    assert_eq!(pool.lend().unwrap().text(), "");
}

fn all_values_are_lent_and_come_back_on_another_thread<C: Config + 'static>() {
    let _workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let all = room::<C>(50);
    for _ in 0..2 {
        let lent: Vec<_> = (0..all).map(|_| pool.lend_owned().unwrap()).collect();
        assert_eq!(pool.len(), all);
        let (sender, receiver) = mpsc::channel();
        let giving_back =
            thread::spawn(move || receiver.into_iter().for_each(|value: LentOwned<Pooled, C>| drop(value)));
        lent.into_iter().for_each(|value| sender.send(value).unwrap());
        drop(sender);
        giving_back.join().unwrap();
        assert_eq!((pool.len(), Arc::strong_count(&pool)), (0, 1));
    }
}

/// The bug that every first program with the pool had: buffers that go through a channel and are dropped stay.
#[test]
fn ten_thousand_buffers_that_go_through_a_channel_leave_none_behind() {
    let pool: Arc<Pool<Vec<u8>>> = Arc::new(Pool::new());
    let (sender, receiver) = mpsc::sync_channel::<LentOwned<Vec<u8>>>(16);
    let reader = thread::spawn(move || receiver.into_iter().map(|buffer| buffer.len()).sum::<usize>());
    for number in 0..10_000_usize {
        let mut buffer = pool.lend_owned().unwrap();
        buffer.extend(number.to_le_bytes());
        sender.send(buffer).unwrap();
    }
    drop(sender);
    assert_eq!(reader.join().unwrap(), 10_000 * size_of::<usize>());
    assert_eq!(pool.len(), 0);
    assert!(pool.capacity() < 1_000, "slots are used again");
}

#[test]
fn a_pool_of_values_without_a_default_makes_them_by_its_function() {
    struct Connection(String);
    impl flagstone::Clear for Connection {
        fn clear(&mut self) {
            self.0.truncate("connection".len());
        }
    }
    static CONNECTIONS: Pool<Connection> = Pool::with_init(|| Connection("connection".to_owned()));
    let mut lent = CONNECTIONS.lend().unwrap();
    lent.0.push_str(" to somewhere");
    drop(lent);
    let key = CONNECTIONS.create_with(|connection| assert_eq!(connection.0, "connection")).unwrap();
    assert!(CONNECTIONS.remove(key));
}
