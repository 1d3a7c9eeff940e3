use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Wake,
};

use super::Sleepers;

#[derive(Default)]
struct Told(AtomicUsize);

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn woken(sleepers: &mut Sleepers) -> usize {
    let round = sleepers.begin_round();
    let mut count = 0;
    while let Some(waker) = sleepers.next_of_round(round) {
        waker.wake();
        count += 1;
    }
    count
}

fn sleeper(sleepers: &mut Sleepers, circle: usize) -> (usize, Arc<Told>) {
    let told = Arc::<Told>::default();
    (sleepers.insert(circle, told.clone().into()), told)
}

#[test]
fn the_last_of_each_circle_is_woken() {
    let mut sleepers = Sleepers::new();
    let all: Vec<_> = [1, 1, 2, 1, 2, 3].map(|circle| sleeper(&mut sleepers, circle)).into();
    let told =
        |all: &[(usize, Arc<Told>)]| all.iter().map(|(_, told)| told.0.load(Ordering::Relaxed)).collect::<Vec<_>>();
    assert_eq!(woken(&mut sleepers), 3);
    assert_eq!(told(&all), [0, 0, 0, 1, 1, 1]);
    assert_eq!(woken(&mut sleepers), 2);
    assert_eq!(told(&all), [0, 1, 1, 1, 1, 1]);
    assert_eq!(woken(&mut sleepers), 1);
    assert_eq!(woken(&mut sleepers), 0);
    assert!(all.iter().all(|(place, _)| sleepers.remove(*place).is_none()));
}

/// A driver that sleeps again during a round is not woken by that round: it has looked since.
#[test]
fn a_round_ends_though_drivers_sleep_again() {
    let mut sleepers = Sleepers::new();
    let (first, told) = sleeper(&mut sleepers, 1);
    let round = sleepers.begin_round();
    assert!(sleepers.remove(first).is_some());
    let (again, _) = sleeper(&mut sleepers, 1);
    assert!(sleepers.next_of_round(round).is_none());
    assert!(sleepers.remove(again).is_some());
    assert_eq!(told.0.load(Ordering::Relaxed), 0);
}

/// Every order of sleeping, waking and dropping of some drivers, against plain lists.
#[test]
fn in_every_order() {
    const STEPS: usize = 7;
    for mut script in 0..6_usize.pow(STEPS as u32) {
        let mut sleepers = Sleepers::new();
        let (mut circles, mut all) = (BTreeMap::<usize, Vec<usize>>::new(), Vec::new());
        for _ in 0..STEPS {
            let step = script % 6;
            script /= 6;
            match step {
                circle @ 0..2 => {
                    Sleepers::make_room(|_| ());
                    let (place, told) = sleeper(&mut sleepers, circle);
                    circles.entry(circle).or_default().push(all.len());
                    all.push(Some((place, told)));
                }
                2 => {
                    let expected = circles.values_mut().filter_map(Vec::pop).collect::<Vec<_>>();
                    assert_eq!(woken(&mut sleepers), expected.len());
                    for one in expected {
                        assert_eq!(all[one].as_ref().map(|(_, told)| told.0.load(Ordering::Relaxed)), Some(1));
                    }
                }
                // The oldest, the newest, or one between them is dropped.
                which => {
                    let here: Vec<_> = (0..all.len()).filter(|one| all[*one].is_some()).collect();
                    let one = match which {
                        3 => here.first(),
                        4 => here.last(),
                        _ => here.get(here.len() / 2),
                    };
                    let Some(&one) = one else { continue };
                    let (place, told) = all[one].take().unwrap();
                    let sleeps = circles.values_mut().any(|circle| {
                        let before = circle.len();
                        circle.retain(|other| *other != one);
                        circle.len() < before
                    });
                    assert_eq!(sleepers.remove(place).is_some(), sleeps);
                    assert_eq!(told.0.load(Ordering::Relaxed), usize::from(!sleeps));
                }
            }
        }
    }
}
