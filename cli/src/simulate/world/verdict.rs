//! What must hold at the end, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use forthright_core::{
    Address, Personal, Pid,
    ledger::{Erased, Rights, Subject},
    state::State,
    table::{Attribute, Item, Key, Value},
};
use futures::FutureExt;

use super::{Changed, World};
use crate::simulate::{
    promise::Promise,
    watch::{gate, name, pid_of_gate, subject_of},
};

impl World {
    /// Judges a world that has come to rest.
    pub(super) fn judge(&mut self) {
        let rows = self.ground.memory.rows();
        self.judge_letters(&rows);
        self.judge_tasks(&rows);
        self.judge_demands();
        self.judge_subjects(&rows);
        self.judge_erasures(&rows);
        self.judge_receipts(&rows);
        self.judge_exports();
        self.judge_secrecy(&rows);
        if self.ground.mutant.is_none() {
            let hosts = self.hosts.iter().chain(&self.gone);
            let refusals: BTreeSet<_> = hosts.flat_map(super::Host::refusals).collect();
            for refusal in refusals {
                self.breaks(Promise::Misbehaved, refusal);
            }
        }
        let twins = rows.iter().filter(|row| row.get_number(Attribute::Twins) == Some(1)).count();
        self.tally.count_by("subjects proven to be one person", twins);
        let opted_out = rows.iter().filter(|row| row.get_time(Attribute::SuppressedAt).is_some());
        self.tally.count_by("people opted out", opted_out.count());
    }

    fn breaks(&self, promise: Promise, what: String) {
        self.ground.watch.breaks(promise, self.now(), what);
    }

    /// Whether the key of the partition that a row is in is destroyed: nobody can read it, wherever it came from.
    fn is_unreadable(&self, key: &Key) -> bool {
        subject_of(key).is_some_and(|(pid, epoch)| {
            let key = self.ground.memory.row(&Key::subject_key(pid, epoch));
            key.is_some_and(|key| key.get_text(Attribute::State).is_some())
        })
    }

    /// Every acknowledged message is there, once, at its end, or erased.
    fn judge_letters(&mut self, rows: &[Item]) {
        let mut stored: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
        let mut unreadable = BTreeSet::new();
        for row in rows.iter().filter(|row| row.key.sort.starts_with(Key::MESSAGE)) {
            if self.is_unreadable(&row.key) {
                unreadable.insert(row.key.sort.as_str());
            } else {
                stored.entry(row.key.sort.clone()).or_default().push(row);
            }
        }
        let mut claimed = BTreeSet::new();
        let mut ends = Vec::new();
        for (number, letter) in self.letters.iter().enumerate() {
            let sort = format!("{}{}", Key::MESSAGE, letter.eid);
            let found = stored.get(&sort).map(Vec::as_slice).unwrap_or_default();
            match found {
                [] if letter.forgotten => ends.push("lost with a restore".to_owned()),
                [] if self.is_erased(letter) || unreadable.contains(sort.as_str()) => {
                    ends.push("erased".to_owned());
                }
                [] => {
                    let what = format!("message {number} was acknowledged and is nowhere");
                    self.breaks(Promise::Lost, what);
                }
                [row] => {
                    if !claimed.insert(sort) {
                        let what = format!("message {number} was taken for another");
                        self.breaks(Promise::Lost, what);
                    }
                    let state = row.get_text(Attribute::State).unwrap_or("damaged");
                    let reason = row.get_text(Attribute::Reason).filter(|_| state == "human");
                    ends.push(reason.map_or(state.to_owned(), |reason| format!("human: {reason}")));
                }
                _ => {
                    let what = format!("message {number} is stored {} times", found.len());
                    self.breaks(Promise::Double, what);
                }
            }
        }
        for end in ends {
            self.tally.end(&end);
        }
    }

