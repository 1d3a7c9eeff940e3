use std::sync::Arc;

use console::measure_text_width;

use super::{Totals, json_line, quote, text_line};
use crate::item::{Content, Item};
use crate::readers::Finished;

fn finished(content: Content) -> Finished {
    let item = Arc::new(Item { number: 7, content });
    Finished { outcome: item.read(64), item }
}

#[test]
fn a_line_is_a_line_whatever_the_name() {
    let mut named = finished(Content::Line(b"a".to_vec()));
    let digest = named.outcome.clone().unwrap();
    named.item = Arc::new(Item { number: 7, content: Content::File("two\nlines".into()) });
    let text = text_line(&named, &digest, usize::MAX);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["1", "1", "af63dc4c8601ec8c", "\"two\\nlines\""]);
    assert_eq!(
        json_line(&named),
        "{\"bytes\":1,\"checksum\":\"af63dc4c8601ec8c\",\"lines\":1,\"name\":\"two\\nlines\",\"number\":7}\n"
    );
}

#[test]
fn what_could_not_be_read_is_counted_and_said() {
    let missing = finished(Content::Missing("there".into(), "it is not".to_owned()));
    assert_eq!(json_line(&missing), "{\"error\":\"it is not\",\"name\":\"there\",\"number\":7}\n");
    let mut totals = Totals::default();
    [missing, finished(Content::Line(b"abc".to_vec()))].iter().for_each(|one| totals.add(one));
    assert_eq!(totals, Totals { read: 1, failed: 1, bytes: 3, lines: 1 });
}

#[test]
fn lines_fit_and_the_numbers_come_first() {
    let line = finished(Content::Line(b"a".to_vec()));
    let digest = line.outcome.clone().unwrap();
    let path = "a/long/path/".repeat(20) + "name.rs";
    let named = Finished { item: Arc::new(Item { number: 7, content: Content::File(path.clone().into()) }), ..line };
    for columns in [20, 40, 80, 140] {
        let text = text_line(&named, &digest, columns);
        assert_eq!((text.lines().count(), measure_text_width(text.trim_end())), (1, columns), "{text}");
        let words: Vec<_> = text.split_whitespace().collect();
        assert_eq!(words[..2], ["1", "1"]);
        assert_eq!(words.contains(&"af63dc4c8601ec8c"), columns >= 80);
        assert!(columns < 40 || words[words.len() - 1].starts_with("\"…"), "{text}");
        assert!(columns < 40 || text.ends_with("/name.rs\"\n"), "{text}");
    }
    assert!(text_line(&named, &digest, usize::MAX).ends_with(&format!("  \"{path}\"\n")));
}

#[test]
fn a_name_is_cut_at_its_beginning() {
    assert_eq!([quote("src/task.rs", 13), quote("src/task.rs", 12)], ["\"src/task.rs\"", "\"…c/task.rs\""]);
    assert_eq!([quote("鍵.rs", 7), quote("鍵鍵.rs", 7)], ["\"鍵.rs\"", "\"….rs\""]);
    for columns in 3..20 {
        assert!(measure_text_width(&quote("one\n鍵/two", columns)) <= columns, "{columns}");
    }
}
