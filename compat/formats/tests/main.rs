//! Typed keys in JSON, which people read, and in postcard, which they do not.

use std::collections::HashMap;

use flagstone::{
    keyed::{self, Key, KeyData},
    new_key_type,
};
use serde::{Deserialize, Serialize};

new_key_type! {
    struct FileKey;
}

const LAST: u64 = usize::MAX as u64 - 1;

fn key(bits: u64) -> FileKey {
    FileKey::from_bits(bits).unwrap()
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Record {
    file: FileKey,
    parent: Option<FileKey>,
    names: HashMap<FileKey, String>,
    any: KeyData,
}

fn record() -> Record {
    let slab: keyed::Slab<FileKey, u8> = keyed::Slab::with_key();
    let (file, parent) = (slab.insert(1).unwrap(), slab.insert(2));
    assert!(slab.remove(file));
    let file = slab.insert(3).unwrap(); // with a generation
    Record { file, parent, names: HashMap::from([(file, "name".to_owned())]), any: KeyData::from_bits(LAST).unwrap() }
}

#[test]
fn keys_come_back_from_json() {
    for bits in [1, 31, 1 << 31, LAST] {
        let text = serde_json::to_string(&key(bits)).unwrap();
        assert_eq!(text, format!("\"{bits:#x}\""));
        assert_eq!(serde_json::from_str::<FileKey>(&text).unwrap(), key(bits));
        assert_eq!(serde_json::from_str::<FileKey>(&bits.to_string()).unwrap(), key(bits), "a number is accepted");
        assert_eq!(serde_json::from_str::<FileKey>(&format!("\"{bits}\"")).unwrap(), key(bits));
    }
    let record = record();
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    // By way of `Value`, in which strings are owned and numbers may be signed.
    let value = serde_json::to_value(&record).unwrap();
    assert_eq!(serde_json::from_value::<Record>(value).unwrap(), record);
    assert_eq!(serde_json::from_value::<FileKey>(serde_json::json!(7_i64)).unwrap(), key(7));
    assert_eq!(serde_json::from_str::<Option<FileKey>>("null").unwrap(), None);
}

#[test]
fn keys_come_back_from_postcard() {
    for bits in [1, 127, 128, 1 << 31, LAST] {
        let bytes = postcard::to_allocvec(&key(bits)).unwrap();
        assert_eq!(bytes, postcard::to_allocvec(&bits).unwrap(), "as a u64");
        assert_eq!(postcard::from_bytes::<FileKey>(&bytes).unwrap().to_raw() as u64, bits);
    }
    let record = record();
    assert_eq!(postcard::from_bytes::<Record>(&postcard::to_allocvec(&record).unwrap()).unwrap(), record);
}

/// Asserts that JSON is refused, with an error that says why.
#[track_caller]
fn assert_refused(text: &str, reason: &str) {
    let error = serde_json::from_str::<FileKey>(text).unwrap_err().to_string();
    assert!(error.contains(reason), "{text}: {error}");
}

#[test]
fn what_is_not_a_key_is_refused_with_the_reason() {
    assert_refused("0", "0 is never a key");
    assert_refused("\"0x0\"", "0 is never a key");
    assert_refused(&u64::MAX.to_string(), "keys are numbers below");
    assert_refused("\"0xffffffffffffffff\"", "keys are numbers below");
    assert_refused("\"0x10000000000000000\"", "keys are numbers below");
    assert_refused("\"\"", "a key is `0x` and hexadecimal digits, or decimal digits");
    assert_refused("\"1f\"", "a key is `0x` and hexadecimal digits, or decimal digits");
    for text in ["-1", "1.5", "null", "true", "[1]", "{}"] {
        assert_refused(text, "expected a key: a number, or a string with `0x` and hexadecimal digits");
    }
    for bits in [0, u64::MAX] {
        assert!(postcard::from_bytes::<FileKey>(&postcard::to_allocvec(&bits).unwrap()).is_err());
    }
    assert!(postcard::from_bytes::<FileKey>(&[]).is_err());
}
