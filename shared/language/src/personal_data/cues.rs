//! Context words: what the words around a number say about it.

use std::{collections::HashMap, ops::BitOr, sync::LazyLock};

use super::text::{Text, Word};

/// How far before a number a word may stand that tells what it is, in letters.
const REACH_LETTERS: usize = 40;
/// How many words may stand between a word that tells for certain and its number.
const DIRECT_WORDS_MAX: usize = 4;
/// A full stop after a word of so few letters only shortens it: `no.`, `ref.`, `Tel.`.
const SHORTENED_LETTERS_MAX: usize = 4;
/// How far after a number a word may stand that tells what it was: `… is my number`.
const AFTER_LETTERS: usize = 20;

/// What context words can mean; a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Cues(u32);

impl Cues {
    pub(super) const NONE: Self = Self(0);
    /// A number to be called.
    pub(super) const PHONE: Self = Self(1);
    /// A payment card.
    pub(super) const CARD: Self = Self(1 << 1);
    /// The code of a bank.
    pub(super) const BANK: Self = Self(1 << 2);
    /// An address of a machine.
    pub(super) const MACHINE: Self = Self(1 << 3);
    /// A version of something.
    pub(super) const VERSION: Self = Self(1 << 4);
    /// What a shop numbers: orders, parcels, bills, articles, tickets.
    pub(super) const ORDER: Self = Self(1 << 5);
    /// A number that a country gives to a person, whichever.
    pub(super) const ID: Self = Self(1 << 6);
    /// An identity card.
    pub(super) const ID_CARD: Self = Self(1 << 23);
    /// The German tax number.
    pub(super) const STEUER_ID: Self = Self(1 << 7);
    /// The Dutch citizen's number.
    pub(super) const BSN: Self = Self(1 << 8);
    /// The Portuguese tax number.
    pub(super) const NIF: Self = Self(1 << 9);
    /// The number of the British health service.
    pub(super) const NHS: Self = Self(1 << 10);
    /// The American social security number.
    pub(super) const SSN: Self = Self(1 << 11);
    /// The Swedish personal number.
    pub(super) const PERSONNUMMER: Self = Self(1 << 12);
    /// The Brazilian tax number.
    pub(super) const CPF: Self = Self(1 << 13);
    /// A passport.
    pub(super) const PASSPORT: Self = Self(1 << 14);
    /// A driving licence.
    pub(super) const LICENCE: Self = Self(1 << 15);
    /// A birth.
    pub(super) const BIRTH: Self = Self(1 << 16);
    /// What is counted or paid in: it stands after an amount.
    pub(super) const UNIT: Self = Self(1 << 17);
    /// What the law protects most: GDPR, article 9.
    pub(super) const SPECIAL_CATEGORY: Self = Self(1 << 18);
    /// An English word for a street, which ends its name: `Baker Street`.
    pub(super) const STREET: Self = Self(1 << 19);
    /// A French word for a street, which begins its name, after the house's number or before it: `12 rue de la Paix`.
    pub(super) const RUE: Self = Self(1 << 20);
    /// A word for a street that begins its name, before the house's number: `Via Roma 3`.
    pub(super) const VIA: Self = Self(1 << 22);
    /// More of a number as one dials it.
    pub(super) const EXTENSION: Self = Self(1 << 21);

    /// Those that tell what a number is. Of several, the one closest to the number counts.
    const DECIDING: Self = Self(
        Self::PHONE.0
            | Self::CARD.0
            | Self::MACHINE.0
            | Self::VERSION.0
            | Self::ORDER.0
            | Self::ID.0
            | Self::ID_CARD.0
            | Self::STEUER_ID.0
            | Self::BSN.0
            | Self::NIF.0
            | Self::NHS.0
            | Self::SSN.0
            | Self::PERSONNUMMER.0
            | Self::CPF.0
            | Self::PASSPORT.0
            | Self::LICENCE.0
            | Self::BIRTH.0,
    );

