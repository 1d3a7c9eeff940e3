//! Scenarios by a second reader of `FutureSet`. FLAGSTONE_STRESS_ROUNDS sets the number of rounds.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use flagstone::future_set::{FutureSet, StackSlots};

struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell(AtomicUsize::new(0)));
    (Arc::clone(&bell), Waker::from(bell))
}

/// State that the futures of a scripted set share.
#[derive(Default)]
struct Stage {
    polls: RefCell<Vec<usize>>,
    wakers: RefCell<Vec<Option<Waker>>>,
}

type Script = Box<dyn FnMut(&Stage, &mut Context<'_>) -> Poll<()>>;

struct Actor(Rc<Stage>, usize, Script);

impl Future for Actor {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self(stage, number, script) = &mut *self;
        stage.polls.borrow_mut().push(*number);
        let mut wakers = stage.wakers.borrow_mut();
        if wakers.len() <= *number {
            wakers.resize(*number + 1, None);
        }
        wakers[*number] = Some(context.waker().clone());
        drop(wakers);
        script(stage, context)
    }
}

fn push(
    set: &mut FutureSet<Actor>,
    stage: &Rc<Stage>,
    script: impl FnMut(&Stage, &mut Context<'_>) -> Poll<()> + 'static,
) {
    let number = set.len();
    set.try_push(Actor(Rc::clone(stage), number, Box::new(script))).ok().unwrap();
}

fn wake(stage: &Stage, number: usize) {
    let waker = stage.wakers.borrow()[number].clone();
    waker.unwrap().wake();
}

/// "One that was woken is polled before any other is polled three times": the rest of this round, and the next.
#[test]
fn one_that_was_woken_is_polled_before_any_other_is_polled_three_times() {
    let stage = Rc::<Stage>::default();
    let mut set = FutureSet::with_capacity(8);
    let first = Cell::new(true);
    let armed = Rc::new(Cell::new(false));
    let now = Rc::clone(&armed);
    push(&mut set, &stage, move |stage, _| {
        if now.get() && first.replace(false) {
            wake(stage, 2); // from now on it waits
        }
        Poll::Pending
    });
    push(&mut set, &stage, |_, context| {
        context.waker().wake_by_ref(); // always ready to be polled
        Poll::Pending
    });
    push(&mut set, &stage, |_, _| Poll::Pending);
    let (_, waker) = bell();
    let mut context = Context::from_waker(&waker);
    assert!(set.poll_next_with_key(&mut context).is_pending());
    armed.set(true);
    stage.polls.borrow_mut().clear();
    wake(&stage, 0);
    for _ in 0..3 {
        assert!(set.poll_next_with_key(&mut context).is_pending());
    }
    let polls = stage.polls.borrow();
    let woken = polls.iter().position(|number| *number == 0).unwrap();
    let polled = polls.iter().position(|number| *number == 2).unwrap();
    let others = polls[woken + 1..polled].iter().filter(|number| **number == 1).count();
    assert!(others == 2, "{polls:?}");
}

/// "That ends after 64 polls of futures, or 16 of futures that woke themselves."
#[test]
fn who_is_woken_by_a_neighbour_did_not_wake_himself() {
    let stage = Rc::<Stage>::default();
    let mut set = FutureSet::with_capacity(60);
    let armed = Rc::new(Cell::new(false));
    for number in 0..60 {
        let now = Rc::clone(&armed);
        push(&mut set, &stage, move |stage, _| {
            if now.get() && number < 59 {
                wake(stage, number + 1);
            }
            Poll::Pending
        });
    }
    let (bell, waker) = bell();
    let mut context = Context::from_waker(&waker);
    assert!(set.poll_next_with_key(&mut context).is_pending());
    armed.set(true);
    stage.polls.borrow_mut().clear();
    (0..60).for_each(|number| wake(&stage, number));
    bell.0.store(0, Ordering::SeqCst);
    assert!(set.poll_next_with_key(&mut context).is_pending());
    assert_eq!(stage.polls.borrow().len(), 60, "polled in the first call");
    armed.set(false);
    // The work that woke them was done before they were polled.
    assert!(set.poll_next_with_key(&mut context).is_pending());
    assert_eq!(stage.polls.borrow().len(), 60, "polled again for a wake that they had seen to");
}

struct DropBomb;

impl Drop for DropBomb {
    fn drop(&mut self) {
        panic_any(PayloadBomb(3));
    }
}

/// A panic's payload whose destructor panics.
struct PayloadBomb(usize);

impl Drop for PayloadBomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(PayloadBomb(self.0 - 1));
        }
    }
}

