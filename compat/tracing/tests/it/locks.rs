//! Only the patch differs between the two packages.

use std::collections::BTreeSet;

/// Returns the names and versions of all packages of a lock file except those that differ on purpose.
fn packages(lock: &str) -> BTreeSet<(&str, &str)> {
    lock.split("[[package]]")
        .skip(1)
        .map(|package| (quoted(package, "name = "), quoted(package, "version = ")))
        .filter(|(name, _)| !["flagstone", "traced", "traced-published"].contains(name))
        .collect()
}

/// Returns the text in quotes after that word.
fn quoted<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(word)).unwrap();
    line.trim_matches('"')
}

#[test]
fn both_lock_files_have_the_same_versions() {
    let patched = packages(include_str!("../../Cargo.lock"));
    let published = packages(include_str!("../../published/Cargo.lock"));
    assert_eq!(patched, published);
    assert!(patched.contains(&("sharded-slab", "0.1.7")));
}

#[test]
fn the_patch_is_one_line() {
    let dependencies = |manifest: &'static str| {
        let (_, rest) = manifest.split_once("[dependencies]").unwrap();
        rest.split_once("[lints.rust]").unwrap().0
    };
    let (patched, published) = (include_str!("../../Cargo.toml"), include_str!("../../published/Cargo.toml"));
    assert_eq!(dependencies(patched), dependencies(published));
    assert!(patched.contains("[patch.crates-io]\nsharded-slab = { path = \"../sharded-slab\" }\n"));
    assert!(!published.contains("patch.crates-io"));
}