    /// The one that files call so.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "phone" => Self::PHONE,
            "card" => Self::CARD,
            "bank" => Self::BANK,
            "machine" => Self::MACHINE,
            "version" => Self::VERSION,
            "order" => Self::ORDER,
            "id" => Self::ID,
            "id_card" => Self::ID_CARD,
            "steuer_id" => Self::STEUER_ID,
            "bsn" => Self::BSN,
            "nif" => Self::NIF,
            "nhs" => Self::NHS,
            "ssn" => Self::SSN,
            "personnummer" => Self::PERSONNUMMER,
            "cpf" => Self::CPF,
            "passport" => Self::PASSPORT,
            "licence" => Self::LICENCE,
            "birth" => Self::BIRTH,
            "unit" => Self::UNIT,
            "special_category" => Self::SPECIAL_CATEGORY,
            "street" => Self::STREET,
            "rue" => Self::RUE,
            "via" => Self::VIA,
            "extension" => Self::EXTENSION,
            _ => return None,
        })
    }

    /// Whether it holds any of these.
    pub(super) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Cues {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A context word, or several, where they stand in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) cues: Cues,
}

/// What the words before a number say about it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// All that is said within reach.
    pub(super) near: Cues,
    /// What is said last.
    pub(super) nearest: Cues,
    /// Whether that is said of this very number: few words and no end of a sentence in between.
    pub(super) is_direct: bool,
}

impl Context {
    /// What stands before this place.
    pub(super) fn before(text: &Text, at: usize) -> Self {
        let signs = text.signs();
        let count = signs.partition_point(|sign| sign.start < at);
        let mut context = Self::default();
        let mut said_until = 0;
        for sign in signs.iter().take(count).rev() {
            if at - sign.start > 2 * REACH_LETTERS {
                break;
            }
            if sign.end > at || at - sign.end > REACH_LETTERS {
                continue;
            }
            context.near = context.near | sign.cues;
            if !sign.cues.has(Cues::DECIDING) || sign.end < said_until {
                continue;
            }
            let said_there = if sign.end == said_until { context.nearest } else { Cues::NONE };
            context.nearest = said_there | sign.cues;
            said_until = sign.end;
        }
        context.is_direct = context.nearest != Cues::NONE && is_direct(text, said_until, at);
        context
    }

    /// Whether this is a number of a shop's: of an order, a parcel, a bill, an article.
    pub(super) fn is_ordered(self) -> bool {
        self.is_direct && self.nearest.has(Cues::ORDER)
    }

    /// Whether one of these was said last, of this very number.
    pub(super) fn names(self, cues: Cues) -> bool {
        self.is_direct && self.nearest.has(cues)
    }
}

/// Whether soon after this place, in the same breath, one of these is said.
pub(super) fn follows(text: &Text, end: usize, cues: Cues) -> bool {
    let signs = text.signs();
    let first = signs.partition_point(|sign| sign.start < end);
    let soon = signs.iter().skip(first).take_while(|sign| sign.start - end <= AFTER_LETTERS);
    soon.filter(|sign| sign.cues.has(cues)).any(|sign| {
        text.letters(end..sign.start)
            .iter()
            .all(|letter| letter.is_alphabetic() || matches!(letter, ' ' | '(' | '\''))
    })
}

fn is_direct(text: &Text, said_until: usize, at: usize) -> bool {
    let between = text.word_from(at).saturating_sub(text.word_from(said_until));
    between <= DIRECT_WORDS_MAX && !ends_sentence(text, said_until, at)
}

fn ends_sentence(text: &Text, from: usize, to: usize) -> bool {
    (from..to).any(|at| match text.at(at) {
        '!' | '?' => true,
        '\n' => !matches!(text.before(at), ':' | '#' | '\n' | '\r' | ' ') && at > from,
        '.' => {
            text.at(at + 1).is_whitespace() && {
                let word =
                    text.word_from(at).checked_sub(1).and_then(|word| text.words().get(word));
                word.is_none_or(|word| at - word.start > SHORTENED_LETTERS_MAX)
            }
        }
        _ => false,
    })
}

/// Phrases by their first word, and beginnings of words.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    phrases: HashMap<String, Vec<Phrase>>,
    /// In order; none begins with another.
    stems: Vec<(String, Cues)>,
}

#[derive(Debug)]
struct Phrase {
    rest: Vec<String>,
    cues: Cues,
}

/// Lines of a meaning and its words.
const WORDS: &[&str] =
    &[include_str!("cues/context_words.txt"), include_str!("cues/special_category.txt")];

static SHARED: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon::default();
    for (cues, phrase) in WORDS.iter().flat_map(|words| words.lines()).flat_map(read) {
        lexicon.add(phrase, cues);
    }
    lexicon.stems.sort();
    lexicon
});

