//! Stories that must come out the same wherever the functions run: told once, played by each host.
//!
//! A story sees what a customer, an agent and a privacy officer see, and nothing of the store or the queues.

use std::cell::Cell;

use forthright_core::http::{Request, Response};
use forthright_testkit::standin::{Customer, StandIn};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

/// A deployment: the functions, and the platform that they talk to.
pub(crate) trait Host {
    /// The platform's side.
    fn stand_in(&self) -> &StandIn;

    /// The seconds since the Unix epoch, as the functions' clock has them.
    fn seconds(&self) -> i64;

    /// What opens the APIs of agents and privacy officers.
    fn operator_token(&self) -> String;

    /// The answer of whichever function has the request's path.
    async fn ask(&self, request: Request) -> Response;

    /// Waits until everything that was begun has come to its end, as far as `done` can tell; fails if it does not.
    async fn until(&self, what: &str, done: impl AsyncFn() -> bool);
}

/// Every story as a test, on what this expression gives.
macro_rules! played_on {
    ($host:expr) => {
        played_on!(
            $host;
            a_question_is_answered_with_its_disclosure,
            a_person_answers_and_hands_back,
            what_is_hard_becomes_a_case,
            who_says_stop_hears_it_once_and_then_nothing,
            an_erased_person_stays_erased,
            nothing_unsigned_is_taken_in,
            no_api_opens_without_its_token
        );
    };
    ($host:expr; $($story:ident),*) => {$(
        #[tokio::test]
        async fn $story() {
            crate::story::$story($host).await;
        }
    )*};
}

/// What asks for an order's status.
const ORDER: &str = "CANARY where is my order?";
/// What an agent writes for their colleagues.
const NOTE: &str = "CANARY The parcel is with the neighbours.";
/// How an agent speaks.
const WORDS: &str = "CANARY Hello, this is Kim. Your parcel is on its way.";

/// A call of an API, by a person of the brand.
pub(crate) async fn api(
    host: &impl Host,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    api_if(host, method, path, body, None).await
}

/// The same, of somebody who knows the case by this tag.
async fn api_if(
    host: &impl Host,
    method: Method,
    path: &str,
    body: Value,
    tag: Option<&str>,
) -> (StatusCode, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    let token = HeaderValue::from_str(&format!("Bearer {}", host.operator_token())).unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, token);
    if let Some(tag) = tag {
        request.headers_mut().insert(header::IF_MATCH, tag.parse().unwrap());
    }
    let response = host.ask(request).await;
    let value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    (response.status(), value)
}

/// A story in the middle: one customer of a host.
struct Play<'host, H> {
    host: &'host H,
    who: Customer,
    messages: Cell<u32>,
}

impl<'host, H: Host> Play<'host, H> {
    /// A customer whom no other story has.
    fn of(host: &'host H, number: &'static str) -> Self {
        let who = Customer::on_whatsapp(Some(number), None, "CANARY Ada");
        Self { host, who, messages: Cell::new(0) }
    }

    fn number(&self) -> String {
        self.who.wa_id.as_ref().unwrap().reveal().clone()
    }

    /// The webhook call with a text of the customer, sent now.
    fn writes(&self, text: &str) -> Request {
        let count = self.messages.get();
        self.messages.set(count + 1);
        let id = format!("wamid.CANARY{}-{}-{count}", self.number(), self.host.seconds());
        self.host.stand_in().deliver_text(&self.who, text, &id, self.host.seconds())
    }

    /// The customer writes, and the platform hears that it was taken.
    async fn says(&self, text: &str) {
        let status = self.host.ask(self.writes(text)).await.status();
        assert_eq!(status, StatusCode::OK);
    }

    /// What the platform took for this customer, the oldest first.
    fn heard(&self) -> Vec<String> {
        let sent = self.host.stand_in().sent();
        let own = sent.iter().filter(|one| one.to.value.reveal() == &self.number());
        own.map(|one| one.text.reveal().clone()).collect()
    }

    /// Waits for so many texts, and gives them.
    async fn hears(&self, count: usize) -> Vec<String> {
        self.host.until("the customer hears", async || self.heard().len() >= count).await;
        let heard = self.heard();
        assert_eq!(heard.len(), count, "and nothing more");
        heard
    }

    async fn api(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        api(self.host, method, path, body).await
    }

    /// A move of a case, by somebody who has seen this version of it; the tag of the version after it.
    async fn moves(&self, path: &str, body: Value, tag: &str) -> (StatusCode, String) {
        let (status, body) = api_if(self.host, Method::POST, path, body, Some(tag)).await;
        (status, body["etag"].as_str().unwrap().to_owned())
    }

