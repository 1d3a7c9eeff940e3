use super::*;

fn blank() -> Pin {
    Pin { word: AtomicPtr::new(ptr::null_mut()), depth: UnsafeCell::new(LISTED), next: UnsafeCell::new(ptr::null()) }
}

/// The pin of the test's only thread.
struct Own(Pin);

impl Own {
    fn new() -> Self {
        Self(blank())
    }

    fn enter(&self) {
        // SAFETY: no other thread knows the pin.
        if unsafe { self.0.is_idle() } {
            // SAFETY: as above.
            unsafe { self.0.enter() };
        } else {
            // SAFETY: as above.
            unsafe { self.0.enter_again() };
        }
    }

    fn leave(&self) -> Obligations {
        // SAFETY: no other thread knows the pin, and each test enters first.
        unsafe { self.0.leave() }
    }

    fn is_own(&self) -> bool {
        // SAFETY: no other thread knows the pin.
        unsafe { self.0.is_own() }
    }

    /// Pushes an obligation and returns whether the owner has it now. If not, the obligation that was to be pushed
    /// comes back.
    fn push(&self, key: usize) -> bool {
        self.0.push(obligation(key)).map_err(|refused| assert_eq!(refused.key(), key)).is_ok()
    }
}

fn obligation(key: usize) -> Obligation {
    Obligation::new(key).expect("there is memory")
}

fn keys(obligations: Obligations) -> Vec<usize> {
    obligations.map(|obligation| obligation.key()).collect()
}

#[test]
fn a_blank_pin_is_all_zero_and_is_not_pinned() {
    // SAFETY: a pin is blank when it is zero.
    let zeroed: Pin = unsafe { mem::zeroed() };
    for pin in [Own(zeroed), Own::new()] {
        assert!(!pin.0.is_pinned() && !pin.is_own());
        assert!(!pin.push(1));
        assert!(keys(pin.0.forgotten()).is_empty());
    }
}

#[test]
fn no_node_is_taken_for_the_end_of_a_list() {
    for end in [ptr::null_mut(), pinned()] {
        assert!(Obligations { head: end }.is_empty());
    }
    assert!(align_of::<Node>() > pinned().addr(), "no node has that address");
}

/// Compares every sequence of that many steps with a count and a list.
#[test]
fn every_sequence_of_entering_leaving_and_pushing() {
    const STEPS: u32 = 8;

    for sequence in 0..3_usize.pow(STEPS) {
        let (pin, mut depth, mut owed) = (Own::new(), 0_usize, Vec::new());
        for step in 0..STEPS {
            match sequence / 3_usize.pow(step) % 3 {
                0 => {
                    pin.enter();
                    depth += 1;
                }
                1 if depth > 0 => {
                    depth -= 1;
                    let got = pin.leave();
                    assert_eq!(got.is_empty(), depth > 0 || owed.is_empty());
                    // The last one comes first, and nothing before the last pin has ended.
                    let expected = if depth == 0 { mem::take(&mut owed) } else { Vec::new() };
                    assert!(keys(got).into_iter().eq(expected.into_iter().rev()), "step {step} of {sequence}");
                }
                1 => {}
                _ => {
                    let key = sequence + step as usize;
                    assert_eq!(pin.push(key), depth > 0, "step {step} of {sequence}");
                    if depth > 0 {
                        owed.push(key);
                    }
                }
            }
            assert_eq!((pin.0.is_pinned(), pin.is_own()), (depth > 0, depth > 0));
        }
        // The remaining obligations: the thread leaked its pins.
        assert!(keys(pin.0.forgotten()).into_iter().eq(owed.into_iter().rev()), "{sequence}");
        assert!(!pin.0.is_pinned());
    }
}

#[test]
fn lists_of_every_length_come_out_whole_and_the_last_one_first() {
    for length in 0..100 {
        let pin = Own::new();
        pin.enter();
        assert!((0..length).all(|key| pin.push(key)));
        let owed = pin.leave();
        // The pin can be used again before its obligations are settled.
        pin.enter();
        assert!(pin.push(length));
        assert!(keys(owed).into_iter().eq((0..length).rev()));
        assert_eq!(keys(pin.leave()), [length]);
    }
}

#[test]
fn what_was_refused_by_one_pin_may_be_pushed_to_another() {
    let (pinned, others) = (Own::new(), [(); 3].map(|()| Own::new()));
    pinned.enter();
    let mut obligation = obligation(7);
    for other in &others {
        let Err(refused) = other.0.push(obligation) else { panic!("no thread is pinned there") };
        obligation = refused;
    }
    assert!(pinned.0.push(obligation).is_ok());
    assert!(others.into_iter().all(|other| keys(other.0.forgotten()).is_empty()));
    assert_eq!(keys(pinned.leave()), [7]);
}

#[test]
fn what_is_taken_out_in_part_leaves_the_rest_in_order() {
    let pin = Own::new();
    pin.enter();
    assert!((0..4).all(|key| pin.push(key)));
    let mut owed = pin.leave();
    for key in (0..4).rev() {
        assert!(!owed.is_empty());
        assert_eq!(owed.next().map(|obligation| obligation.key()), Some(key));
    }
    assert!(owed.is_empty() && owed.next().is_none() && owed.next().is_none());
}

#[test]
fn waiting_for_one_that_is_not_pinned_is_over_at_once() {
    let pin = Own::new();
    pin.0.await_leave();
    pin.enter();
    assert!(keys(pin.leave()).is_empty());
    pin.0.await_leave();
}

#[test]
fn a_pin_enters_the_list_once() {
    // SAFETY: a pin is blank when it is zero.
    let (list, pins) = (PinList::new(), [(); 3].map(|()| Own(unsafe { mem::zeroed() })));
    let listed = || list.iter().map(ptr::from_ref).collect::<Vec<_>>();
    assert!(list.is_empty() && listed().is_empty());
    for (count, pin) in pins.iter().enumerate() {
        for _ in 0..2 {
            // SAFETY: no other thread knows the pin, which lives longer than the list is used.
            unsafe { list.list(&pin.0) };
            // SAFETY: as above.
            assert!(unsafe { pin.0.is_listed() } && !list.is_empty());
            assert!(listed().into_iter().eq(pins[..=count].iter().rev().map(|pin| &raw const pin.0)));
        }
    }
}

#[test]
fn obligations_are_put_in_front_one_by_one() {
    let mut list = Obligations::none();
    assert!(list.is_empty());
    (0..4).for_each(|key| list.add(obligation(key)));
    assert_eq!(keys(list), [3, 2, 1, 0]);
}
