use std::ffi::OsString;
use std::path::Path;

use super::Item;

/// The names of what is listed in the folder of the example `registry`.
fn names(skip: &[&str]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry");
    let skip: Vec<OsString> = skip.iter().map(OsString::from).collect();
    let items = Item::list(&folder, &skip).unwrap();
    items.map(|item| item.unwrap().path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn names_that_are_skipped_are_not_listed() {
    let has = |names: &[String], name: &str| names.iter().any(|listed| listed == name);
    let all = names(&[]);
    assert!(has(&all, "table") && has(&all, "table.rs") && has(&all, "main.rs"));
    let some = names(&["main.rs", "table", "tabl"]);
    assert!(!has(&some, "table") && has(&some, "table.rs") && !has(&some, "main.rs"));
    assert_eq!(some.len(), all.len() - 2);
}
