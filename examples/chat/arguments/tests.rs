use clap::Parser;

use super::Arguments;

#[test]
fn a_bad_address_is_named_with_a_better_one() {
    for address in ["localhost", "127.0.0", "127.0.0.1:4040", "::g"] {
        let message = Arguments::try_parse_from(["chat", "--listen", address]).unwrap_err().to_string();
        assert!(message.contains(&format!("'{address}'")) && message.contains("try 127.0.0.1"), "{message}");
    }
    let arguments = Arguments::try_parse_from(["chat", "--listen", "::1", "--port", "7000"]).unwrap();
    assert_eq!(arguments.address().to_string(), "[::1]:7000");
}
