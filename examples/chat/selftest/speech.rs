//! The clients' lines: each line can be told from every other, and a damaged one from a whole one.

const WORDS: &str = "flagstone: a key is never handed out twice – ключ, clé, 鍵, 🗝 – and a slot never moves.";

/// Line number `number` of speaker number `speaker`.
pub(crate) fn speech(speaker: usize, number: usize) -> String {
    let length = (speaker * 7 + number * 13) % 80;
    let words: String = WORDS.chars().take(length).collect();
    format!("{number} {words}.")
}

/// Returns the number of a line of that speaker, unless it is none.
pub(crate) fn number(speaker: usize, line: &str) -> Option<usize> {
    let number = line.split_once(' ')?.0.parse().ok()?;
    (speech(speaker, number) == line).then_some(number)
}

/// The name of speaker number `speaker`.
pub(crate) fn name(speaker: usize) -> String {
    format!("c{speaker}")
}

/// Returns the number of the speaker of this name.
pub(crate) fn speaker(name: &str) -> Option<usize> {
    name.strip_prefix('c')?.parse().ok()
}
