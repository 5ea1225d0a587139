//! Addresses of machines: on the internet and of network cards.
//! Source: RFC 791 and RFC 4291 as `std::net` reads them; IEEE 802 for the forms of MAC addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    cues::{Context, Cues},
    finding::Finding,
    kind::PersonalDataKind,
    letters::is_of_word,
    number::Number,
    text::Text,
};

/// The longest is `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
const LETTERS_MAX: usize = 45;
/// Between two signs stand no more.
const GROUP_LETTERS_MAX: usize = 4;
const SURE_GROUPS_MIN: usize = 3;

/// The address of version 4 that starts with this number.
pub(super) fn find_ipv4(text: &Text, number: &Number, context: Context) -> Option<Finding> {
    let is_named = context.near.has(Cues::MACHINE);
    if context.nearest.has(Cues::VERSION) && context.is_direct || context.is_ordered() {
        return None;
    }
    let part = number.parts().find(|part| part.groups == 4 && part.is_parted_by('.'))?;
    let is_alone = !(matches!(text.before(part.start), '.' | '-' | ',')
        && is_joined_before(text, part.start))
        && text.ends_word(part.end)
        && !(matches!(text.at(part.end), '.' | '-' | ',') && is_of_word(text.at(part.end + 1)));
    let address: String = text.letters(part.start..part.end).iter().collect();
    (is_alone && address.parse::<Ipv4Addr>().is_ok())
        .then(|| Finding::new(PersonalDataKind::IpAddress, part.start, part.end).named_if(is_named))
}

fn is_joined_before(text: &Text, at: usize) -> bool {
    at.checked_sub(2).is_some_and(|further| is_of_word(text.at(further)))
}

/// The address of version 6 or of a network card that starts here.
pub(super) fn find_hexadecimal(text: &Text, start: usize) -> Option<Finding> {
    let is_start =
        text.at(start).is_ascii_hexdigit() || (text.at(start) == ':' && text.at(start + 1) == ':');
    if !is_start || !text.begins_word(start) || matches!(text.before(start), ':' | '.') {
        return None;
    }
    if !text.letters(start..start + GROUP_LETTERS_MAX + 1).iter().copied().any(is_parting) {
        return None;
    }
    let letters = text.letters(start..start + LETTERS_MAX + 1).iter().copied();
    let written: String =
        letters.take_while(|letter| letter.is_ascii_hexdigit() || is_parting(*letter)).collect();
    mac(text, start, &written).or_else(|| ipv6(text, start, &written))
}

fn is_parting(letter: char) -> bool {
    matches!(letter, ':' | '-' | '.')
}

fn mac(text: &Text, start: usize, written: &str) -> Option<Finding> {
    let trimmed = written.trim_end_matches(['.', ':', '-']);
    let parting = trimmed.chars().find(|letter| !letter.is_ascii_hexdigit())?;
    let lengths = trimmed.split(parting).map(str::len);
    let is_mac = match parting {
        '.' => lengths.eq([4; 3]),
        _ => lengths.eq([2; 6]),
    };
    let end = start + trimmed.len();
    if !is_mac
        || trimmed.contains(|letter: char| letter != parting && !letter.is_ascii_hexdigit())
        || !text.ends_word(end)
    {
        return None;
    }
    // Decimal digits alone may be something else, unless colons part them.
    let is_sure = parting == ':' || trimmed.contains(|letter: char| letter.is_ascii_alphabetic());
    (is_sure || Context::before(text, start).names(Cues::MACHINE))
        .then(|| Finding::new(PersonalDataKind::MacAddress, start, end))
}

fn ipv6(text: &Text, start: usize, written: &str) -> Option<Finding> {
    let plain = written.split('-').next()?;
    let trimmed = match plain.trim_end_matches('.') {
        open if open.ends_with("::") => open,
        other => other.trim_end_matches(':'),
    };
    let end = start + trimmed.len();
    if trimmed.matches(':').count() < 2
        || !text.ends_word(end)
        || trimmed.parse::<Ipv6Addr>().is_err()
    {
        return None;
    }
    let groups: Vec<_> = trimmed.split(':').filter(|group| !group.is_empty()).collect();
    let has_digit = trimmed.contains(|letter: char| letter.is_ascii_digit());
    let is_sure = has_digit
        && (groups.len() >= SURE_GROUPS_MIN
            || groups.first().is_some_and(|group| group.len() == 4));
    let is_named = Context::before(text, start).names(Cues::MACHINE);
    (is_sure || is_named)
        .then(|| Finding::new(PersonalDataKind::IpAddress, start, end).named_if(true))
}
