//! What an actor does under pins.

use super::{Actor, DEEPEST};
use crate::arena::{Arena, NO_KEY};
use crate::history::Operation;
use crate::store::Store;
use crate::value::{Belonging, Value};

impl<S: Store> Actor<'_, '_, S> {
    /// A step, or a pin and some steps under it.
    pub(super) fn step_or_pin(&mut self) {
        if self.depth == DEEPEST || !self.once_in(24) {
            return self.step();
        }
        let arena = self.arena;
        arena.remember(Operation::Pin, NO_KEY);
        let pin = arena.store.pin();
        self.depth += 1;
        let mut kept: Vec<(usize, &Value)> = Vec::new();
        let most = if self.once_in(512) { 2000 } else { 12 };
        for _ in 0..self.random.below(most) {
            match self.random.below(8) {
                0..3 => {
                    let key = arena.some_key(&mut self.random);
                    arena.remember(Operation::GetPinned, key);
                    if let Some(value) = S::get_pinned(&pin, key) {
                        arena.see(key, value);
                        kept.push((key, value));
                        if kept.len() > 16 {
                            kept.swap_remove(self.random.below(kept.len()));
                        }
                    }
                }
                3 => {
                    if let Some(&(key, _)) = kept.last() {
                        self.remove(key);
                        if Arena::<S>::KEYS_ARE_UNIQUE && S::get_pinned(&pin, key).is_some() {
                            arena.raise(key, "a pin found an entry that had been removed");
                        }
                    }
                }
                4 if self.random.below(arena.site.places / 4 + 8) == 0 => self.walk(&pin),
                _ => self.step_or_pin(),
            }
        }
        kept.iter().for_each(|(key, value)| arena.see(*key, value));
        arena.remember(Operation::Unpin, NO_KEY);
        self.depth -= 1;
        drop(pin);
    }

    /// Entries that exist throughout are seen once, and none twice.
    fn walk(&mut self, pin: &S::Pin<'_>) {
        let arena = self.arena;
        arena.remember(Operation::Walk, NO_KEY);
        let mut keys = Vec::new();
        S::walk(pin, |key, value| {
            arena.see(key, value);
            keys.push(key);
        });
        arena.expect(NO_KEY, each_once(&mut keys, arena.permanent().iter().chain(&self.own)));
        for _ in 0..keys.len().min(2) {
            let key = keys[self.random.below(keys.len())];
            if S::get_pinned(pin, key).is_some_and(|value| value.belonging() == Belonging::Anybody) {
                self.remove(key);
            }
        }
    }
}

/// Checks that no key occurs twice, and that all required keys occur.
pub(crate) fn each_once<'k>(keys: &mut [usize], there: impl Iterator<Item = &'k usize>) -> Result<(), String> {
    keys.sort_unstable();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("a walk visited {:#x} twice", twice[0]));
    }
    for key in there {
        if keys.binary_search(key).is_err() {
            return Err(format!("a walk did not visit {key:#x}, which was there all the time"));
        }
    }
    Ok(())
}
