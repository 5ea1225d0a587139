//! Numbers by which a country knows a person, each with the check that its law or authority lays down.

mod digits;
mod letters;

use super::{
    compact::Compact,
    cues::{Context, Cues},
    finding::Finding,
    kind::PersonalDataKind,
    number::{Number, may_end, may_start},
    text::Text,
};

/// The identifier of digits that starts with this number.
pub(super) fn find_digits(text: &Text, number: &Number, context: Context) -> Option<Finding> {
    if context.is_ordered() || !may_start(text, number.start) {
        return None;
    }
    number.parts().find_map(|part| {
        let held = digits::ALL.iter().filter(|id| id.digits == part.digits.len());
        let mut held = held.filter(|id| (id.is_valid)(part.digits)).filter_map(|id| {
            let is_named = context.near.has(id.cues | Cues::ID | Cues::ID_CARD);
            let holds =
                id.forms.contains(&part.form) || (is_named && id.named_forms.contains(&part.form));
            holds.then_some(is_named)
        });
        let first = held.next().filter(|_| may_end(text, part.end))?;
        let is_named = first || held.any(|is_named| is_named);
        let found = Finding::new(PersonalDataKind::NationalId, part.start, part.end);
        Some(found.named_if(is_named))
    })
}

/// The identifier with letters in it that starts here.
pub(super) fn find_letters(text: &Text, compact: &Compact) -> Option<Finding> {
    if !may_start(text, compact.start) {
        return None;
    }
    let (end, is_named) = letters::ALL.iter().find_map(|id| {
        let (letters, end) = compact.first(text, id.letters)?;
        if !(id.is_valid)(letters) || !compact.is_one(text, id.letters) || !may_end(text, end) {
            return None;
        }
        let context = Context::before(text, compact.start);
        (!context.is_ordered()).then(|| (end, context.near.has(Cues::ID | Cues::ID_CARD)))
    })?;
    Some(Finding::new(PersonalDataKind::NationalId, compact.start, end).named_if(is_named))
}

/// Whether there is such a day: the year as far as it is known, to tell a leap year.
fn is_day(year: u32, month: u32, day: u32) -> bool {
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests;
