//! Walkers read directories and insert what they find.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crossbeam_channel::Sender;

use crate::crawl::Crawl;
use crate::item::{Item, Kind};
use crate::queue::{NO_KEY, Unread};
use crate::tally::Tally;

/// A thread that reads directories.
pub(crate) struct Walker<'a> {
    crawl: &'a Crawl,
    files: Sender<usize>,
    /// Directories for which the slab had no room: this walker reads them itself.
    refused: Vec<PathBuf>,
    tally: Tally,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(crawl: &'a Crawl, files: Sender<usize>) -> Self {
        Self { crawl, files, refused: Vec::new(), tally: Tally::default() }
    }

    /// Reads directories until all have been read. Stores the current one's key in `reading`, for
    /// the monitor.
    pub(crate) fn run(mut self, reading: &AtomicUsize) -> Tally {
        while let Some((key, unread)) = self.crawl.directories.receive() {
            // Ordering: Relaxed - publishes only a number. `get` decides whether it is still a key,
            // and makes the entry visible.
            reading.store(key, Relaxed);
            self.read_entry(key, &unread);
            reading.store(NO_KEY, Relaxed);
        }
        self.tally
    }

    /// Passes the root on to the other walkers.
    pub(crate) fn start(mut self, root: Item, unread: Unread<'_>) -> Tally {
        self.pass_on(root, &unread);
        self.read_refused(&unread);
        self.tally
    }

    /// Reads a directory while holding a guard of its entry, then removes the entry.
    fn read_entry(&mut self, key: usize, unread: &Unread<'_>) {
        let entry = self.crawl.register.get(key).expect("only this thread removes it");
        self.read(&entry.path, unread);
        drop(entry);
        self.crawl.register.remove(key);
        self.read_refused(unread);
    }

    fn read_refused(&mut self, unread: &Unread<'_>) {
        while let Some(directory) = self.refused.pop() {
            self.read(&directory, unread);
        }
    }

    fn read(&mut self, directory: &Path, unread: &Unread<'_>) {
        let crawl = self.crawl;
        self.tally.directory();
        match Item::list(directory, &crawl.skip) {
            Ok(children) => children.for_each(|child| match child {
                Ok(item) => self.pass_on(item, unread),
                Err(problem) => self.tally.problem(problem),
            }),
            Err(problem) => self.tally.problem(problem),
        }
    }

    /// Inserts an item and sends its key to the threads that process its kind.
    fn pass_on(&mut self, item: Item, unread: &Unread<'_>) {
        let kind = item.kind;
        match (self.crawl.register.insert(item), kind) {
            (Ok(key), Kind::Directory) => self.crawl.directories.send(key, unread),
            (Ok(key), Kind::File) => self.send_file(key),
            (Err(item), Kind::Directory) => self.refused.push(item.path),
            (Err(item), Kind::File) => self.tally.file(&item.path),
        }
    }

    /// Sends the key of a file. Blocks while too many files wait.
    fn send_file(&self, key: usize) {
        // An error means that every sizer panicked: the main thread finds out when it joins them.
        let _ = self.files.send(key);
    }
}
