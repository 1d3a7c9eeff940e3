use console::Alignment::{Left, Right};
use console::{Style, strip_ansi_codes};

use super::{Step, fit, lines};

#[test]
fn columns_give_way_in_the_order_of_the_steps() {
    let steps = [Step::Shorten(1, 6), Step::Drop(2), Step::Shorten(1, 2), Step::Drop(1)];
    let widths = |columns| fit([4, 10, 5], &steps, columns);
    for columns in [23, 24, usize::MAX] {
        assert_eq!(widths(columns), [Some(4), Some(10), Some(5)]);
    }
    assert_eq!(widths(22), [Some(4), Some(9), Some(5)]);
    assert_eq!(widths(19), [Some(4), Some(6), Some(5)]);
    assert_eq!(widths(18), [Some(4), Some(10), None]);
    assert_eq!(widths(15), [Some(4), Some(9), None]);
    assert_eq!(widths(8), [Some(4), Some(2), None]);
    for columns in [7, 1, 0] {
        assert_eq!(widths(columns), [Some(4), None, None]);
    }
}

#[test]
fn cells_are_aligned_or_cut() {
    let rows = [["id", "name", "count"], ["1", "a long name", "7"]].map(|row| row.map(str::to_owned));
    let at = |columns| lines(&rows, &[Left, Left, Right], &[Step::Shorten(1, 4), Step::Drop(1)], columns);
    assert_eq!(at(usize::MAX), ["id  name         count", "1   a long name      7"]);
    assert_eq!(at(16), ["id  name   count", "1   a lo…      7"]);
    assert_eq!(at(10), ["id  count", "1       7"]);
    assert_eq!(at(6), ["id  c…", "1    …"]);
}

#[test]
fn a_column_without_text_is_not_shown() {
    let rows = [["a", "", "b"], ["c", "", "d"]].map(|row| row.map(str::to_owned));
    assert_eq!(lines(&rows, &[Left; 3], &[], 80), ["a  b", "c  d"]);
}

#[test]
fn colours_take_no_room() {
    let rows = |colours: bool| {
        let state = |text| Style::new().green().force_styling(colours).apply_to(text).to_string();
        [[state("running"), "one".to_owned()], [state("ended"), "a second one".to_owned()]]
    };
    for columns in [40, 16, 8] {
        let text = |colours| lines(&rows(colours), &[Left; 2], &[Step::Shorten(1, 4)], columns).join("\n");
        assert!(text(true).contains("\x1b[32m"), "{columns}");
        assert_eq!(strip_ansi_codes(&text(true)), text(false), "{columns}");
    }
}

#[test]
fn wide_characters_take_two_columns() {
    let rows = [["鍵鍵", "x"], ["k", "y"]].map(|row| row.map(str::to_owned));
    assert_eq!(lines(&rows, &[Left; 2], &[], 80), ["鍵鍵  x", "k     y"]);
    assert_eq!(lines(&rows, &[Left; 2], &[Step::Shorten(0, 2)], 6), ["鍵…  x", "k    y"]);
}
