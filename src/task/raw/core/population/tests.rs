//! Counts by the owner and by other threads, below zero and up to the limit.

use super::*;

#[test]
fn both_parts_are_one_number() {
    for (own, shared) in [(0, 0), (3, 4), (0_usize.wrapping_sub(3), 5), (7, 0_usize.wrapping_sub(7))] {
        let expected = own.wrapping_add(shared);
        assert_eq!(total(own, shared << ONE_SHIFT), expected);
        assert_eq!(total(own, (shared << ONE_SHIFT) | CLOSED | AWAITED), expected, "flags count nothing");
    }
    assert_eq!(total(0_usize.wrapping_sub(1), 0), 0, "what is seen between two steps is no huge number");
}

#[test]
fn the_limit_is_reached_and_not_exceeded_whoever_adds() {
    for others_spawn in [false, true] {
        let population = Population::new(3);
        assert_eq!(population.one_more_by_owner(false), Ok(()));
        assert_eq!(population.one_more_by_owner(others_spawn), Ok(()));
        if others_spawn {
            assert_eq!(population.one_more_by_other(), Ok(()));
            assert_eq!(population.one_more_by_other(), Err(NoPlace::Full));
        } else {
            assert_eq!(population.one_more_by_owner(false), Ok(()));
        }
        assert_eq!(population.one_more_by_owner(others_spawn), Err(NoPlace::Full));
        assert_eq!(population.len(), 3, "a refusal counts nothing");
        assert_eq!(population.one_less_by_other(), AfterLess::Nothing);
        assert_eq!(population.one_more_by_owner(others_spawn), Ok(()));
        assert_eq!(population.one_less_by_owner(), AfterLess::Nothing);
        assert_eq!(population.len(), 2);
    }
}

#[test]
fn who_frees_tells_who_waits() {
    let population = Population::new(1);
    assert_eq!(population.one_more_by_owner(false), Ok(()));
    population.wait();
    assert_eq!(population.one_less_by_owner(), AfterLess::TellWaiting);
    // Claims that wait go first.
    assert_eq!(population.one_more_by_owner(false), Err(NoPlace::Full));
    assert_eq!(population.one_more_by_owner(true), Err(NoPlace::Full));
    assert_eq!(population.one_more_by_other(), Err(NoPlace::Full));
    assert!(population.one_more_for_waiting() && !population.one_more_for_waiting());
    assert_eq!(population.one_less_by_other(), AfterLess::TellWaiting);
    population.wait_no_more();
    assert_eq!(population.one_more_by_owner(true), Ok(()));
    assert_eq!(population.one_less_by_other(), AfterLess::Nothing);
}

#[test]
fn the_last_after_the_end_lets_go_once() {
    // How many the owner spawned, how many other threads did, and how many of all the owner freed before the end.
    for (by_owner, by_others, freed) in [(0, 0, 0), (2, 0, 2), (2, 1, 0), (0, 3, 2), (1, 2, 2), (3, 3, 6)] {
        let population = Population::new(Population::NO_LIMIT);
        (0..by_owner).for_each(|_| population.one_more_by_owner(true).expect("there is no limit"));
        (0..by_others).for_each(|_| population.one_more_by_other().expect("there is no limit"));
        (0..freed).for_each(|_| assert_eq!(population.one_less_by_owner(), AfterLess::Nothing));
        let left = by_owner + by_others - freed;
        assert_eq!(population.close(), if left == 0 { Closed::Empty } else { Closed::WithTasks });
        assert_eq!(population.close(), Closed::Before);
        assert_eq!(population.one_more_by_other(), Err(NoPlace::Closed));
        for task in 1..=left {
            let expected = if task == left { AfterLess::LetGo } else { AfterLess::Nothing };
            assert_eq!(population.one_less_by_other(), expected, "task {task} of {left}");
        }
        assert_eq!(population.len(), 0);
    }
}
