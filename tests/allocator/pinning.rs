//! Fault 4 of issue 13: an allocator that pins the very slab that asks it for memory, or gives some back.

use std::{sync::mpsc, thread};

use crate::{NOTES, PINNING};

alone_on_a_thread! {
    fault_04_of_issue_13_an_allocator_may_pin_the_slab_on_a_thread_without_a_shard
    an_allocator_may_pin_the_slab_on_a_thread_with_a_shard
}

/// Whether pins of the current thread hold guards, and so put off only the ends of what they have looked up.
fn pins_by_guards() -> bool {
    let key = NOTES.insert(0).unwrap();
    let pin = NOTES.pin();
    assert!(NOTES.remove(key));
    let is_put_off = NOTES.stats().total().live > 0;
    drop(pin);
    !is_put_off
}

/// Pins, looks up and removes, walks, and pins under that, while each allocation pins the slab too.
fn use_pins_while_the_allocator_pins() {
    PINNING.set(true);
    for turn in 0..20 {
        let keys: Vec<_> = (0..60).map_while(|value| NOTES.insert(value)).collect();
        assert!(keys.len() >= 7);
        let pin = NOTES.pin();
        for (value, &key) in keys.iter().enumerate() {
            assert_eq!(pin.get(key), Some(&(value as u64)), "turn {turn}");
            assert!(value % 3 > 0 || NOTES.remove(key));
        }
        let inner = NOTES.pin();
        assert_eq!(inner.iter().count(), keys.len() - keys.len().div_ceil(3));
        assert_eq!(inner.keys().collect::<Vec<_>>().len(), inner.iter().count());
        assert!(format!("{inner:?}").len() > 2);
        drop(pin);
        assert!(keys.iter().enumerate().all(|(value, &key)| value % 3 == 0 || NOTES.remove(key)));
        drop(inner);
        assert_eq!(NOTES.len(), 0);
    }
    PINNING.set(false);
}

// The thread that runs a test has no number. So the first thread of each has the lowest, and with it the only shard.

fn fault_04_of_issue_13_an_allocator_may_pin_the_slab_on_a_thread_without_a_shard() {
    let ((inside, wait_for_inside), (done, wait_for_done)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        let owner = scope.spawn(move || {
            NOTES.remove(NOTES.insert(1).unwrap());
            inside.send(()).unwrap();
            wait_for_done.recv().unwrap_err();
        });
        wait_for_inside.recv().unwrap();
        let user = scope.spawn(|| {
            assert!(pins_by_guards());
            use_pins_while_the_allocator_pins();
        });
        let outcome = user.join();
        drop(done);
        owner.join().unwrap();
        outcome.unwrap();
    });
}

fn an_allocator_may_pin_the_slab_on_a_thread_with_a_shard() {
    let user = thread::spawn(|| {
        assert!(!pins_by_guards());
        use_pins_while_the_allocator_pins();
    });
    user.join().unwrap();
}
