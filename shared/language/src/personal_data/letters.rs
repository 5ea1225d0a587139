//! Letters made comparable: what differs only in looks becomes equal.

/// Stands for a finding that was taken out before: it parts nothing and says nothing.
pub(super) const TAKEN_OUT: char = '\u{FFFC}';

/// Whether words and numbers are made of such letters.
pub(super) fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == TAKEN_OUT
}

/// The letter as the scanners know it: plain digits, dashes, spaces and full-width forms.
pub(super) fn shown(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    let code = u32::from(letter);
    let plain = match letter {
        '\u{FF01}'..='\u{FF5E}' => code - 0xFF01 + 0x21,
        // Arabic and Persian digits.
        '\u{660}'..='\u{669}' => code - 0x660 + 0x30,
        '\u{6F0}'..='\u{6F9}' => code - 0x6F0 + 0x30,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => 0x20,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => 0x2D,
        '\u{2044}' | '\u{2215}' => 0x2F,
        _ => code,
    };
    char::from_u32(plain).unwrap_or(letter)
}

/// What may stand inside a number or a word and is not seen: telephones copy numbers with direction marks around them.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        // Combining marks, soft hyphen, zero-width marks and joiners, direction marks, variation selectors.
        '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
}

/// Adds the letter as it is compared: small and without an accent.
pub(super) fn spell(letter: char, word: &mut String) {
    if letter.is_ascii() {
        word.push(letter.to_ascii_lowercase());
        return;
    }
    for small in letter.to_lowercase() {
        match small {
            'ß' => word.push_str("ss"),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => word.push('a'),
            'ç' | 'ć' | 'č' => word.push('c'),
            'ď' | 'đ' => word.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => word.push('e'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' => word.push('i'),
            'ł' => word.push('l'),
            'ñ' | 'ń' | 'ň' => word.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => word.push('o'),
            'ř' => word.push('r'),
            'ś' | 'š' | 'ş' => word.push('s'),
            'ť' => word.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => word.push('u'),
            'ý' | 'ÿ' => word.push('y'),
            'ź' | 'ż' | 'ž' => word.push('z'),
            '\u{300}'..='\u{36F}' => (),
            _ => word.push(small),
        }
    }
}
