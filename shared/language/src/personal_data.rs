//! Finds personal data in a text and takes it out: what has a form or a check, and what words around it name.
//!
//! Pure and in linear time: every place of a text is looked at once by each recogniser, which reads a bounded way on. Names of people
//! are not looked for; they have no form.

mod address;
mod birth;
mod card;
mod checksum;
mod compact;
mod cues;
mod document;
mod email;
mod finding;
mod iban;
mod kind;
mod letters;
mod national_id;
mod network;
mod number;
mod phone;
mod text;
mod url;

use self::{
    compact::Compact,
    cues::{Context, Cues},
    finding::Finding,
    number::Number,
    text::Text,
};
pub use kind::PersonalDataKind;

/// A replaced finding may bring a word within reach of a number that it now tells about: the text is read again, this often at most, so
/// that even who wants it to take long cannot. Within a word's reach there is room for some twenty findings, each of which may hide one.
const PASSES_MAX: usize = 32;

/// Every identifier of letters and digits that is looked for has a digit so soon: an Italian tax code after two spaces.
const DIGIT_REACH: usize = 9;

/// Where in a text personal data stands. Places count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: PersonalDataKind,
    /// The first place of it.
    pub start: usize,
    /// The place after its last.
    pub end: usize,
}

/// All personal data of the text, in order and without overlaps: of what could be several the strongest holds, then the longest.
pub fn find(text: &str) -> Vec<Span> {
    spans(&Text::read(text))
}

/// The text with `[email]`, `[phone]` and so on in place of personal data. In what comes out, nothing is found.
pub fn redact(text: &str) -> String {
    let mut redacted = text.to_owned();
    for _ in 0..PASSES_MAX {
        let spans = find(&redacted);
        if spans.is_empty() {
            break;
        }
        redacted = redact_spans(&redacted, &spans);
    }
    redacted
}

/// The text with the kind's name in place of each span. Spans must be in order, as [`find`] returns them.
pub fn redact_spans(text: &str, spans: &[Span]) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut spans = spans.iter().peekable();
    for (place, letter) in text.chars().enumerate() {
        while spans.next_if(|span| span.end <= place).is_some() {}
        match spans.peek() {
            Some(span) if span.start == place => {
                redacted.extend(["[", span.kind.name(), "]"]);
            }
            Some(span) if span.start < place => (),
            _ => redacted.push(letter),
        }
    }
    redacted
}

/// Whether the text seems to speak of what the law protects most (GDPR, article 9): health, religion, politics, trade unions, sex life,
/// ethnic origin, genes, biometry. Never which.
pub fn is_special_category_suspected(text: &str) -> bool {
    is_special(&Text::read(text))
}

/// What [`find`] and [`is_special_category_suspected`] say, for one reading of the text.
pub fn examine(text: &str) -> (Vec<Span>, bool) {
    let text = Text::read(text);
    (spans(&text), is_special(&text))
}

fn is_special(text: &Text) -> bool {
    text.signs().iter().any(|sign| sign.cues.has(Cues::SPECIAL_CATEGORY))
}

fn spans(text: &Text) -> Vec<Span> {
    let mut findings = Vec::new();
    scan(text, &mut findings);
    url::find(text, &mut findings);
    iban::find_bics(text, &mut findings);
    if text.has_digits() {
        birth::find(text, &mut findings);
        document::find(text, &mut findings);
        address::find(text, &mut findings);
    }
    let findings = finding::settle(findings, text.len()).into_iter();
    findings
        .filter_map(|found| {
            let origin = text.origin(found.start, found.end)?;
            Some(Span { kind: found.kind, start: origin.start, end: origin.end })
        })
        .collect()
}

/// Looks at every place where something could begin.
fn scan(text: &Text, findings: &mut Vec<Finding>) {
    for at in 0..text.len() {
        let letter = text.at(at);
        if letter == '@' {
            findings.extend(email::find(text, at));
        }
        if letter == ':' {
            findings.extend(network::find_hexadecimal(text, at));
        }
        if !letter.is_ascii_alphanumeric() || !text.has_digits() || !text.begins_word(at) {
            continue;
        }
        if let Some(number) = Number::read(text, at) {
            let context = Context::before(text, at);
            findings.extend(network::find_ipv4(text, &number, context));
            findings.extend(card::find(text, &number, context));
            findings.extend(national_id::find_digits(text, &number, context));
            let before = findings.iter().rev().find(|found| found.end < at).copied();
            findings.extend(phone::find(text, &number, context, before.as_ref()));
        }
        if text.letters(at..at + DIGIT_REACH).iter().any(char::is_ascii_digit) {
            let compact = Compact::read(text, at);
            findings.extend(iban::find(text, &compact));
            findings.extend(national_id::find_letters(text, &compact));
        }
        findings.extend(network::find_hexadecimal(text, at));
    }
}

#[cfg(test)]
mod tests;
