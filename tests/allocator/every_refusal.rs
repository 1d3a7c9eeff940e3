//! Each allocation in turn is refused, alone or with all that follow, in scenarios that come by all that is allocated.
//!
//! Who inserts gets his value back or `None`, and nothing else changes; with memory again it goes on, and no slot and no page
//! number is lost.

use std::{
    cell::Cell,
    collections::BTreeMap,
    env,
    process::Command,
    sync::{Arc, Barrier, mpsc},
    thread::{self, LocalKey},
};

use flagstone::{Clear, Config, Pool, Slab, Stats};

use crate::{BALANCE, GRANTED, GRANTED_ZEROED, REFUSED, REFUSES_ONE};

alone_on_a_thread! {
    the_first_insertion_of_a_process_returns_without_memory
    threads_that_get_no_memory_for_their_numbers_share_a_shard
    a_slab_goes_on_after_each_refusal
    a_pool_goes_on_after_each_refusal
    without_a_shard_a_slab_goes_on_after_each_refusal
    without_a_shard_a_pool_goes_on_after_each_refusal
    pages_that_no_memory_can_hold_are_refused
    what_a_pin_owes_without_memory_stays_and_nothing_else_does
    what_stays_for_want_of_memory_counts_as_live_and_keeps_its_page
    a_pool_keeps_what_a_pin_owes_without_memory
    removing_reading_and_trimming_ask_for_no_memory
}

/// Pages of 2, 4, 8 and 16 slots, and one thread with a shard.
struct Small;

impl Config for Small {
    const MAX_THREADS: usize = 1;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 2;
}

const ROOM: usize = 2 + 4 + 8 + 16;

/// Which allocations are refused.
#[derive(Clone, Copy, Debug)]
struct Plan {
    zeroed: bool,
    others: bool,
    /// The first that is refused.
    first: usize,
    /// And none after it.
    only: bool,
}

/// What is left of a plan while the test itself allocates.
struct Refusals {
    granted: Cell<Option<usize>>,
    granted_zeroed: Cell<Option<usize>>,
    before: usize,
}

impl Refusals {
    fn new(plan: Plan) -> Self {
        REFUSES_ONE.set(plan.only);
        let granted = |wanted: bool| Cell::new(wanted.then_some(plan.first));
        Self { granted: granted(plan.others), granted_zeroed: granted(plan.zeroed), before: REFUSED.get() }
    }

    /// Runs something under the plan, and says whether anything was refused.
    fn under<R>(&self, behaviour: impl FnOnce() -> R) -> (R, bool) {
        let swap = |kept: &Cell<Option<usize>>, kind: &'static LocalKey<Cell<Option<usize>>>| {
            kept.set(kind.replace(kept.get()));
        };
        let before = REFUSED.get();
        swap(&self.granted, &GRANTED);
        swap(&self.granted_zeroed, &GRANTED_ZEROED);
        let result = behaviour();
        swap(&self.granted_zeroed, &GRANTED_ZEROED);
        swap(&self.granted, &GRANTED);
        (result, REFUSED.get() > before)
    }

    fn count(&self) -> usize {
        REFUSED.get() - self.before
    }
}

/// A number that needs no memory.
#[derive(Default, Debug, PartialEq)]
struct Number(u64);

impl Clear for Number {
    fn clear(&mut self) {
        self.0 = 0;
    }
}

trait Store {
    fn new() -> Self;
    /// Inserts a value, in the way that has this number. A value that is not inserted must come back.
    fn insert(&self, value: u64, way: usize) -> Option<usize>;
    fn read(&self, key: usize) -> Option<u64>;
    fn remove(&self, key: usize) -> bool;
    fn stats(&self) -> Stats;
    /// Length, capacity.
    fn size(&self) -> (usize, usize);
}

impl Store for Arc<Slab<Number, Small>> {
    fn new() -> Self {
        Self::new(Slab::new_with_config())
    }

    fn insert(&self, value: u64, way: usize) -> Option<usize> {
        match way % 4 {
            0 => Slab::insert(self, Number(value)),
            1 => self.try_insert(Number(value)).map_err(|full| assert_eq!(full.into_inner(), Number(value))).ok(),
            2 => {
                let vacant = self.vacant_entry()?;
                let key = vacant.key();
                vacant.insert(Number(value));
                Some(key)
            }
            _ => self.insert_with_key(|_| Number(value)),
        }
    }

    fn read(&self, key: usize) -> Option<u64> {
        self.get(key).map(|entry| entry.0)
    }

    fn remove(&self, key: usize) -> bool {
        Slab::remove(self, key)
    }

    fn stats(&self) -> Stats {
        Slab::stats(self)
    }

    fn size(&self) -> (usize, usize) {
        (self.len(), self.capacity())
    }
}

