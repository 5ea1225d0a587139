//! The platform that takes the replies: the sending side of the WhatsApp Business Cloud API.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{latencies::Latencies, messages};

/// Who wrote what and when, and what was answered.
#[derive(Debug)]
pub(crate) struct Mock {
    /// For each customer, when the messages that wait for a reply were due to be sent.
    waiting: Vec<VecDeque<Instant>>,
    unanswered: usize,
    /// The opaque values that were seen, as hashes: one that comes again is a second send.
    seen: HashSet<u64>,
    answers: u64,
    /// How long replies took, from when their message was due.
    pub(crate) latencies: Latencies,
    /// Replies to nothing that waits, or with an opaque value that came before.
    pub(crate) doubled: usize,
    /// Replies until the end of the time that counts.
    pub(crate) in_time: usize,
    ends: Instant,
}

impl Mock {
    /// A platform with so many customers.
    pub(crate) fn new(customers: u32) -> Self {
        Self {
            waiting: (0..customers).map(|_| VecDeque::new()).collect(),
            unanswered: 0,
            seen: HashSet::new(),
            answers: 0,
            latencies: Latencies::default(),
            doubled: 0,
            in_time: 0,
            ends: Instant::now(),
        }
    }

    /// Begins a run: what an earlier one left behind no longer counts.
    pub(crate) fn begin(&mut self, messages: usize, ends: Instant) {
        self.waiting.iter_mut().for_each(VecDeque::clear);
        self.unanswered = 0;
        self.seen.reserve(messages);
        self.latencies = Latencies::with_capacity(messages);
        self.doubled = 0;
        self.in_time = 0;
        self.ends = ends;
    }

    /// A message of this customer is on its way.
    pub(crate) fn expect(&mut self, customer: u32, due: Instant) {
        if let Some(waiting) = self.waiting.get_mut(customer as usize) {
            waiting.push_back(due);
            self.unanswered += 1;
        }
    }

    /// How many messages wait for a reply.
    pub(crate) const fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Takes a reply and answers as the platform does.
    pub(crate) fn answer(&mut self, body: &[u8], now: Instant) -> Result<String> {
        let body = std::str::from_utf8(body)?;
        let to = field(body, "to").context("a reply that names nobody")?;
        let customer = messages::customer(to).context("a reply to a stranger")?;
        let again = field(body, "biz_opaque_callback_data").is_some_and(|opaque| {
            let mut hasher = DefaultHasher::new();
            opaque.hash(&mut hasher);
            !self.seen.insert(hasher.finish())
        });
        let waiting = self.waiting.get_mut(customer as usize).context("a reply to a stranger")?;
        match waiting.pop_front() {
            Some(due) if !again => {
                self.unanswered -= 1;
                self.latencies.add(now.saturating_duration_since(due));
                self.in_time += usize::from(now <= self.ends);
            }
            due => {
                self.doubled += 1;
                waiting.extend(due);
            }
        }
        self.answers += 1;
        let body = format!(
            r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"{to}","wa_id":"{to}"}}],"messages":[{{"id":"wamid.reply{:016}"}}]}}"#,
            self.answers
        );
        ensure!(!to.contains(['"', '\\']), "a reply to a stranger");
        Ok(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// How long to wait for replies that may still come: generous, since a lost one is a finding.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
}

/// The string in this field of a JSON object, if its value needs no unescaping. Searched for, not
/// parsed: this program shares the processors with what it measures.
fn field<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = body;
    loop {
        rest = &rest[rest.find(name)? + name.len()..];
        let Some(value) = rest.strip_prefix('"') else {
            continue;
        };
        let Some(value) = value.trim_start().strip_prefix(':') else {
            continue;
        };
        let Some(value) = value.trim_start().strip_prefix('"') else {
            continue;
        };
        return value.split_once('"').map(|(value, _)| value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(customer: u32, opaque: &str) -> Vec<u8> {
        format!(
            r#"{{"messaging_product":"whatsapp","to":"4915550{customer:07}","type":"text","text":{{"body":"on its way"}},"biz_opaque_callback_data":"{opaque}"}}"#
        )
        .into_bytes()
    }

    fn begun() -> (Mock, Instant) {
        let mut mock = Mock::new(10);
        let now = Instant::now();
        mock.begin(10, now + Duration::from_secs(1));
        (mock, now)
    }

    #[test]
    fn each_message_is_answered_once() {
        let (mut mock, now) = begun();
        mock.expect(3, now);
        mock.expect(4, now);
        assert!(mock.answer(&reply(3, "a"), now).is_ok());
        assert_eq!((mock.unanswered(), mock.doubled, mock.in_time), (1, 0, 1));
    }

    #[test]
    fn a_second_reply_and_a_repeated_send_are_doubled() {
        let (mut mock, now) = begun();
        mock.expect(3, now);
        assert!(mock.answer(&reply(3, "a"), now).is_ok());
        assert!(mock.answer(&reply(3, "b"), now).is_ok(), "nothing waits");
        mock.expect(3, now);
        assert!(mock.answer(&reply(3, "a"), now).is_ok(), "the same send again");
        assert_eq!((mock.unanswered(), mock.doubled), (1, 2));
    }

    #[test]
    fn a_late_reply_is_not_in_time() {
        let (mut mock, now) = begun();
        mock.expect(3, now);
        assert!(mock.answer(&reply(3, "a"), now + Duration::from_secs(2)).is_ok());
        assert_eq!((mock.unanswered(), mock.in_time, mock.latencies.len()), (0, 0, 1));
    }

    #[test]
    fn a_field_is_found_whatever_stands_before_it() {
        assert_eq!(field(r#"{"text":"to you","to" : "12"}"#, "to"), Some("12"));
        assert_eq!(field(r#"{"text":"to you"}"#, "to"), None);
    }
}
