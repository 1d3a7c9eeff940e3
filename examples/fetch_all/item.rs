//! What is to be read.

use std::borrow::Cow;
use std::fs::File;
use std::path::PathBuf;

use crate::digest::Digest;

/// One thing on the list. The same name may be there twice: what tells items apart is their number.
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
    /// Nowhere: a directory, or the list itself, that could not be read, and why.
    Missing(PathBuf, String),
}

/// What came of an item, or why nothing did.
pub(crate) type Outcome = Result<Digest, String>;

impl Item {
    /// Reads the item, so many bytes at a time. Blocks.
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
