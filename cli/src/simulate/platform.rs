//! The scripted platforms: the stand-ins that serve the demo, with a record of what they took.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use forthright_core::{
    BrandKeys, Channel, Eid, PlatformId, Secret, TaskId, Time,
    http::{Exchange, ExchangeFault, Request, Response},
    ids::IdKind,
    table::Key,
};
use forthright_testkit::{
    Memory,
    standin::{Behaviour, Customer, Incoming, Sent, StandIn},
};
use futures::FutureExt;
use serde_json::{Map, Value, json};

use super::{
    act::{Fate, Mood, Text},
    kernel::Kernel,
    promise::Promise,
    watch::{Place, Taken, Watch},
};

/// The platforms. Its clones are the same ones.
#[derive(Debug, Clone)]
pub(super) struct Platform(Arc<Inner>);

struct Inner {
    stand_ins: [StandIn; 2],
    keys: Arc<BrandKeys>,
    memory: Memory,
    kernel: Kernel,
    watch: Watch,
    known: Mutex<Known>,
}

impl Inner {
    fn stand_in(&self, channel: Channel) -> &StandIn {
        let [first, second] = &self.stand_ins;
        if second.account().channel == channel { second } else { first }
    }
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
    /// How the next calls are treated.
    script: VecDeque<Behaviour>,
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
        stand_ins: [StandIn; 2],
        keys: Arc<BrandKeys>,
        memory: Memory,
        kernel: Kernel,
        watch: Watch,
    ) -> Self {
        let known = Mutex::default();
        Self(Arc::new(Inner { stand_ins, keys, memory, kernel, watch, known }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stand-in for a channel.
    pub(super) fn stand_in(&self, channel: Channel) -> &StandIn {
        self.0.stand_in(channel)
    }

    /// The webhook call that delivers these messages, all of one channel.
    pub(super) fn deliver(&self, channel: Channel, letters: &[Letter<'_>]) -> Request {
        let stand_in = self.stand_in(channel);
        let incoming: Vec<_> = letters
            .iter()
            .map(|letter| Incoming {
                from: letter.from.clone(),
                text: letter.text.words().into(),
                id: letter.id.into(),
                at_seconds: letter.at_seconds,
            })
            .collect();
        let request = stand_in.prepare(&incoming);
        let is_text =
            |letter: &Letter<'_>| letter.text != Text::Image && letter.text.pressed().is_none();
        if letters.iter().all(is_text) {
            return request;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(request.body()) else {
            return request;
        };
        let (place, change): (_, fn(&mut Map<String, Value>, Text)) = match channel {
            Channel::WhatsApp => ("/entry/0/changes/0/value/messages", on_whatsapp),
            Channel::Messenger => ("/entry/0/messaging", on_messenger),
        };
        let messages = body.pointer_mut(place).and_then(Value::as_array_mut);
        for (message, letter) in messages.into_iter().flatten().zip(letters) {
            if let Some(message) = message.as_object_mut() {
                change(message, letter.text);
            }
        }
        stand_in.deliver_body(body.to_string().into())
    }

    /// The webhook call that tells the fate of a message; none if the platform never tells that.
    pub(super) fn report(&self, sent: &Sent, fate: Fate) -> Option<Request> {
        let channel =
            if sent.to.kind == IdKind::Psid { Channel::Messenger } else { Channel::WhatsApp };
        self.stand_in(channel).status(sent, fate.name())
    }

    /// The form that Meta posts when a person wants their data deleted.
    pub(super) fn deletion_form(&self, channel: Channel, user_id: &str) -> String {
        let issued_at = seconds(self.0.kernel.now());
        let payload =
            json!({ "algorithm": "HMAC-SHA256", "issued_at": issued_at, "user_id": user_id });
        let payload = BASE64URL_NOPAD.encode(payload.to_string().as_bytes());
        let signature = self.stand_in(channel).sign(payload.as_bytes());
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

    /// How the next calls are treated, whichever platform they go to.
    pub(super) fn moods(&self, moods: &[Mood]) {
        let behaviours: Vec<_> = moods.iter().copied().map(behaviour).collect();
        self.known().script = behaviours.into();
    }

    /// From here on this access token is the right one.
    pub(super) fn renew_token(&self, token: &Secret) {
        for stand_in in &self.0.stand_ins {
            stand_in.renew_token(token.clone());
        }
    }

    /// Answers a call, and sees what is taken.
    pub(super) fn receive(&self, request: &Request) -> Result<Response, ExchangeFault> {
        let inner = &self.0;
        let path = request.uri().path();
        let is_its = |one: &&StandIn| path.contains(&format!("/{}/", one.account().id));
        let [first, _] = &inner.stand_ins;
        let stand_in = inner.stand_ins.iter().find(is_its).unwrap_or(first);
        let behaviour = self.known().script.pop_front();
        stand_in.script(behaviour.into_iter().collect());
        let before = stand_in.sent_count();
        let answer = stand_in.exchange(request.clone()).now_or_never();
        let answer = answer.unwrap_or_else(|| Err(ExchangeFault::Unknown("no answer".into())));
        if stand_in.sent_count() > before
            && let Some(sent) = stand_in.newest_sent()
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
        let taken = Taken { place, text, is_a_persons, is_tagged: sent.is_tagged };
        inner.watch.taken(now, &inner.memory, &taken);
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

fn behaviour(mood: Mood) -> Behaviour {
    match mood {
        Mood::TakesAndDrops => Behaviour::AcceptThenDrop,
        Mood::Refuses => Behaviour::RefuseConnection,
        Mood::RateLimit(after) => Behaviour::RateLimit { retry_after: after.map(u64::from) },
        Mood::BadGateway { html } => Behaviour::ServerError { html },
        // "Permissions error": what both platforms know as never.
        Mood::Undeliverable => Behaviour::GraphError { status: 400, code: 200 },
        Mood::Nonsense => Behaviour::Malformed200,
        Mood::Kind => Behaviour::Accept,
    }
}

/// Makes a text on WhatsApp what it is instead.
fn on_whatsapp(message: &mut Map<String, Value>, text: Text) {
    let (kind, what) = match text.pressed() {
        Some(choice) => {
            let reply = json!({ "id": choice.to_string(), "title": text.words() });
            ("interactive", json!({ "type": "button_reply", "button_reply": reply }))
        }
        None if text == Text::Image => {
            ("image", json!({ "id": "1", "mime_type": "image/jpeg", "sha256": "CANARY" }))
        }
        None => return,
    };
    message.remove("text");
    message.insert("type".to_owned(), json!(kind));
    message.insert(kind.to_owned(), what);
}

/// Makes a text on Messenger what it is instead.
fn on_messenger(item: &mut Map<String, Value>, text: Text) {
    let Some(message) = item.get_mut("message").and_then(Value::as_object_mut) else {
        return;
    };
    match text.pressed() {
        Some(choice) => {
            let quick_reply = json!({ "payload": choice.to_string() });
            message.insert("quick_reply".to_owned(), quick_reply);
        }
        None if text == Text::Image => {
            message.remove("text");
            let payload = json!({ "url": "https://CANARY.example" });
            message
                .insert("attachments".to_owned(), json!([{ "type": "image", "payload": payload }]));
        }
        None => {}
    }
}
