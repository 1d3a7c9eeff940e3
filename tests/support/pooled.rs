//! Values for pools: every making, clearing and drop of them is counted, and any of these panics on demand.

use std::{
    cell::Cell,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

#[cfg(not(flagstone_published))]
use flagstone::Clear;
#[cfg(flagstone_published)]
use sharded_slab::Clear;

/// A call into user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `Default::default`.
    Make,
    Clear,
    Drop,
    /// A closure, which says so with [`Workshop::call`].
    Closure,
    /// `Debug::fmt`, `PartialEq::eq`.
    Look,
}

/// Where the [`Pooled`] values of a thread come from. Checks when it is dropped that each was dropped exactly once.
///
/// Declare it before the pool, so that it is dropped after it.
pub(crate) struct Workshop {
    number: usize,
    book: Arc<Book>,
    previous: usize,
}

#[derive(Default)]
struct Book {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// Of each value that was made, how often it was dropped.
    drops: Vec<u32>,
    clears: usize,
    calls: usize,
    /// Which calls are to panic, by their number.
    panics_at: Vec<usize>,
    /// The next call of these kinds is to panic.
    armed: Vec<Call>,
    panicked: Vec<Call>,
}

/// What calls panic with that are to panic.
#[derive(Debug)]
pub(crate) struct Planned(pub(crate) Call);

/// Runs something. A planned panic is returned, any other goes on.
pub(crate) fn attempt<R>(behaviour: impl FnOnce() -> R) -> Result<R, Planned> {
    planned(panic::catch_unwind(AssertUnwindSafe(behaviour)))
}

/// What came of a thread, say. A planned panic is returned, any other goes on.
pub(crate) fn planned<R>(outcome: thread::Result<R>) -> Result<R, Planned> {
    outcome.map_err(|panic| match panic.downcast::<Planned>() {
        Ok(planned) => *planned,
        Err(panic) => panic::resume_unwind(panic),
    })
}

const NOWHERE: usize = usize::MAX;

/// All books, found by number: a thread-local that is a number needs no destructor, so values can be made at the very
/// end of a thread.
static BOOKS: Mutex<Vec<Arc<Book>>> = Mutex::new(Vec::new());

thread_local!(static CURRENT: Cell<usize> = const { Cell::new(NOWHERE) });

impl Workshop {
    /// Returns a new one, from which the values come that this thread makes from now on.
    pub(crate) fn new() -> Self {
        let book = Arc::new(Book::default());
        let mut books = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        let number = books.len();
        books.push(Arc::clone(&book));
        Self { number, book, previous: CURRENT.replace(number) }
    }

    /// Makes it that of the current thread too.
    pub(crate) fn open_here(&self) {
        CURRENT.set(self.number);
    }

    fn entries(&self) -> impl std::ops::DerefMut<Target = Entries> + '_ {
        self.book.entries()
    }

    /// How many values have been made so far.
    pub(crate) fn made(&self) -> usize {
        self.entries().drops.len()
    }

    /// How often a value was cleared.
    pub(crate) fn cleared(&self) -> usize {
        self.entries().clears
    }

    /// How many values have been dropped so far.
    pub(crate) fn dropped(&self) -> usize {
        self.entries().drops.iter().map(|&drops| drops as usize).sum()
    }

    /// How many calls into user code there were.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn calls(&self) -> usize {
        self.entries().calls
    }

    /// Makes the calls of these numbers panic.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn panic_at(&self, calls: &[usize]) {
        self.entries().panics_at = calls.to_vec();
    }

    /// Makes the next call of each of these kinds panic.
    pub(crate) fn arm(&self, calls: &[Call]) {
        self.entries().armed = calls.to_vec();
    }

    /// How many calls of this kind have panicked.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn panicked(&self, call: Call) -> usize {
        self.entries().panicked.iter().filter(|&&panicked| panicked == call).count()
    }

    /// Returns a new value. This does not count as a call: only the test makes it.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn value(&self, text: &str) -> Pooled {
        let mut value = Pooled::of(Arc::clone(&self.book));
        value.write(text);
        value
    }

    /// To be called by closures: counts, and panics if it is their turn.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn call(&self) {
        self.book.call(Call::Closure);
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        CURRENT.set(self.previous);
        if thread::panicking() {
            return;
        }
        for (id, &drops) in self.entries().drops.iter().enumerate() {
            assert_eq!(drops, 1, "value {id} was dropped {drops} times");
        }
    }
}

impl Book {
    fn entries(&self) -> impl std::ops::DerefMut<Target = Entries> + '_ {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current thread's.
    fn current() -> Arc<Self> {
        let books = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(books.get(CURRENT.get()).expect("the thread has a workshop"))
    }

    fn call(&self, call: Call) {
        let mut entries = self.entries();
        let number = entries.calls;
        entries.calls += 1;
        let armed = entries.armed.iter().position(|&armed| armed == call);
        if let Some(index) = armed {
            entries.armed.swap_remove(index);
        }
        if armed.is_some() || entries.panics_at.contains(&number) {
            entries.panicked.push(call);
            drop(entries);
            // No `panic!`, because its message would be printed thousands of times.
            panic::resume_unwind(Box::new(Planned(call)));
        }
    }
}

const ALIVE: usize = 0x5ca1_ab1e;
const DEAD: usize = 0xdead;

/// A value of a [`Workshop`]. It owns a text, whose memory it keeps when it is cleared.
pub(crate) struct Pooled {
    /// On the heap, so that a second drop is a double free too.
    id: Box<usize>,
    canary: usize,
    text: String,
    book: Arc<Book>,
}

impl Pooled {
    fn of(book: Arc<Book>) -> Self {
        let id = {
            let mut entries = book.entries();
            entries.drops.push(0);
            entries.drops.len() - 1
        };
        Self { id: Box::new(id), canary: id ^ ALIVE, text: String::new(), book }
    }

    /// Returns the number of the value; panics if it is no living value.
    pub(crate) fn id(&self) -> usize {
        assert_eq!(self.canary, *self.id ^ ALIVE, "the value is not alive");
        *self.id
    }

    pub(crate) fn text(&self) -> &str {
        self.id();
        &self.text
    }

    /// Writes into a value that has not been written since it was made or cleared.
    pub(crate) fn write(&mut self, text: &str) {
        assert_eq!(self.text(), "", "value {} was not cleared", self.id());
        self.text.push_str(text);
    }

    /// Where the memory is that the value owns.
    #[cfg_attr(flagstone_published, expect(dead_code, reason = "no fault needs it"))]
    pub(crate) fn memory(&self) -> (usize, usize) {
        (self.text.as_ptr().addr(), self.text.capacity())
    }
}

impl Default for Pooled {
    fn default() -> Self {
        let book = Book::current();
        book.call(Call::Make);
        Self::of(book)
    }
}

impl Clear for Pooled {
    fn clear(&mut self) {
        self.id();
        // First, so that a panic leaves the text.
        self.book.call(Call::Clear);
        self.text.clear();
        self.book.entries().clears += 1;
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let id = self.id();
        self.canary = DEAD;
        self.book.entries().drops[id] += 1;
        self.book.call(Call::Drop);
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.book.call(Call::Look);
        write!(formatter, "Pooled({}, {:?})", self.id(), self.text)
    }
}

impl PartialEq for Pooled {
    fn eq(&self, other: &Self) -> bool {
        self.book.call(Call::Look);
        self.text() == other.text()
    }
}
