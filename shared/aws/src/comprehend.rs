//! Amazon Comprehend, which reads texts that a redactor went over, in the region that it is pinned to.

mod answer;

use aws_sdk_comprehend::{Client, error::ProvideErrorMetadata, types::LanguageCode};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use forthright_core::{
    Asked, DetectIntent, Detection, Fault, Intent, Redact, Redacted, SettingsError,
};

pub use self::answer::{Language, Pii, Sentiment};
use crate::call::{CallFault, boxed};

const SERVICE: &str = "Comprehend";

/// The name of this detector in a decision's record. The endpoint's history tells which model it had.
const DETECTOR: &str = "comprehend-custom-1";

/// How much text a call takes, in bytes of UTF-8: "Guidelines and quotas" and "Inputs for real-time custom analysis"
/// (which limits it to 10,000 characters, too) in Comprehend's developer guide. They say KB, and do not say of which
/// kind: these are the smaller ones.
/// <https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html>
/// <https://docs.aws.amazon.com/comprehend/latest/dg/idp-inputs-sync.html>
const CLASSIFY_BYTES_MAX: usize = 10_000;
const SENTIMENT_BYTES_MAX: usize = 5_000;
const LANGUAGE_BYTES_MAX: usize = 100_000;
/// <https://docs.aws.amazon.com/comprehend/latest/APIReference/API_DetectPiiEntities.html>
const PII_BYTES_MAX: usize = 100_000;
/// A shorter text has no language that could be told.
/// <https://docs.aws.amazon.com/comprehend/latest/APIReference/API_DetectDominantLanguage.html>
const LANGUAGE_CHARS_MIN: usize = 20;

/// Comprehend, with an endpoint of a custom classifier whose classes are the names of our intents.
///
/// A text that is longer than a call takes is cut at the end of a character, and only its beginning is read. No call
/// is longer than the time-outs of the client; what is told of a failed one are codes only.
#[derive(Debug, Clone)]
pub struct Comprehend<R> {
    client: Client,
    endpoint: String,
    redactor: R,
}

impl<R: Redact> Comprehend<R> {
    /// The setting that holds the ARN of the classifier's endpoint.
    pub const ENDPOINT: &str = "FORTHRIGHT_COMPREHEND_ENDPOINT";

    /// Comprehend behind the endpoint with this ARN. Refuses one that does not lie in the client's region: no text
    /// may leave that.
    pub fn new(client: Client, endpoint: String, redactor: R) -> Result<Self, SettingsError> {
        let wrong = |why| SettingsError::Wrong { name: Self::ENDPOINT.to_owned(), why };
        let region = region(&endpoint).ok_or_else(|| {
            wrong(
                "it must be the ARN of a classifier's endpoint, such as \
                 `arn:aws:comprehend:eu-central-1:123456789012:document-classifier-endpoint/intents`",
            )
        })?;
        if client.config().region().map(AsRef::as_ref) != Some(region) {
            return Err(wrong(
                "the endpoint lies in another region than this function, and no text may leave that; \
                 make an endpoint in the function's region and name it",
            ));
        }
        Ok(Self { client, endpoint, redactor })
    }

    /// The class of a text, as an intent. An answer that makes no sense is [`Intent::NoneOfThese`].
    async fn classify(&self, text: &Redacted) -> Result<Detection, Fault> {
        let none = Detection::bare(Intent::NoneOfThese, 0, DETECTOR);
        let text = cut(text.reveal(), CLASSIFY_BYTES_MAX);
        if text.trim().is_empty() {
            return Ok(none); // no call takes an empty text
        }
        let call = self.client.classify_document().endpoint_arn(&self.endpoint).text(text);
        let said = boxed(call.send()).await.map_err(|error| failed(&error))?;
        let Some((intent, confidence_permille)) = answer::intent(said.classes()) else {
            tracing::warn!("Comprehend named no intent as it should; a person gets the message");
            return Ok(none);
        };
        Ok(Detection { intent, confidence_permille, ..none })
    }

