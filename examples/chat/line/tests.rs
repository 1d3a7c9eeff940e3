use super::Line::{self, NotUtf8, TooLong};
use super::Unfinished;

const MOST: usize = 5;

fn text(text: &str) -> Line {
    Line::Text(text.to_owned())
}

/// Lines of `bytes`, which come in pieces that end at `cuts`.
fn lines(bytes: &[u8], cuts: &[usize]) -> Vec<Line> {
    let mut unfinished = Unfinished::new(MOST);
    let (mut lines, mut begin) = (Vec::new(), 0);
    for end in cuts.iter().copied().chain([bytes.len()]) {
        while begin < end {
            let (taken, line) = unfinished.take(&bytes[begin..end]);
            assert!(taken > 0);
            begin += taken;
            lines.extend(line);
            assert!(unfinished.bytes.len() <= MOST + 1);
        }
    }
    lines.extend(unfinished.finish());
    lines
}

#[test]
fn lines_do_not_depend_on_how_they_are_cut() {
    let bytes = "a\n\nb\r\n12345\n12345\r\n123456\nä€\n1234567890\r\n\x1b[2J\n\u{fffd}\nend".as_bytes();
    let bytes = [b"\xff\n\xc3\n", bytes].concat();
    let expected = [
        [NotUtf8, NotUtf8, text("a"), text(""), text("b")].as_slice(),
        &[
            text("12345"),
            text("12345"),
            TooLong,
            text("ä€"),
            TooLong,
            text("\u{fffd}[2J"),
            text("\u{fffd}"),
            text("end"),
        ],
    ]
    .concat();
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            assert_eq!(lines(&bytes, &[first, second]), expected, "cut at {first} and {second}");
        }
    }
}

#[test]
fn the_end_may_come_anywhere() {
    assert_eq!(lines(b"", &[]), []);
    assert_eq!(lines(b"a\n", &[]), [text("a")]);
    assert_eq!(lines(b"\n", &[]), [text("")]);
    assert_eq!(lines(b"123456", &[]), [TooLong]);
    assert_eq!(lines(b"1234567\n1", &[3]), [TooLong, text("1")]);
    assert_eq!(lines(b"a\r", &[]), [text("a")]);
    assert_eq!(lines(b"\xe2\x82", &[1]), [NotUtf8]);
}

#[test]
fn tabs_stay() {
    assert_eq!(lines(b"a\tb\n\0\x7f\n", &[]), [text("a\tb"), text("\u{fffd}\u{fffd}")]);
}
