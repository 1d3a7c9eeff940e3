//! Pools.

use std::sync::Arc;

use flagstone::pool::{OwnedRef, Pinned, Ref, RefMut};
use flagstone::{Config, Pool, Stats};

use super::{How, Store, alike};
use crate::value::{Plan, UNNAMED, Value};

impl<C: Config + 'static> Store for Pool<Value, C> {
    type Config = C;
    type Guard<'a> = Ref<'a, Value, C>;
    type Owned = OwnedRef<Value, C>;
    type Exclusive<'a> = RefMut<'a, Value, C>;
    type Pin<'a> = Pinned<'a, Value, C>;
    type Vacancy<'a> = RefMut<'a, Value, C>;

    alike! {}

    fn new() -> Self {
        Pool::new_with_config()
    }

    fn add(&self, how: How, plan: Plan, born: &dyn Fn(usize, bool)) -> Option<usize> {
        match how {
            How::Plainly => self.create_with(|value| value.fill(plan, UNNAMED)).inspect(|&key| born(key, false)),
            How::Keyed => self.create_with_key(|key, value| {
                born(key, true);
                value.fill(plan, key);
            }),
            How::Trying | How::InSteps => {
                let mut guard = self.create()?;
                let key = guard.key();
                born(key, true);
                guard.fill(plan, key);
                if matches!(how, How::InSteps) {
                    drop(guard.downgrade());
                }
                Some(key)
            }
        }
    }

    fn reserve(&self, plan: impl FnOnce() -> Plan) -> Option<Self::Vacancy<'_>> {
        let mut guard = self.create()?;
        let key = guard.key();
        guard.fill(plan(), key);
        Some(guard)
    }

    fn vacant_key(vacancy: &Self::Vacancy<'_>) -> usize {
        vacancy.key()
    }

    fn complete(vacancy: Self::Vacancy<'_>, _plan: impl FnOnce() -> Plan) {
        drop(vacancy);
    }

    fn abandon(&self, vacancy: Self::Vacancy<'_>) {
        self.clear(vacancy.key()); // ends with the guard
    }

    fn add_owned(self: &Arc<Self>, plan: impl FnOnce() -> Plan) -> Option<Self::Owned> {
        let mut guard = Arc::clone(self).create_owned()?;
        let key = guard.key();
        guard.fill(plan(), key);
        Some(guard.downgrade())
    }

    fn remove(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn remove_by(&self, guard: Self::Guard<'_>) -> bool {
        self.clear(guard.key())
    }

    fn take(&self, _key: usize) -> Option<Option<Value>> {
        None
    }

    fn try_take(&self, _key: usize) -> Option<Option<Value>> {
        None
    }
}
