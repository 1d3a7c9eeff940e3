//! Sizers take files out of the slab and query their metadata.

use crossbeam_channel::Receiver;

use crate::register::Register;
use crate::tally::Tally;

/// Sizes files until no walker is left to find more.
pub(crate) fn run(register: &Register, files: &Receiver<usize>) -> Tally {
    let mut tally = Tally::default();
    for key in files {
        let item = register.take(key).expect("the key was sent to this thread alone");
        tally.file(&item.path);
    }
    tally
}
