//! What an actor does with the guards and vacant entries that it holds.

use super::{Actor, HELD};
use crate::history::Operation;
use crate::store::Store;
use crate::value::Belonging;

impl<S: Store> Actor<'_, '_, S> {
    pub(super) fn settle_vacancy(&mut self) {
        let arena = self.arena;
        let Some(vacancy) = Self::any(&mut self.random, &mut self.vacancies) else { return };
        let key = S::vacant_key(&vacancy);
        if self.once_in(2) {
            arena.remember(Operation::Fill, key);
            S::complete(vacancy, || arena.plan(&mut self.random, Belonging::Anybody));
            self.publish(key);
        } else {
            arena.remember(Operation::Abandon, key);
            arena.store.abandon(vacancy);
            arena.is_gone(key);
        }
    }

    pub(super) fn drop_guard(&mut self) {
        let arena = self.arena;
        if let Some(guard) = Self::any(&mut self.random, &mut self.guards) {
            let key = S::key(&guard);
            arena.remember(Operation::Drop, key);
            arena.see(key, &guard);
            if self.once_in(4) {
                let removed = arena.store.remove_by(guard);
                if removed {
                    arena.is_gone(key);
                }
            }
        }
        if let Some(guard) = Self::any(&mut self.random, &mut self.owned) {
            let key = S::owned_key(&guard);
            arena.remember(Operation::Drop, key);
            arena.see(key, &guard);
        }
    }

    pub(super) fn send(&mut self) {
        let arena = self.arena;
        if let Some(guard) = self.guards.pop() {
            arena.remember(Operation::Send, S::key(&guard));
            let _ = self.post.guards.0.try_send(guard); // if the post is full it is dropped here
        }
        if let Some(guard) = self.owned.pop() {
            arena.remember(Operation::Send, S::owned_key(&guard));
            let _ = self.post.owned.0.try_send(guard);
        }
    }

    pub(super) fn receive(&mut self) {
        let arena = self.arena;
        if let Ok(guard) = self.post.guards.1.try_recv() {
            arena.remember(Operation::Receive, S::key(&guard));
            arena.see(S::key(&guard), &guard);
            self.guards.push(guard);
        }
        if let Ok(guard) = self.post.owned.1.try_recv() {
            arena.remember(Operation::Receive, S::owned_key(&guard));
            arena.see(S::owned_key(&guard), &guard);
            self.owned.push(guard);
        }
        while self.guards.len() + self.owned.len() > 2 * HELD {
            self.drop_guard();
        }
    }
}
