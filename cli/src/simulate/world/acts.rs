//! What each act does.

use std::{collections::HashSet, time::Duration};

use forthright_core::{
    Channel, Personal, Time,
    http::Request,
    ledger::{EDITABLE, Rights},
    table::{Key, TableName},
};
use forthright_testkit::{FaultKind, Plan as FaultPlan, SplitMix};
use futures::FutureExt;
use serde_json::json;

use super::{Call, Changed, Demand, Event, Letter, World, agents::post, token};
use crate::simulate::{
    act::{Act, Fate, Said, Text, Trouble},
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
            Act::Edit { back, text } => self.change(*back, Some(*text)),
            Act::TakeBack { back } => self.change(*back, None),
            Act::Unsaid { person } => self.unsaid(*person),
            Act::Elsewhere { person } => self.elsewhere(*person),
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
                self.ground.platform.renew_token(&token(u32::MAX));
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

    /// A person's message, before it is delivered; its number.
    fn write(&mut self, said: Said) -> Option<usize> {
        let number = self.letters.len();
        let index = said.person.checked_rem(self.people.len())?;
        let person = self.people.get(index)?;
        let id = match self.ground.mutant {
            Some(Mutant::DedupeByBody) => format!("wamid.CANARY{index}{:?}", said.text),
            Some(_) | None => format!("wamid.CANARYin{number}"),
        };
        let at_seconds = seconds(self.now()).saturating_sub(said.age_seconds);
        let letter = Letter {
            eid: self.keys.eid(self.account_of(person)?, &Personal::new(id.clone())),
            person: index,
            id,
            platform_at: Time::from_seconds(at_seconds),
            acknowledged: false,
            made: None,
            now: None,
            forgotten: false,
        };
        self.ground.platform.expect_message(letter.eid, self.writer(&letter));
        self.letters.push(letter);
        self.tally.messages += 1;
        Some(number)
    }

    fn say(&mut self, said: &[Said]) {
        for channel in Channel::ALL {
            let mut posted = Vec::new();
            for said in said {
                let is_there =
                    self.person(said.person).is_some_and(|person| person.channel() == channel);
                if let Some(number) = is_there.then(|| self.write(*said)).flatten() {
                    posted.push((number, said.text));
                }
            }
            if !posted.is_empty() {
                let request = self.post(channel, &posted);
                let number = self.add_delivery(request, posted.into_iter().map(|one| one.0));
                self.deliver(number);
            }
        }
    }

    /// The webhook call with these messages.
    fn post(&self, channel: Channel, messages: &[(usize, Text)]) -> Request {
        let posted: Vec<_> = messages
            .iter()
            .filter_map(|(number, text)| {
                let letter = self.letters.get(*number)?;
                let from = &self.people.get(letter.person)?.customer;
                let at_seconds = seconds(letter.platform_at);
                Some(Posted { from, text: *text, id: &letter.id, at_seconds })
            })
            .collect();
        self.ground.platform.deliver(channel, &posted)
    }

    /// A person changes or takes back what they wrote.
    fn change(&mut self, back: usize, into: Option<Text>) {
        let Some(number) = back.checked_rem(self.letters.len()) else {
            return;
        };
        self.change_letter(self.letters.len().saturating_sub(1).saturating_sub(number), into);
    }

    fn change_letter(&mut self, number: usize, into: Option<Text>) {
        let Some(letter) = self.letters.get(number) else {
            return;
        };
        let Some(person) = self.people.get(letter.person) else {
            return;
        };
        // The platform may name them by more ids than the message had.
        let ids = person.ids();
        let has_all = |other: &&Person| ids.iter().all(|id| other.ids().contains(id));
        let faces: Vec<_> = self.people.iter().filter(has_all).collect();
        let face = self.deliveries.len().checked_rem(faces.len());
        let who = face.and_then(|face| faces.get(face)).map_or(&person.customer, |it| &it.customer);
        let stand_in = self.ground.platform.stand_in(person.channel());
        let edits = u32::try_from(self.deliveries.len()).unwrap_or_default();
        let (request, change) = match into {
            Some(text) => {
                let at = match person.channel() {
                    Channel::WhatsApp => Time::from_seconds(seconds(self.now())),
                    Channel::Messenger => self.now(),
                };
                let request = stand_in.edits(who, &letter.id, text.words(), edits);
                (request, Changed::Edited(at, text))
            }
            None => (stand_in.takes_back(who, &letter.id), Changed::TakenBack),
        };
        // Nobody changes what they took back, and the platform's times must tell one change from the next.
        let is_young = self.now().since(letter.platform_at) < EDITABLE;
        if !change.counts_after(letter.made) || (into.is_some() && !is_young) {
            return;
        }
        self.tally.count(if into.is_some() { "words changed" } else { "words taken back" });
        if let Some(letter) = self.letters.get_mut(number) {
            letter.made = Some(change);
        }
        let delivery = self.add_delivery(request, []);
        if let Some(delivery) = self.deliveries.get_mut(delivery) {
            delivery.change = Some((number, change));
        }
        self.deliver(delivery);
    }

    /// A message that is taken back, told in the wrong order.
    fn unsaid(&mut self, person: usize) {
        let said = Said { person, text: Text::Order, age_seconds: 0 };
        let Some(channel) = self.person(person).map(Person::channel) else {
            return;
        };
        if let Some(number) = self.write(said) {
            self.tally.count("words taken back before they came");
            self.change_letter(number, None);
            let request = self.post(channel, &[(number, Text::Order)]);
            let delivery = self.add_delivery(request, [number]);
            self.deliver(delivery);
        }
    }

    /// Somebody of the brand speaks in the platform's own app.
    fn elsewhere(&mut self, person: usize) {
        let Some(person) = self.person(person) else {
            return;
        };
        let id = format!("wamid.CANARYelsewhere{}", self.deliveries.len());
        let stand_in = self.ground.platform.stand_in(person.channel());
        let request = stand_in.echoes(&person.customer, "CANARY I am Bob of the shop", &id);
        self.tally.count("people answer elsewhere");
        let number = self.add_delivery(request, []);
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
            let Some(request) = self.ground.platform.report(&sent, fate) else {
                return;
            };
            self.tally.count(if fate == Fate::Failed {
                "reported failed"
            } else {
                "reported again"
            });
            let number = self.add_delivery(request, []);
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
        self.ground.platform.renew_token(&token(self.token));
        self.start_hosts();
    }

    fn erase(&mut self, person: usize) {
        let Some(person) = self.person(person) else {
            return;
        };
        let Some(at) = self.account_of(person) else {
            return;
        };
        let subject = json!({ "channel": at.channel, "account": at.account, "id": person.id() });
        self.tally.count("erasures demanded");
        let body = json!({ "kind": "erasure", "subject": subject });
        let call = Call { demand: Some(Demand::default()), ..Call::of("/api/requests", &body) };
        self.make(call);
    }

    fn person(&self, person: usize) -> Option<&Person> {
        self.people.get(person.checked_rem(self.people.len())?)
    }

    fn callback(&mut self, person: usize) {
        let Some(person) = self.person(person) else {
            return;
        };
        let form = self.ground.platform.deletion_form(person.channel(), person.id());
        self.tally.count("erasures by callback");
        let call = Call::new(post("/meta/data-deletion", form));
        self.calls.push(Call { demand: Some(Demand::default()), ..call });
        self.make_call(self.calls.len().saturating_sub(1));
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
        self.ground.watch.restored(&self.ground.memory, &Key::settings(&self.brand));
        self.forget_what_is_lost();
        let stores = self.ground.outside(self.starts.wrapping_add(1_000_000));
        let noted = Rights::new(&stores).restored(&self.brand).now_or_never();
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
        // The versions of cases are given anew.
        self.answers.clear();
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
