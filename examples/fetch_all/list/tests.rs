use std::path::Path;
use std::sync::Arc;

use super::{LONGEST, List, Source, WAITING, Writer};
use crate::item::{Content, Item};
use crate::mailbox::{Gone, mailbox};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src");

/// What is listed by `write`.
fn listed(write: impl FnOnce(&mut Writer) -> Result<(), Gone>) -> Vec<Arc<Item>> {
    let (items, _receiver) = mailbox(1000);
    let mut writer = Writer { items, number: 0, kept: Some(Vec::new()) };
    write(&mut writer).unwrap();
    let items = writer.kept.unwrap();
    assert!(items.iter().map(|item| item.number).eq(1..=items.len() as u64));
    items
}

fn files(items: &[Arc<Item>]) -> Vec<&Path> {
    items
        .iter()
        .map(|item| if let Content::File(path) = &item.content { path } else { panic!("{item:?}") }.as_path())
        .collect()
}

fn lines(items: &[Arc<Item>]) -> Vec<&[u8]> {
    items
        .iter()
        .map(|item| if let Content::Line(line) = &item.content { &line[..] } else { panic!("{item:?}") })
        .collect()
}

#[test]
fn a_directory_is_walked_to_the_last_file() {
    let items = listed(|writer| writer.path(SOURCES.into()));
    let files = files(&items);
    for file in ["lib.rs", "task.rs", "future_set/raw/ready_tree.rs"] {
        assert_eq!(files.iter().filter(|path| path.ends_with(Path::new("src").join(file))).count(), 1, "{file}");
    }
    assert!(files.iter().all(|path| path.is_file()));
}

#[test]
fn names_are_paths_and_empty_ones_are_none() {
    let text = format!("{SOURCES}/lib.rs\n\nno such file\n{SOURCES}/task.rs");
    let items = listed(|writer| writer.names(text.as_bytes(), b'\n'));
    let expected = [format!("{SOURCES}/lib.rs"), "no such file".to_owned(), format!("{SOURCES}/task.rs")];
    assert!(files(&items).into_iter().eq(expected.iter().map(Path::new)), "{items:?}");
    let items = listed(|writer| writer.names(&b"one\nname\0another\0"[..], 0));
    assert_eq!(files(&items), [Path::new("one\nname"), Path::new("another")]);
}

#[test]
fn lines_are_taken_as_they_are() {
    let items = listed(|writer| writer.lines(&b"one\n\n\xff two\r\nlast"[..], b'\n'));
    assert_eq!(lines(&items), [&b"one"[..], b"", b"\xff two\r", b"last"]);
    assert_eq!(items[2].name(), "line 3");
}

#[test]
fn a_line_without_an_end_comes_in_pieces() {
    let text = vec![b'x'; LONGEST as usize * 2 + 1];
    let items = listed(|writer| writer.lines(&text[..], b'\n'));
    assert_eq!(items.len(), 3);
    assert_eq!(lines(&items).concat(), text);
}

#[test]
fn the_list_ends_when_nobody_wants_it() {
    let (list, items) = List::start(vec![Source::Path(SOURCES.into()); 2], true).unwrap();
    drop(items);
    let listed = list.finish().unwrap().len();
    assert!(listed <= WAITING + 1, "{listed}"); // the mailbox was full, at most, when that happened
}
