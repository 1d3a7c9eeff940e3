//! Shards of threads that have ended are not lost with their numbers: another thread takes one over.

use std::{sync::Barrier, thread};

use flagstone::Slab;

use crate::{alone::alone, configs::TwoThreads};

/// Runs `behaviour` on so many threads that are alive at once, in the order of their numbers.
fn crowd<R: Send>(count: usize, behaviour: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let (registered, others) = (Barrier::new(count), Slab::<u8>::new());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|index| {
                let (registered, others, behaviour) = (&registered, &others, &behaviour);
                let (now, is_registered) = std::sync::mpsc::channel();
                let thread = scope.spawn(move || {
                    others.insert(0).unwrap();
                    now.send(()).unwrap();
                    registered.wait();
                    let result = behaviour(index);
                    registered.wait();
                    result
                });
                is_registered.recv().unwrap();
                thread
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn shards(slab: &Slab<usize, TwoThreads>) -> Vec<usize> {
    slab.stats().shards().iter().map(|shard| shard.number).collect()
}

alone! {
    fn threads_of_low_numbers_take_over_what_threads_of_high_numbers_had() {
        let slab = Slab::new_with_config::<TwoThreads>();
        // The last two of five use the slab, and end.
        let keys: Vec<_> = crowd(5, |index| (index >= 3).then(|| slab.insert(index).unwrap())).into_iter().flatten().collect();
        assert_eq!(shards(&slab), [1, 2]);
        // Two others, of low numbers: neither needs the overflow shard.
        for round in 0..3 {
            let more = crowd(2, |index| slab.insert(10 * round + index).unwrap());
            assert_eq!(shards(&slab), [1, 2], "no overflow shard");
            assert!(more.iter().all(|&key| slab.remove(key)));
        }
        // All of it was used again, and what the first ones left is there.
        assert!(keys.iter().all(|&key| slab.take(key).is_some_and(|value| value >= 3)));
        assert_eq!(slab.len(), 0);
    }

    fn shards_of_threads_that_live_are_not_taken_over() {
        let slab = Slab::new_with_config::<TwoThreads>();
        crowd(4, |index| {
            let key = slab.insert(index).unwrap();
            assert!(slab.remove(key));
            (0..100).for_each(|value| assert!(slab.remove(slab.insert(value).unwrap())));
        });
        assert_eq!(shards(&slab), [0, 1, 2]);
        assert_eq!(slab.len(), 0);
    }

    fn pins_go_with_the_shard_that_was_taken_over() {
        let slab = Slab::new_with_config::<TwoThreads>();
        crowd(5, |index| (index >= 3).then(|| drop(slab.pin())));
        crowd(2, |index| {
            for value in 0..50 {
                let pinned = slab.pin();
                let key = slab.insert(value + index).unwrap();
                assert_eq!(pinned.get(key), Some(&(value + index)));
                assert!(slab.remove(key));
                assert_eq!(slab.try_take(key), None);
            }
        });
        assert_eq!((shards(&slab).first(), slab.len()), (Some(&1), 0));
    }
}