struct Explosive {
    polls: bool,
    _bomb: Option<DropBomb>,
}

impl Future for Explosive {
    type Output = Option<DropBomb>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.polls, "a poll panics");
        Poll::Ready(Some(DropBomb))
    }
}

fn defuse(result: Result<(), Box<dyn std::any::Any + Send>>) {
    mem::forget(result.expect_err("it panics"));
}

#[test]
fn panics_everywhere_at_once() {
    let explosive = |polls| Explosive { polls, _bomb: Some(DropBomb) };
    let (_, waker) = bell();
    for polls in [false, true] {
        let mut set = FutureSet::with_capacity(3);
        for _ in 0..3 {
            set.try_push(explosive(polls)).ok().unwrap();
        }
        for left in (0..3).rev() {
            defuse(catch_unwind(AssertUnwindSafe(|| {
                let _ = set.poll_next_with_key(&mut Context::from_waker(&waker)).map(mem::forget);
            })));
            assert_eq!(set.len(), left);
        }
        assert!(set.poll_next_with_key(&mut Context::from_waker(&waker)).is_ready());
        for _ in 0..3 {
            set.try_push(explosive(polls)).ok().unwrap();
        }
        defuse(catch_unwind(AssertUnwindSafe(|| set.clear())));
        assert!(set.is_empty());
        let keys: Vec<usize> = (0..3).map(|_| set.try_push(explosive(polls)).ok().unwrap()).collect();
        defuse(catch_unwind(AssertUnwindSafe(|| {
            set.remove(keys[1]);
        })));
        assert_eq!(set.len(), 2);
        defuse(catch_unwind(AssertUnwindSafe(move || drop(set))));

        // Dropped by another panic; polled while one goes on.
        let mut set = FutureSet::with_capacity(3);
        set.try_push(explosive(polls)).ok().unwrap();
        defuse(catch_unwind(AssertUnwindSafe(move || {
            let _set = set;
            panic!("another");
        })));

        // In place, forgotten.
        let slots = catch_unwind(AssertUnwindSafe(|| {
            let mut slots = pin!(StackSlots::<Explosive, 3>::new());
            let mut set = FutureSet::in_place(slots.as_mut());
            set.try_push(explosive(polls)).ok().unwrap();
            set.try_push(explosive(polls)).ok().unwrap();
            mem::forget(set);
            defuse(catch_unwind(AssertUnwindSafe(|| {
                drop(FutureSet::in_place(slots.as_mut()));
            })));
            let mut set = FutureSet::in_place(slots.as_mut());
            assert!(set.is_empty());
            for _ in 0..3 {
                set.try_push(explosive(polls)).ok().unwrap();
            }
            mem::forget(set);
        }));
        defuse(slots);
    }
}

fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    }
}

/// The records of a future.
#[derive(Default)]
struct Account {
    woken: Cell<bool>,
    gone: Cell<bool>,
    last_call: Cell<usize>,
    /// How many polls of any future came before it was woken, and before each of its last polls.
    woken_at: Cell<usize>,
    polled_at: Cell<[usize; 3]>,
    waker: RefCell<Option<Waker>>,
}

type Random = Box<dyn FnMut(usize) -> usize>;

#[derive(Default)]
struct World {
    call: Cell<usize>,
    polls: Cell<usize>,
    all_polls: Cell<usize>,
    accounts: RefCell<Vec<Rc<Account>>>,
    random: RefCell<Option<Random>>,
}

impl World {
    fn random(&self, below: usize) -> usize {
        self.random.borrow_mut().as_mut().unwrap()(below)
    }

    fn set_woken(&self, account: &Account) {
        if !account.woken.replace(true) {
            account.woken_at.set(self.all_polls.get());
        }
    }

