use super::Request::{self, Nothing, Quit, Say, Unknown, Who};

#[test]
fn lines_are_said_unless_they_are_commands() {
    let request = |line: &str| Request::from(line.to_owned());
    assert_eq!([request(""), request(" \t")], [Nothing, Nothing]);
    assert_eq!([request("/who"), request("/who "), request("/quit")], [Who, Who, Quit]);
    for line in ["/whom", "/", "/who else", "//"] {
        assert_eq!(request(line), Unknown(line.to_owned()));
    }
    for line in ["who", " /who", "a /quit", "* ana has left", "a: b "] {
        assert_eq!(request(line), Say(line.to_owned()));
    }
}
