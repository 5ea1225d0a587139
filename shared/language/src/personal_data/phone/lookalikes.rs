//! What is written as numbers are and is something else: days and amounts.

use crate::personal_data::number::{Part, value};

/// `12.50`, `1.234.567`: an amount in one of its usual forms.
pub(super) fn is_amount(part: &Part<'_>) -> bool {
    let lengths: Vec<_> = part.lengths().collect();
    let is_formed = match lengths.as_slice() {
        [_, last] => *last <= 3,
        [first, thousands @ ..] => *first < 3 && thousands.iter().all(|&length| length == 3),
        [] => false,
    };
    part.groups > 1 && part.is_parted_by('.') && is_formed && !part.digits.starts_with(&[0])
}

/// Whether it begins with a day: as figures alone, or with a time after it.
pub(super) fn is_date(part: &Part<'_>) -> bool {
    let mut partings = part.form.split('d').filter(|parting| !parting.is_empty());
    let is_parted = matches!(
        (partings.next(), partings.next(), partings.next()),
        (Some("."), Some("."), None | Some(" "))
            | (Some("-"), Some("-"), None | Some(" "))
            | (Some("/"), Some("/"), None | Some(" "))
    );
    let lengths: Vec<_> = part.lengths().take(3).collect();
    let [first, second, third] = lengths.as_slice() else { return false };
    let field = |from, length| value(part.digits.get(from..from + length).unwrap_or_default());
    let (one, two, three) =
        (field(0, *first), field(*first, *second), field(first + second, *third));
    let is_day = |day, month| (1..=31).contains(&day) && (1..=12).contains(&month);
    is_parted
        && match (first, second, third) {
            (4, 1 | 2, 1 | 2) => (1000..3000).contains(&one) && is_day(three, two),
            (1 | 2, 1 | 2, 2 | 4) => is_day(one, two) || is_day(two, one),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal_data::{number::Number, text::Text};

    #[test]
    fn days_and_amounts_look_like_numbers() {
        for (written, date, amount) in [
            ("01.02.2023", true, false),
            ("2023-02-01 14", true, false),
            ("12/31/1999", true, false),
            ("01.23.45.67.89", false, false),
            ("01.12.45.67.89", false, false),
            ("0171-12-12", false, false),
            ("1500.50", false, true),
            ("1.234.567", false, true),
            ("020.7946.0018", false, false),
            ("01711234567", false, false),
        ] {
            let number = Number::read(&Text::read(written), 0).unwrap();
            let part = number.parts().next().unwrap();
            assert_eq!((is_date(&part), is_amount(&part)), (date, amount), "{written}");
        }
    }
}