    /// Whether a message is not newer than an erasure of its writer.
    fn is_erased(&self, letter: &super::Letter) -> bool {
        let Some(at) = self.people.get(letter.person).and_then(|it| self.account_of(it)) else {
            return false;
        };
        let ids = self.writer(letter);
        let hashes = ids.iter().flat_map(|id| self.keys.link_hashes(at, id));
        let links =
            hashes.filter_map(|(pepper, hash)| self.ground.memory.row(&Key::link(pepper, &hash)));
        let mut pids = links.filter_map(|row| row.parse::<Pid>(Attribute::Pid).ok().flatten());
        pids.any(|pid| {
            gate(&self.ground.memory, pid).is_some_and(|gate| gate.has_erased(letter.platform_at))
        })
    }

    /// Every message of theirs and of ours is at its end, and a person has what a person should have.
    fn judge_tasks(&self, rows: &[Item]) {
        for row in rows.iter().filter(|row| row.key.as_task().is_some()) {
            if self.is_unreadable(&row.key) {
                continue;
            }
            let state = row.parse::<State>(Attribute::State).ok().flatten();
            if !state.is_some_and(State::is_terminal) {
                let state = row.get_text(Attribute::State).unwrap_or("damaged");
                self.breaks(Promise::Lost, format!("{} stays {state}", name(&row.key)));
            }
            let is_message = row.key.sort.starts_with(Key::MESSAGE);
            if is_message && state == Some(State::Human) {
                let case = row.parse(Attribute::Case).ok().flatten();
                let case = case.and_then(|case| self.ground.memory.row(&Key::case(case)));
                if case.is_none() {
                    let what = format!("no person has {}", name(&row.key));
                    self.breaks(Promise::Lost, what);
                }
            }
        }
    }

    /// A link leads to every subject, and every subject's rows have their gate and their key.
    fn judge_subjects(&self, rows: &[Item]) {
        let mut linked: BTreeSet<Pid> = BTreeSet::new();
        for row in rows.iter().filter(|row| row.key.partition.starts_with("L#")) {
            linked.extend(row.parse::<Pid>(Attribute::Pid).ok().flatten());
        }
        for row in rows {
            let what = if let Some((pid, epoch)) = subject_of(&row.key) {
                let sealed = row.key.as_task().is_some();
                let key = self.ground.memory.row(&Key::subject_key(pid, epoch));
                let whole = gate(&self.ground.memory, pid).is_some() && (key.is_some() || !sealed);
                (!whole).then_some("has no gate or no key")
            } else {
                let pid = pid_of_gate(&row.key);
                pid.filter(|pid| !linked.contains(pid)).map(|_| "has no link that leads to it")
            };
            if let Some(what) = what {
                self.breaks(Promise::Lost, format!("{} {what}", name(&row.key)));
            }
        }
    }

    /// Every erasure that was accepted is complete.
    fn judge_demands(&self) {
        for demand in self.calls.iter().filter_map(|call| call.demand.as_ref()) {
            let Some(request) = demand.accepted else {
                self.breaks(Promise::Lost, "a request was never accepted".to_owned());
                continue;
            };
            let row = self.ground.memory.row(&Key::request(request));
            let state = row.as_ref().and_then(|row| row.get_text(Attribute::State));
            if !matches!(state, Some("completed" | "identifying")) {
                self.breaks(Promise::Lost, format!("an erasure stays {state:?}"));
            }
        }
    }

    /// Of an epoch that is over nothing can be read: no row of it, and no key.
    fn judge_erasures(&self, rows: &[Item]) {
        for row in rows {
            if let Some((pid, epoch)) = subject_of(&row.key) {
                let over = gate(&self.ground.memory, pid).is_none_or(|gate| epoch < gate.epoch);
                if over {
                    let what = format!("{} is left of an erased epoch", name(&row.key));
                    self.breaks(Promise::Resurrected, what);
                }
            }
            let Some(pid) = row.key.partition.strip_prefix("K#").and_then(|pid| pid.parse().ok())
            else {
                continue;
            };
            let gate = gate(&self.ground.memory, pid);
            let epoch = row.key.sort.parse::<u32>().ok();
            let over = gate.zip(epoch).is_some_and(|(gate, epoch)| epoch < gate.epoch.number());
            if over && row.get_text(Attribute::State).is_none() {
                let what = format!("{} is a key of an erased epoch", name(&row.key));
                self.breaks(Promise::Resurrected, what);
            }
        }
    }

