//! What Comprehend answered, taken only if it makes sense.

use aws_sdk_comprehend::{
    operation::detect_sentiment::DetectSentimentOutput,
    types::{DocumentClass, DominantLanguage, PiiEntity, PiiEntityType, SentimentType},
};
use forthright_core::Intent;

/// How a text sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentiment {
    /// Content.
    Positive,
    /// Neither.
    Neutral,
    /// Content with one thing, discontent with another.
    Mixed,
    /// Discontent.
    Negative,
}

/// The language that most of a text is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Its code by RFC 5646, such as `en`.
    pub code: String,
    /// How sure Comprehend is, in thousandths.
    pub confidence_permille: u16,
}

/// Something in a text that Comprehend takes for personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pii {
    /// Comprehend's name of its kind, such as `EMAIL`.
    pub kind: String,
    /// Where it begins, in Unicode scalar values of the text.
    pub begin: usize,
    /// Where what follows it begins.
    pub end: usize,
    /// How sure Comprehend is, in thousandths.
    pub confidence_permille: u16,
}

/// The intent of the surest class, if every class has a score and that one is an intent.
pub(super) fn intent(classes: &[DocumentClass]) -> Option<(Intent, u16)> {
    let scored = classes.iter().map(|class| Some((permille(class.score())?, class.name()?)));
    let scored = scored.collect::<Option<Vec<_>>>()?;
    let (confidence_permille, name) = scored.into_iter().max_by_key(|(score, _)| *score)?;
    Some((name.parse().ok()?, confidence_permille))
}

pub(super) fn sentiment(said: &DetectSentimentOutput) -> Option<Sentiment> {
    match said.sentiment()? {
        SentimentType::Positive => Some(Sentiment::Positive),
        SentimentType::Neutral => Some(Sentiment::Neutral),
        SentimentType::Mixed => Some(Sentiment::Mixed),
        SentimentType::Negative => Some(Sentiment::Negative),
        _ => None,
    }
}

pub(super) fn language(languages: &[DominantLanguage]) -> Option<Language> {
    let told = |language: &DominantLanguage| {
        let code = language.language_code().filter(|code| is_name(code))?.to_owned();
        Some(Language { code, confidence_permille: permille(language.score())? })
    };
    let languages = languages.iter().map(told).collect::<Option<Vec<_>>>()?;
    languages.into_iter().max_by_key(|language| language.confidence_permille)
}

/// The entities of a text of `chars` characters.
///
/// Offsets count code points, and the end is exclusive, by the example of "Detecting PII entities": `Paulo Santos`
/// after `Hello ` stands from 6 to 18. <https://docs.aws.amazon.com/comprehend/latest/dg/how-pii.html>
pub(super) fn pii(entities: &[PiiEntity], chars: usize) -> Option<Vec<Pii>> {
    let told = |entity: &PiiEntity| {
        let kind = entity.r#type().map(PiiEntityType::as_str).filter(|kind| is_name(kind))?;
        let begin = usize::try_from(entity.begin_offset()?).ok()?;
        let end = usize::try_from(entity.end_offset()?).ok()?;
        let confidence_permille = permille(entity.score())?;
        let is_inside = begin < end && end <= chars;
        is_inside.then(|| Pii { kind: kind.to_owned(), begin, end, confidence_permille })
    };
    entities.iter().map(told).collect()
}

/// Rounded down: never surer than Comprehend is.
fn permille(score: Option<f32>) -> Option<u16> {
    let score = score.filter(|score| (0.0..=1.0).contains(score))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is 0 to 1000, and rounded down on purpose"
    )]
    Some((score * 1_000.0) as u16)
}

/// Whether it can be repeated: a name of theirs, and nothing that a person wrote.
fn is_name(name: &str) -> bool {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=50).contains(&name.len()) && name.bytes().all(is_of_a_name)
}
