//! The scripted platform: the stand-in that serves the demo, with a record of what it took.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use forthright_core::{
    BrandKeys, Eid, PlatformId, Secret, TaskId, Time,
    http::{Exchange, ExchangeFault, Request, Response},
    table::Key,
};
use forthright_testkit::{
    Memory,
    standin::{Behaviour, Customer, Incoming, Sent, WhatsAppStandIn},
};
use futures::FutureExt;
use serde_json::{Value, json};

use super::{
    act::{Fate, Mood, Text},
    kernel::Kernel,
    promise::Promise,
    watch::{Place, Taken, Watch},
};

/// The platform. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Platform(Arc<Inner>);

struct Inner {
    stand_in: WhatsAppStandIn,
    keys: Arc<BrandKeys>,
    memory: Memory,
    kernel: Kernel,
    watch: Watch,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platform")
    }
}

#[derive(Default)]
struct Known {
    /// What was taken, the newest last.
    sent: Vec<Sent>,
    /// How many of those the simulation has looked at.
    seen: usize,
    /// What people of the brand wrote, and whether it was sent.
    words: HashMap<String, bool>,
    /// Who wrote which message.
    writers: HashMap<Eid, Vec<PlatformId>>,
}

/// A message as it is delivered.
#[derive(Debug, Clone)]
pub(super) struct Letter<'a> {
    pub(super) from: &'a Customer,
    pub(super) text: Text,
    pub(super) id: &'a str,
    pub(super) at_seconds: i64,
}

