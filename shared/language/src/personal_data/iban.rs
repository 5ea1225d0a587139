//! Numbers of bank accounts, and the codes of banks that stand near them.
//! Source: ISO 13616-1 (IBAN), ISO/IEC 7064 MOD 97-10 (its check), ISO 9362 (BIC).

pub(super) mod countries;
pub(super) mod lengths;

use super::{
    compact::Compact,
    cues::{Context, Cues},
    finding::Finding,
    kind::PersonalDataKind,
    number::may_start,
    text::{Text, Word},
};

/// How near an account's number must be for a word to be its bank's code.
const NEAR_LETTERS: usize = 60;
/// The country's code and the two digits that check the rest: nothing parts them.
const HEAD_LETTERS: usize = 4;
const BIC_LETTERS: [usize; 2] = [8, 11];
const BIC_LETTERS_MAX: usize = 11;

/// The number of an account that starts here.
pub(super) fn find(text: &Text, compact: &Compact) -> Option<Finding> {
    let length = lengths::of(compact.letters().get(..2)?)?;
    let (letters, end) = compact.first(text, length)?;
    let is_headed = compact.end(HEAD_LETTERS) == Some(compact.start + HEAD_LETTERS);
    (is_headed && has_check(letters))
        .then(|| Finding::new(PersonalDataKind::Iban, compact.start, end))
}

/// Whether the two digits after the country's code check the rest.
fn has_check(letters: &str) -> bool {
    let Some((head, tail)) = letters.split_at_checked(HEAD_LETTERS) else { return false };
    if !head.chars().skip(2).all(|letter| letter.is_ascii_digit()) {
        return false;
    }
    let remainder = tail.chars().chain(head.chars()).try_fold(0, |remainder, letter| {
        let value = letter.to_digit(36)?;
        let shifted = if value < 10 { remainder * 10 } else { remainder * 100 };
        Some((shifted + value) % 97)
    });
    remainder == Some(1)
}

/// Every code of a bank that is named so, or stands near one of these findings that is an account's number.
pub(super) fn find_bics(text: &Text, findings: &mut Vec<Finding>) {
    let accounts: Vec<_> = findings
        .iter()
        .filter(|found| found.kind == PersonalDataKind::Iban)
        .map(|found| (found.start, found.end))
        .collect();
    if accounts.is_empty() && !text.signs().iter().any(|sign| sign.cues.has(Cues::BANK)) {
        return;
    }
    let mut next = 0;
    for word in text.words() {
        // Both are in order: an account that ended long before this word is near none of the next.
        while accounts.get(next).is_some_and(|&(_, end)| end + NEAR_LETTERS < word.start) {
            next += 1;
        }
        let is_near =
            || accounts.get(next).is_some_and(|&(start, _)| start <= word.end + NEAR_LETTERS);
        let is_told = is_told(text, word);
        let code: String =
            text.letters(word.start..word.end).iter().take(BIC_LETTERS_MAX + 1).collect();
        let code = if is_told { code.to_ascii_uppercase() } else { code };
        let is_certain =
            || is_told || (!is_shouted(text, word) && (is_near() || is_named(text, word)));
        if is_bic(&code) && may_start(text, word.start) && is_certain() {
            findings.push(Finding::new(PersonalDataKind::Bic, word.start, word.end));
        }
    }
}

/// Whether a colon tells that this is the code: `BIC: bnpafrpp`.
fn is_told(text: &Text, word: &Word) -> bool {
    const BETWEEN_MAX: usize = 3;
    let signs = text.signs();
    let last = signs.partition_point(|sign| sign.start < word.start).checked_sub(1);
    last.and_then(|last| signs.get(last)).is_some_and(|sign| {
        let between = text.letters(sign.end..word.start);
        sign.cues.has(Cues::BANK) && between.len() <= BETWEEN_MAX && between.contains(&':')
    })
}

fn is_named(text: &Text, word: &Word) -> bool {
    Context::before(text, word.start).near.has(Cues::BANK)
}

/// Whether the word has the form of a code: bank, country, place, and perhaps a branch. In capitals: small letters make words.
fn is_bic(code: &str) -> bool {
    let (Some(bank), Some(country), Some(rest)) = (code.get(..4), code.get(4..6), code.get(6..))
    else {
        return false;
    };
    BIC_LETTERS.contains(&code.len())
        && bank.chars().all(|letter| letter.is_ascii_uppercase())
        && countries::CODES.contains(&country)
        && rest.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}

/// Whether the words around are in capitals as well, so that the form tells nothing.
fn is_shouted(text: &Text, word: &Word) -> bool {
    let index = text.word_from(word.start);
    let others = text.words().iter().skip(index.saturating_sub(3)).take(7);
    let mut others =
        others.filter(|other| other.start != word.start && other.end - other.start > 3);
    let is_capital = |other: &Word| {
        text.letters(other.start..other.end).iter().all(char::is_ascii_uppercase)
            && !matches!(text.spelled(other), "bic" | "iban" | "swift")
    };
    let has_digit = text.letters(word.start..word.end).iter().any(char::is_ascii_digit);
    !has_digit && others.any(is_capital)
}
