//! Handles for C, of two kinds: `handles.h` has the interface, `main.c` uses it.
//!
//! Both slabs hand out the same numbers. The highest bit of a handle says which kind it is: keys leave it free, since
//! the configuration reserves it. The types of keys see to it that no function looks in the wrong slab.

#![allow(unsafe_code, reason = "C calls it")]
#![allow(missing_docs, reason = "the header has the documentation")]

use std::{
    ffi::{CStr, c_char, c_int},
    sync::atomic::{AtomicUsize, Ordering},
};

use flagstone::{Config, keyed, new_key_type};

new_key_type! {
    struct DocumentKey;
    struct CursorKey;
}

struct Tagged;

impl Config for Tagged {
    const RESERVED_BITS: usize = 1;
}

struct Cursor {
    document: DocumentKey,
    position: AtomicUsize,
}

static DOCUMENTS: keyed::Slab<DocumentKey, String, Tagged> = keyed::Slab::with_key();
static CURSORS: keyed::Slab<CursorKey, Cursor, Tagged> = keyed::Slab::with_key();

/// Set in the handles of cursors.
const CURSOR: u64 = 1 << 63;

fn document(handle: u64) -> Option<DocumentKey> {
    if handle & CURSOR == 0 { DocumentKey::from_bits(handle) } else { None }
}

fn cursor(handle: u64) -> Option<CursorKey> {
    if handle & CURSOR != 0 { CursorKey::from_bits(handle & !CURSOR) } else { None }
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
    text.and_then(|text| DOCUMENTS.insert(text.to_owned())).map_or(0, DocumentKey::to_bits)
}

#[unsafe(no_mangle)]
pub extern "C" fn document_close(handle: u64) -> c_int {
    status(document(handle).is_some_and(|key| DOCUMENTS.remove(key)))
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_open(handle: u64) -> u64 {
    let document = document(handle).filter(|&key| DOCUMENTS.contains(key));
    let key = document.and_then(|document| CURSORS.insert(Cursor { document, position: AtomicUsize::new(0) }));
    key.map_or(0, |key| key.to_bits() | CURSOR)
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_next(handle: u64) -> c_int {
    let Some(cursor) = cursor(handle).and_then(|key| CURSORS.get(key)) else { return -2 };
    let Some(text) = DOCUMENTS.get(cursor.document) else { return -1 };
    let position = cursor.position.fetch_add(1, Ordering::Relaxed);
    text.as_bytes().get(position).map_or(-1, |&byte| byte.into())
}

#[unsafe(no_mangle)]
pub extern "C" fn cursor_close(handle: u64) -> c_int {
    status(cursor(handle).is_some_and(|key| CURSORS.remove(key)))
}
