//! Values that a panic has left poisoned, or half changed.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, RwLock},
};

use flagstone::{Config, Pool};

use crate::configs::on_every_configuration;

on_every_configuration! {
    a_poisoned_lock_is_healed_when_it_is_cleared
    a_poisoned_lock_stays_so_while_its_entry_is_there
    what_a_panic_leaves_half_changed_is_seen
    a_lock_poisoned_in_a_closure_is_healed
}

fn poison<T>(lock: &Mutex<T>) {
    catch_unwind(AssertUnwindSafe(|| {
        let _locked = lock.lock();
        panic!("with the lock");
    }))
    .unwrap_err();
    assert!(lock.is_poisoned());
}

fn a_poisoned_lock_is_healed_when_it_is_cleared<C: Config>() {
    let pool = Pool::<(Mutex<String>, RwLock<Vec<u8>>)>::new_with_config::<C>();
    for _ in 0..3 {
        let key = pool.create().unwrap().key();
        let entry = pool.get(key).unwrap();
        entry.0.lock().unwrap().push_str("text");
        entry.1.write().unwrap().push(1);
        poison(&entry.0);
        catch_unwind(AssertUnwindSafe(|| {
            let _locked = entry.1.write();
            panic!("with the lock");
        }))
        .unwrap_err();
        assert!(pool.clear(key));
        drop(entry);
        let created = pool.create().unwrap();
        assert!(created.0.lock().unwrap().is_empty() && created.1.read().unwrap().is_empty());
        assert!(pool.clear(created.key()));
    }
}

fn a_poisoned_lock_stays_so_while_its_entry_is_there<C: Config>() {
    let pool = Pool::<Mutex<String>>::new_with_config::<C>();
    let key = pool.create().unwrap().key();
    poison(&pool.get(key).unwrap());
    drop(pool.get_exclusive(key).unwrap());
    drop(pool.get_exclusive(key).unwrap().downgrade());
    pool.retain(|_, _| true);
    assert!(pool.get(key).unwrap().is_poisoned());
}

fn what_a_panic_leaves_half_changed_is_seen<C: Config>() {
    let pool = Pool::<Vec<u8>>::new_with_config::<C>();
    let mut key = 0;
    catch_unwind(AssertUnwindSafe(|| {
        let mut created = pool.create().unwrap();
        key = created.key();
        created.push(1);
        panic!("before the second");
    }))
    .unwrap_err();
    assert_eq!(*pool.get(key).unwrap(), [1]);
    assert!(pool.clear(key));
    assert!(pool.create().unwrap().is_empty());
}

fn a_lock_poisoned_in_a_closure_is_healed<C: Config>() {
    let pool = Pool::<Mutex<String>>::new_with_config::<C>();
    for _ in 0..3 {
        catch_unwind(AssertUnwindSafe(|| {
            pool.create_with(|value| {
                let value = &*value;
                let mut locked = value.lock().unwrap();
                locked.push_str("half");
                panic!("with the lock");
            })
        }))
        .unwrap_err();
        assert!(pool.is_empty());
    }
    let created = pool.create().unwrap();
    assert!(created.lock().unwrap().is_empty());
}