    /// The receipts count each erased message once.
    fn judge_receipts(&self, rows: &[Item]) {
        // Who puts back data puts back receipts too.
        if self.restored {
            return;
        }
        let receipts = rows.iter().filter(|row| row.key.partition.starts_with("R#"));
        let erased = receipts.filter_map(|row| row.get_json::<Erased>(Attribute::Erased).ok()?);
        let counted: u64 = erased.map(|erased| erased.messages).sum();
        let there: BTreeSet<_> = rows.iter().map(|row| &row.key).collect();
        let seen = self.ground.watch.seen();
        let gone = seen.stored.iter().filter(|key| !there.contains(key)).count();
        let undone = self.tally.of("transactions undone by a crash") > 0;
        drop(seen);
        if !undone && u64::try_from(gone).ok() != Some(counted) {
            let what = format!("{gone} messages are gone, the receipts count {counted}");
            self.breaks(Promise::Miscounted, what);
        }
    }

    /// Who asks gets their own words, and none that were erased.
    fn judge_exports(&self) {
        let rights = Rights::new(&self.ground.outside(2_000_000));
        for person in &self.people {
            let Some(at) = self.account_of(person) else {
                continue;
            };
            let located = rights.locate(at, person.id()).now_or_never();
            let Some(Ok(subject)) = located else {
                self.breaks(Promise::Misbehaved, "a person cannot be located".to_owned());
                continue;
            };
            self.judge_export(&rights, at, person.human, &subject);
        }
    }

    fn judge_export<T, V>(
        &self,
        rights: &Rights<T, V>,
        at: &Address,
        human: usize,
        subject: &Subject,
    ) where
        T: forthright_core::Table,
        V: forthright_core::Vault,
    {
        let Some(Ok(export)) = rights.export(&at.brand, subject).now_or_never() else {
            self.breaks(Promise::Misbehaved, "an export failed".to_owned());
            return;
        };
        if export.quarantined_rows > 0 {
            let what = format!("{} rows cannot be opened", export.quarantined_rows);
            self.breaks(Promise::Lost, what);
        }
        for message in export.messages {
            let eid = self.keys.eid(at, &message.platform_message_id);
            let letters = self.letters.iter().filter(|letter| letter.eid == eid);
            let theirs = letters.filter(|letter| {
                self.people.get(letter.person).is_some_and(|person| person.human == human)
            });
            let theirs: Vec<_> = theirs.collect();
            if theirs.is_empty() {
                self.breaks(Promise::WrongPerson, "an export holds another's words".to_owned());
            }
            // Who puts back data puts back words.
            if self.restored {
                continue;
            }
            let words = message.text.as_ref().map(Personal::reveal);
            match theirs.first().and_then(|letter| letter.now) {
                Some(Changed::TakenBack) if words.is_some() => {
                    let what = "words that were taken back are still there".to_owned();
                    self.breaks(Promise::Resurrected, what);
                }
                Some(Changed::Edited(_, text)) if words.is_some_and(|it| it != text.words()) => {
                    self.breaks(Promise::Lost, "words that were changed are not there".to_owned());
                }
                _ => {}
            }
        }
    }

    /// What lies open tells about nobody.
    fn judge_secrecy(&self, rows: &[Item]) {
        let tells = |text: &str| text.contains("CANARY") || text.contains("4915550");
        for row in rows {
            let open = row.attributes.values().any(|value| match value {
                Value::Text(text) => tells(text),
                Value::Number(_) | Value::Bytes(_) => false,
            });
            if open || tells(&row.key.partition) || tells(&row.key.sort) {
                self.breaks(Promise::InTheClear, format!("{} tells of a person", name(&row.key)));
            }
        }
    }
}
