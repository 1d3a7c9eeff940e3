//! `trim` in every place where user code runs.

use std::sync::{Arc, Weak};

use flagstone::Slab;

/// Trims, inserts, removes and looks around when it is dropped.
struct Trims(Weak<Slab<Trims>>);

impl Drop for Trims {
    fn drop(&mut self) {
        let Some(slab) = self.0.upgrade() else { return };
        slab.trim();
        let key = slab.insert(Trims(Weak::new())).unwrap();
        slab.trim();
        assert!(slab.stats().total().live > 0);
        assert!(slab.remove(key));
        slab.trim();
    }
}

#[test]
fn destructors_and_walks_may_trim() {
    let slab = Arc::new(Slab::new());
    let fill = |count: usize| -> Vec<usize> {
        (0..count).map(|_| slab.insert(Trims(Arc::downgrade(&slab))).unwrap()).collect()
    };
    for count in [1, 2, 40, 500] {
        for (index, key) in fill(count).into_iter().enumerate() {
            match index % 5 {
                0 => assert!(slab.remove(key)),
                1 => {
                    let entry = slab.get(key).unwrap();
                    assert!(slab.remove(key));
                    slab.trim();
                    assert!(entry.0.upgrade().is_some());
                }
                2 => {
                    let pinned = slab.pin();
                    let value = pinned.get(key).unwrap();
                    assert!(slab.remove(key));
                    slab.trim();
                    assert!(value.0.upgrade().is_some());
                }
                3 => drop(slab.take(key).unwrap()),
                _ => {
                    for (walked, value) in &slab.pin() {
                        if walked == key {
                            assert!(slab.remove(key));
                        }
                        slab.trim();
                        assert!(value.0.upgrade().is_some());
                    }
                }
            }
            assert_eq!(slab.len(), count - index - 1);
        }
        slab.trim();
        assert_eq!(slab.stats().total().high_water, 0, "{}", slab.stats());
        fill(count);
        slab.retain(|_, _| {
            slab.trim();
            false
        });
        assert!(slab.is_empty());
        slab.trim();
        assert_eq!(slab.stats().total().high_water, 0, "{}", slab.stats());
    }
}
