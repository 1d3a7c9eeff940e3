use console::Style;

use super::Medium;

fn medium(columns: Option<usize>, no_color: Option<&str>, terminal: Option<&str>) -> Medium {
    Medium::new(columns, no_color.map(Into::into), terminal.map(Into::into))
}

#[test]
fn a_terminal_has_colours_unless_they_are_refused() {
    assert!(medium(Some(80), None, None).colours);
    assert!(medium(Some(80), None, Some("xterm-256color")).colours);
    assert!(medium(Some(80), Some(""), Some("xterm")).colours);
    for value in ["1", "0", "false", " "] {
        assert!(!medium(Some(80), Some(value), Some("xterm")).colours, "NO_COLOR={value}");
    }
    assert!(!medium(Some(80), None, Some("dumb")).colours);
    assert_eq!(medium(Some(40), None, Some("dumb")).columns, 40);
}

#[test]
fn a_file_has_no_colours_and_no_width() {
    assert_eq!(medium(None, None, Some("xterm")), Medium::FILE);
    assert_eq!(medium(None, Some("1"), None), Medium::FILE);
}

#[test]
fn text_without_colours_is_unchanged() {
    let green = Style::new().green();
    assert_eq!(medium(Some(80), None, None).paint(green.clone(), "finished"), "\x1b[32mfinished\x1b[0m");
    assert_eq!(Medium::FILE.paint(green, "finished"), "finished");
}
