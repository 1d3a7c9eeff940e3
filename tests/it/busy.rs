//! Values whose destructors use their slab in every way, wherever they end; and other slabs, where theirs is going itself.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicUsize, Ordering},
};
use std::{sync::Barrier, thread};

use flagstone::{Config, DefaultConfig, ExclusiveError, OwnedEntry, Slab};

use crate::{
    alone::alone,
    configs::{Odd, TwoThreads, on_every_configuration, room},
    crowd::at_the_end_of_a_thread,
};

on_every_configuration! {
    a_destructor_uses_its_slab_wherever_it_runs
    a_destructor_uses_another_slab_while_its_own_is_cleared_or_dropped
}

/// When it is dropped it uses a slab: its own, or another.
struct Busy<C: Config> {
    slab: Weak<Slab<Self, C>>,
    /// Its own key, if it is in that slab.
    key: Option<usize>,
    /// The key of an entry there that it removes.
    other: Option<usize>,
    ended: Arc<AtomicUsize>,
}

impl<C: Config> Drop for Busy<C> {
    fn drop(&mut self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        let Some(slab) = self.slab.upgrade() else { return };
        if let Some(key) = self.key {
            assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key));
            assert!(slab.try_take(key).is_none() && slab.take(key).is_none());
            assert_eq!(slab.get_exclusive(key).err(), Some(ExclusiveError::Absent));
        }
        let (before, ended, mut is_pinned) = (slab.len(), self.ended.load(Ordering::Relaxed), true);
        let idle = || Self { slab: Weak::new(), key: None, other: None, ended: Arc::clone(&self.ended) };
        // In small slabs there may be no room, since this very slot is not free yet.
        if let Some(inserted) = slab.insert_with_key(|_| idle()) {
            assert_ne!(Some(inserted), self.key);
            // Another thread's pin keeps what is removed here.
            is_pinned = slab.get_exclusive(inserted).is_err();
            let pin = slab.pin();
            assert!(pin.get(inserted).is_some_and(|value| value.key.is_none()));
            assert!(slab.get(inserted).unwrap().remove());
            drop(pin);
            slab.vacant_entry().into_iter().for_each(|vacant| vacant.insert(idle()));
            slab.retain(|key, value| value.key.is_some() || Some(key) == self.other);
        }
        if let Some(other) = self.other.take() {
            let guard = slab.get(other).unwrap();
            assert!(slab.pin().iter().any(|(key, _)| key == other));
            assert!(slab.remove(other) && !slab.remove(other));
            // Its destructor runs within this one.
            drop(guard);
            assert!(self.ended.load(Ordering::Relaxed) > ended || is_pinned);
        }
        slab.trim();
        let total = slab.stats().total();
        assert!((total.live <= before || is_pinned) && total.high_water <= slab.capacity());
    }
}

/// A slab with an entry that removes another one, and the key of the former.
fn with_busy<C: Config>(ended: &Arc<AtomicUsize>) -> (Arc<Slab<Busy<C>, C>>, usize) {
    let slab = Arc::new(Slab::<Busy<C>>::new_with_config::<C>());
    let make = |other| {
        let busy = |key| Busy { slab: Arc::downgrade(&slab), key: Some(key), other, ended: Arc::clone(ended) };
        slab.insert_with_key(busy).unwrap()
    };
    let other = (room::<C>(2) > 1).then(|| make(None));
    let key = make(other);
    (slab, key)
}

type Ending<C> = fn(&Arc<Slab<Busy<C>, C>>, usize);

/// Ends all entries of a slab, and gives back what there is of the slab.
type EndingOfAll<C> = fn(Slab<Busy<C>, C>) -> Option<Slab<Busy<C>, C>>;

fn endings<C: Config>() -> [Ending<C>; 12] {
    [
        |slab, key| assert!(slab.remove(key)),
        |slab, key| assert!(slab.get(key).unwrap().remove()),
        |slab, key| {
            let owned = Arc::clone(slab).get_owned(key).unwrap();
            assert!(slab.remove(key));
            drop(owned);
        },
        |slab, key| assert!(slab.get_exclusive(key).unwrap().remove()),
        |slab, key| drop(slab.take(key)),
        |slab, key| drop(slab.try_take(key)),
        |slab, key| slab.retain(|asked, _| asked != key),
        |slab, key| {
            let pin = slab.pin();
            assert!(pin.get(key).is_some() && slab.remove(key));
            drop(pin);
        },
        |slab, key| {
            let (outer, inner) = (slab.pin(), slab.pin());
            assert!(inner.get(key).is_some() && slab.remove(key));
            drop(outer);
            drop(inner);
        },
        |slab, key| thread::scope(|scope| assert!(scope.spawn(|| slab.remove(key)).join().unwrap())),
        |slab, key| {
            let guard = slab.get(key).unwrap();
            assert!(slab.remove(key));
            thread::scope(|scope| scope.spawn(|| drop(guard)).join().unwrap());
        },
        |slab, key| {
            let barrier = Barrier::new(2);
            thread::scope(|scope| {
                let other = scope.spawn(|| {
                    let pin = slab.pin();
                    assert!(pin.get(key).is_some());
                    barrier.wait();
                    barrier.wait();
                });
                barrier.wait();
                assert!(slab.remove(key));
                barrier.wait();
                other.join().unwrap();
            });
        },
    ]
}

