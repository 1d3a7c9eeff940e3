//! The step from a guard that is alone with its entry to one that shares it.

use std::{ptr, sync::Arc};

use flagstone::{
    Config, ExclusiveError, Pool,
    pool::{OwnedRef, Ref},
};

use crate::{
    configs::on_every_configuration,
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    a_downgraded_guard_shares_its_entry
    an_entry_cleared_before_the_downgrade_is_cleared_with_the_last_guard
    an_entry_cleared_after_the_downgrade_is_cleared_with_the_last_guard
}

fn a_downgraded_guard_shares_its_entry<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for owned in [false, true] {
        let before = workshop.cleared();
        let check = |shared: &Pooled, key: usize| {
            assert_eq!(shared.text(), "text");
            let other = pool.get(key).unwrap();
            assert!(ptr::eq(&raw const *other, shared));
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
            drop(other);
            assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
            pool.retain(|asked, value| asked == key && value.text() == "text");
            assert!(pool.contains(key));
        };
        let key = if owned {
            let mut created = pool.clone().create_owned().unwrap();
            created.write("text");
            let shared: OwnedRef<_, _> = created.downgrade();
            assert_eq!(Arc::strong_count(&pool), 2);
            check(&shared, shared.key());
            shared.key()
        } else {
            let mut created = pool.create().unwrap();
            created.write("text");
            let shared: Ref<'_, _, _> = created.downgrade();
            check(&shared, shared.key());
            shared.key()
        };
        assert_eq!(Arc::strong_count(&pool), 1);
        // No guard is left: neither too many were counted nor too few.
        drop(pool.get_exclusive(key).unwrap().downgrade());
        drop(pool.get_exclusive(key).unwrap());
        assert!(pool.clear(key));
        assert_eq!((workshop.cleared(), pool.len()), (before + 1, 0));
    }
}

fn an_entry_cleared_before_the_downgrade_is_cleared_with_the_last_guard<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for life in 0..4 {
        let check = |shared: &Pooled, key: usize| {
            assert_eq!((shared.text(), workshop.cleared()), ("text", life));
            assert!(pool.get(key).is_none() && !pool.clear(key));
        };
        if life % 2 == 0 {
            let mut created = pool.create().unwrap();
            created.write("text");
            assert!(pool.clear(created.key()));
            let shared = created.downgrade();
            check(&shared, shared.key());
            let clone = Ref::clone(&shared);
            drop(shared);
            check(&clone, clone.key());
        } else {
            let mut created = pool.clone().create_owned().unwrap();
            created.write("text");
            assert!(pool.clear(created.key()));
            let shared = created.downgrade();
            check(&shared, shared.key());
        }
        assert_eq!((workshop.cleared(), pool.len()), (life + 1, 0));
    }
}

fn an_entry_cleared_after_the_downgrade_is_cleared_with_the_last_guard<C: Config>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    for life in 0..4 {
        let (shared, owned) = if life % 2 == 0 {
            let mut created = pool.create().unwrap();
            created.write("text");
            let shared = created.downgrade();
            let owned = pool.clone().get_owned(shared.key()).unwrap();
            (shared, owned)
        } else {
            let mut created = pool.clone().create_owned().unwrap();
            created.write("text");
            let owned = created.downgrade();
            (pool.get(owned.key()).unwrap(), owned)
        };
        assert!(pool.clear(shared.key()));
        assert!(!pool.clear(shared.key()) && pool.get(shared.key()).is_none());
        assert_eq!((shared.text(), workshop.cleared()), ("text", life));
        drop(shared);
        assert_eq!((owned.text(), workshop.cleared()), ("text", life));
        drop(owned);
        assert_eq!((workshop.cleared(), pool.len()), (life + 1, 0));
    }
}