    /// "One that was woken is polled before any other is polled three times."
    fn polls(&self, account: &Account) {
        self.polls.set(self.polls.get() + 1);
        self.all_polls.set(self.all_polls.get() + 1);
        let [_, last, this] = account.polled_at.get();
        account.polled_at.set([last, this, self.all_polls.get()]);
        let accounts = self.accounts.borrow();
        if account.woken.get() && accounts.len() < 2_000 {
            for other in accounts.iter().filter(|other| !other.gone.get() && !std::ptr::eq(&***other, account)) {
                assert!(other.polled_at.get()[0] <= account.woken_at.get(), "polled thrice before another");
            }
        }
    }

    fn wake_some(&self) {
        let all = self.accounts.borrow().len();
        for _ in 0..self.random(4) {
            let account = Rc::clone(&self.accounts.borrow()[self.random(all)]);
            let waker = account.waker.borrow().clone();
            if let Some(waker) = waker {
                self.set_woken(&account);
                if self.random(2) == 0 { waker.wake_by_ref() } else { waker.wake() }
            }
        }
    }
}

struct Citizen(Rc<World>, Rc<Account>);

impl Future for Citizen {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self(world, account) = &*self;
        assert!(account.last_call.replace(world.call.get()) != world.call.get(), "polled twice in one call");
        world.polls(account);
        account.woken.set(false);
        account.waker.replace(Some(context.waker().clone()));
        world.wake_some();
        match world.random(40) {
            0 | 1 => Poll::Ready(()),
            2 => panic!("a citizen's"),
            3..=6 => {
                world.set_woken(account);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Pending,
        }
    }
}

impl Drop for Citizen {
    fn drop(&mut self) {
        self.1.gone.set(true);
        self.0.wake_some();
    }
}

#[test]
fn no_wake_is_lost_and_no_future_polled_twice() {
    let rounds = std::env::var("FLAGSTONE_STRESS_ROUNDS").map_or(40, |rounds| rounds.parse().unwrap());
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        if !text.contains("citizen") && !info.payload().is::<PayloadBomb>() {
            eprintln!("{text}");
        }
    }));
    for seed in 1..=rounds {
        let capacity = [1, 2, 3, 31, 63, 64, 65, 200, 511, 513, 1500, 33_000][seed as usize % 12];
        let world = Rc::new(World::default());
        *world.random.borrow_mut() = Some(Box::new(numbers(seed)));
        let mut set = FutureSet::with_capacity(capacity);
        let mut keys = Vec::new();
        if capacity > 31_744 {
            // The free list is in a scattered order.
            let world = &Rc::new(World::default());
            *world.random.borrow_mut() = Some(Box::new(|_| 0));
            let keys: Vec<usize> =
                (0..capacity).map(|_| set.try_push(Citizen(Rc::clone(world), Rc::default())).ok().unwrap()).collect();
            (0..capacity).for_each(|place| assert!(set.remove(keys[place * 7919 % capacity])));
            // The marked futures are polled, 64 at a time.
            set.try_push(Citizen(Rc::clone(world), Rc::new(Account { last_call: Cell::new(1), ..Account::default() })))
                .ok()
                .unwrap();
            while set.poll_next_with_key(&mut Context::from_waker(Waker::noop())).is_pending() {}
        }
        let mut asleep = None;
        let (bell, waker) = bell();
        let rings = || bell.0.load(Ordering::SeqCst);
        for _ in 0..600 {
            match world.random(12) {
                0..=4 => {
                    for _ in 0..world.random(8) {
                        let account = Rc::new(Account::default());
                        world.set_woken(&account);
                        account.last_call.set(usize::MAX);
                        let citizen = Citizen(Rc::clone(&world), Rc::clone(&account));
                        match set.try_push(citizen) {
                            Ok(key) => {
                                keys.push((key, Rc::clone(&account)));
                                world.accounts.borrow_mut().push(account);
                                asleep = None; // after a push the test polls
                            }
                            Err(full) => assert!(set.is_full(), "{full:?}"),
                        }
                    }
                }
                5 if !keys.is_empty() => {
                    let (key, account) = keys.swap_remove(world.random(keys.len()));
                    let is_there = !account.gone.get();
                    assert!(set.contains(key) == is_there && set.remove(key) == is_there && account.gone.get());
                }
                6 if world.random(20) == 0 => set.clear(),
                7 if !world.accounts.borrow().is_empty() => {
                    let before = rings();
                    world.wake_some();
                    let someone = world.accounts.borrow().iter().any(|who| who.woken.get() && !who.gone.get());
                    if let (Some(at), true) = (asleep, someone) {
                        assert!(rings() > at, "no task was woken: {before}");
                    }
                }
                _ => {
                    world.call.set(world.call.get() + 1);
                    world.polls.set(0);
                    let before = rings();
                    let context = &mut Context::from_waker(&waker);
                    let polled = catch_unwind(AssertUnwindSafe(|| set.poll_next_with_key(context)));
                    asleep = None;
                    assert!(world.polls.get() <= 64);
                    match polled {
                        Ok(Poll::Ready(None)) => assert!(set.is_empty()),
                        Ok(Poll::Ready(Some((key, ())))) => assert!(!set.contains(key)),
                        Ok(Poll::Pending) if rings() == before => {
                            asleep = Some(rings());
                            let accounts = world.accounts.borrow();
                            assert!(accounts.iter().all(|who| who.gone.get() || !who.woken.get()), "a wake was lost");
                        }
                        Ok(Poll::Pending) => (),
                        Err(panic) => assert!(panic.downcast_ref::<&str>() == Some(&"a citizen's")),
                    }
                }
            }
            keys.retain(|(_, account)| !account.gone.get());
            assert_eq!(set.len(), keys.len());
            let mut listed: Vec<usize> = set.keys().collect();
            let mut expected: Vec<usize> = keys.iter().map(|(key, _)| *key).collect();
            listed.sort_unstable();
            expected.sort_unstable();
            assert_eq!(listed, expected);
        }
        drop(set);
        assert!(keys.iter().all(|(_, account)| account.gone.get()));
        for account in world.accounts.borrow().iter() {
            account.waker.take().into_iter().for_each(Waker::wake);
        }
    }
}