fn is_empty_and_whole<C: Config>(slab: &Slab<Busy<C>, C>, ended: &Arc<AtomicUsize>) {
    assert_eq!((slab.len(), slab.stats().total().live), (0, 0));
    let wanted = room::<C>(C::INITIAL_PAGE_SIZE.next_power_of_two().min(100));
    let idle = || Busy { slab: Weak::new(), key: None, other: None, ended: Arc::clone(ended) };
    assert_eq!((0..wanted).filter(|_| slab.insert(idle()).is_some()).count(), wanted);
}

fn a_destructor_uses_its_slab_wherever_it_runs<C: Config>() {
    for end in endings::<C>() {
        let ended = Arc::new(AtomicUsize::new(0));
        let (slab, key) = with_busy::<C>(&ended);
        end(&slab, key);
        assert!(ended.load(Ordering::Relaxed) >= room::<C>(2), "both have ended");
        is_empty_and_whole(&slab, &ended);
    }
}

fn a_destructor_uses_another_slab_while_its_own_is_cleared_or_dropped<C: Config>() {
    let ways: [EndingOfAll<C>; 6] = [
        |mut slab| (slab.clear(), Some(slab)).1,
        |mut slab| (drop(slab.drain()), Some(slab)).1,
        |mut slab| (slab.drain().for_each(drop), Some(slab)).1,
        |slab| (drop(slab), None).1,
        |slab| (drop(slab.into_iter()), None).1,
        |slab| (slab.into_iter().for_each(drop), None).1,
    ];
    for end in ways {
        for pinned in [false, true] {
            let ended = Arc::new(AtomicUsize::new(0));
            let (another, other) = with_busy::<C>(&ended);
            let own = Slab::<Busy<C>>::new_with_config::<C>();
            let busy = |other| Busy { slab: Arc::downgrade(&another), key: None, other, ended: Arc::clone(&ended) };
            let wanted = room::<C>(2);
            assert!((0..wanted).all(|number| own.insert(busy((number == 0).then_some(other))).is_some()));
            // What is removed there meanwhile is kept for the pin.
            let pin = pinned.then(|| another.pin());
            let own = end(own);
            drop(pin);
            assert!(ended.load(Ordering::Relaxed) >= 2 * wanted);
            own.iter().for_each(|own| is_empty_and_whole(own, &ended));
            is_empty_and_whole(&another, &ended);
        }
    }
}

alone! {
    fn destructors_use_their_slab_from_destructors_of_thread_locals() {
        fn check<C: Config + 'static>(slab_first: bool) {
            for (number, end) in endings::<C>().into_iter().enumerate() {
                let ended = Arc::new(AtomicUsize::new(0));
                let (slab, key) = with_busy::<C>(&ended);
                let its_slab = Arc::clone(&slab);
                let use_slab = || if number % 2 == 0 { drop(slab.pin()) } else { drop(slab.vacant_entry()) };
                at_the_end_of_a_thread(slab_first, use_slab, move || end(&its_slab, key));
                assert!(ended.load(Ordering::Relaxed) >= 2);
                assert_eq!((slab.len(), Arc::strong_count(&slab)), (0, 1));
            }
        }

        for slab_first in [false, true] {
            check::<DefaultConfig>(slab_first);
            check::<TwoThreads>(slab_first);
            check::<Odd>(slab_first);
        }
    }

    fn the_last_handle_of_a_slab_goes_with_a_thread_local() {
        fn check<C: Config + 'static>(slab_first: bool) {
            let ended = Arc::new(AtomicUsize::new(0));
            let (slab, key) = with_busy::<C>(&ended);
            let (another, other) = with_busy::<C>(&ended);
            // With a key, so that it is not taken for an idle one.
            let (key_of_none, other) = (Some(usize::MAX), Some(other));
            let its_slab = Arc::downgrade(&another);
            slab.insert(Busy { slab: its_slab, key: key_of_none, other, ended: Arc::clone(&ended) }).unwrap();
            let guard: OwnedEntry<Busy<C>, C> = Arc::clone(&slab).get_owned(key).unwrap();
            let use_slab = || drop(slab.pin());
            at_the_end_of_a_thread(slab_first, use_slab, {
                let its_slab = Arc::clone(&slab);
                move || {
                    assert!(its_slab.remove(key));
                    drop(its_slab);
                    drop(guard);
                }
            });
            assert_eq!(slab.len(), 1, "but that which is busy with the other");
            at_the_end_of_a_thread(slab_first, || (), move || drop(slab));
            assert_eq!(another.len(), 0);
            is_empty_and_whole(&another, &ended);
        }

        for slab_first in [false, true] {
            check::<DefaultConfig>(slab_first);
            check::<TwoThreads>(slab_first);
            check::<Odd>(slab_first);
        }
    }
}