impl Store for Arc<Pool<Number, Small>> {
    fn new() -> Self {
        Self::new(Pool::new_with_config())
    }

    fn insert(&self, value: u64, way: usize) -> Option<usize> {
        match way % 4 {
            0 => self.create_with(|number| number.0 = value),
            1 => {
                let mut created = self.create()?;
                created.0 = value;
                Some(created.key())
            }
            2 => {
                let mut created = Arc::clone(self).create_owned()?;
                created.0 = value;
                Some(created.key())
            }
            _ => self.create_with_key(|_, number| number.0 = value),
        }
    }

    fn read(&self, key: usize) -> Option<u64> {
        self.get(key).map(|entry| entry.0)
    }

    fn remove(&self, key: usize) -> bool {
        self.clear(key)
    }

    fn stats(&self) -> Stats {
        Pool::stats(self)
    }

    fn size(&self) -> (usize, usize) {
        (self.len(), self.capacity())
    }
}

/// Fills a store, removing some now and then, under a plan; returns how many allocations were refused.
fn fill<S: Store>(plan: Plan, first_way: usize) -> usize {
    let before = BALANCE.get();
    let refusals = Refusals::new(plan);
    let (store, mut entries) = (S::new(), BTreeMap::new());
    let check = |store: &S, entries: &BTreeMap<usize, u64>| {
        assert!(entries.iter().all(|(&key, &value)| store.read(key) == Some(value)), "{plan:?}");
        assert_eq!(store.size().0, entries.len(), "{plan:?}");
    };
    for value in 0..ROOM as u64 {
        let (size, stats) = (store.size(), store.stats());
        let (inserted, was_refused) = refusals.under(|| store.insert(value, first_way + value as usize));
        match inserted {
            Some(key) => assert!(entries.insert(key, value).is_none(), "{plan:?}"),
            None => {
                assert!(was_refused, "{plan:?}: there was room, and memory");
                assert_eq!((store.size(), store.stats()), (size, stats), "{plan:?}");
            }
        }
        check(&store, &entries);
        if value % 7 == 6 {
            if let Some((key, _)) = entries.pop_first() {
                assert!(refusals.under(|| store.remove(key)) == (true, false), "{plan:?}");
            }
        }
    }
    // There is memory again.
    for value in 100.. {
        let Some(key) = store.insert(value, first_way + value as usize) else { break };
        assert!(entries.insert(key, value).is_none(), "{plan:?}");
    }
    check(&store, &entries);
    assert_eq!(store.size(), (ROOM, ROOM), "{plan:?}");
    assert_eq!(store.stats().total().high_water, ROOM, "{plan:?}");
    drop((store, entries));
    assert_eq!(BALANCE.get(), before, "{plan:?}: memory that nobody gives back");
    refusals.count()
}

fn each_refusal<S: Store>() {
    // The thread has its number already.
    Slab::<u8>::new().insert(1).unwrap();
    for (zeroed, others) in [(true, false), (false, true), (true, true)] {
        for only in [true, false] {
            let refused_at = |first: usize| {
                // Each way of inserting is the one that needs the memory.
                (0..4).map(|way| fill::<S>(Plan { zeroed, others, first, only }, way)).min().unwrap_or(0)
            };
            let points = (0..).take_while(|&first| refused_at(first) > 0).count();
            // A table and four pages, and nothing else.
            assert_eq!(points, if zeroed { 5 } else { 0 });
        }
    }
}

fn a_slab_goes_on_after_each_refusal() {
    each_refusal::<Arc<Slab<Number, Small>>>();
}

fn a_pool_goes_on_after_each_refusal() {
    each_refusal::<Arc<Pool<Number, Small>>>();
}

/// Runs a behaviour on a thread beyond the only one that has a shard.
fn without_a_shard(behaviour: fn()) {
    Slab::<u8>::new().insert(1).unwrap();
    thread::scope(|scope| scope.spawn(behaviour).join().unwrap());
}

fn without_a_shard_a_slab_goes_on_after_each_refusal() {
    without_a_shard(each_refusal::<Arc<Slab<Number, Small>>>);
}

fn without_a_shard_a_pool_goes_on_after_each_refusal() {
    without_a_shard(each_refusal::<Arc<Pool<Number, Small>>>);
}

fn pages_that_no_memory_can_hold_are_refused() {
    struct Huge;

    impl Config for Huge {
        const MAX_THREADS: usize = 1;
        const MAX_PAGES: usize = if usize::BITS >= 64 { 40 } else { 20 };
        const INITIAL_PAGE_SIZE: usize = 1;
    }

    /// Of such values a few pages are more than an address space.
    type Giant = [u64; 1 << (usize::BITS - 16)];

    // No value could be made, but slots can be asked for.
    let slab = Slab::<Giant>::new_with_config::<Huge>();
    for _ in 0..3 {
        assert!(slab.vacant_entry().is_none());
        assert_eq!((slab.len(), slab.capacity()), (0, 0));
    }
}

