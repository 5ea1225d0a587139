//! What each act does.

use std::{collections::HashSet, time::Duration};

use forthright_core::{
    CaseId, Personal, Time,
    case::CaseState,
    http::Request,
    ledger::Rights,
    table::{Attribute, Key, TableName},
};
use forthright_testkit::{FaultKind, Plan as FaultPlan, SplitMix};
use futures::FutureExt;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::{Call, Demand, Event, Letter, World, token};
use crate::simulate::{
    act::{Act, Deed, Fate, Said, Trouble},
    host::OPERATOR_TOKEN,
    mutant::Mutant,
    people::Person,
    platform::{Letter as Posted, seconds},
    promise::Promise,
};

impl World {
    /// Does one act.
    pub(super) fn act(&mut self, act: &Act) {
        self.ground.watch.note(|| format!("{act:?}"));
        match act {
            Act::Say(said) => self.say(said),
            Act::Again(back) => self.deliver_again(*back),
            Act::Report { back, fate } => self.report(*back, *fate),
            Act::Run { calls, order } => self.run_calls(*calls, *order),
            Act::Wait { seconds, order } => self.wait(Duration::from_secs(*seconds), *order),
            Act::Crash { calls, moment } => {
                let at = self.ground.kernel.calls() + u64::from(*calls) + 1;
                self.crashes.insert(at, *moment);
            }
            Act::Stall { calls, seconds } => {
                let at = self.ground.kernel.calls() + u64::from(*calls) + 1;
                self.stalls.insert(at, Duration::from_secs(*seconds));
            }
            Act::Trouble { calls, trouble } => self.trouble(*calls, *trouble),
            Act::Moods(moods) => {
                self.tally.count_by("platform misbehaves", moods.len());
                self.ground.platform.moods(moods);
            }
            Act::TokenExpires => {
                self.tally.count("token expires");
                self.ground.platform.renew_token(token(u32::MAX));
            }
            Act::TokenRenewed => self.renew_token(),
            Act::Automation(on) => {
                self.tally.count(if *on { "machine on" } else { "machine off" });
                self.automation(*on);
            }
            Act::Agent { deed, case } => self.agent(*deed, *case),
            Act::Erase { person } => self.erase(*person),
            Act::Callback { person } => self.callback(*person),
            Act::Backup => {
                let copy = self.ground.memory.snapshot(TableName::Data);
                self.backups.push(copy);
            }
            Act::Restore { back } => self.restore(*back),
            Act::LoseHints => {
                let before = self.events.len();
                self.events.retain(|_, event| !matches!(event, Event::Hint { .. }));
                self.tally.count_by("hints lost", before.saturating_sub(self.events.len()));
            }
        }
    }

    pub(super) fn order(&mut self, order: u64) {
        self.chance = (order != 0).then(|| SplitMix::new(order));
        // Most mistakes show only if one task is kept waiting for long at one place, which a fair choice at each
        // call hardly ever does. So most orders rank the tasks (Burckhardt and others, "A Randomized Scheduler with
        // Probabilistic Guarantees of Finding Bugs", 2010).
        self.ranks = (!order.is_multiple_of(3)).then_some(order);
    }

    fn say(&mut self, said: &[Said]) {
        let now = self.now();
        let people = self.people.len().max(1);
        let mut numbers = Vec::new();
        let mut ids = Vec::new();
        for said in said {
            let number = self.letters.len();
            let person = said.person.checked_rem(people).unwrap_or_default();
            let id = match self.ground.mutant {
                Some(Mutant::DedupeByBody) => format!("wamid.CANARY{person}{:?}", said.text),
                Some(_) | None => format!("wamid.CANARYin{number}"),
            };
            let at_seconds = seconds(now).saturating_sub(said.age_seconds);
            let personal = Personal::new(id.clone());
            let letter = Letter {
                eid: self.keys.eid(&self.at, &personal),
                person,
                platform_at: Time::from_seconds(at_seconds),
                acknowledged: false,
                forgotten: false,
            };
            self.ground.platform.expect_message(letter.eid, self.writer(&letter));
            self.letters.push(letter);
            numbers.push(number);
            ids.push((person, said.text, id, at_seconds));
        }
        let posted: Vec<_> = ids
            .iter()
            .filter_map(|(person, text, id, at_seconds)| {
                let from = &self.people.get(*person)?.customer;
                Some(Posted { from, text: *text, id, at_seconds: *at_seconds })
            })
            .collect();
        let request = self.ground.platform.deliver(&posted);
        self.tally.messages += u64::try_from(numbers.len()).unwrap_or_default();
        let number = self.add_delivery(request, numbers);
        self.deliver(number);
    }

    fn deliver_again(&mut self, back: usize) {
        let count = self.deliveries.len();
        if let Some(back) = back.checked_rem(count) {
            self.deliver(count.saturating_sub(1).saturating_sub(back));
        }
    }

    fn report(&mut self, back: usize, fate: Fate) {
        if let Some(sent) = self.ground.platform.sent_back(back) {
            let request = self.ground.platform.report(&sent, fate);
            self.tally.count(if fate == Fate::Failed {
                "reported failed"
            } else {
                "reported again"
            });
            let number = self.add_delivery(request, Vec::new());
            self.deliver(number);
        }
    }

