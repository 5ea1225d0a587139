//! In which language a message is: the model knows the languages of the content, trigrams know the rest.

use forthright_core::Language;
use whatlang::{Lang, Script};

/// By how much a language of the content must be preferred to the next to be believed.
const MARGIN_MIN: f32 = 0.35;
/// By how much it must be preferred to outweigh trigrams that are sure of another.
const MARGIN_SURE: f32 = 1.2;
/// Trigrams of fewer letters are chance.
const LETTERS_MIN: usize = 18;
/// How sure trigrams must be of a language that is not in the content.
const TRIGRAMS_SURE: f64 = 0.55;

/// The language of a message; none where it could be several. `ours` is what the model takes it for among the
/// languages of the content, and by how much it prefers that to the next.
pub(crate) fn identify(text: &str, ours: Option<(Language, f32)>) -> Option<Language> {
    let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
    if letters == 0 {
        return None;
    }
    let trigrams = whatlang::detect(text);
    let other = trigrams.filter(|found| {
        if found.script() == Script::Latin {
            letters >= LETTERS_MIN && found.confidence() >= TRIGRAMS_SURE
        } else {
            // A script that few languages share says more than a guess.
            letters >= 2 && (found.is_reliable() || found.confidence() >= TRIGRAMS_SURE)
        }
    });
    let other = other.map(|found| (code(found.lang()), found.script()));
    match (ours, other) {
        (_, Some((code, script))) if script != Script::Latin => code,
        (Some((ours, margin)), Some((Some(other), _))) if other != ours => {
            if margin >= MARGIN_SURE {
                Some(ours)
            } else {
                Some(other)
            }
        }
        (Some((ours, margin)), _) if margin >= MARGIN_MIN => Some(ours),
        _ => None,
    }
}

/// The two-letter code (ISO 639-1) of a language, for those that are written most, and their neighbours.
fn code(language: Lang) -> Option<Language> {
    let code = match language {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Pol => "pl",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        Lang::Est => "et",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Ron => "ro",
        Lang::Hun => "hu",
        Lang::Tur => "tr",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Bul => "bg",
        Lang::Ara => "ar",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        Lang::Mar => "mr",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Pan => "pa",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Vie => "vi",
        Lang::Ind => "id",
        Lang::Tha => "th",
        Lang::Ell => "el",
        Lang::Cat => "ca",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        _ => return None,
    };
    code.parse().ok()
}
