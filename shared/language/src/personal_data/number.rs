//! Digits in groups, as people write long numbers.

use super::{cues::Cues, letters::is_of_word, text::Text};

/// No number that is looked for has more digits.
const DIGITS_MAX: usize = 34;
/// Nor more groups.
const GROUPS_MAX: usize = 12;
/// Nor more between two groups: `) - `.
const PARTING_MAX: usize = 3;

/// Digits from a place on, in groups that spaces, dashes, dots, slashes and parentheses part.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) start: usize,
    digits: Vec<u8>,
    groups: Vec<Group>,
    /// As it is written, with `d` for each digit: `ddd-dd-dddd`.
    form: String,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    end: usize,
    digits: usize,
    form: usize,
}

/// The first groups of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) digits: &'a [u8],
    pub(super) form: &'a str,
    pub(super) groups: usize,
}

impl Number {
    /// Reads the digits that start here, if they start here.
    pub(super) fn read(text: &Text, start: usize) -> Option<Self> {
        if !text.at(start).is_ascii_digit() || !text.begins_word(start) {
            return None;
        }
        let mut number =
            Self { start, digits: Vec::new(), groups: Vec::new(), form: String::new() };
        let mut at = start;
        while number.groups.len() < GROUPS_MAX && number.digits.len() < DIGITS_MAX {
            at = number.read_group(text, at);
            let parting = (1..=PARTING_MAX)
                .find(|&length| !is_parting(text.at(at + length - 1)))
                .map_or(PARTING_MAX, |length| length - 1);
            if parting == 0 || !text.at(at + parting).is_ascii_digit() {
                break;
            }
            number.form.extend(text.letters(at..at + parting));
            at += parting;
        }
        Some(number)
    }

    fn read_group(&mut self, text: &Text, start: usize) -> usize {
        let mut at = start;
        while let Some(digit) = text.at(at).to_digit(10)
            && at - start <= DIGITS_MAX
        {
            self.digits.extend(u8::try_from(digit));
            self.form.push('d');
            at += 1;
        }
        self.groups.push(Group { end: at, digits: self.digits.len(), form: self.form.len() });
        at
    }

    /// What the first groups make, the longest first.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.groups.iter().enumerate().rev().map(|(index, group)| Part {
            start: self.start,
            end: group.end,
            digits: self.digits.get(..group.digits).unwrap_or_default(),
            form: self.form.get(..group.form).unwrap_or_default(),
            groups: index + 1,
        })
    }
}

impl Part<'_> {
    /// How many digits each group has.
    pub(super) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.form.split(|letter| letter != 'd').map(str::len).filter(|&length| length > 0)
    }

    /// Whether all groups are parted by this and nothing else.
    pub(super) fn is_parted_by(&self, parting: char) -> bool {
        let mut partings = self.form.split('d').filter(|parting| !parting.is_empty());
        partings.all(|found| found.chars().eq([parting]))
    }

    /// Whether the groups are digits without anything between them.
    pub(super) fn is_bare(&self) -> bool {
        self.groups == 1
    }
}

/// Digits as a number.
pub(super) fn value(digits: &[u8]) -> u128 {
    digits
        .iter()
        .fold(0, |sum: u128, &digit| sum.saturating_mul(10).saturating_add(u128::from(digit)))
}

fn is_parting(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '.' | '/' | '(' | ')')
}

/// Whether a number may start here: it is no end of something longer and no amount of money.
pub(super) fn may_start(text: &Text, start: usize) -> bool {
    let before = text.before(start);
    let further = start.checked_sub(2).map_or('\0', |further| text.at(further));
    match before {
        '#' | '$' | '€' | '£' | '%' | '~' | '^' | '_' | '*' | '@' | '\\' | '+' => false,
        '-' | '/' | '&' => !is_of_word(further),
        '.' | ',' | ':' => !further.is_ascii_digit(),
        ' ' => !matches!(further, '$' | '€' | '£' | '#'),
        _ => !is_of_word(before),
    }
}

/// Whether a number may end here: nothing is fastened to it, and it counts or measures nothing.
pub(super) fn may_end(text: &Text, end: usize) -> bool {
    let next = text.at(end);
    let further = text.at(end + 1);
    let is_whole = match next {
        '-' | '/' | '_' | '=' | '+' | '#' | '\\' | '&' | '*' => !is_of_word(further),
        '@' | '%' | '$' | '€' | '£' | '°' => false,
        '.' | ',' | ':' => !further.is_ascii_digit(),
        ' ' => !matches!(further, '$' | '€' | '£' | '%' | '°'),
        _ => !is_of_word(next),
    };
    is_whole && !text.cues_at(end).has(Cues::UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_groups() {
        let text = Text::read("call (030) 12 34-5.6");
        let number = Number::read(&text, 6).unwrap();
        let forms: Vec<_> = number.parts().map(|part| part.form.to_owned()).collect();
        assert_eq!(forms, ["ddd) dd dd-d.d", "ddd) dd dd-d", "ddd) dd dd", "ddd) dd", "ddd"]);
        let part = number.parts().next().unwrap();
        assert_eq!(part.digits, [0, 3, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(part.lengths().collect::<Vec<_>>(), [3, 2, 2, 1, 1]);
        assert!(Number::read(&text, 7).is_none());
    }

    #[test]
    fn what_measures_something_or_is_part_of_something_is_no_number() {
        for (before, after, expected) in [
            ("", "", true),
            ("is ", ".", true),
            ("(", ")", true),
            ("Tel.:", ", or", true),
            ("#", "", false),
            ("€ ", "", false),
            ("A-", "", false),
            ("1.", "", false),
            ("", "%", false),
            ("", " kg", false),
            ("", " EUR", false),
            ("", "-A", false),
            ("", ",5", false),
        ] {
            let text = Text::read(&format!("{before}1234{after}"));
            let start = before.chars().count();
            let is_number = may_start(&text, start) && may_end(&text, start + 4);
            assert_eq!(is_number, expected, "{before}1234{after}");
        }
    }
}