    fn trouble(&mut self, calls: u32, trouble: Trouble) {
        let kind = match trouble {
            Trouble::Fails => FaultKind::FailBefore,
            Trouble::UnknownUndone => FaultKind::UnknownBefore,
            Trouble::UnknownDone => FaultKind::UnknownAfter,
            Trouble::UnknownLater => FaultKind::UnknownLater,
            Trouble::Slow(seconds) => FaultKind::Delay(Duration::from_secs(u64::from(seconds))),
        };
        let table = &self.ground.table;
        table.plan(FaultPlan { at: table.calls() + u64::from(calls) + 1, kind });
        self.tally.count("table misbehaves");
        if trouble == Trouble::UnknownLater {
            // Some time after it was given up.
            let later = self.now().plus(Duration::from_secs(u64::from(calls)));
            self.at(later, Event::Land);
        }
    }

    /// A new access token, on the platform and on every host. What is under way goes on with the old one.
    pub(super) fn renew_token(&mut self) {
        self.token += 1;
        self.tally.count("token renewed");
        self.ground.platform.renew_token(token(self.token));
        self.start_hosts();
    }

    fn agent(&mut self, deed: Deed, case: usize) {
        let rows = self.ground.memory.rows();
        let live = rows.iter().filter(|row| {
            let state = row.parse::<CaseState>(Attribute::State).ok().flatten();
            row.key.partition.starts_with("C#") && state.is_some_and(CaseState::is_live)
        });
        let live: Vec<CaseId> = live.filter_map(|row| row.key.as_case()).collect();
        let chosen = case.checked_rem(live.len()).and_then(|index| live.get(index));
        let Some(case) = chosen else {
            return;
        };
        let number = self.calls.len();
        let words = format!("CANARY person {number}");
        let (name, body) = match deed {
            Deed::Answer => {
                self.ground.platform.expect_words(&words);
                self.tally.count("people answer");
                ("answer", json!({ "text": words }))
            }
            Deed::HandBack => {
                self.tally.count("people hand back");
                ("hand-back", json!({}))
            }
            Deed::Close => {
                self.tally.count("people close");
                ("close", json!({}))
            }
        };
        self.call(&format!("/api/cases/{case}/{name}"), &body, None);
    }

    fn erase(&mut self, person: usize) {
        let Some(person) = self.person(person) else {
            return;
        };
        let subject = json!({
            "channel": self.at.channel,
            "account": self.at.account,
            "id": person.id(),
        });
        self.tally.count("erasures demanded");
        let body = json!({ "kind": "erasure", "subject": subject });
        self.call("/api/requests", &body, Some(Demand::default()));
    }

    fn person(&self, person: usize) -> Option<&Person> {
        self.people.get(person.checked_rem(self.people.len())?)
    }

    fn callback(&mut self, person: usize) {
        let Some(person) = self.person(person) else {
            return;
        };
        let form = self.ground.platform.deletion_form(person.id());
        self.tally.count("erasures by callback");
        let request = post("/meta/data-deletion", form);
        self.calls.push(Call { request, tries: 0, demand: Some(Demand::default()) });
        self.make_call(self.calls.len().saturating_sub(1));
    }

    fn call(&mut self, path: &str, body: &Value, demand: Option<Demand>) {
        let number = self.calls.len();
        let mut request = post(path, body.to_string());
        let bearer = HeaderValue::from_str(&format!("Bearer {OPERATOR_TOKEN}"));
        let key = HeaderValue::from_str(&format!("key-{number}"));
        let headers = [
            (header::AUTHORIZATION, bearer),
            (header::HeaderName::from_static("idempotency-key"), key),
        ];
        for (name, value) in headers {
            if let Ok(value) = value {
                request.headers_mut().insert(name, value);
            }
        }
        self.calls.push(Call { request, tries: 0, demand });
        self.make_call(number);
    }

    /// Everything stops, the data is put back, and the hosts start anew. An operator does as the manual says.
    fn restore(&mut self, back: usize) {
        let count = self.backups.len();
        let index =
            back.checked_rem(count).map(|back| count.saturating_sub(1).saturating_sub(back));
        let Some(copy) = index.and_then(|index| self.backups.get(index)).cloned() else {
            return;
        };
        self.tally.count("restores");
        self.kill_all();
        self.ground.table.lose_late_writes();
        self.ground.memory.restore(&copy);
        self.restored = true;
        self.ground.watch.restored(&self.ground.memory, &Key::settings(&self.at.brand));
        self.forget_what_is_lost();
        let stores = self.ground.outside(self.starts.wrapping_add(1_000_000));
        let noted = Rights::new(&stores).restored(&self.at.brand).now_or_never();
        if !matches!(noted, Some(Ok(_))) {
            let what = format!("a restore could not be noted: {noted:?}");
            self.ground.watch.breaks(Promise::Misbehaved, self.now(), what);
        }
        self.start_hosts();
        self.resume();
    }

    /// What was acknowledged after the copy was made is not in it: nobody can demand it.
    fn forget_what_is_lost(&mut self) {
        let there: HashSet<_> = self
            .ground
            .memory
            .rows()
            .iter()
            .filter_map(|row| row.key.as_task())
            .map(|(_, _, task)| task)
            .collect();
        for letter in &mut self.letters {
            let task = forthright_core::TaskId::Message(letter.eid);
            letter.forgotten |= letter.acknowledged && !there.contains(&task);
        }
        for call in &mut self.calls {
            let known = |demand: &Demand| {
                demand.accepted.is_none_or(|id| self.ground.memory.row(&Key::request(id)).is_some())
            };
            if !call.demand.as_ref().is_none_or(known) {
                call.demand = None;
            }
        }
    }
}

fn post(path: &str, body: String) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}
