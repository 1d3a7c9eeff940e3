//! A thread of a scenario, as it sees itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{cell::step, freezing::Course};

/// What is known of the execution that runs: by its threads, which say where they are, and by the scheduler. The
/// standard library's lock, which is never held over a step.
#[derive(Clone)]
pub(crate) struct SharedCourse(Arc<Mutex<Course>>);

impl SharedCourse {
    pub(crate) fn new(course: Course) -> Self {
        Self(Arc::new(Mutex::new(course)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Course> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It prepares what it is going to do, alone.
    Preparing,
    /// From here on its steps count.
    Acting,
    /// It has finished its work, and no thread waits for it any more.
    Done,
}

/// The current thread. Number 0 is the victim.
pub(crate) struct Actor {
    pub(crate) number: usize,
    pub(crate) course: SharedCourse,
}

impl Actor {
    /// Goes on to prepare when the others have done so, or have called this as often.
    pub(crate) fn let_others_prepare(&self) {
        self.course.lock().give_way(self.number);
        step();
    }

    /// Everything is prepared: the thread goes on when that is so for all others too.
    pub(crate) fn act(&self) {
        self.arrive(Place::Acting);
    }

    /// The thread goes on when all others are done too.
    pub(crate) fn done(&self) {
        self.arrive(Place::Done);
    }

    fn arrive(&self, place: Place) {
        self.course.lock().arrive(self.number, place);
        step();
    }

    /// The next operation is this one.
    pub(crate) fn next(&self, operation: &'static str) {
        self.course.lock().begin_operation(self.number, operation);
    }
}
