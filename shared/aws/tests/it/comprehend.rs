//! Comprehend, as a stand-in of it hears and answers.

use std::{error::Error, future, sync::Arc, time::Duration};

use aws_config::{Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_comprehend::Client;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use forthright_aws::{
    Aws, Comprehend,
    comprehend::{Language, Pii, Sentiment},
};
use forthright_core::{
    Asked, DetectIntent, Detection, Fault, Intent, Redacted, Retry, Source, http::Request,
};
use forthright_testkit::comprehend::{Behaviour, ComprehendStandIn, ENDPOINT, Finds, MarkedWords};
use serde_json::Value;
use tokio::{net::TcpListener, time};

use crate::dynamodb::emulated;

/// How often a call is made before it counts as failed, as in the functions.
const ATTEMPTS: u32 = 3;
/// The longest that a call takes here.
const CALL_MAX: Duration = Duration::from_millis(300);
/// What a person writes, and what may be known of it.
const WRITTEN: &str = "I am CANARY and my parcel 4711 is gone";
const LEFT: &str = "I am [redacted] and my parcel [redacted] is gone";

async fn answer(
    State(service): State<Arc<ComprehendStandIn>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut request = Request::new(body);
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, uri, headers);
    match service.receive(&request) {
        Some(response) => response.map(Body::from),
        None => future::pending().await,
    }
}

/// The service at an address, until the test ends.
#[expect(clippy::disallowed_methods, reason = "a server beside the test, which ends with it")]
async fn start() -> (Arc<ComprehendStandIn>, SdkConfig) {
    let service = Arc::new(ComprehendStandIn::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backoff = Duration::from_millis(1);
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let config = emulated(&format!("http://{}", listener.local_addr().unwrap()))
        .into_builder()
        .retry_config(retries.with_initial_backoff(backoff))
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_MAX).build())
        .build();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&service));
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    (service, config)
}

fn comprehend(config: &SdkConfig) -> Comprehend<MarkedWords> {
    Comprehend::new(Client::new(config), ENDPOINT.to_owned(), MarkedWords).unwrap()
}

async fn detect(comprehend: &Comprehend<MarkedWords>, text: &str) -> Result<Detection, Fault> {
    let (brand, text) = ("demo".parse().unwrap(), text.into());
    comprehend.detect(Asked { brand: &brand, text: &text, machine_may_answer: true }).await
}

fn redacted(text: &str) -> Redacted {
    Redacted::by(&MarkedWords, &text.into())
}

/// The bodies that reached the service.
fn bodies(service: &ComprehendStandIn) -> Vec<Value> {
    let heard = service.heard();
    heard.iter().map(|heard| serde_json::from_str(heard.body.reveal()).unwrap()).collect()
}

#[tokio::test]
async fn the_surest_class_is_the_intent() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    service.teach("parcel", Finds::Class(Intent::OrderStatus, 0.9996));
    service.teach("money", Finds::Class(Intent::Refund, 0.41));
    for (text, intent, confidence_permille) in [
        ("my parcel is gone", Intent::OrderStatus, 999),
        ("the money", Intent::Refund, 410),
        ("a word", Intent::NoneOfThese, 900),
    ] {
        let found = detect(&comprehend, text).await.unwrap();
        assert_eq!((found.intent, found.confidence_permille), (intent, confidence_permille));
        assert!(!found.is_whole_message);
        assert_eq!(found.detector, "comprehend-custom-1");
    }
    assert!(service.heard().iter().all(|heard| heard.operation == "ClassifyDocument"));
}

#[tokio::test]
async fn only_what_the_redactor_left_leaves() {
    let (service, config) = start().await;
    detect(&comprehend(&config), WRITTEN).await.unwrap();
    let bodies = bodies(&service);
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0] == serde_json::json!({ "Text": LEFT, "EndpointArn": ENDPOINT }));
}

#[tokio::test]
async fn a_text_of_nothing_is_not_sent() {
    let (service, config) = start().await;
    for text in ["", " \n "] {
        let found = detect(&comprehend(&config), text).await.unwrap();
        assert_eq!((found.intent, found.confidence_permille), (Intent::NoneOfThese, 0));
    }
    assert!(service.heard().is_empty());
}

#[tokio::test]
async fn a_long_text_is_cut_between_characters() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    // One byte, then three a character: no limit falls between two of them.
    let long = format!("a{}", "\u{20ac}".repeat(40_000));
    detect(&comprehend, &long).await.unwrap();
    comprehend.sentiment(&redacted(&long), "en").await.unwrap();
    comprehend.dominant_language(&redacted(&long)).await.unwrap();
    comprehend.pii(&redacted(&long), "en").await.unwrap();
    let bodies = bodies(&service);
    let sent: Vec<_> = bodies.iter().map(|body| body["Text"].as_str().unwrap()).collect();
    assert!(sent.iter().all(|text| long.starts_with(text)));
    let bytes: Vec<_> = sent.iter().map(|text| text.len()).collect();
    assert_eq!(bytes, [10_000, 4_999, 100_000, 100_000].map(|max: usize| max - (max - 1) % 3));
}

#[tokio::test]
async fn throttled_it_is_asked_again_and_then_given_up_for_now() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    service.script(vec![Behaviour::Throttle, Behaviour::Fail]);
    assert!(detect(&comprehend, WRITTEN).await.is_ok());
    for (behaviour, said) in [
        (Behaviour::Throttle, "Comprehend answered TooManyRequestsException (HTTP 400)"),
        (Behaviour::Fail, "Comprehend answered InternalServerException (HTTP 500)"),
    ] {
        let before = service.heard().len();
        service.script(vec![behaviour; 9]);
        let fault = detect(&comprehend, WRITTEN).await.unwrap_err();
        assert_eq!(fault.retry(), Retry::Later);
        assert_eq!(fault.source().unwrap().to_string(), said, "and nothing that was sent");
        assert_eq!(service.heard().len() - before, usize::try_from(ATTEMPTS).unwrap());
    }
}

