use super::{LONGEST, Name, NotAName};

#[test]
fn names_are_words() {
    for word in ["a", "Ana", "ана", "x-1_2.3", &"ä".repeat(LONGEST)] {
        assert_eq!(word.parse::<Name>().unwrap().to_string(), word);
    }
    assert_eq!(" ana\t".parse::<Name>().unwrap().to_string(), "ana");
}

#[test]
fn what_could_be_mistaken_is_no_name() {
    assert_eq!(" ".parse::<Name>(), Err(NotAName::Empty));
    assert_eq!("a".repeat(LONGEST + 1).parse::<Name>(), Err(NotAName::TooLong));
    for (text, character) in [("a:b", ':'), ("* server", '*'), ("/who", '/'), ("a b", ' '), ("\u{fffd}", '\u{fffd}')] {
        assert_eq!(text.parse::<Name>(), Err(NotAName::Character(character)));
    }
}
