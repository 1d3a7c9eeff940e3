//! The same on locked `slab`s: a handle is an index and a number of one's own that tells its users apart, packed and
//! compared by hand. The number has 31 bits: a handle that is old enough finds another document.

#![allow(unsafe_code, reason = "C calls it")]
#![allow(missing_docs, reason = "the header has the documentation")]

use std::{
    ffi::{CStr, c_char, c_int},
    sync::Mutex,
};

use slab::Slab;

#[derive(Clone, Copy, PartialEq)]
struct Key {
    index: usize,
    generation: u32,
}

struct Cursor {
    document: Key,
    position: usize,
}

struct Table<T> {
    entries: Slab<(u32, T)>,
    generation: u32,
}

impl<T> Table<T> {
    const fn new() -> Self {
        Self { entries: Slab::new(), generation: 0 }
    }

    fn insert(&mut self, value: T) -> Option<Key> {
        self.generation = self.generation % 0x7fff_ffff + 1;
        let index = self.entries.vacant_key();
        u32::try_from(index).ok()?;
        self.entries.insert((self.generation, value));
        Some(Key { index, generation: self.generation })
    }

    fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.entries.get_mut(key.index).filter(|entry| entry.0 == key.generation).map(|entry| &mut entry.1)
    }

    fn remove(&mut self, key: Key) -> Option<T> {
        self.get_mut(key)?;
        Some(self.entries.remove(key.index).1)
    }
}

static DOCUMENTS: Mutex<Table<String>> = Mutex::new(Table::new());
static CURSORS: Mutex<Table<Cursor>> = Mutex::new(Table::new());

const CURSOR: u64 = 1 << 63;

fn to_handle(key: Key) -> u64 {
    u64::from(key.generation) << 32 | key.index as u64
}

fn to_key(handle: u64) -> Key {
    Key { index: (handle & 0xffff_ffff) as usize, generation: (handle >> 32 & 0x7fff_ffff) as u32 }
}

fn document(handle: u64) -> Option<Key> {
    if handle & CURSOR == 0 { Some(to_key(handle)) } else { None }
}

fn cursor(handle: u64) -> Option<Key> {
    if handle & CURSOR != 0 { Some(to_key(handle)) } else { None }
}

fn status(done: bool) -> c_int {
    if done { 0 } else { -1 }
}

/// # Safety
///
/// `text` is null, or a string that ends with 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn document_open(text: *const c_char) -> u64 {
    if text.is_null() {
        return 0;
    }
    // SAFETY: as of this function.
    let text = unsafe { CStr::from_ptr(text) }.to_str().ok();
    text.and_then(|text| DOCUMENTS.lock().unwrap().insert(text.to_owned())).map_or(0, to_handle)
}

#[unsafe(no_mangle)]
pub extern "C" fn document_close(handle: u64) -> c_int {
    let removed = document(handle).and_then(|key| DOCUMENTS.lock().unwrap().remove(key));
    status(removed.is_some())
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_open(handle: u64) -> u64 {
    let document = document(handle).filter(|&key| DOCUMENTS.lock().unwrap().get_mut(key).is_some());
    let key = document.and_then(|document| CURSORS.lock().unwrap().insert(Cursor { document, position: 0 }));
    key.map_or(0, |key| to_handle(key) | CURSOR)
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_next(handle: u64) -> c_int {
    let mut cursors = CURSORS.lock().unwrap();
    let Some(cursor) = cursor(handle).and_then(|key| cursors.get_mut(key)) else { return -2 };
    let mut documents = DOCUMENTS.lock().unwrap();
    let Some(text) = documents.get_mut(cursor.document) else { return -1 };
    let byte = text.as_bytes().get(cursor.position).map_or(-1, |&byte| byte.into());
    cursor.position += 1;
    byte
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_close(handle: u64) -> c_int {
    let removed = cursor(handle).and_then(|key| CURSORS.lock().unwrap().remove(key));
    status(removed.is_some())
}
