//! How entries end, and what becomes of their values.

use std::mem;

use super::super::{call::Call, configurations::Shape, store::Ending};
use super::{Entry, Oracle, Stand, slots::Kept};

impl<C: Shape> Oracle<C> {
    /// The value of an entry is moved to a caller.
    pub(super) fn moved_out(&mut self, key: usize) -> Entry {
        let key = C::without_reserved_bits(key);
        let entry = self.entries.remove(&key).expect("it is there");
        self.slots.vacate(key, None);
        entry
    }

    /// The value of an entry ends as this store ends values.
    pub(super) fn destroyed(&mut self, key: usize) -> Result<(), Call> {
        let key = C::without_reserved_bits(key);
        let Entry { id, curse, .. } = self.entries.remove(&key).expect("it is there");
        self.clears += u64::from(self.ending == Ending::Cleared);
        let drops = |panics| if panics { Err(Call::Drop) } else { Ok(()) };
        match self.ending {
            Ending::Dropped => {
                self.slots.vacate(key, None);
                drops(curse.drop)
            }
            Ending::Cleared if curse.clear => {
                // It is dropped, and a panic of that goes no further.
                self.slots.vacate(key, None);
                Err(Call::Clear)
            }
            Ending::Cleared => {
                let dropped = self.slots.vacate(key, Some(Kept { id, drop_panics: curse.drop }));
                drops(dropped.is_some_and(|dropped| dropped.drop_panics))
            }
        }
    }

    /// Whether the key has an entry that can be ended; from now on it has none. Its value ends now, or with the last of the
    /// guards and pins that are out.
    pub(crate) fn end(&mut self, key: usize) -> Result<bool, Call> {
        let Some(&Entry { guards, .. }) = self.endable(key) else { return Ok(false) };
        if guards == 0 && !self.is_pinned() {
            self.destroyed(key)?;
        } else {
            self.entry_mut(key).stand = Stand::Ended;
            self.owe(key);
        }
        Ok(true)
    }

    pub(crate) fn try_take(&mut self, key: usize) -> Option<Entry> {
        self.endable(key).filter(|entry| entry.guards == 0 && !self.is_pinned())?;
        Some(self.moved_out(key))
    }

    /// An entry is moved out of a store, with exclusive access to it.
    pub(crate) fn drained(&mut self, key: usize) -> Option<Entry> {
        self.endable(key)?;
        Some(self.moved_out(key))
    }

    /// Everything ends, guards that were forgotten or not: the panics, one of which goes on.
    pub(crate) fn end_all(&mut self) -> Vec<Call> {
        let keys: Vec<usize> = self.entries.keys().copied().collect();
        keys.into_iter().filter_map(|key| self.destroyed(key).err()).collect()
    }

    /// The store is dropped, and all values with it.
    pub(crate) fn dropped(&mut self) -> Result<(), Call> {
        let entries = mem::take(&mut self.entries);
        let panics = entries.values().any(|entry| entry.curse.drop) || self.slots.kept().any(|kept| kept.drop_panics);
        if panics { Err(Call::Drop) } else { Ok(()) }
    }
}