/// The phrases of a line, and what they mean. A comment has none; tests see to it that nothing else is left out.
fn read(line: &str) -> impl Iterator<Item = (Cues, &str)> {
    let named = line.split_once(": ").filter(|_| !line.starts_with('#'));
    let cues = named.and_then(|(name, _)| Cues::named(name));
    let phrases = named.map_or("", |(_, phrases)| phrases);
    phrases.split(", ").filter_map(move |phrase| Some((cues?, phrase)))
}

impl Lexicon {
    /// That of this crate.
    pub(super) fn shared() -> &'static Self {
        &SHARED
    }

    /// Adds words in small letters without accents; `tele*` stands for all that begins so.
    fn add(&mut self, phrase: &str, cues: Cues) {
        let mut words = phrase.split(' ').map(str::to_owned);
        let Some(first) = words.next() else { return };
        if let Some(stem) = first.strip_suffix('*') {
            self.stems.push((stem.to_owned(), cues));
        } else {
            let phrase = Phrase { rest: words.collect(), cues };
            self.phrases.entry(first).or_default().push(phrase);
        }
    }

    /// Every context word of the text, in order.
    pub(super) fn signs(&self, text: &Text) -> Vec<Sign> {
        let mut signs = Vec::new();
        for (index, word) in text.words().iter().enumerate() {
            let spelled = text.spelled(word);
            if spelled.starts_with(|first: char| first.is_ascii_digit()) {
                continue;
            }
            if let Some(cues) = self.stem(spelled) {
                signs.push(Sign { start: word.start, end: word.end, cues });
            }
            let after = text.words().get(index + 1..).unwrap_or_default();
            for phrase in self.phrases.get(spelled).map_or(&[][..], Vec::as_slice) {
                if let Some(end) = phrase.end(text, word, after) {
                    signs.push(Sign { start: word.start, end, cues: phrase.cues });
                }
            }
        }
        signs
    }

    fn stem(&self, word: &str) -> Option<Cues> {
        let after = self.stems.partition_point(|(stem, _)| stem.as_str() <= word);
        let (stem, cues) = self.stems.get(after.checked_sub(1)?)?;
        word.starts_with(stem.as_str()).then_some(*cues)
    }
}

impl Phrase {
    /// Where the phrase ends whose first word is `first`, if the others come after it.
    fn end(&self, text: &Text, first: &Word, after: &[Word]) -> Option<usize> {
        let mut end = first.end;
        let mut after = after.iter();
        for expected in &self.rest {
            let word = after.next()?;
            let spelled = text.spelled(word);
            let is_there = match expected.strip_suffix('*') {
                Some(stem) => spelled.starts_with(stem),
                None => spelled == expected,
            };
            if !is_there {
                return None;
            }
            end = word.end;
        }
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_written_as_words_are_compared() {
        for (_, phrase) in WORDS.iter().flat_map(|words| words.lines()).flat_map(read) {
            let text = Text::read(&phrase.replace('*', ""));
            let words: Vec<_> = text.words().iter().map(|word| text.spelled(word)).collect();
            assert_eq!(words.join(" "), phrase.replace('*', ""), "{phrase}");
            assert!(!text.signs().is_empty(), "{phrase} is not found in itself");
        }
    }

    #[test]
    fn every_line_means_something() {
        for line in WORDS.iter().flat_map(|words| words.lines()) {
            let is_comment = line.is_empty() || line.starts_with('#');
            assert_eq!(read(line).next().is_none(), is_comment, "{line}");
        }
    }

    #[test]
    fn no_stem_hides_another() {
        for pair in SHARED.stems.windows(2) {
            assert!(!pair[1].0.starts_with(&pair[0].0), "{} and {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn the_word_closest_to_a_number_counts() {
        for (before, ordered, phone) in [
            ("my order number is ", true, false),
            ("Bestell-Nr.: ", true, false),
            ("Please call me about order ", true, false),
            ("About my order: please call ", false, true),
            ("I ordered from you. My order never came! ", false, false),
            ("Tel.: ", false, true),
            ("Phone:\n", false, true),
        ] {
            let text = Text::read(&format!("{before}123456789"));
            let context = Context::before(&text, before.chars().count());
            assert_eq!(context.is_ordered(), ordered, "{before}");
            assert_eq!(context.names(Cues::PHONE), phone, "{before}");
        }
    }
}
