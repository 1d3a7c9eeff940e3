//! Sizers take files out of the slab and ask the file system about them.

use crossbeam_channel::Receiver;

use crate::register::Register;
use crate::tally::Tally;

/// Sizes files until there is no walker left to find any.
pub(crate) fn run(register: &Register, files: &Receiver<usize>) -> Tally {
    let mut tally = Tally::default();
    for key in files {
        let item = register.take(key).expect("the key was sent to this thread alone");
        tally.file(&item.path);
    }
    tally
}
