//! Tasks that wait for another thread.

use super::cores::settle_on;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use std::{hint, iter, mem, thread};

/// How long the tasks of a bell may take to hear it. It takes this long only if a wake was lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// One thread rings it and some tasks hear it. The threads synchronize once for all these tasks, so what is measured is
/// the waking, not the synchronization.
struct Bell {
    /// How many times it was rung.
    rung: Alone<AtomicU64>,
    /// How many of its tasks were polled since the last ring. Only their thread uses it.
    polled: Alone<AtomicU64>,
    /// How many times all of its tasks were polled: once before the first ring, and after each ring.
    heard: Alone<AtomicU64>,
    /// The wakers of its tasks, from their first poll until the first ring, when the ringing thread takes them.
    wakers: Mutex<Vec<Waker>>,
    /// How many tasks it has.
    tasks: u64,
}

/// Shares no cache line with anything else.
#[derive(Default)]
#[repr(align(128))]
struct Alone<T>(T);

/// All bells.
pub(crate) struct Belfry {
    bells: Vec<Bell>,
    /// How many times each is going to be rung.
    laps: u64,
    /// Whether the ringing is over, and the waker to be woken then.
    end: Mutex<End>,
}

/// Whether the ringing is over.
#[derive(Default)]
struct End {
    reached: bool,
    waker: Option<Waker>,
}

/// A task that waits for its bell.
pub(crate) struct Listener {
    belfry: Arc<Belfry>,
    bell: usize,
    /// How many times the bell had been rung at the task's last poll.
    heard: Option<u64>,
}

/// Resolves when the ringing is over.
pub(crate) struct Silence(Arc<Belfry>);

/// Ends the ringing when it is dropped, even if a waker has panicked.
struct Ending<'a>(&'a Belfry);

/// A task was not polled in time after its waker was used.
#[derive(Debug)]
pub(crate) struct Lost;

/// The text for reports.
pub(crate) const LOST: &str = "lost: a task was not polled within 2 s of its wake";

impl Belfry {
    /// Makes `bells` bells with `tasks` tasks each. Each bell is going to be rung `laps` times.
    pub(crate) fn new(bells: u64, tasks: u64, laps: u64) -> Arc<Self> {
        let bells = (0..bells).map(|_| Bell {
            rung: Alone::default(),
            polled: Alone::default(),
            heard: Alone::default(),
            wakers: Mutex::default(),
            tasks,
        });
        Arc::new(Self { bells: bells.collect(), laps, end: Mutex::default() })
    }

    /// Returns the futures of the tasks.
    pub(crate) fn listeners(self: &Arc<Self>) -> impl Iterator<Item = Listener> {
        let of_bell = |(place, bell): (usize, &Bell)| iter::repeat_n(place, bell.tasks as usize);
        let places: Vec<_> = self.bells.iter().enumerate().flat_map(of_bell).collect();
        places.into_iter().map(|bell| Listener { belfry: Arc::clone(self), bell, heard: None })
    }

    /// Returns a future that resolves when the ringing is over.
    pub(crate) fn silence(self: &Arc<Self>) -> Silence {
        Silence(Arc::clone(self))
    }

    /// Returns whether the ringing is over. If not, the waker is woken when it is.
    pub(crate) fn is_silent(&self, waker: &Waker) -> bool {
        let mut end = lock(&self.end);
        if !end.reached {
            end.waker = Some(waker.clone());
        }
        end.reached
    }

    /// In another thread: rings each bell in turn, after its last ring was heard, and returns how long it took until
    /// all were heard.
    pub(crate) fn ring(&self) -> Result<Duration, Lost> {
        let _ending = Ending(self);
        self.ring_all()
    }

    /// Rings the bells.
    fn ring_all(&self) -> Result<Duration, Lost> {
        let mut wakers = Vec::new();
        for bell in &self.bells {
            bell.listen(1)?;
            wakers.push(mem::take(&mut *lock(&bell.wakers)));
        }
        let start = Instant::now();
        for lap in 1..=self.laps {
            for (bell, wakers) in self.bells.iter().zip(&wakers) {
                bell.listen(lap)?;
                bell.rung.0.store(lap, Release);
                for waker in wakers {
                    waker.wake_by_ref();
                }
            }
        }
        for bell in &self.bells {
            bell.listen(self.laps + 1)?;
        }
        Ok(start.elapsed())
    }
}

impl Bell {
    /// Waits until its tasks have been polled that many times, including the first poll.
    #[inline]
    fn listen(&self, polls: u64) -> Result<(), Lost> {
        if self.heard.0.load(Acquire) == polls { Ok(()) } else { self.wait_for(polls) }
    }

    /// The slow path: they have not been polled yet.
    #[cold]
    #[inline(never)]
    fn wait_for(&self, polls: u64) -> Result<(), Lost> {
        let mut begun = None;
        loop {
            for _ in 0..10_000 {
                if self.heard.0.load(Acquire) == polls {
                    return Ok(());
                }
                hint::spin_loop();
            }
            // If there is no other free core, the tasks need this one.
            thread::yield_now();
            if begun.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return Err(Lost);
            }
        }
    }

    /// In the tasks' thread: one of them has heard the bell.
    #[inline]
    fn count(&self) {
        let polled = self.polled.0.load(Relaxed) + 1;
        if polled < self.tasks {
            self.polled.0.store(polled, Relaxed);
        } else {
            self.polled.0.store(0, Relaxed);
            self.heard.0.store(self.heard.0.load(Relaxed) + 1, Release);
        }
    }
}

impl Future for Listener {
    type Output = u64;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u64> {
        let this = &mut *self;
        let bell = &this.belfry.bells[this.bell];
        let rung = bell.rung.0.load(Acquire);
        if this.heard == Some(rung) {
            return Poll::Pending; // polled without a wake
        }
        if this.heard.replace(rung).is_none() {
            // The waker stays the same: nothing here moves a task to another executor.
            lock(&bell.wakers).push(context.waker().clone());
        }
        bell.count();
        if rung == this.belfry.laps { Poll::Ready(rung) } else { Poll::Pending }
    }
}

impl Future for Silence {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.is_silent(context.waker()) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let mut end = lock(&self.0.end);
        end.reached = true;
        if let Some(waker) = end.waker.take() {
            waker.wake();
        }
    }
}

/// Runs the tasks on this thread, and meanwhile rings the bells in another thread, on another core.
pub(crate) fn rung(belfry: &Arc<Belfry>, run: impl FnOnce(&Arc<Belfry>)) -> Result<Duration, Lost> {
    thread::scope(|scope| {
        settle_on(0);
        let ringer = scope.spawn(|| {
            settle_on(1);
            belfry.ring()
        });
        run(belfry);
        // A waker that panics in another thread wakes no task there.
        ringer.join().unwrap_or(Err(Lost))
    })
}

/// Locks a mutex that is never poisoned: no thread panics while it is locked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it is locked")
}
