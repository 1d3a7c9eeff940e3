//! An item to be read.

use std::borrow::Cow;
use std::fs::File;
use std::path::PathBuf;

use crate::digest::Digest;

/// One entry of the list. The same name may occur twice: items are distinguished by their number.
#[derive(Debug)]
pub(crate) struct Item {
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) content: Content,
}

/// Where an item's bytes are.
#[derive(Debug)]
pub(crate) enum Content {
    File(PathBuf),
    Line(Vec<u8>),
    /// A directory, or the list itself, that could not be read, and the reason.
    Missing(PathBuf, String),
}

/// The digest of an item, or the reason why it could not be read.
pub(crate) type Outcome = Result<Digest, String>;

impl Item {
    /// Reads the item in pieces of `chunk` bytes. Blocks.
    pub(crate) fn read(&self, chunk: usize) -> Outcome {
        let digest = match &self.content {
            Content::File(path) => File::open(path).and_then(|file| Digest::of(file, chunk)),
            Content::Line(line) => Digest::of(&line[..], chunk),
            Content::Missing(_, reason) => return Err(reason.clone()),
        };
        digest.map_err(|error| error.to_string())
    }

    pub(crate) fn name(&self) -> Cow<'_, str> {
        match &self.content {
            Content::File(path) | Content::Missing(path, _) => path.to_string_lossy(),
            Content::Line(_) => format!("line {}", self.number).into(),
        }
    }
}
