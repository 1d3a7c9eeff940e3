use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use super::Waiting;
use crate::task::raw::core::population::Population;

#[derive(Default)]
struct Told(AtomicUsize);

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Told {
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Every order of waiting, freeing, looking and dropping, against a plain queue.
#[test]
fn in_every_order() {
    const STEPS: usize = 8;
    const LIMIT: usize = 2;
    for mut script in 0..5_usize.pow(STEPS as u32) {
        let (waiting, population) = (Waiting::new(), Population::new(LIMIT));
        // Places of others; waiters with and without a place.
        let (mut held, mut waiters, mut granted) = (0, VecDeque::new(), VecDeque::new());
        for _ in 0..LIMIT {
            population.one_more_by_other().unwrap();
            held += 1;
        }
        for _ in 0..STEPS {
            let step = script % 5;
            script /= 5;
            match step {
                0 => {
                    let told = Arc::<Told>::default();
                    let waker = told.clone().into();
                    match waiting.wait(&population, &waker) {
                        None => {
                            assert!(waiters.is_empty() && held + granted.len() < LIMIT);
                            held += 1;
                        }
                        Some(place) => {
                            assert!(!waiters.is_empty() || held + granted.len() == LIMIT);
                            assert!(!waiting.is_granted(place, &waker));
                            waiters.push_back((place, told));
                        }
                    }
                }
                1 if held > 0 => {
                    held -= 1;
                    free(&waiting, &population);
                    granted.extend(waiters.pop_front());
                }
                // The first or the last of the waiting claims is dropped.
                2 => {
                    if let Some((place, _)) = waiters.pop_back() {
                        assert!(!waiting.leave(&population, place));
                    }
                }
                // A claim that has a place is dropped, or uses it.
                3 => {
                    if let Some((place, _)) = granted.pop_front() {
                        assert!(waiting.leave(&population, place));
                        free(&waiting, &population);
                        granted.extend(waiters.pop_front());
                    }
                }
                4 => {
                    if let Some((place, told)) = granted.pop_back() {
                        assert_eq!(told.count(), 1);
                        assert!(waiting.is_granted(place, &told.into()));
                        held += 1;
                    }
                }
                _ => {}
            }
            assert_eq!(population.len(), held + granted.len());
            assert!(
                granted.iter().all(|(_, told)| told.count() == 1) && waiters.iter().all(|(_, told)| told.count() == 0)
            );
            // No other task gets a place while claims wait; otherwise one does if there is room.
            assert_eq!(population.one_more_by_other().is_ok(), held + granted.len() < LIMIT && waiters.is_empty());
            if population.len() > held + granted.len() {
                free(&waiting, &population);
            }
        }
        waiting.tell_all(&population);
        assert!(waiters.iter().all(|(place, told)| told.count() == 1 && !waiting.leave(&population, *place)));
    }
}

fn free(waiting: &Waiting, population: &Population) {
    let _ = population.one_less_by_other();
    waiting.grant(population);
}
