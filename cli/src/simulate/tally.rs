//! What came about in the worlds: a simulation in which nothing happens proves nothing.

use std::{collections::BTreeMap, ops::AddAssign};

use serde::Serialize;

/// Counts of everything that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Worlds that ran.
    pub worlds: u64,
    /// Messages that people wrote.
    pub messages: u64,
    /// Webhook bodies that were delivered, and how many of them again.
    pub deliveries: u64,
    /// Deliveries of what was delivered before.
    pub redeliveries: u64,
    /// Calls of ports: the table, queues, the platform.
    pub calls: u64,
    /// Transactions that claimed something.
    pub claims: u64,
    /// Texts that the platform took.
    pub sends: u64,
    /// How messages ended.
    pub ends: BTreeMap<String, u64>,
    /// What happened to those who serve.
    pub events: BTreeMap<String, u64>,
}

impl Tally {
    /// One more of an event.
    pub(super) fn count(&mut self, event: &str) {
        self.count_by(event, 1);
    }

    /// So many more of an event.
    pub(super) fn count_by(&mut self, event: &str, times: usize) {
        if times > 0 {
            let times = u64::try_from(times).unwrap_or(u64::MAX);
            *self.events.entry(event.to_owned()).or_default() += times;
        }
    }

    /// How often an event came about.
    pub fn of(&self, event: &str) -> u64 {
        self.events.get(event).copied().unwrap_or_default()
    }

    /// One more message that ended so.
    pub(super) fn end(&mut self, end: &str) {
        *self.ends.entry(end.to_owned()).or_default() += 1;
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        let Self { worlds, messages, deliveries, redeliveries, calls, claims, sends, ends, events } =
            other;
        self.worlds += worlds;
        self.messages += messages;
        self.deliveries += deliveries;
        self.redeliveries += redeliveries;
        self.calls += calls;
        self.claims += claims;
        self.sends += sends;
        for (all, ones) in [(&mut self.ends, ends), (&mut self.events, events)] {
            for (name, count) in ones {
                *all.entry(name.clone()).or_default() += count;
            }
        }
    }
}
