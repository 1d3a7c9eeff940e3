//! What a crawl finds: the value of every entry.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// A directory that is to be read, or a file that is to be sized.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
}

/// Which threads process an item.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The walkers.
    Directory,
    /// The sizers: everything that is not a directory, including symbolic links and devices.
    File,
}

/// A path, and the reason why it could not be read.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    path: PathBuf,
    reason: String,
}

impl Item {
    /// Returns the root of a tree. Only the root is followed if it is a symbolic link.
    ///
    /// # Errors
    ///
    /// If it does not exist or is a directory that cannot be read.
    pub(crate) fn root(path: &Path) -> Result<Self, Problem> {
        let problem = |error| Problem::new(path, &error);
        let resolved = if path.is_symlink() {
            path.canonicalize().map_err(|error| Problem::of_link(path, &error))?
        } else {
            path.to_owned()
        };
        let is_directory = fs::metadata(&resolved).map_err(problem)?.is_dir();
        if is_directory {
            fs::read_dir(&resolved).map_err(problem)?;
        }
        Ok(Self::new(resolved, is_directory))
    }

    /// Lists a directory, without what has one of the names in `skip`.
    ///
    /// # Errors
    ///
    /// If it cannot be opened. Its items have errors of their own.
    pub(crate) fn list(
        directory: &Path,
        skip: &[OsString],
    ) -> Result<impl Iterator<Item = Result<Self, Problem>>, Problem> {
        let problem = |error| Problem::new(directory, &error);
        let is_skipped = move |child: &DirEntry| skip.iter().any(|name| *name == child.file_name());
        let children = fs::read_dir(directory).map_err(problem)?;
        let children = children.filter(move |child| !child.as_ref().is_ok_and(is_skipped));
        Ok(children.map(move |child| Self::from_child(child.map_err(problem)?)))
    }

    fn from_child(child: DirEntry) -> Result<Self, Problem> {
        match child.file_type() {
            Ok(file_type) => Ok(Self::new(child.path(), file_type.is_dir())),
            Err(error) => Err(Problem::new(&child.path(), &error)),
        }
    }

    fn new(path: PathBuf, is_directory: bool) -> Self {
        let kind = if is_directory { Kind::Directory } else { Kind::File };
        Self { kind, path }
    }
}

impl Problem {
    pub(crate) fn new(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), reason: error.to_string() }
    }

    fn of_link(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), reason: format!("a symbolic link that cannot be followed: {error}") }
    }
}

impl fmt::Display for Problem {
    /// Quotes the path, so that line breaks and escape sequences in a name do no harm.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.path, self.reason)
    }
}
