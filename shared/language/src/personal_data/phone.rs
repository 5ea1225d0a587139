//! Telephone numbers: as one dials them from abroad, as a country writes them, and whatever a word says is one.

mod country_codes;
mod plans;

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
    if !is_first
        || context.is_ordered()
        || !(may_start(text, begin.start) || (is_named && text.begins_word(begin.start)))
    {
        return None;
    }
    let lengths = GROUPED_DIGITS_MIN..=DIGITS_MAX + ABROAD.len();
    let mut parts = number.parts().filter(|part| {
        lengths.contains(&part.digits.len()) && !is_within_parentheses(part, &begin)
    });
    let part = parts.find(|part| {
        let holds = is_international(part, &begin)
            || is_national(part, &begin)
            || (!begin.has_plus
                && is_plausible(part)
                && (is_named || follows(text, part.end, Cues::PHONE)));
        holds
            && (is_named || !is_continued(text, number, part.end))
            && may_end(text, extension_end(text, part.end).unwrap_or(part.end))
    })?;
    let end = extension_end(text, part.end).unwrap_or(part.end);
    let is_open = begin.has_parenthesis && !part.form.contains(')');
    let start = if is_open { begin.start.max(begin.parenthesis + 1) } else { begin.start };
    Some(Finding::new(PersonalDataKind::Phone, start, end).named_if(is_named))
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
    has_parenthesis: bool,
    parenthesis: usize,
}

impl Beginning {
    fn before(text: &Text, digit: usize) -> Self {
        let mut begin =
            Self { start: digit, has_plus: false, has_parenthesis: false, parenthesis: 0 };
        while let Some(before) = begin.start.checked_sub(1) {
            match text.at(before) {
                '+' if !begin.has_plus => begin.has_plus = true,
                '(' if !begin.has_parenthesis => {
                    begin.has_parenthesis = true;
                    begin.parenthesis = before;
                }
                _ => break,
            }
            begin.start = before;
        }
        begin
    }
}

/// Whether more is opened than closed, or the other way round: a number ends at what encloses it.
fn is_within_parentheses(part: &Part<'_>, begin: &Beginning) -> bool {
    let opened = part.form.matches('(').count() + usize::from(begin.has_parenthesis);
    let closed = part.form.matches(')').count();
    closed > opened || (opened > closed && part.form.contains('('))
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

fn is_national(part: &Part<'_>, begin: &Beginning) -> bool {
    !begin.has_plus
        && part.groups <= GROUPS_MAX
        && !is_date(part)
        && part
            .lengths()
            .skip(1)
            .all(|length| length > 1 || part.form.contains("(d)") || part.form.contains(") d "))
        && (part.is_bare()
            || part
                .lengths()
                .next()
                .is_some_and(|first| first > 1 || part.digits.starts_with(&[1])))
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

/// `12.50`, `1.234.567`: an amount in one of its usual forms.
fn is_amount(part: &Part<'_>) -> bool {
    part.groups > 1
        && part.is_parted_by('.')
        && (part.groups == 2 || part.lengths().skip(1).all(|length| length == 3))
        && part.lengths().last().is_some_and(|last| last <= 3)
        && !part.digits.starts_with(&[0])
        && part.lengths().next().is_some_and(|first| first < 3 || part.groups == 2)
}

/// Whether it begins with a day, as figures alone or with a time after it.
fn is_date(part: &Part<'_>) -> bool {
    let lengths: Vec<_> = part.lengths().take(3).collect();
    let mut partings = part.form.split('d').filter(|parting| !parting.is_empty());
    let (Some(first), Some(second)) = (partings.next(), partings.next()) else { return false };
    let is_parted = first == second && matches!(first, "." | "-" | "/");
    let ends = partings.next().is_none_or(|third| third == " ");
    is_parted && ends && {
        let mut from = 0;
        let mut fields = lengths.iter().map(|&length| {
            let field = part.digits.get(from..from + length).unwrap_or_default();
            from += length;
            super::number::value(field)
        });
        let (first, second) =
            (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let third = fields.next().unwrap_or_default();
        let is_day_and_month = |day, month| (1..=31).contains(&day) && (1..=12).contains(&month);
        match lengths.as_slice() {
            [4, 1 | 2, 1 | 2] => is_day_and_month(third, second),
            [1 | 2, 1 | 2, 2 | 4] => {
                is_day_and_month(first, second) || is_day_and_month(second, first)
            }
            _ => false,
        }
    }
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