impl Platform {
    pub(super) fn new(
        stand_in: WhatsAppStandIn,
        keys: Arc<BrandKeys>,
        memory: Memory,
        kernel: Kernel,
        watch: Watch,
    ) -> Self {
        let known = Mutex::default();
        Self(Arc::new(Inner { stand_in, keys, memory, kernel, watch, known }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The webhook call that delivers these messages.
    pub(super) fn deliver(&self, letters: &[Letter<'_>]) -> Request {
        let incoming: Vec<_> = letters
            .iter()
            .map(|letter| Incoming {
                from: letter.from.clone(),
                text: letter.text.words().into(),
                id: letter.id.into(),
                at_seconds: letter.at_seconds,
            })
            .collect();
        let request = self.0.stand_in.prepare(&incoming);
        if letters.iter().all(|letter| letter.text != Text::Image) {
            return request;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(request.body()) else {
            return request;
        };
        let messages = body.pointer_mut("/entry/0/changes/0/value/messages");
        for (message, letter) in
            messages.and_then(Value::as_array_mut).into_iter().flatten().zip(letters)
        {
            if let (Text::Image, Some(message)) = (letter.text, message.as_object_mut()) {
                message.remove("text");
                message.insert("type".to_owned(), json!("image"));
                let image = json!({ "id": "1", "mime_type": "image/jpeg", "sha256": "CANARY" });
                message.insert("image".to_owned(), image);
            }
        }
        self.0.stand_in.deliver_body(body.to_string().into())
    }

    /// The webhook call that tells the fate of a message; none if nothing was taken yet.
    pub(super) fn report(&self, sent: &Sent, fate: Fate) -> Request {
        self.0.stand_in.status(sent, fate.name())
    }

    /// The form that Meta posts when a person wants their data deleted.
    pub(super) fn deletion_form(&self, user_id: &str) -> String {
        let issued_at = seconds(self.0.kernel.now());
        let payload =
            json!({ "algorithm": "HMAC-SHA256", "issued_at": issued_at, "user_id": user_id });
        let payload = BASE64URL_NOPAD.encode(payload.to_string().as_bytes());
        let signature = self.0.stand_in.sign(payload.as_bytes());
        let digits = signature.strip_prefix("sha256=").unwrap_or_default();
        let signature = HEXLOWER.decode(digits.as_bytes()).unwrap_or_default();
        format!("signed_request={}.{payload}", BASE64URL_NOPAD.encode(&signature))
    }

    /// What was taken, so many back from the newest.
    pub(super) fn sent_back(&self, back: usize) -> Option<Sent> {
        let known = self.known();
        let count = known.sent.len();
        let index = count.checked_sub(1)?.saturating_sub(back.checked_rem(count)?);
        known.sent.get(index).cloned()
    }

    /// How many messages were taken.
    pub(super) fn sent_count(&self) -> usize {
        self.known().sent.len()
    }

    /// What was taken since the last look.
    pub(super) fn fresh(&self) -> Vec<Sent> {
        let mut known = self.known();
        let fresh = known.sent.get(known.seen..).unwrap_or_default().to_vec();
        known.seen = known.sent.len();
        fresh
    }

    /// A person of the brand wrote these words.
    pub(super) fn expect_words(&self, words: &str) {
        self.known().words.insert(words.to_owned(), false);
    }

    /// Who wrote a message.
    pub(super) fn expect_message(&self, eid: Eid, from: Vec<PlatformId>) {
        self.known().writers.insert(eid, from);
    }

    /// How the next calls are treated.
    pub(super) fn moods(&self, moods: &[Mood]) {
        let behaviours = moods.iter().map(|mood| match mood {
            Mood::TakesAndDrops => Behaviour::AcceptThenDrop,
            Mood::Refuses => Behaviour::RefuseConnection,
            Mood::RateLimit(after) => Behaviour::RateLimit { retry_after: after.map(u64::from) },
            Mood::BadGateway { html } => Behaviour::ServerError { html: *html },
            // "Message undeliverable", as WhatsApp answers when the recipient cannot be reached.
            Mood::Undeliverable => Behaviour::GraphError { status: 400, code: 131_026 },
            Mood::Nonsense => Behaviour::Malformed200,
            Mood::Kind => Behaviour::Accept,
        });
        self.0.stand_in.script(behaviours.collect());
    }

    /// From here on this access token is the right one.
    pub(super) fn renew_token(&self, token: Secret) {
        self.0.stand_in.renew_token(token);
    }

    /// Answers a call, and sees what is taken.
    pub(super) fn receive(&self, request: &Request) -> Result<Response, ExchangeFault> {
        let inner = &self.0;
        let before = inner.stand_in.sent_count();
        let answer = inner.stand_in.exchange(request.clone()).now_or_never();
        let answer = answer.unwrap_or_else(|| Err(ExchangeFault::Unknown("no answer".into())));
        if inner.stand_in.sent_count() > before
            && let Some(sent) = inner.stand_in.newest_sent()
        {
            self.took(&sent);
            self.known().sent.push(sent);
        }
        let status = answer.as_ref().map(|answer| answer.status().as_u16()).ok();
        inner
            .watch
            .note(|| format!("    task {} calls the platform: {status:?}", inner.kernel.task()));
        answer
    }

    fn took(&self, sent: &Sent) {
        let inner = &self.0;
        let now = inner.kernel.now();
        let opaque = sent.opaque.as_deref().unwrap_or_default();
        let Some(place) = inner.keys.read_attempt_token(opaque) else {
            let what = "a text left without a token of ours".to_owned();
            inner.watch.breaks(Promise::Misbehaved, now, what);
            return;
        };
        let text = sent.text.reveal();
        let sent_before =
            self.known().words.get_mut(text).map(|sent| std::mem::replace(sent, true));
        let is_a_persons = sent_before.is_some();
        if sent_before == Some(true) {
            let what = "a person's answer was sent again".to_owned();
            inner.watch.breaks(Promise::Double, now, what);
        }
        inner.watch.taken(now, &inner.memory, &Taken { place, text, is_a_persons });
        if !self.reaches(place, &sent.to) {
            let what = "a text went to somebody else".to_owned();
            inner.watch.breaks(Promise::WrongPerson, now, what);
        }
    }

    /// Whether `to` is an id of the person whose message or conversation a text belongs to.
    fn reaches(&self, (pid, _, task): Place, to: &PlatformId) -> bool {
        let known = self.known();
        let wrote = |eid: &Eid| known.writers.get(eid).is_some_and(|ids| ids.contains(to));
        match task {
            TaskId::Message(eid) => wrote(&eid),
            TaskId::Out(_) => {
                let partition = format!("{}{pid}#", Key::SUBJECT);
                let seen = self.0.watch.seen();
                let theirs = seen.stored.iter().filter(|key| key.partition.starts_with(&partition));
                theirs.filter_map(Key::as_task).any(|(_, _, task)| match task {
                    TaskId::Message(eid) => wrote(&eid),
                    TaskId::Out(_) => false,
                })
            }
        }
    }
}

/// The platform's time: whole seconds.
pub(super) fn seconds(time: Time) -> i64 {
    time.millis().div_euclid(1_000)
}
