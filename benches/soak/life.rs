//! A worker is one thread after another: each lives for a while, ends in its own way, and is followed by the next.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, Builder, Scope};
use std::{io, panic};

use crate::actor::prepare_to_leave;
use crate::ground::Desk;
use crate::history;
use crate::random::Random;
use crate::value::attempt;
use crate::violation::Planned;

/// How many steps are performed at one desk before the next is chosen.
const STEPS: usize = 48;
/// A thread lives for two to the power of less than this many turns at desks.
const LONGEST: usize = 15;

/// What the workers of a round share.
pub(crate) struct Office<'a> {
    pub(crate) desks: Vec<Box<dyn Desk + 'a>>,
    /// How often a desk is chosen, in comparison with others.
    pub(crate) weights: Vec<usize>,
    pub(crate) is_over: AtomicBool,
    pub(crate) seed: u64,
}

/// Keeps a worker at work until the round is over.
///
/// # Errors
///
/// If a thread cannot be started.
pub(crate) fn employ<'scope>(
    scope: &'scope Scope<'scope, '_>,
    office: &'scope Office<'_>,
    worker: usize,
) -> io::Result<thread::ScopedJoinHandle<'scope, io::Result<u64>>> {
    let supervise = move || {
        let mut lives = 0;
        while !office.is_over.load(Relaxed) {
            let random = Random::new(mixed(office.seed, worker as u64, lives));
            let life = Builder::new().name(format!("life {lives} of worker {worker}"));
            let life = life.spawn_scoped(scope, move || live(office, worker, random))?;
            // Joined, so that its thread number is free again. Only planned panics do not end the process.
            let _ = life.join();
            lives += 1;
        }
        Ok(lives)
    };
    Builder::new().name(format!("supervisor of {worker}")).spawn_scoped(scope, supervise)
}

fn mixed(seed: u64, worker: u64, life: u64) -> u64 {
    (seed ^ worker.wrapping_mul(0x9E37_79B9_7F4A_7C15)).rotate_left(29) ^ life.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// One thread's life.
fn live(office: &Office<'_>, worker: usize, mut random: Random) {
    history::be(worker);
    let leaves_before_its_number_goes = random.below(2) == 0;
    if leaves_before_its_number_goes {
        prepare_to_leave();
    }
    let desks = office.desks.iter();
    let mut actors: Vec<_> = desks.map(|desk| desk.actor(Random::new(random.below(1 << 32) as u64))).collect();
    let turns = 1 << random.below(LONGEST);
    for _ in 0..turns {
        if office.is_over.load(Relaxed) {
            break;
        }
        history::tick();
        let desk = choose(&office.weights, &mut random);
        if random.below(8) == 0 {
            // A thread that waits must hold nothing that others wait for.
            for actor in &mut actors {
                while !attempt(|| actor.let_go()) {}
            }
            (0..4).for_each(|_| _ = attempt(|| actors[desk].take()));
        }
        let actor = &mut actors[desk];
        let mut left = STEPS;
        while left > 0 {
            let _ = attempt(|| {
                while left > 0 {
                    left -= 1;
                    actor.act();
                }
            });
        }
    }
    match random.below(4) {
        0 => panic::panic_any(Planned),
        1 | 2 => actors.iter_mut().for_each(|actor| actor.leave()),
        _ => {}
    }
}

fn choose(weights: &[usize], random: &mut Random) -> usize {
    let mut lot = random.below(weights.iter().sum());
    weights
        .iter()
        .position(|&weight| {
            let chosen = lot < weight;
            lot = lot.wrapping_sub(weight);
            chosen
        })
        .unwrap_or(0)
}