/// Counts what others posted, and waits for more.
struct Counter {
    posted: Arc<Post>,
    seen: usize,
    end: usize,
    inner: Option<Box<FutureSet<Counter>>>,
}

#[derive(Default)]
struct Post {
    number: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Future for Counter {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(inner) = &mut self.inner {
            return match inner.poll_next_with_key(context) {
                Poll::Ready(None) => Poll::Ready(()),
                Poll::Ready(Some(_)) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Pending => Poll::Pending,
            };
        }
        *self.posted.waker.lock().unwrap() = Some(context.waker().clone());
        self.seen = self.posted.number.load(Ordering::Relaxed);
        if self.seen == self.end { Poll::Ready(()) } else { Poll::Pending }
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn wakes_from_other_threads_of_sets_in_sets() {
    let rounds: usize = std::env::var("FLAGSTONE_STRESS_ROUNDS").map_or(30, |rounds| rounds.parse().unwrap());
    for round in 0..rounds {
        let wide = [1, 3, 64, 130, 600, 33_000][round % 6];
        let end = 20_000 / wide + 1;
        let posts: Arc<Vec<Arc<Post>>> = Arc::new((0..wide * 2).map(|_| Arc::default()).collect());
        let over = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..2)
            .map(|half| {
                let posts = Arc::clone(&posts);
                thread::spawn(move || {
                    for number in 1..=end {
                        for post in posts.iter().skip(half).step_by(2) {
                            post.number.store(number, Ordering::Relaxed);
                            let waker = post.waker.lock().unwrap().take();
                            if let Some(waker) = waker {
                                waker.wake();
                            }
                        }
                    }
                })
            })
            .collect();
        let counter = |number: usize| Counter { posted: Arc::clone(&posts[number]), seen: 0, end, inner: None };
        let mut set = FutureSet::with_capacity(wide + 1);
        for number in 0..wide {
            set.try_push(counter(number)).ok().unwrap();
        }
        let inner: FutureSet<Counter> = (wide..2 * wide).map(counter).collect();
        set.try_push(Counter { posted: Arc::default(), seen: 0, end, inner: Some(Box::new(inner)) }).ok().unwrap();
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut done = 0;
        loop {
            match set.poll_next_with_key(&mut Context::from_waker(&waker)) {
                Poll::Ready(None) => break,
                Poll::Ready(Some(_)) => done += 1,
                Poll::Pending => {
                    let before = std::time::Instant::now();
                    thread::park_timeout(std::time::Duration::from_secs(20));
                    assert!(before.elapsed().as_secs() < 19, "a wake was lost");
                }
            }
        }
        assert_eq!(done, wide + 1);
        over.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
