//! A stand-in for Amazon Comprehend: it speaks the wire protocol (AWS JSON 1.1), checks what it is sent as strictly as
//! the service documents, and answers by the rules that a test sets.
//!
//! It holds everything in memory and opens no socket: a test puts it behind a local address.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use forthright_core::{
    Intent, Personal, Redact,
    http::{Request, Response, json, text},
};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

/// The stand-in's endpoint of a custom classifier.
pub const ENDPOINT: &str =
    "arn:aws:comprehend:eu-central-1:123456789012:document-classifier-endpoint/intents";

/// What each operation takes, in bytes: "Guidelines and quotas" and "Inputs for real-time custom analysis" of the
/// developer guide.
const SENTIMENT_BYTES_MAX: usize = 5_000;
const CLASSIFY_BYTES_MAX: usize = 10_000;
const OTHERS_BYTES_MAX: usize = 100_000;
const LANGUAGE_CHARS_MIN: usize = 20;

/// What the stand-in finds in a text that has a certain part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Finds {
    /// The class of the custom classifier, with its score.
    Class(Intent, f64),
    /// A sentiment, such as `NEGATIVE`.
    Sentiment(&'static str),
    /// A language, by its code.
    Language(&'static str),
    /// Personal data of this kind, such as `NAME`: the part itself, wherever it stands.
    Pii(&'static str),
}

/// How the stand-in treats a call, whatever is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Behaviour {
    /// As documented: answers what is right, refuses what is wrong.
    Answer,
    /// Refuses, since there were too many calls.
    Throttle,
    /// Fails, as the service itself does.
    Fail,
    /// Never answers.
    Silence,
    /// 200 with a body that is no JSON.
    NoJson,
    /// 200 with an object in which all fields are missing.
    NoFields,
    /// A class that nobody trained, as the surest.
    UnknownClass,
    /// Every score is this, a class first.
    Score(f64),
    /// Every score is this text: the protocol writes what is no number so.
    ScoreText(&'static str),
    /// Personal data where the text has ended.
    BeyondTheEnd,
}

/// A call that reached the stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The operation's name.
    pub operation: String,
    /// All of the body.
    pub body: Personal<String>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<(Personal<String>, Finds)>,
    script: VecDeque<Behaviour>,
    heard: Vec<Heard>,
}

/// The stand-in. All of its methods can be called at once from many threads.
#[derive(Debug, Default)]
pub struct ComprehendStandIn {
    state: Mutex<State>,
}

/// Nothing but what the four operations take: what they do not know, they refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Ask {
    text: String,
    endpoint_arn: Option<String>,
    language_code: Option<String>,
}

/// An error of the service: its name.
type Refusal = &'static str;

impl ComprehendStandIn {
    /// From here on it finds `finds` in texts that have `part`; the first rule that fits decides.
    pub fn teach(&self, part: &str, finds: Finds) {
        self.state().rules.push((part.into(), finds));
    }

    /// How the next calls are treated, one each, in this order; those after as [`Behaviour::Answer`].
    pub fn script(&self, behaviours: Vec<Behaviour>) {
        self.state().script = behaviours.into();
    }

