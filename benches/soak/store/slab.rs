//! Slabs.

use std::sync::Arc;

use flagstone::{Config, Entry, ExclusiveEntry, OwnedEntry, Pinned, Slab, Stats, VacantEntry};

use super::{How, Store, alike};
use crate::value::{Plan, UNNAMED, Value};

impl<C: Config + 'static> Store for Slab<Value, C> {
    type Config = C;
    type Guard<'a> = Entry<'a, Value, C>;
    type Owned = OwnedEntry<Value, C>;
    type Exclusive<'a> = ExclusiveEntry<'a, Value, C>;
    type Pin<'a> = Pinned<'a, Value, C>;
    type Vacancy<'a> = VacantEntry<'a, Value, C>;

    alike! {}

    fn new() -> Self {
        Slab::new_with_config()
    }

    fn add(&self, how: How, plan: Plan, born: &dyn Fn(usize, bool)) -> Option<usize> {
        match how {
            How::Plainly => self.insert(Value::new(plan, UNNAMED)).inspect(|&key| born(key, false)),
            How::Trying => {
                let added = self.try_insert(Value::new(plan, UNNAMED));
                added.map_err(|full| drop(full.into_inner())).ok().inspect(|&key| born(key, false))
            }
            How::Keyed => self.insert_with_key(|key| {
                born(key, true);
                Value::new(plan, key)
            }),
            How::InSteps => {
                let vacancy = self.vacant_entry()?;
                let key = vacancy.key();
                born(key, true);
                vacancy.insert(Value::new(plan, key));
                Some(key)
            }
        }
    }

    fn reserve(&self, _plan: impl FnOnce() -> Plan) -> Option<Self::Vacancy<'_>> {
        self.vacant_entry()
    }

    fn vacant_key(vacancy: &Self::Vacancy<'_>) -> usize {
        vacancy.key()
    }

    fn complete(vacancy: Self::Vacancy<'_>, plan: impl FnOnce() -> Plan) {
        let key = vacancy.key();
        vacancy.insert(Value::new(plan(), key));
    }

    fn abandon(&self, vacancy: Self::Vacancy<'_>) {
        drop(vacancy);
    }

    fn add_owned(self: &Arc<Self>, _plan: impl FnOnce() -> Plan) -> Option<Self::Owned> {
        None
    }

    fn remove(&self, key: usize) -> bool {
        self.remove(key)
    }

    fn remove_by(&self, guard: Self::Guard<'_>) -> bool {
        guard.remove()
    }

    fn take(&self, key: usize) -> Option<Option<Value>> {
        Some(self.take(key))
    }

    fn try_take(&self, key: usize) -> Option<Option<Value>> {
        Some(self.try_take(key))
    }
}
