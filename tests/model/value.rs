//! Values that are told apart, and whose making, clearing and end are counted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use flagstone::Clear;

use super::call::Call;

/// Which values are alive, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    made: u64,
    /// Those among them that [`Value::of_init`] made.
    of_init: u64,
    clears: u64,
    /// Where the living values have their memory.
    alive: HashMap<u64, [usize; 2]>,
    /// Ends of values that were not alive: a value dropped twice, or what never was one.
    false_ends: usize,
    /// The next call of `Default` panics.
    is_armed: bool,
    /// Curses have no effect any more.
    is_lifted: bool,
}

/// The ledger of the values that [`Default`] makes: that of the case which runs.
static CURRENT: Mutex<Option<Arc<Ledger>>> = Mutex::new(None);

/// Which calls on a value panic. It outlasts clearing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Curse {
    pub(crate) clear: bool,
    pub(crate) drop: bool,
}

/// A value with an identity, on the heap, so that an early end is a use after free for the sanitizers too.
#[derive(Debug)]
pub(crate) struct Value {
    id: Box<u64>,
    /// At most one number, and room for it, which clearing keeps.
    written: Vec<u64>,
    curse: Curse,
    ledger: Arc<Ledger>,
}

impl Ledger {
    /// A new one, from which all values come from now on.
    pub(crate) fn open() -> Arc<Self> {
        let ledger = Arc::new(Self::default());
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&ledger));
        ledger
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many values were made, how often a value was cleared, and how many are alive. Fails if one has ended twice.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        let book = self.book();
        assert_eq!(book.false_ends, 0, "a value ended twice");
        (book.made, book.clears, book.alive.len())
    }

    /// How many values [`Value::of_init`] made.
    pub(crate) fn of_init(&self) -> u64 {
        self.book().of_init
    }

    pub(crate) fn is_alive(&self, id: u64) -> bool {
        self.book().alive.contains_key(&id)
    }

    /// Makes the next call of `Default` panic, or does not, if there was none.
    pub(crate) fn arm(&self, is_armed: bool) {
        self.book().is_armed = is_armed;
    }

    /// Ends all curses, since a case has failed: a destructor that panics then would end the process.
    pub(crate) fn lift_curses(&self) {
        self.book().is_lifted = true;
    }
}

impl Value {
    /// One that a pool makes which was given this function, instead of [`Default`].
    pub(crate) fn of_init() -> Self {
        let value = Self::default();
        value.ledger.book().of_init += 1;
        value
    }

    /// Its number, by which it is told from all others. Fails if its memory is not where it was when it was made.
    pub(crate) fn id(&self) -> u64 {
        let id = *self.id;
        assert_eq!(self.ledger.book().alive.get(&id), Some(&self.memory()), "value {id} is not what it was");
        id
    }

    fn memory(&self) -> [usize; 2] {
        [(&raw const *self.id).addr(), self.written.as_ptr().addr()]
    }

    /// What was written since it was made or cleared.
    pub(crate) fn written(&self) -> Option<u64> {
        self.written.last().copied()
    }

    pub(crate) fn write(&mut self, number: u64, curse: Curse) {
        self.written.clear();
        self.written.push(number);
        self.curse = curse;
    }

    /// Its number and what was written, when a caller has taken it out of a store and drops it.
    pub(crate) fn into_parts(mut self) -> (u64, Option<u64>) {
        self.curse = Curse::default();
        (self.id(), self.written())
    }

    fn suffers(&self, from: bool) -> bool {
        from && !self.ledger.book().is_lifted
    }
}

impl Default for Value {
    fn default() -> Self {
        let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ledger = current.expect("a case has opened one");
        let mut book = ledger.book();
        if book.is_armed {
            book.is_armed = false;
            drop(book);
            Call::Default.panic();
        }
        book.made += 1;
        let id = book.made;
        drop(book);
        let value = Self { id: Box::new(id), written: Vec::with_capacity(1), curse: Curse::default(), ledger };
        value.ledger.book().alive.insert(id, value.memory());
        value
    }
}

impl Clear for Value {
    fn clear(&mut self) {
        self.ledger.book().clears += 1;
        if self.suffers(self.curse.clear) {
            Call::Clear.panic();
        }
        self.written.clear();
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let was_alive = self.ledger.book().alive.remove(&self.id).is_some();
        if !was_alive {
            // No failure in a destructor: the next look finds it.
            self.ledger.book().false_ends += 1;
        }
        if self.suffers(self.curse.drop) {
            Call::Drop.panic();
        }
    }
}
