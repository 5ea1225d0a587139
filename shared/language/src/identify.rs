//! In which language a message is: the model knows the languages of the content, trigrams know others.

use std::sync::LazyLock;

use forthright_core::Language;
use whatlang::{Detector, Lang};

/// By how much a language of the content must be preferred to the next to be believed.
const MARGIN_MIN: f32 = 0.35;
/// The same where there are few letters: a name, a laugh.
const MARGIN_MIN_OF_FEW: f32 = 0.8;
/// So many are few.
const LETTERS_FEW: usize = 9;
/// By how much it must be preferred so that nothing else is asked.
const MARGIN_SURE: f32 = 1.8;
/// Trigrams of fewer letters are chance.
const LETTERS_MIN: usize = 18;
/// How sure trigrams must be of a language that is not in the content.
const TRIGRAMS_SURE: f64 = 0.05;

/// Trigrams of the languages that are written most. Fewer languages make fewer mistakes: who writes in another has none.
static TRIGRAMS: LazyLock<Detector> = LazyLock::new(|| {
    Detector::with_allowlist(KNOWN.iter().map(|(language, _)| *language).collect())
});

/// The language of a message; none where it could be several. `ours` is what the model takes it for among the
/// languages of the content, and by how much it prefers that to the next.
pub(crate) fn identify(text: &str, ours: Option<(Language, f32)>) -> Option<Language> {
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    let (latin, others) = letters.fold((0_usize, 0_usize), |(latin, others), letter| {
        if letter <= LAST_LATIN {
            (latin.saturating_add(1), others)
        } else {
            (latin, others.saturating_add(1))
        }
    });
    if others > latin {
        // A script that few languages share says more than any guess.
        return trigrams(text, 0.0);
    }
    let (ours, margin) = ours.filter(|_| latin > 0)?;
    if margin >= MARGIN_SURE {
        return Some(ours);
    }
    let other = (latin >= LETTERS_MIN).then(|| trigrams(text, TRIGRAMS_SURE)).flatten();
    let is_ours = |language: Language| CONTENT.contains(&language.code());
    let enough = if latin < LETTERS_FEW { MARGIN_MIN_OF_FEW } else { MARGIN_MIN };
    match other {
        Some(other) if !is_ours(other) => Some(other),
        _ => (margin >= enough).then_some(ours),
    }
}

/// What trigrams say, if they are so sure.
fn trigrams(text: &str, sure: f64) -> Option<Language> {
    let found = TRIGRAMS.detect(text).filter(|found| found.confidence() >= sure)?;
    let (_, code) = KNOWN.iter().find(|(language, _)| *language == found.lang())?;
    code.parse().ok()
}

/// The last letter of Latin script, but for rare ones.
const LAST_LATIN: char = '\u{24F}';

/// The languages of the content.
const CONTENT: [&str; 6] = ["de", "en", "es", "fr", "it", "nl"];

/// Languages with their two-letter codes (ISO 639-1): of the content, and those that are written most besides.
/// Norwegian is left out; it would be taken for Danish or the other way round.
const KNOWN: [(Lang, &str); 29] = [
    (Lang::Deu, "de"),
    (Lang::Eng, "en"),
    (Lang::Spa, "es"),
    (Lang::Fra, "fr"),
    (Lang::Ita, "it"),
    (Lang::Nld, "nl"),
    (Lang::Ara, "ar"),
    (Lang::Ben, "bn"),
    (Lang::Ces, "cs"),
    (Lang::Dan, "da"),
    (Lang::Ell, "el"),
    (Lang::Pes, "fa"),
    (Lang::Fin, "fi"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Hun, "hu"),
    (Lang::Ind, "id"),
    (Lang::Jpn, "ja"),
    (Lang::Kor, "ko"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Ron, "ro"),
    (Lang::Rus, "ru"),
    (Lang::Swe, "sv"),
    (Lang::Tha, "th"),
    (Lang::Tur, "tr"),
    (Lang::Ukr, "uk"),
    (Lang::Vie, "vi"),
    (Lang::Cmn, "zh"),
];
