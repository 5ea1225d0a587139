//! KMS, SQS and Secrets Manager, as a stand-in of theirs hears and answers them.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use axum::{Router, extract::State, http::HeaderMap};
use forthright_aws::{Aws, Kms, SecretsError, Sqs};
use forthright_core::{
    CaseId, CaseRef, Eid, Epoch, Fault, Hint, Lane, MessageRef, Pid, Queue, Retry, Source, Table,
    Time, Vault,
    seal::{Roots, UNWRAPPED_MAX},
    table::{Kept, Key, Write, WriteToken},
};
use forthright_testkit::{Memory, MovableClock, seeded_entropy};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::dynamodb::emulated;

/// What was asked, by operation, and what the next call of an operation is refused with.
#[derive(Default)]
struct Services {
    heard: Mutex<Vec<(String, Value)>>,
    refuses: Mutex<Option<(u16, &'static str)>>,
    /// The values of the secret, by stage.
    secret: Mutex<Vec<(&'static str, Option<&'static str>)>>,
}

/// A context as what is wrapped under it: the same in whatever order its names come.
fn wrapped(context: &Value) -> String {
    let names: std::collections::BTreeMap<_, _> = context.as_object().unwrap().iter().collect();
    data_encoding::BASE64.encode(format!("{names:?}").as_bytes())
}

async fn answer(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    services.heard.lock().unwrap().push((operation.clone(), body.clone()));
    if let Some((status, code)) = *services.refuses.lock().unwrap() {
        let said = json!({ "__type": code, "message": "CANARY what was sent" });
        return (StatusCode::from_u16(status).unwrap(), said.to_string());
    }
    let missing = || (StatusCode::BAD_REQUEST, json!({ "__type": "ResourceNotFoundException" }));
    let (status, answer) = match operation.as_str() {
        "GenerateDataKeyWithoutPlaintext" => {
            // What is wrapped is the context: whoever brings another one does not get it open.
            let wrapped = wrapped(&body["EncryptionContext"]);
            (StatusCode::OK, json!({ "CiphertextBlob": wrapped, "KeyId": body["KeyId"] }))
        }
        "Decrypt" => {
            let wrapped = wrapped(&body["EncryptionContext"]);
            if body["CiphertextBlob"] == wrapped {
                let root = data_encoding::BASE64.encode(&[7; 32]);
                (StatusCode::OK, json!({ "Plaintext": root, "KeyId": body["KeyId"] }))
            } else {
                (StatusCode::BAD_REQUEST, json!({ "__type": "InvalidCiphertextException" }))
            }
        }
        "SendMessage" => (StatusCode::OK, json!({ "MessageId": "1" })),
        "GetSecretValue" => {
            let values = services.secret.lock().unwrap();
            let found = values.iter().find(|(stage, _)| body["VersionStage"] == *stage);
            match found {
                Some((_, Some(text))) => (StatusCode::OK, json!({ "SecretString": text })),
                Some((_, None)) => (StatusCode::OK, json!({ "SecretBinary": "AA==" })),
                None => missing(),
            }
        }
        _ => missing(),
    };
    (status, answer.to_string())
}

impl Services {
    /// The services at an address, until the test ends.
    #[expect(clippy::disallowed_methods, reason = "a server beside the test, which ends with it")]
    async fn start() -> (Arc<Self>, SdkConfig) {
        let services = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = emulated(&format!("http://{}", listener.local_addr().unwrap()));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&services));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        (services, config)
    }

    fn heard(&self, operation: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }

    fn refuse(&self, with: Option<(u16, &'static str)>) {
        *self.refuses.lock().unwrap() = with;
    }
}

fn vault(config: &SdkConfig, memory: &Memory, time: &MovableClock) -> Roots<Kms, Memory> {
    let kms = Kms::new(aws_sdk_kms::Client::new(config), "arn:key".into(), "trial".into());
    Roots::new(kms, memory.clone(), time.clock(), seeded_entropy(1))
}

#[tokio::test]
async fn a_brands_root_is_bound_to_its_context_and_unwrapped_once_in_five_minutes() {
    let (services, config) = Services::start().await;
    let (memory, time) = (Memory::new(), MovableClock::at(Time::from_seconds(1)));
    let vault = vault(&config, &memory, &time);
    let demo = "demo".parse().unwrap();
    for _ in 0..9 {
        vault.brand(&demo).await.unwrap();
    }
    let made = services.heard("GenerateDataKeyWithoutPlaintext");
    let opened = services.heard("Decrypt");
    assert_eq!((made.len(), opened.len()), (1, 1));
    let context = json!({
        "purpose": "brand-key", "environment": "trial", "brand": "demo", "row": "B#demo",
    });
    assert_eq!(
        (&made[0]["EncryptionContext"], &opened[0]["EncryptionContext"]),
        (&context, &context)
    );
    time.advance(UNWRAPPED_MAX);
    vault.brand(&demo).await.unwrap();
    assert_eq!(services.heard("Decrypt").len(), 2);
}

