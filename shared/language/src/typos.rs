//! Misspellings made on purpose, to see what they cost those who write in a hurry, or in a language that is not theirs.

/// How many misspellings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typos {
    /// One in so many letters.
    one_in: u64,
    /// What a report calls it.
    pub(crate) name: &'static str,
}

impl Typos {
    /// Few and many.
    pub const LEVELS: [Self; 2] = [
        Self { one_in: 20, name: "a typo in 20 letters" },
        Self { one_in: 8, name: "a typo in 8 letters" },
    ];

    /// `text` with misspellings, the same each time: letters left out, doubled, swapped, or struck twice instead of the next.
    pub(crate) fn make(self, text: &str) -> String {
        // FNV-1a in 64 bits, and its successors by xorshift.
        let mut chance = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        let mut next = || {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance
        };
        let mut written = String::with_capacity(text.len());
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if !letter.is_alphabetic() || next() % self.one_in != 0 {
                written.push(letter);
                continue;
            }
            match next() % 4 {
                0 => {}
                1 => written.extend([letter, letter]),
                2 => {
                    written.extend(letters.next_if(|next| next.is_alphabetic()));
                    written.push(letter);
                }
                _ => {
                    written.push(letter);
                    if letters.next_if(|next| next.is_alphabetic()).is_some() {
                        written.push(letter);
                    }
                }
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_typos_change_more_and_the_same_each_time() {
        let text = "where is my order, it should have been here on monday ".repeat(40);
        let [few, many] = Typos::LEVELS.map(|typos| typos.make(&text));
        let same = |other: &str| other.split(' ').filter(|word| text.contains(word)).count();
        assert!(same(&few) > same(&many));
        assert_ne!(few, text);
        assert_eq!(many, Typos::LEVELS[1].make(&text));
    }
}
