//! Telephone numbers: as one dials them from abroad, as a country writes them, and whatever a word says is one.

mod country_codes;
mod lookalikes;
mod plans;

use self::lookalikes::{is_amount, is_date};
use super::{
    cues::{Context, Cues, follows},
    finding::Finding,
    kind::PersonalDataKind,
    number::{Number, Part, may_end, may_start},
    text::Text,
};

/// E.164 allows no more.
const DIGITS_MAX: usize = 15;
/// Fewer digits are no number that one dials, whatever is said about them.
const GROUPED_DIGITS_MIN: usize = 6;
const BARE_DIGITS_MIN: usize = 7;
const BARE_DIGITS_MAX: usize = 13;
const GROUPS_MAX: usize = 7;
/// What one dials in most countries to leave them.
const ABROAD: &str = "00";
const EXTENSION_DIGITS_MAX: usize = 6;

/// The telephone number of which this is the first number.
pub(super) fn find(
    text: &Text,
    number: &Number,
    context: Context,
    before: Option<&Finding>,
) -> Option<Finding> {
    let begin = Beginning::before(text, number.start);
    let is_named = context.names(Cues::PHONE);
    let is_first = begin.has_plus || is_first(text, begin.start, before);
    let is_start = may_start(text, begin.start) || (is_named && text.begins_word(begin.start));
    if !is_first || !is_start || context.is_ordered() {
        return None;
    }
    let lengths = GROUPED_DIGITS_MIN..=DIGITS_MAX + ABROAD.len();
    let mut parts = number.parts().filter(|part| lengths.contains(&part.digits.len()));
    let part = parts.find(|part| {
        let holds = is_international(part, &begin)
            || is_national(part, &begin)
            || (!begin.has_plus
                && is_plausible(part)
                && (is_named || follows(text, part.end, Cues::PHONE)));
        holds
            && begin.is_balanced(part)
            && (is_named || !is_continued(text, number, part.end))
            && may_end(text, extension_end(text, part.end).unwrap_or(part.end))
    })?;
    let end = extension_end(text, part.end).unwrap_or(part.end);
    let found = Finding::new(PersonalDataKind::Phone, begin.start_of(&part), end);
    Some(found.named_if(is_named))
}

/// Whether no digits stand before that this continues: none at all, or those of another telephone number.
fn is_first(text: &Text, start: usize, before: Option<&Finding>) -> bool {
    let Some(end) = start.checked_sub(1) else { return true };
    text.at(end) != ' '
        || !text.before(end).is_ascii_digit()
        || before.is_some_and(|found| found.kind == PersonalDataKind::Phone && found.end == end)
}

/// Whether so many digits follow, after a space, that all together are something else: a parcel's number, in groups.
fn is_continued(text: &Text, number: &Number, end: usize) -> bool {
    let follows = text.at(end) == ' ' && matches!(text.at(end + 1), '1'..='9');
    follows && number.parts().next().is_some_and(|all| all.digits.len() > DIGITS_MAX)
}

/// What stands before the first digit and belongs to the number.
struct Beginning {
    start: usize,
    has_plus: bool,
    parenthesis: Option<usize>,
}

impl Beginning {
    fn before(text: &Text, digit: usize) -> Self {
        let mut begin = Self { start: digit, has_plus: false, parenthesis: None };
        while let Some(before) = begin.start.checked_sub(1) {
            match text.at(before) {
                '+' if !begin.has_plus => begin.has_plus = true,
                '(' if begin.parenthesis.is_none() => begin.parenthesis = Some(before),
                _ => break,
            }
            begin.start = before;
        }
        begin
    }

    /// Where the number starts of which this is the rest: a parenthesis that is closed elsewhere is no part of it.
    fn start_of(&self, part: &Part<'_>) -> usize {
        match self.parenthesis {
            Some(parenthesis) if !part.form.contains(')') => self.start.max(parenthesis + 1),
            _ => self.start,
        }
    }

    /// Whether the number closes what it opens.
    fn is_balanced(&self, part: &Part<'_>) -> bool {
        let opened = part.form.matches('(').count();
        let closed = part.form.matches(')').count();
        match self.parenthesis {
            Some(_) => closed == opened + 1 || (opened, closed) == (0, 0),
            None => closed == opened,
        }
    }
}

/// `+49 171 …`, `0049 171 …`, `+49 (0) 171 …`.
fn is_international(part: &Part<'_>, begin: &Beginning) -> bool {
    let written = digits(part);
    let written = if begin.has_plus {
        written.as_str()
    } else {
        match written.strip_prefix(ABROAD) {
            Some(rest) if !rest.starts_with('0') => rest,
            _ => return false,
        }
    };
    country_codes::have(written)
}

/// `0171 1234567` and whatever else a country's plan tells; single digits stand only where one dials or leaves out a digit.
fn is_national(part: &Part<'_>, begin: &Beginning) -> bool {
    let has_single = part.form.contains("(d)") || part.form.contains(") d ");
    let mut lengths = part.lengths();
    let is_first = part.is_bare()
        || lengths.next().is_some_and(|first| first > 1 || part.digits.starts_with(&[1]));
    !begin.has_plus
        && is_first
        && (part.is_bare() || has_single || lengths.all(|length| length > 1))
        && part.groups <= GROUPS_MAX
        && !is_date(part)
        && plans::have(&digits(part), part.form)
}

/// Whether it could be a number, once a word says so.
fn is_plausible(part: &Part<'_>) -> bool {
    let fewest = if part.is_bare() { BARE_DIGITS_MIN } else { GROUPED_DIGITS_MIN };
    let most = if part.is_bare() { BARE_DIGITS_MAX } else { DIGITS_MAX };
    (fewest..=most).contains(&part.digits.len())
        && part.groups <= GROUPS_MAX
        && !is_date(part)
        && !is_amount(part)
        && part.lengths().filter(|&length| length == 1).count() <= 1
}

/// Where an extension after this place ends: `x123`, `ext. 123`, `Durchwahl 12`.
fn extension_end(text: &Text, end: usize) -> Option<usize> {
    let mut at = end;
    while matches!(text.at(at), ' ' | ',') && at < end + 2 {
        at += 1;
    }
    if matches!(text.at(at), 'x' | 'X') && text.at(at + 1).is_ascii_digit() {
        at += 1;
    } else {
        let word = text.words().get(text.word_from(at)).filter(|word| word.start == at)?;
        if !text.cues_at(at).has(Cues::EXTENSION) {
            return None;
        }
        at = word.end;
        while matches!(text.at(at), ' ' | '.' | ':') && at < word.end + 2 {
            at += 1;
        }
    }
    let digits = (at..).take_while(|&at| text.at(at).is_ascii_digit()).take(EXTENSION_DIGITS_MAX);
    let digits = digits.count();
    (digits > 0 && text.ends_word(at + digits)).then_some(at + digits)
}

/// The digits as they are dialled.
fn digits(part: &Part<'_>) -> String {
    part.digits.iter().filter_map(|&digit| char::from_digit(u32::from(digit), 10)).collect()
}
