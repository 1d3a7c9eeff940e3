//! The list of items to read. A separate thread makes it, because directories and standard input can be slow.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crate::item::{Content, Item};
use crate::mailbox::{Gone, Receiver, Sender, mailbox};

/// How many items may wait. When this many wait, the list blocks.
const WAITING: usize = 16;

/// Longer than any name. The rest of a longer one counts as the next item, so that memory is bounded.
const LONGEST: u64 = 1024 * 1024;

/// Where items come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, or all files below a directory.
    Path(PathBuf),
    /// Likewise for each name on standard input.
    Names { end: u8 },
    /// The lines of standard input themselves.
    Lines { end: u8 },
}

/// The thread that makes the list.
#[derive(Debug)]
pub(crate) struct List {
    thread: JoinHandle<Vec<Arc<Item>>>,
}

impl List {
    /// Starts the thread, which keeps a copy of the list if `keep` is set.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(crate) fn start(sources: Vec<Source>, keep: bool) -> io::Result<(Self, Receiver<Arc<Item>>)> {
        let (sender, receiver) = mailbox(WAITING);
        let mut writer = Writer { items: sender, number: 0, kept: keep.then(Vec::new) };
        let thread = Builder::new().name("list".to_owned()).spawn(move || {
            let _gone = sources.into_iter().try_for_each(|source| writer.source(source));
            writer.kept.unwrap_or_default()
        })?;
        Ok((Self { thread }, receiver))
    }

    /// Waits for the thread to end, and returns the copy.
    ///
    /// # Errors
    ///
    /// If it panicked.
    pub(crate) fn finish(self) -> io::Result<Vec<Arc<Item>>> {
        self.thread.join().map_err(|_panic| io::Error::other("the list's thread has panicked: this is a bug"))
    }
}

struct Writer {
    items: Sender<Arc<Item>>,
    number: u64,
    kept: Option<Vec<Arc<Item>>>,
}

impl Writer {
    fn source(&mut self, source: Source) -> Result<(), Gone> {
        match source {
            Source::Path(path) => self.path(path),
            Source::Names { end } => self.names(io::stdin().lock(), end),
            Source::Lines { end } => self.lines(io::stdin().lock(), end),
        }
    }

    fn names(&mut self, input: impl BufRead, end: u8) -> Result<(), Gone> {
        self.pieces(input, end, |writer, name| if name.is_empty() { Ok(()) } else { writer.path(path(name)) })
    }

    fn lines(&mut self, input: impl BufRead, end: u8) -> Result<(), Gone> {
        self.pieces(input, end, |writer, line| writer.item(Content::Line(line)))
    }

    /// Calls `each` with each piece that ends with this byte, without the byte, and with the rest of the input.
    fn pieces(
        &mut self,
        mut input: impl BufRead,
        end: u8,
        mut each: impl FnMut(&mut Self, Vec<u8>) -> Result<(), Gone>,
    ) -> Result<(), Gone> {
        loop {
            let mut piece = Vec::new();
            match input.by_ref().take(LONGEST).read_until(end, &mut piece) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    if piece.last() == Some(&end) {
                        piece.pop();
                    }
                    each(self, piece)?;
                }
                Err(error) => return self.missing(Path::new("-"), format!("cannot read standard input: {error}")),
            }
        }
    }

    /// Lists a file, or the files below a directory. A symbolic link is followed if it was named, but not inside a
    /// directory.
    fn path(&mut self, path: PathBuf) -> Result<(), Gone> {
        if !path.is_dir() {
            return self.item(Content::File(path)); // if it does not exist, reading it fails
        }
        let mut directories = vec![path];
        while let Some(directory) = directories.pop() {
            self.directory(&directory, &mut directories)?;
        }
        Ok(())
    }

    fn directory(&mut self, directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Gone> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return self.missing(directory, format!("cannot read the directory: {error}")),
        };
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_type()?, entry.path()))) {
                Ok((kind, path)) if kind.is_dir() => found.push(path),
                Ok((kind, path)) if kind.is_file() => self.item(Content::File(path))?,
                Ok(_) => {}
                Err(error) => self.missing(directory, format!("cannot read the whole directory: {error}"))?,
            }
        }
        Ok(())
    }

    fn missing(&mut self, path: &Path, reason: String) -> Result<(), Gone> {
        self.item(Content::Missing(path.to_owned(), reason))
    }

    fn item(&mut self, content: Content) -> Result<(), Gone> {
        self.number += 1;
        let item = Arc::new(Item { number: self.number, content });
        if let Some(kept) = &mut self.kept {
            kept.push(Arc::clone(&item));
        }
        self.items.send(item).map(drop)
    }
}

#[cfg(unix)]
fn path(name: Vec<u8>) -> PathBuf {
    <OsString as std::os::unix::ffi::OsStringExt>::from_vec(name).into()
}

/// On systems where names are text, bytes that are not text name no file, and reading it fails.
#[cfg(not(unix))]
fn path(name: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&name).into_owned()).into()
}
