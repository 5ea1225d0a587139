//! The words of a text, made comparable: what differs only in looks becomes equal.

/// The words of `text` in small letters, without punctuation, emoji and accents that stand alone.
///
/// Apostrophes of any shape vanish ("don't" is "dont"), full-width letters become plain ones, everything that is
/// neither a letter nor a digit parts words.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars().map(plain) {
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        } else if letter.is_alphanumeric() && !is_dropped(letter) {
            // Lower case may bring a combining mark of its own: İ becomes i and a dot.
            word.extend(letter.to_lowercase().filter(|&small| !is_dropped(small)));
        } else if !word.is_empty() && !is_dropped(letter) {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Full-width forms (U+FF01 to U+FF5E) as the ASCII that they show.
fn plain(letter: char) -> char {
    match u32::from(letter) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFF01 + 0x21).unwrap_or(letter),
        _ => letter,
    }
}

/// What may stand inside a word without parting or changing it.
fn is_dropped(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2032}' | '`' | '\u{B4}' | '\u{2BC}'
        // Combining marks, soft hyphen, zero-width marks and joiners, direction marks.
        | '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_only_in_looks_becomes_equal() {
        for (text, expected) in [
            ("  STOP!!! 🛑", "stop"),
            ("“Don’t”\u{a0}stop", "dont stop"),
            ("Ｓｔｏｐ\u{3000}all", "stop all"),
            ("opt-out", "opt out"),
            ("s\u{200b}top\u{fe0f}", "stop"),
            ("arre\u{302}t", "arret"),
            ("İ", "i"),
            ("👍👍", ""),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