    /// How the text sounds, whose language has this two-letter code.
    pub async fn sentiment(&self, text: &Redacted, language: &str) -> Result<Sentiment, Fault> {
        let call = self
            .client
            .detect_sentiment()
            .language_code(LanguageCode::from(language))
            .text(cut(text.reveal(), SENTIMENT_BYTES_MAX));
        let said = boxed(call.send()).await.map_err(|error| failed(&error))?;
        answer::sentiment(&said).ok_or(NONSENSE)
    }

    /// The language that most of the text is in; none if the text is too short to tell.
    pub async fn dominant_language(&self, text: &Redacted) -> Result<Option<Language>, Fault> {
        let text = cut(text.reveal(), LANGUAGE_BYTES_MAX);
        if text.chars().count() < LANGUAGE_CHARS_MIN {
            return Ok(None);
        }
        let call = self.client.detect_dominant_language().text(text);
        let said = boxed(call.send()).await.map_err(|error| failed(&error))?;
        answer::language(said.languages()).map(Some).ok_or(NONSENSE)
    }

    /// What Comprehend takes for personal data in a text whose language has this two-letter code (English or Spanish).
    pub async fn pii(&self, text: &Redacted, language: &str) -> Result<Vec<Pii>, Fault> {
        let text = cut(text.reveal(), PII_BYTES_MAX);
        let call = self
            .client
            .detect_pii_entities()
            .language_code(LanguageCode::from(language))
            .text(text);
        let said = boxed(call.send()).await.map_err(|error| failed(&error))?;
        answer::pii(said.entities(), text.chars().count()).ok_or(NONSENSE)
    }
}

impl<R: Redact> DetectIntent for Comprehend<R> {
    /// Sends what the redactor leaves of the text to Comprehend.
    async fn detect(&self, asked: Asked<'_>) -> Result<Detection, Fault> {
        self.classify(&Redacted::by(&self.redactor, asked.text)).await
    }
}

const NONSENSE: Fault = Fault::Damaged { what: "answer of Comprehend" };

fn failed<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Fault {
    Fault::unavailable("text analysis", CallFault::of(SERVICE, error))
}

/// The beginning of `text` that has at most `bytes_max` bytes, in whole characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    text.split_at(text.floor_char_boundary(bytes_max)).0
}

/// The region in the ARN of a classifier's endpoint, if it is one.
/// <https://docs.aws.amazon.com/comprehend/latest/APIReference/API_ClassifyDocument.html>
fn region(arn: &str) -> Option<&str> {
    let ["arn", partition, "comprehend", region, account, resource] =
        *arn.split(':').collect::<Vec<_>>()
    else {
        return None;
    };
    let name = resource.strip_prefix("document-classifier-endpoint/")?;
    let is_endpoint = partition.starts_with("aws")
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_endpoint.then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        for (text, bytes_max, left) in
            [("abc", 3, "abc"), ("abc", 2, "ab"), ("aß", 2, "a"), ("a👍", 4, "a"), ("👍", 3, "")]
        {
            assert_eq!(cut(text, bytes_max), left);
        }
    }

    #[test]
    fn only_the_arn_of_a_classifiers_endpoint_has_a_region() {
        let right =
            "arn:aws:comprehend:eu-central-1:123456789012:document-classifier-endpoint/intents-1";
        assert_eq!(region(right), Some("eu-central-1"));
        for (from, to) in [
            ("arn:", ""),
            (":comprehend:", ":sagemaker:"),
            (":eu-central-1:", "::"),
            ("123456789012", "12345678901a"),
            ("document-classifier-endpoint", "entity-recognizer-endpoint"),
            ("/intents-1", "/"),
            ("/intents-1", "/intents:1"),
        ] {
            assert_eq!(region(&right.replace(from, to)), None, "{from}");
        }
    }
}