/// Runs a test again in a process of its own, where no thread has ever had a number.
fn in_a_new_process(name: &str, behaviour: impl FnOnce()) {
    const CHILD: &str = "FLAGSTONE_ALLOCATOR_ALONE";

    if env::var_os(CHILD).is_some() {
        return behaviour();
    }
    let (_crate, module) = module_path!().split_once("::").unwrap();
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["--exact", &format!("{module}::alone::{name}"), "--test-threads=1", "--nocapture"]).env(CHILD, "1");
    let output = test.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Also what the process needs for all threads' numbers.
fn the_first_insertion_of_a_process_returns_without_memory() {
    in_a_new_process("the_first_insertion_of_a_process_returns_without_memory", || {
        let slab = Slab::<u64>::new();
        let insert = |zeroed| {
            let refusals = Refusals::new(Plan { zeroed, others: true, first: 0, only: false });
            refusals.under(|| slab.insert(1))
        };
        assert_eq!((insert(true), slab.capacity()), ((None, true), 0));
        // With memory for the slab alone, this is a thread without a number.
        let (Some(key), true) = insert(false) else { panic!("there was room, and something was refused") };
        assert_eq!((slab.get(key).as_deref(), slab.stats().shards()[0].number), (Some(&1), 0));
        thread::scope(|scope| {
            let insert = || {
                slab.insert(2).unwrap();
                assert_eq!(slab.stats().shards()[1].number, 1);
            };
            scope.spawn(insert).join().unwrap();
        });
    });
}

/// A number needs memory, so that giving it back needs none. Who gets none shares the overflow shard, for good.
fn threads_that_get_no_memory_for_their_numbers_share_a_shard() {
    const THREADS: usize = 64;

    in_a_new_process("threads_that_get_no_memory_for_their_numbers_share_a_shard", || {
        let slab = Slab::<u64>::new();
        slab.insert(0).unwrap();
        for _ in 0..2 {
            let barrier = Barrier::new(THREADS);
            let insert = |number: u64| {
                let refusals = Refusals::new(Plan { zeroed: false, others: true, first: 0, only: true });
                let (key, was_refused) = refusals.under(|| slab.insert(number));
                let key = key.unwrap();
                let shared = slab.stats().shards().iter().any(|shard| shard.number == 0);
                assert!(shared || !was_refused);
                barrier.wait();
                // A pin goes by guards then.
                let pin = slab.pin();
                assert_eq!(pin.get(key), Some(&number));
                assert!(slab.remove(key) && pin.get(key).is_none());
                drop(pin);
                let again = slab.insert(number).unwrap();
                assert_eq!(slab.take(again), Some(number));
                barrier.wait();
                // The end of the thread is without memory, too.
                GRANTED.set(Some(0));
                was_refused
            };
            let refused: usize = thread::scope(|scope| {
                let insert = &insert;
                let spawn = |number| scope.spawn(move || insert(number));
                let threads: Vec<_> = (0..THREADS as u64).map(spawn).collect();
                threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
            });
            assert!(refused > 0, "a number needs memory now and then");
            assert_eq!(slab.len(), 1);
            assert!(slab.stats().shards().len() <= 2 + THREADS - refused);
        }
    });
}

type Value = Arc<()>;

/// Removes entries under an own pin, of which the obligations that a plan says are refused.
fn what_a_pin_owes_without_memory_stays_and_nothing_else_does() {
    const COUNT: usize = 6;

    for only in [true, false] {
        for first in 0..=COUNT {
            let values = [(); COUNT].map(|()| Value::default());
            let mut slab = Slab::<Value>::new_with_config::<Small>();
            let keys = values.each_ref().map(|value| slab.insert(Arc::clone(value)).unwrap());
            let before = BALANCE.get();
            let refusals = Refusals::new(Plan { zeroed: true, others: true, first, only });
            let pin = slab.pin();
            for (index, &key) in keys.iter().enumerate() {
                let is_refused = index == first || index > first && !only;
                assert_eq!(refusals.under(|| slab.remove(key)), (true, is_refused));
            }
            assert_eq!(slab.len(), COUNT);
            drop(pin);
            let stays = |index: usize| index == first || index > first && !only;
            for (index, value) in values.iter().enumerate() {
                assert_eq!(Arc::strong_count(value), 1 + usize::from(stays(index)), "{index}, {first}, {only}");
            }
            let left = (0..COUNT).filter(|&index| stays(index)).count();
            assert_eq!((slab.len(), refusals.count(), BALANCE.get()), (left, left, before));
            // The slots of all others are used again, and those that stay only when all is cleared.
            let fill =
                |slab: &Slab<Value, Small>| (0..).take_while(|_| slab.insert(Value::default()).is_some()).count();
            assert_eq!(fill(&slab), ROOM - left);
            slab.clear();
            assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
            assert_eq!((fill(&slab), slab.capacity()), (ROOM, ROOM));
        }
    }
}