#[tokio::test]
async fn a_call_ends_although_no_answer_comes() {
    let (service, config) = start().await;
    service.script(vec![Behaviour::Silence; 9]);
    let comprehend = comprehend(&config);
    let fault =
        time::timeout(CALL_MAX * 10, detect(&comprehend, WRITTEN)).await.unwrap().unwrap_err();
    assert_eq!(fault.retry(), Retry::Later);
    assert_eq!(fault.source().unwrap().to_string(), "Comprehend did not answer in time");
}

#[tokio::test]
async fn nonsense_is_no_intent_and_never_a_sure_one() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    service.teach("parcel", Finds::Class(Intent::Refund, 0.99));
    for behaviour in [
        Behaviour::NoFields,
        Behaviour::UnknownClass,
        Behaviour::Score(1.01),
        Behaviour::Score(-0.1),
        Behaviour::Score(1e30),
        Behaviour::ScoreText("NaN"),
        Behaviour::ScoreText("Infinity"),
    ] {
        service.script(vec![behaviour]);
        let found = detect(&comprehend, "parcel").await.unwrap();
        assert_eq!((found.intent, found.confidence_permille), (Intent::NoneOfThese, 0));
    }
    for behaviour in [Behaviour::NoJson, Behaviour::ScoreText("CANARY")] {
        service.script(vec![behaviour; 9]);
        let fault = detect(&comprehend, WRITTEN).await.unwrap_err();
        assert_eq!(fault.retry(), Retry::Later, "what cannot be read is no answer");
        assert!(!format!("{fault:?}").contains("CANARY"));
    }
}

#[tokio::test]
async fn sentiment_language_and_personal_data_are_told() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    service.teach("angry", Finds::Sentiment("NEGATIVE"));
    service.teach("schade", Finds::Language("de"));
    service.teach("Zo\u{eb}", Finds::Pii("NAME"));
    let text = redacted("\u{1f44d} Zo\u{eb} is angry, wie schade, says Zo\u{eb}");
    assert_eq!(comprehend.sentiment(&text, "en").await.unwrap(), Sentiment::Negative);
    let german = Language { code: "de".to_owned(), confidence_permille: 970 };
    assert_eq!(comprehend.dominant_language(&text).await.unwrap(), Some(german));
    let found = comprehend.pii(&text, "en").await.unwrap();
    let name = |begin, end| Pii { kind: "NAME".to_owned(), begin, end, confidence_permille: 990 };
    assert_eq!(found, [name(2, 5), name(33, 36)]);

    assert_eq!(comprehend.dominant_language(&redacted("too short")).await.unwrap(), None);
    let fault = comprehend.sentiment(&text, "xx").await.unwrap_err();
    let said = fault.source().unwrap().to_string();
    assert_eq!(said, "Comprehend answered UnsupportedLanguageException (HTTP 400)");
}

#[tokio::test]
async fn nonsense_about_a_text_is_damage() {
    let (service, config) = start().await;
    let comprehend = comprehend(&config);
    service.teach("angry", Finds::Sentiment("CANARY"));
    service.teach("angry", Finds::Pii("NAME"));
    service.teach("angry", Finds::Pii("CANARY of a kind"));
    let (text, fine) =
        (redacted("whoever is that angry"), redacted("a text of calm and some length"));
    let damaged = |fault: Fault| matches!(fault, Fault::Damaged { .. });
    assert!(damaged(comprehend.sentiment(&text, "en").await.unwrap_err()));
    assert!(damaged(comprehend.pii(&text, "en").await.unwrap_err()), "it is no kind");
    for behaviour in [Behaviour::NoFields, Behaviour::Score(2.0)] {
        service.script(vec![behaviour]);
        assert!(damaged(comprehend.dominant_language(&fine).await.unwrap_err()));
    }
    service.teach("calm", Finds::Pii("NAME"));
    for behaviour in [Behaviour::Score(2.0), Behaviour::BeyondTheEnd] {
        service.script(vec![behaviour]);
        assert!(damaged(comprehend.pii(&fine, "en").await.unwrap_err()));
    }
}

#[tokio::test]
async fn an_endpoint_elsewhere_stops_the_start() {
    let (_service, config) = start().await;
    let name = Comprehend::<MarkedWords>::ENDPOINT;
    for (endpoint, says) in [
        (None, "is missing"),
        (Some("intents".to_owned()), "it must be the ARN of a classifier's endpoint"),
        (Some(ENDPOINT.replace("eu-central-1", "us-east-1")), "lies in another region"),
    ] {
        let source = Source::new(move |asked| endpoint.clone().filter(|_| asked == name));
        let aws = Aws::new(source, config.clone()).await.unwrap();
        let refused = aws.comprehend(MarkedWords).unwrap_err().to_string();
        assert!(refused.contains(name) && refused.contains(says), "{refused}");
    }
    let right = Source::new(move |asked| (asked == name).then(|| ENDPOINT.to_owned()));
    assert!(Aws::new(right, config.clone()).await.unwrap().comprehend(MarkedWords).is_ok());
    let elsewhere = config.into_builder().region(Region::from_static("eu-west-1")).build();
    let refused = Comprehend::new(Client::new(&elsewhere), ENDPOINT.to_owned(), MarkedWords);
    assert!(refused.is_err());
}
