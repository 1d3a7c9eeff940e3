use std::sync::Arc;

use super::{Totals, json_line, text_line};
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
    let text = text_line(&named, &digest);
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