fn what_stays_for_want_of_memory_counts_as_live_and_keeps_its_page() {
    let value = Value::default();
    let mut slab = Slab::<Value>::new_with_config::<Small>();
    let key = slab.insert(Arc::clone(&value)).unwrap();
    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
    let pin = slab.pin();
    assert_eq!(refusals.under(|| slab.remove(key)), (true, true));
    drop(pin);
    let total = slab.stats().total();
    assert_eq!((total.live, total.high_water, total.retired, slab.len()), (1, 1, 0, 1));
    assert_eq!((slab.trim(), slab.shrink_to_fit()), (0, 0));
    assert_eq!((slab.stats().total(), Arc::strong_count(&value)), (total, 2));
    assert_eq!((slab.iter_mut().count(), slab.get_mut(key)), (0, None));
    assert_eq!(slab.drain().count(), 0, "it was removed");
    assert_eq!((slab.len(), slab.stats().total().live, Arc::strong_count(&value)), (0, 0, 1));
    slab.shrink_to_fit();
    assert_eq!(slab.stats().total().high_water, 0);
}

fn a_pool_keeps_what_a_pin_owes_without_memory() {
    for elsewhere in [false, true] {
        let mut pool = Pool::<Number>::new_with_config::<Small>();
        let keys = [1, 2].map(|value| pool.create_with(|number| number.0 = value).unwrap());
        let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
        let clear = || {
            assert_eq!(refusals.under(|| pool.clear(keys[0])), (true, true));
            assert_eq!(refusals.under(|| pool.clear(keys[1])), (true, false));
            assert!(!pool.clear(keys[0]) && pool.get(keys[0]).is_none());
        };
        let pin = pool.pin();
        let values = keys.map(|key| pin.get(key).unwrap());
        if elsewhere {
            // The thread that clears is the one that asks for memory.
            let (tell, told) = mpsc::channel();
            thread::scope(|scope| {
                let pool = &pool;
                scope.spawn(move || {
                    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: true });
                    tell.send((refusals.under(|| pool.clear(keys[0])), refusals.under(|| pool.clear(keys[1]))))
                        .unwrap();
                });
            });
            assert_eq!(told.recv().unwrap(), ((true, true), (true, false)));
        } else {
            clear();
        }
        assert_eq!((values[0].0, values[1].0, pool.len()), (1, 2, 2));
        drop(pin);
        assert_eq!(pool.len(), 1);
        pool.clear_all();
        assert_eq!(pool.len(), 0);
        let filled = (0..).take_while(|_| pool.create_with(|number| assert_eq!(number.0, 0)).is_some()).count();
        assert_eq!((filled, pool.capacity()), (ROOM, ROOM));
    }
}

fn removing_reading_and_trimming_ask_for_no_memory() {
    let refusals = Refusals::new(Plan { zeroed: true, others: true, first: 0, only: false });
    let mut slab = Slab::<Number>::new_with_config::<Small>();
    let mut pool = Pool::<Number>::new_with_config::<Small>();
    let keys: Vec<_> = (0..ROOM).map(|_| slab.insert(Number(1)).unwrap()).collect();
    let created: Vec<_> = (0..ROOM).map(|_| pool.create().unwrap().key()).collect();
    let act = || {
        for (turn, (&key, &created)) in keys.iter().zip(&created).enumerate() {
            assert!(slab.get(key).is_some() && slab.contains(key) && slab.get_exclusive(key).is_ok());
            let pin = slab.pin();
            assert!(pin.get(key).is_some() && pin.iter().count() == ROOM - turn);
            drop(pin);
            match turn % 4 {
                0 => assert!(slab.remove(key)),
                1 => assert!(slab.take(key).is_some()),
                2 => assert!(slab.try_take(key).is_some()),
                _ => assert!(slab.get(key).unwrap().remove()),
            }
            assert!(pool.get(created).is_some() && pool.clear(created));
        }
        assert_eq!((slab.len(), pool.len()), (0, 0));
        slab.retain(|_, _| true);
        slab.trim();
        pool.trim();
        // No page is missing, so this needs no memory either.
        assert!((0..ROOM).all(|_| slab.insert(Number(2)).is_some() && pool.create().is_some()));
        slab.clear();
        pool.clear_all();
        slab.shrink_to_fit() + pool.shrink_to_fit()
    };
    assert!(!refusals.under(act).1);
}
