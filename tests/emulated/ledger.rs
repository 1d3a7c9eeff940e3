//! Values that are counted, and that know whether they live.

use std::sync::{
    Arc, LazyLock, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use flagstone::Slab;

const ALIVE: u64 = 0xA11E_A11E_A11E_A11E;

static MADE: AtomicUsize = AtomicUsize::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// The slab of all tests here.
pub(crate) static SLAB: LazyLock<Arc<Slab<Value>>> = LazyLock::new(Arc::default);

/// A value in its own allocation, so that AddressSanitizer detects reads after its end.
pub(crate) struct Value(Box<u64>);

impl Value {
    pub(crate) fn new() -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        Self(Box::new(ALIVE))
    }

    pub(crate) fn look(&self) {
        assert_eq!(*self.0, ALIVE, "a value is seen after its end");
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.look();
        *self.0 = 0;
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs a test while no other one runs: thread numbers belong to the process. At its end the slab is empty, and every
/// value has been dropped once.
pub(crate) fn alone(behaviour: impl FnOnce()) {
    static ALONE: Mutex<()> = Mutex::new(());

    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    behaviour();
    assert!(SLAB.is_empty());
    assert_eq!(DROPPED.load(Ordering::Relaxed), MADE.load(Ordering::Relaxed));
}
