//! An entry that pinned threads read is ended by one thread, once, when no thread reads it any more.

use std::thread;

use flagstone::{DefaultConfig, Pool, Slab};

use super::{
    super::{alone, canary::Canary, crowds::OneSlot, pooled::Pooled, random::Random, together},
    subject::{Checked, Pin, Subject},
};

const THREADS: usize = 3;

/// Reads it under some pins, and ends it under them or when they have ended. A thread without pins may wait for the
/// others.
fn read_and_end<S: Subject>(subject: &S, key: usize, random: &mut Random) -> bool {
    let mut pins: Vec<_> = (0..random.below(3)).map(|_| subject.pin()).collect();
    if let Some(pin) = pins.pop() {
        let value = pin.get(key);
        if random.once_in(2) {
            thread::yield_now();
        }
        value.iter().for_each(|value| value.is_of(key));
        if random.once_in(4) {
            let ended = subject.end(key, random, false);
            value.iter().for_each(|value| value.is_of(key));
            return ended;
        }
        if random.once_in(2) {
            pins.clear();
            value.iter().for_each(|value| value.is_of(key));
        }
        drop(pin);
    }
    drop(pins);
    subject.end(key, random, true)
}

fn run<S: Subject>() {
    alone(|| {
        let subject = S::new();
        together::one_ends_it(
            THREADS,
            |tell, _| tell(subject.add().expect("there is room")),
            |key, random| read_and_end(&subject, key, random),
            || subject.assert_settled(),
        );
        subject.end_all();
    });
}

#[test]
fn one_of_many_ends_what_pins_of_a_slab_read() {
    run::<Slab<Canary<'static>, DefaultConfig>>();
}

#[test]
fn one_of_many_ends_what_pins_of_a_pool_read() {
    run::<Pool<Pooled, DefaultConfig>>();
}

#[test]
fn one_of_many_ends_what_guards_read_that_stand_for_pins() {
    run::<Slab<Canary<'static>, OneSlot>>();
}