#[tokio::test]
async fn a_root_of_another_brand_is_damage_and_a_key_that_is_off_is_not() {
    let (services, config) = Services::start().await;
    let (memory, time) = (Memory::new(), MovableClock::at(Time::from_seconds(1)));
    let (demo, other) = ("demo".parse().unwrap(), "other".parse().unwrap());
    vault(&config, &memory, &time).brand(&demo).await.unwrap();
    // Somebody moves the wrapped root to another brand's row.
    let mut row = memory.rows().remove(0);
    row.key = Key::brand_key(&other);
    let write = vec![Write::create(row)];
    let token = WriteToken::from_bytes([9; 16]);
    let kept = Kept::Now;
    memory.write(token, &write, kept).await.unwrap();
    let fresh = vault(&config, &memory, &time);
    assert!(matches!(fresh.brand(&other).await, Err(Fault::Damaged { .. })));
    services.refuse(Some((400, "DisabledException")));
    let fault = fresh.brand(&demo).await.unwrap_err();
    assert_eq!(fault.retry(), Retry::Later);
    let cause = std::error::Error::source(&fault).unwrap().to_string();
    assert_eq!(cause, "KMS answered DisabledException (HTTP 400)", "and nothing that was sent");
}

fn message() -> Hint {
    let (pid, eid) = (Pid::from_bytes([1; 16]), Eid::from_bytes([2; 16]));
    Hint::Inbound(MessageRef::new("demo".parse().unwrap(), pid, Epoch::FIRST, eid).at(7))
}

#[tokio::test]
async fn hints_go_to_their_lanes_and_only_to_those_that_are_declared() {
    let (services, config) = Services::start().await;
    let urls = [(Lane::Inbound, "http://q/inbound.fifo"), (Lane::Human, "http://q/human")];
    let urls = urls.map(|(lane, url)| (lane, url.to_owned())).into();
    let sqs = Sqs::new(aws_sdk_sqs::Client::new(&config), urls);
    sqs.send(message()).await.unwrap();
    let case = CaseRef { brand: "demo".parse().unwrap(), case: CaseId::from_bytes([3; 16]) };
    sqs.send(Hint::Human(case)).await.unwrap();
    let sent = services.heard("SendMessage");
    assert_eq!(sent[0]["QueueUrl"], "http://q/inbound.fifo");
    assert_eq!(sent[0]["MessageGroupId"], "01".repeat(16), "one person's messages in their order");
    assert_eq!(sent[0]["MessageDeduplicationId"], format!("{}#7", "02".repeat(16)));
    assert_eq!(sent[1]["QueueUrl"], "http://q/human");
    assert!(sent[1]["MessageGroupId"].is_null());

    let sqs = Sqs::new(aws_sdk_sqs::Client::new(&config), [].into());
    assert_eq!(sqs.send(message()).await.unwrap_err().retry(), Retry::Never);
}

/// The environment whose one secret has these values.
async fn with_secret(values: &[(&'static str, Option<&'static str>)]) -> Result<Aws, SecretsError> {
    let (services, config) = Services::start().await;
    *services.secret.lock().unwrap() = values.to_vec();
    let source = |name: &str| (name == Aws::SECRETS).then(|| "arn:one".to_owned());
    Aws::new(Source::new(source), config).await
}

#[tokio::test]
async fn both_versions_of_a_secret_are_active_while_it_is_rotated() {
    let (new, old) =
        (r#"{"APP_SECRET":"CANARY the new one"}"#, r#"{"APP_SECRET":"CANARY the old one"}"#);
    let current = ("AWSCURRENT", Some(new));
    for (values, active) in [(vec![current], 1), (vec![current, ("AWSPREVIOUS", Some(old))], 2)] {
        let aws = with_secret(&values).await.unwrap();
        let found = aws.source().active("APP_SECRET").unwrap();
        assert_eq!(found.len(), active);
        assert!(found[0].matches(b"CANARY the new one"));
        assert!(!format!("{aws:?}").contains("CANARY"));
    }
}

#[tokio::test]
async fn a_secret_without_a_value_stops_the_start_and_says_what_to_do() {
    for values in [vec![], vec![("AWSCURRENT", None)]] {
        let told = with_secret(&values).await.unwrap_err().to_string();
        assert!(
            told.contains("`arn:one` has no value yet; put one with `aws secretsmanager"),
            "{told}"
        );
    }
    for wrong in ["CANARY", r#"{"A":1}"#, "[]"] {
        let told = with_secret(&[("AWSCURRENT", Some(wrong))]).await.unwrap_err().to_string();
        assert_eq!(told, "the secret `arn:one` is no JSON object of names and texts");
    }
    let (services, config) = Services::start().await;
    services.refuse(Some((400, "AccessDeniedException")));
    let source = |name: &str| (name == Aws::SECRETS).then(|| "arn:one".to_owned());
    let error =
        forthright_aws::Error::from(Aws::new(Source::new(source), config).await.unwrap_err());
    let told = format!("{error:?}");
    assert_eq!(
        told,
        "the secret `arn:one` cannot be read: Secrets Manager answered AccessDeniedException (HTTP 400)"
    );
}
