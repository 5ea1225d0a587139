//! People who write without a pause, and what must come of every message that was acknowledged.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc::Sender},
};

use forthright_testkit::seeded_entropy;

use crate::{
    place::Place,
    platform::{Person, Platform, now_seconds},
    wire::Connection,
};

/// How many connections the platform has.
pub(crate) const CONNECTIONS: usize = 8;
/// How many people write; few, so that their messages meet.
const PEOPLE: usize = 24;

/// What a person writes, and so what becomes of it: an answer, a case for a person, silence.
const fn text_of(person: usize) -> &'static str {
    match person {
        0 | 1 => "I want to talk to a person CANARY",
        2 | 3 => "STOP",
        _ => "Where is my order? CANARY",
    }
}

/// A message that is sent until it is acknowledged, as platforms do.
#[derive(Debug)]
struct Sent {
    person: usize,
    id: String,
    bytes: Vec<u8>,
}

/// Who writes, and what was acknowledged.
#[derive(Debug)]
pub(crate) struct Traffic {
    platform: Arc<Platform>,
    state: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    /// How many messages were made.
    made: usize,
    /// Ids of messages, by who wrote them.
    acknowledged: Vec<(usize, String)>,
    /// Not acknowledged: sent again.
    again: Vec<Sent>,
}

/// What became of the messages that were acknowledged.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) acknowledged: usize,
    pub(crate) answered: usize,
    pub(crate) with_people: usize,
    pub(crate) suppressed: usize,
    /// Claimed when the server was killed: the platform may have it or not.
    pub(crate) unknown: usize,
}

impl Traffic {
    /// People who write to the accounts of `platform`.
    pub(crate) fn new(platform: &Arc<Platform>) -> Self {
        Self { platform: Arc::clone(platform), state: Mutex::default() }
    }

    /// How many messages were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.state.lock().unwrap().acknowledged.len()
    }

    /// Sends one message after the other until the server is gone, and tells of each acknowledgement.
    pub(crate) fn send_until_gone(&self, server: SocketAddr, told: &Sender<()>) {
        let Ok(mut connection) = Connection::to(server) else {
            return;
        };
        loop {
            let sent = self.next();
            match connection.call(&sent.bytes) {
                Ok(answer) if answer.status() == 200 => {
                    self.state.lock().unwrap().acknowledged.push((sent.person, sent.id));
                    told.send(()).unwrap();
                }
                Ok(answer) => {
                    assert_eq!(answer.status(), 503, "a webhook was refused");
                    self.state.lock().unwrap().again.push(sent);
                }
                Err(_) => {
                    self.state.lock().unwrap().again.push(sent);
                    return;
                }
            }
        }
    }

    fn next(&self) -> Sent {
        let mut state = self.state.lock().unwrap();
        if let Some(sent) = state.again.pop() {
            return sent;
        }
        state.made += 1;
        let number = state.made;
        drop(state);
        let [random, ..] = seeded_entropy(u64::try_from(number).unwrap()).bytes::<8>();
        let person = usize::from(random) % PEOPLE;
        let id = format!("wamid.CANARY{number}");
        let from = Person::numbered(person);
        let bytes = self.platform.webhook(&from, text_of(person), &id, now_seconds());
        Sent { person, id, bytes }
    }

    /// Every acknowledged message is there and at its end, and none was answered twice. Whatever was
    /// pending must be done, and the server must have ended.
    pub(crate) fn assert_all_is_well(&self, place: &Place) -> Outcome {
        self.platform.assert_nothing_came_twice();
        let mut by_person: HashMap<usize, Vec<String>> = HashMap::new();
        let mut outcome = Outcome::default();
        for (person, id) in &self.state.lock().unwrap().acknowledged {
            by_person.entry(*person).or_default().push(id.clone());
            outcome.acknowledged += 1;
        }
        let taken = self.platform.taken();
        for (person, acknowledged) in by_person {
            let from = Person::numbered(person);
            let (_, export) = place.export(from.id());
            let messages = export["messages"].as_array().unwrap();
            assert_eq!(export["quarantined_rows"], 0, "rows cannot be opened");
            let stored: HashMap<_, _> = messages
                .iter()
                .map(|message| (message["platform_message_id"].as_str().unwrap(), message))
                .collect();
            assert_eq!(stored.len(), messages.len(), "a message is stored twice");
            let theirs: HashSet<_> = taken
                .iter()
                .filter(|taken| taken.to == from.id())
                .map(|taken| taken.id.as_str())
                .collect();
            let (mut receipts, mut open) = (HashSet::new(), 0);
            // A person takes over when the time for an unknown outcome is over, and then gets the rest.
            let taken_over = messages.iter().any(|it| it["reason"] == "outcome_unknown");
            for message in messages {
                match message["state"].as_str().unwrap() {
                    "answered" => {
                        let id = message["reply"]["platform_message_id"].as_str().unwrap();
                        assert!(theirs.contains(id), "a receipt for a reply that never came");
                        assert!(receipts.insert(id), "two messages have the same answer");
                    }
                    "human" => {
                        assert!(person < 2 || taken_over, "a message went to a person");
                        open += usize::from(message["reply"]["text"].is_string());
                    }
                    "suppressed" => assert!(person < 4 || taken_over, "a message is suppressed"),
                    "sending" | "unknown" => open += 1,
                    _ => panic!("a message is left behind"),
                }
            }
            // What the platform has beyond the receipts are messages whose outcome nobody told us.
            let beyond = theirs.difference(&receipts).count();
            assert!(beyond <= open, "the platform has more replies than there are messages");
            for id in acknowledged {
                let message = stored.get(id.as_str()).expect("an acknowledged message is lost");
                match message["state"].as_str().unwrap() {
                    "answered" => outcome.answered += 1,
                    "human" => outcome.with_people += 1,
                    "suppressed" => outcome.suppressed += 1,
                    _ => outcome.unknown += 1,
                }
            }
        }
        outcome
    }
}