    async fn cases(&self) -> Vec<String> {
        let (status, body) = self.api(Method::GET, "/api/cases", Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        let cases = body["cases"].as_array().unwrap();
        cases.iter().map(|case| case["case"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for a case that was not there `before`.
    async fn new_case(&self, before: &[String]) -> String {
        let new = async || self.cases().await.into_iter().find(|case| !before.contains(case));
        self.host.until("a case is there", async || new().await.is_some()).await;
        new().await.unwrap()
    }

    /// A request of the data subject, by its id.
    async fn requests(&self, kind: &str) -> String {
        let account = self.host.stand_in().account().id.clone();
        let subject = json!({ "channel": "whatsapp", "account": account, "id": self.number() });
        let body = json!({ "kind": kind, "subject": subject });
        let (status, body) = self.api(Method::POST, "/api/requests", body).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        body["request"]["request"].as_str().unwrap().to_owned()
    }

    async fn export(&self) -> Value {
        let request = self.requests("access").await;
        let path = format!("/api/requests/{request}/export");
        let (status, export) = self.api(Method::GET, &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        export
    }
}

/// The first answer says at its top that a machine wrote it; a redelivery is answered with nothing.
pub(crate) async fn a_question_is_answered_with_its_disclosure(host: &impl Host) {
    let play = Play::of(host, "4915550000101");
    let asked = play.writes(ORDER);
    for _ in 0..2 {
        assert_eq!(host.ask(asked.clone()).await.status(), StatusCode::OK);
    }
    let heard = play.hears(1).await;
    assert!(heard[0].starts_with("You are reading an automated message from Demo Shop."));
    play.says(ORDER).await;
    let heard = play.hears(2).await;
    assert!(heard[1].ends_with("Reply AGENT to reach a person."));
}

/// Who asks for a person gets one: a case that somebody takes, an agent's own words, and the machine again when it was
/// handed back. Of two who have seen the same version of the case, one moves it.
pub(crate) async fn a_person_answers_and_hands_back(host: &impl Host) {
    let play = Play::of(host, "4915550000102");
    let before = play.cases().await;
    play.says("agent").await;
    play.hears(1).await;
    let case = format!("/api/cases/{}", play.new_case(&before).await);
    let (status, shown) = play.api(Method::GET, &case, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let seen = shown["case"]["etag"].as_str().unwrap();
    let take = format!("{case}/take");
    let (status, taken) = play.moves(&take, json!({ "agent": "kim" }), seen).await;
    assert_eq!(status, StatusCode::OK);
    let (status, present) = play.moves(&take, json!({ "agent": "bo" }), seen).await;
    assert_eq!((status, &present), (StatusCode::PRECONDITION_FAILED, &taken));
    let noted = play.moves(&format!("{case}/note"), json!({ "text": NOTE }), &taken).await;
    assert_eq!(noted.0, StatusCode::OK);
    let answer = format!("{case}/answer");
    let (status, _) = play.moves(&answer, json!({ "text": WORDS }), &noted.1).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let heard = play.hears(2).await;
    assert!(heard[1] == WORDS, "a person speaks: no disclosure");
    assert!(play.export().await["notes"][0]["text"] == NOTE);

    let (status, _) = play.api(Method::POST, &format!("{case}/hand-back"), Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    play.says(ORDER).await;
    let heard = play.hears(3).await;
    assert!(heard[2].starts_with("Our colleague has left this conversation."));
}

/// What the machine does not understand a person gets, and the machine says so with its disclosure.
pub(crate) async fn what_is_hard_becomes_a_case(host: &impl Host) {
    let play = Play::of(host, "4915550000103");
    let before = play.cases().await;
    play.says("CANARY my cat ate the blue one and now the lamp hums").await;
    let case = play.new_case(&before).await;
    let path = format!("/api/cases/{case}");
    let (status, shown) = play.api(Method::GET, &path, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert!(shown.to_string().contains("the lamp hums"), "the agent reads what was written");
}

/// One confirmation, then silence.
pub(crate) async fn who_says_stop_hears_it_once_and_then_nothing(host: &impl Host) {
    let play = Play::of(host, "4915550000104");
    play.says("STOP").await;
    let heard = play.hears(1).await;
    assert!(heard[0].contains("You will get no more automated messages"));
    let before = play.cases().await;
    play.says(ORDER).await;
    // A person may read it; the case is how we know that it was looked at.
    play.new_case(&before).await;
    play.hears(1).await;
}

/// Access shows what is there; after an erasure nothing is, and a redelivery brings nothing back.
pub(crate) async fn an_erased_person_stays_erased(host: &impl Host) {
    let play = Play::of(host, "4915550000105");
    let asked = play.writes(ORDER);
    assert_eq!(host.ask(asked.clone()).await.status(), StatusCode::OK);
    play.hears(1).await;
    let answered = async || play.export().await["messages"][0]["state"] == "answered";
    host.until("the answer is settled", answered).await;
    let export = play.export().await;
    assert!(export["messages"][0]["text"] == ORDER && export["names"] == json!(["CANARY Ada"]));

    let request = play.requests("erasure").await;
    let path = format!("/api/requests/{request}");
    let state = async || play.api(Method::GET, &path, Value::Null).await.1["state"].clone();
    host.until("the erasure is done", async || state().await == "completed").await;
    let heard = play.hears(2).await;
    assert!(heard[1].contains("We were asked to erase"));

    assert_eq!(host.ask(asked).await.status(), StatusCode::OK);
    let export = play.export().await;
    assert_eq!(export["messages"], json!([]));
    assert!(!export.to_string().contains("CANARY"), "nothing of them is left");
    play.hears(2).await;
}

/// Who did not sign, or signed something else, is refused, and nothing is taken in.
pub(crate) async fn nothing_unsigned_is_taken_in(host: &impl Host) {
    let play = Play::of(host, "4915550000106");
    let signed = play.writes(ORDER);
    let mut unsigned = signed.clone();
    unsigned.headers_mut().remove("x-hub-signature-256");
    let mut changed = signed.clone();
    let text = String::from_utf8(signed.body().to_vec()).unwrap();
    *changed.body_mut() = text.replace("order", "Order").into();
    for request in [unsigned, changed] {
        assert_eq!(host.ask(request).await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(play.export().await["messages"], json!([]));
    play.hears(0).await;
}

/// Without the operator's token no API tells anything.
pub(crate) async fn no_api_opens_without_its_token(host: &impl Host) {
    for (method, path) in [(Method::GET, "/api/cases"), (Method::POST, "/api/requests")] {
        let mut request = Request::new("{}".into());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(host.ask(request).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}
