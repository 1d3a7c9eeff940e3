use std::io::{self, ErrorKind, Read};

use super::Digest;

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes(), 4096).unwrap()
}

#[test]
fn the_checksum_is_that_of_its_authors() {
    // From the test vectors of the algorithm's authors.
    let checksums = ["", "a", "foobar"].map(|text| digest(text).checksum);
    assert_eq!(checksums, [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8]);
}

#[test]
fn a_last_line_needs_no_line_break() {
    let lines = ["", "\n", "one", "one\n", "one\ntwo", "\n\n"].map(|text| digest(text).lines);
    assert_eq!(lines, [0, 1, 1, 1, 2, 2]);
}

#[test]
fn it_does_not_matter_how_much_is_read_at_a_time() {
    let text = "some\nlines\n\nof different\nlengths";
    for chunk in 1..=text.len() + 1 {
        assert_eq!(Digest::of(text.as_bytes(), chunk).unwrap(), digest(text));
    }
    assert_eq!(digest(text).bytes, text.len() as u64);
}

#[test]
fn an_interruption_is_none_and_an_error_is_one() {
    struct Failing(Vec<ErrorKind>);
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.pop().map_or(Ok(0), |kind| Err(kind.into()))
        }
    }
    assert_eq!(Digest::of(Failing(vec![ErrorKind::Interrupted]), 8).unwrap(), digest(""));
    let failed = Digest::of(Failing(vec![ErrorKind::PermissionDenied, ErrorKind::Interrupted]), 8);
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::PermissionDenied);
}
