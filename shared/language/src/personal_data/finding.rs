//! What a recogniser found, and which of several findings holds.

use super::kind::PersonalDataKind;

/// How much a word that names it adds to a finding's strength.
const NAMED: u8 = 20;

/// Something that a recogniser took for personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: PersonalDataKind,
    pub(super) start: usize,
    pub(super) end: usize,
    strength: u8,
}

impl Finding {
    pub(super) fn new(kind: PersonalDataKind, start: usize, end: usize) -> Self {
        Self { kind, start, end, strength: strength(kind) }
    }

    /// The same, and stronger if a word near it says what it is.
    pub(super) fn named_if(self, is_named: bool) -> Self {
        let more = if is_named { NAMED } else { 0 };
        Self { strength: strength(self.kind) + more, ..self }
    }
}

/// How little a kind can be mistaken for another.
fn strength(kind: PersonalDataKind) -> u8 {
    match kind {
        PersonalDataKind::UrlWithCredentials => 150,
        PersonalDataKind::Email => 140,
        PersonalDataKind::Iban => 130,
        PersonalDataKind::MacAddress => 125,
        PersonalDataKind::IpAddress => 120,
        PersonalDataKind::PaymentCard => 90,
        PersonalDataKind::NationalId => 80,
        PersonalDataKind::DateOfBirth => 70,
        PersonalDataKind::Passport | PersonalDataKind::DrivingLicence => 65,
        PersonalDataKind::Phone => 62,
        PersonalDataKind::Bic => 30,
        PersonalDataKind::PostalAddress => 10,
    }
}

/// The findings that hold, in order: of those that overlap the strongest, then the longest, then the first.
pub(super) fn settle(mut findings: Vec<Finding>, length: usize) -> Vec<Finding> {
    findings.sort_by_key(|found| {
        (u8::MAX - found.strength, usize::MAX - (found.end - found.start), found.start)
    });
    let mut is_taken = vec![false; if findings.is_empty() { 0 } else { length }];
    findings.retain(|found| {
        let Some(place) = is_taken.get_mut(found.start..found.end) else { return false };
        let is_free = !place.contains(&true);
        if is_free {
            place.fill(true);
        }
        is_free && !place.is_empty()
    });
    findings.sort_by_key(|found| found.start);
    findings
}