    /// Every call that reached it, the oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.state().heard.clone()
    }

    /// Answers a call of the service; `None` if no answer is to come, ever.
    pub fn receive(&self, request: &Request) -> Option<Response> {
        let behaviour = self.state().script.pop_front().unwrap_or(Behaviour::Answer);
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
        let operation = target.and_then(|target| target.strip_prefix("Comprehend_20171127."));
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.state().heard.push(Heard {
            operation: operation.unwrap_or_default().to_owned(),
            body: Personal::new(body.clone()),
        });
        // The service's own messages may quote what it was sent.
        let refuse = |status, refusal: Refusal| {
            json(status, &json!({ "__type": refusal, "Message": format!("refused {body}") }))
        };
        Some(match behaviour {
            Behaviour::Silence => return None,
            Behaviour::Throttle => refuse(StatusCode::BAD_REQUEST, "TooManyRequestsException"),
            Behaviour::Fail => refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException"),
            Behaviour::NoJson => text(StatusCode::OK, format!("{{\"Classes\":[{body}")),
            Behaviour::NoFields => json(StatusCode::OK, &json!({})),
            twisted => match self.answer(request, operation.unwrap_or_default()) {
                Ok(answer) => json(StatusCode::OK, &twist(answer, twisted)),
                Err(refusal) => refuse(StatusCode::BAD_REQUEST, refusal),
            },
        })
    }

    fn answer(&self, request: &Request, operation: &str) -> Result<Value, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_json = kind.is_some_and(|kind| kind.as_bytes() == b"application/x-amz-json-1.1");
        if request.method() != Method::POST || request.uri().path() != "/" || !is_json {
            return Err("UnknownOperationException");
        }
        let ask: Ask =
            serde_json::from_slice(request.body()).map_err(|_place| "SerializationException")?;
        let (bytes_max, chars_min, has_endpoint, languages): (_, _, _, &[&str]) = match operation {
            "ClassifyDocument" => (CLASSIFY_BYTES_MAX, 1, true, &[]),
            "DetectSentiment" => (SENTIMENT_BYTES_MAX, 1, false, &["en", "es", "de", "fr"]),
            "DetectDominantLanguage" => (OTHERS_BYTES_MAX, LANGUAGE_CHARS_MIN, false, &[]),
            "DetectPiiEntities" => (OTHERS_BYTES_MAX, 1, false, &["en", "es"]),
            _ => return Err("UnknownOperationException"),
        };
        if ask.text.chars().count() < chars_min || has_endpoint != ask.endpoint_arn.is_some() {
            return Err("InvalidRequestException");
        }
        if ask.text.len() > bytes_max {
            return Err("TextSizeLimitExceededException");
        }
        if ask.endpoint_arn.is_some_and(|endpoint| endpoint != ENDPOINT) {
            return Err("ResourceNotFoundException");
        }
        match ask.language_code {
            Some(code) if !languages.contains(&code.as_str()) => {
                return Err("UnsupportedLanguageException");
            }
            None if !languages.is_empty() => return Err("InvalidRequestException"),
            Some(_) | None => {}
        }
        Ok(self.found(operation, &ask.text))
    }

    fn found(&self, operation: &str, text: &str) -> Value {
        let state = self.state();
        let fitting = state.rules.iter().filter(|(part, _)| text.contains(part.reveal().as_str()));
        let mut found = fitting.map(|(part, finds)| (part.reveal().as_str(), *finds));
        match operation {
            "ClassifyDocument" => {
                let class = found.find_map(|(_, finds)| match finds {
                    Finds::Class(intent, score) => Some((intent, score)),
                    _ => None,
                });
                classes(class.unwrap_or((Intent::NoneOfThese, 0.9)))
            }
            "DetectSentiment" => {
                let sentiment = found.find_map(|(_, finds)| match finds {
                    Finds::Sentiment(sentiment) => Some(sentiment),
                    _ => None,
                });
                json!({
                    "Sentiment": sentiment.unwrap_or("NEUTRAL"),
                    "SentimentScore": { "Positive": 0.1, "Negative": 0.2, "Neutral": 0.6, "Mixed": 0.1 },
                })
            }
            "DetectDominantLanguage" => {
                let code = found.find_map(|(_, finds)| match finds {
                    Finds::Language(code) => Some(code),
                    _ => None,
                });
                let surest = json!({ "LanguageCode": code.unwrap_or("en"), "Score": 0.97 });
                json!({ "Languages": [{ "LanguageCode": "cy", "Score": 0.01 }, surest] })
            }
            _ => {
                let entities = found.filter_map(|(part, finds)| match finds {
                    Finds::Pii(kind) => Some(places(text, part).map(move |(begin, end)| {
                        json!({ "Type": kind, "Score": 0.99, "BeginOffset": begin, "EndOffset": end })
                    })),
                    _ => None,
                });
                json!({ "Entities": entities.flatten().collect::<Vec<_>>() })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it left whole values behind: each change is one push.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every class with a score, as of a model in multi-class mode.
fn classes((surest, score): (Intent, f64)) -> Value {
    let class = |intent: Intent| {
        let score = if intent == surest { score } else { (1.0 - score) / 5.0 };
        json!({ "Name": intent.name(), "Score": score })
    };
    json!({ "Classes": Intent::ALL.iter().copied().map(class).collect::<Vec<_>>() })
}

/// Where `part` stands in `text`, in code points, the end exclusive.
fn places<'text>(text: &'text str, part: &'text str) -> impl Iterator<Item = (usize, usize)> {
    let length = part.chars().count();
    text.match_indices(part).map(move |(at, _)| {
        let begin = text.split_at(at).0.chars().count();
        (begin, begin.saturating_add(length))
    })
}

/// The answer, made into nonsense.
fn twist(mut answer: Value, behaviour: Behaviour) -> Value {
    let lists = answer.as_object_mut().into_iter().flat_map(|answer| answer.values_mut());
    for item in lists.filter_map(Value::as_array_mut).flatten() {
        match behaviour {
            Behaviour::Score(score) => item["Score"] = json!(score),
            Behaviour::ScoreText(score) => item["Score"] = json!(score),
            Behaviour::BeyondTheEnd => item["EndOffset"] = json!(1_000_000),
            Behaviour::UnknownClass if item["Score"].as_f64() > Some(0.5) => {
                item["Name"] = json!("CANARY of another model");
            }
            _ => {}
        }
    }
    answer
}

/// A redactor to test with: it takes out every word that has a digit or is the mark of a test's personal data.
#[derive(Debug, Clone, Copy, Default)]
pub struct MarkedWords;

impl Redact for MarkedWords {
    fn redact(&self, text: &Personal<String>) -> Personal<String> {
        let is_marked =
            |word: &str| word.contains("CANARY") || word.contains(|c: char| c.is_ascii_digit());
        let words = text.reveal().split(' ');
        let left: Vec<_> =
            words.map(|word| if is_marked(word) { "[redacted]" } else { word }).collect();
        Personal::new(left.join(" "))
    }
}
