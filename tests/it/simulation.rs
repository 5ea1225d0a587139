//! Conversations at random, under faults at random. Whatever happened, at the end some things hold.

use std::{collections::BTreeMap, time::Duration};

use forthright_core::{Entropy, http::Request, table::Attribute};
use forthright_testkit::{
    FaultKind, Memory, Plan, seeded_entropy,
    standin::{Behaviour, Customer},
};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    desk::{Desk, ORDER, Order, Setting, ada, bea, customer, texts},
    secrecy::leaks,
};

const RUNS: u64 = 80;
const STEPS: usize = 24;
const WORDS: &str = "CANARY from a person of the brand";

struct Run {
    desk: Desk,
    chance: Entropy,
    /// Ada, Bea, and Cem by phone, by user id and by both: at first two subjects, once proven one person.
    people: [Customer; 5],
    /// What the platform has not got acknowledged yet.
    unacknowledged: Vec<Request>,
    acknowledged: Vec<Request>,
    said: usize,
    answers: usize,
    erased: bool,
    /// How often the platform had to deliver again.
    repeated: usize,
}

impl Run {
    fn new(seed: u64) -> Self {
        let chance = seeded_entropy(seed + 5_000);
        let order = [Order::Plain, Order::Doubled, Order::Reversed][pick(&chance, 3)];
        let memory = Memory::with_weather(seed);
        let desk = Desk::with(Setting { memory, order, ..Setting::default() });
        let cem = |phone, user| customer(phone, user, "CANARY Cem");
        let (phone, user) = (Some("4915550000003"), Some("US.CANARY3"));
        let people = [ada(), bea(), cem(phone, None), cem(None, user), cem(phone, user)];
        Self {
            desk,
            chance,
            people,
            unacknowledged: Vec::new(),
            acknowledged: Vec::new(),
            said: 0,
            answers: 0,
            erased: false,
            repeated: 0,
        }
    }

    fn pick(&self, of: usize) -> usize {
        pick(&self.chance, of)
    }

    async fn step(&mut self, erasing: bool) {
        match self.pick(12) {
            0..=4 => self.say(),
            5 => self.disturb(),
            6 => self.misbehave(),
            7 => self.desk.tray.lose_all(),
            8 => self.desk.after(Duration::from_secs(90)).await,
            9 => self.serve_case().await,
            10 => self.report().await,
            _ if erasing => self.erase().await,
            _ => self.repeat().await,
        }
        self.deliver().await;
        if self.pick(3) > 0 {
            self.desk.pump().await;
        }
        if self.desk.table.is_crashed() {
            self.desk.table.revive();
        }
    }

    fn say(&mut self) {
        let texts = [ORDER, "CANARY I want my money back", "agent", "STOP", "CANARY hm"];
        let text = texts[[0, 0, 0, 1, 2, 3, 4][self.pick(7)]];
        let who = &self.people[self.pick(5)];
        self.desk.time.advance(Duration::from_secs(1));
        self.unacknowledged.push(self.desk.says(who, text));
        self.said += 1;
    }

    fn disturb(&self) {
        let kinds = [
            FaultKind::CrashBefore,
            FaultKind::CrashAfter,
            FaultKind::UnknownBefore,
            FaultKind::UnknownAfter,
            FaultKind::FailBefore,
        ];
        let at = self.desk.table.calls() + 1 + u64::try_from(self.pick(20)).unwrap();
        self.desk.table.plan(Plan { at, kind: kinds[self.pick(kinds.len())] });
    }

    fn misbehave(&self) {
        let all = [
            Behaviour::AcceptThenDrop,
            Behaviour::RefuseConnection,
            Behaviour::RateLimit { retry_after: Some(30) },
            Behaviour::ServerError { html: true },
            Behaviour::Malformed200,
            Behaviour::GraphError { status: 400, code: 131_026 },
        ];
        self.desk.script(&[all[self.pick(all.len())], all[self.pick(all.len())]]);
    }

    /// As the platform does: what is not acknowledged is delivered again.
    async fn deliver(&mut self) {
        for request in std::mem::take(&mut self.unacknowledged) {
            if self.desk.ask(request.clone()).await.status() == StatusCode::OK {
                self.acknowledged.push(request);
            } else {
                self.repeated += 1;
                self.unacknowledged.push(request);
            }
        }
    }

    async fn repeat(&self) {
        if !self.acknowledged.is_empty() {
            let request = self.acknowledged[self.pick(self.acknowledged.len())].clone();
            self.desk.ask(request).await;
        }
    }

    async fn report(&self) {
        let sent = self.desk.line.stand_in.sent();
        if !sent.is_empty() {
            let sent = &sent[self.pick(sent.len())];
            let status = ["sent", "delivered", "failed"][self.pick(3)];
            self.desk.ask(self.desk.line.stand_in.status(sent, status)).await;
        }
    }

    async fn serve_case(&mut self) {
        let (status, body) = self.desk.api(Method::GET, "/api/cases", Value::Null).await;
        let cases = body["cases"].as_array().cloned().unwrap_or_default();
        if status != 200 || cases.is_empty() {
            return;
        }
        let case = cases[self.pick(cases.len())]["case"].as_str().unwrap().to_owned();
        let action = ["answer", "hand-back", "close"][self.pick(3)];
        let path = format!("/api/cases/{case}/{action}");
        // Whoever hears nothing certain may have been served.
        self.answers += usize::from(action == "answer");
        self.desk.api(Method::POST, &path, json!({ "text": WORDS })).await;
    }

    async fn erase(&mut self) {
        self.erased = true;
        let who = &self.people[self.pick(5)];
        let id = who.user_id.as_ref().or(who.wa_id.as_ref()).unwrap().reveal().clone();
        self.desk.request("erasure", &id).await;
    }

    async fn end(&mut self) {
        self.desk.script(&[]);
        self.desk.recover().await;
        while !self.unacknowledged.is_empty() {
            self.desk.table.revive();
            self.deliver().await;
        }
        for _ in 0..3 {
            self.desk.recover().await;
        }
    }
}

fn pick(chance: &Entropy, of: usize) -> usize {
    usize::from(u16::from_le_bytes(chance.bytes())) % of
}

/// Each task by its opaque field, without the attempt and the MAC.
fn task(opaque: &str) -> String {
    opaque.split('.').take(4).collect::<Vec<_>>().join(".")
}

/// What all runs together came to: a simulation in which nothing happens proves nothing.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    human: usize,
    suppressed: usize,
    spoken: usize,
    erased: usize,
    repeated: usize,
    twins: usize,
}

impl Tally {
    fn add(&mut self, run: &Run) {
        let states = run.desk.states();
        let count = |state: &str| states.iter().filter(|one| *one == state).count();
        self.answered += count("answered");
        self.human += count("human");
        self.suppressed += count("suppressed");
        self.spoken += run.desk.sent().iter().filter(|text| *text == WORDS).count();
        let requests = texts(&run.desk.rows("R#"), Attribute::State);
        self.erased += requests.iter().filter(|state| *state == "completed").count();
        self.repeated += run.repeated;
        self.twins += run.desk.gates().iter().filter(|gate| gate.twins).count();
    }
}

fn check(run: &Run, seed: u64) {
    let desk = &run.desk;
    let messages = desk.messages();
    let ended = ["answered", "human", "suppressed"];
    let states = desk.states();
    assert!(states.iter().all(|state| ended.contains(&&**state)), "seed {seed}: {states:?}");
    if !run.erased {
        assert_eq!(messages.len(), run.said, "seed {seed}: none is lost, none is there twice");
    }
    for row in messages.iter().filter(|row| row.get_text(Attribute::State) == Some("human")) {
        let case = row.get_text(Attribute::Case).unwrap();
        assert_eq!(desk.rows(&format!("C#{case}")).len(), 1, "seed {seed}: a person has it");
    }
    let due = desk.rows("S#").iter().filter(|row| row.get_text(Attribute::Due).is_some()).count();
    assert_eq!(due, 0, "seed {seed}: nothing is due any more");

    let leaks: Vec<_> = desk.memory.rows().iter().flat_map(leaks).collect();
    assert!(leaks.is_empty(), "seed {seed}: {leaks:?}");

    let mut sends = BTreeMap::new();
    for sent in desk.line.stand_in.sent() {
        *sends.entry(task(sent.opaque.as_deref().unwrap())).or_insert(0) += 1;
    }
    assert!(sends.values().all(|times| *times == 1), "seed {seed}: something was sent twice");
    let (spoken, automated): (Vec<_>, Vec<_>) =
        desk.sent().into_iter().partition(|text| text == WORDS);
    assert!(spoken.len() <= run.answers, "seed {seed}");
    let silent = automated.iter().filter(|text| desk.disclosure(text).is_none()).count();
    assert_eq!(silent, 0, "seed {seed}: every automated text discloses");

    for gate in desk.gates() {
        for row in desk.rows(&format!("S#{}#", gate.pid)) {
            let epoch = format!("#{}", gate.epoch);
            assert!(row.key.partition.ends_with(&epoch), "seed {seed}: an erased row is left");
        }
    }
    let open = texts(&desk.rows("R#"), Attribute::State);
    let open = open.iter().filter(|state| *state == "in_progress").count();
    assert_eq!(open, 0, "seed {seed}: every erasure came to its end");
}

async fn simulate(seeds: std::ops::Range<u64>, erasing: bool) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let mut run = Run::new(seed);
        for _ in 0..STEPS {
            run.step(erasing).await;
        }
        run.end().await;
        check(&run, seed);
        tally.add(&run);
    }
    assert!(tally.answered > 100 && tally.human > 100 && tally.suppressed > 10, "{tally:?}");
    assert!(tally.spoken > 10 && tally.repeated > 50, "{tally:?}");
    tally
}

#[tokio::test]
async fn whatever_happens_each_message_comes_to_one_end_and_nothing_is_sent_twice() {
    let tally = simulate(0..RUNS, false).await;
    assert!(tally.erased == 0 && tally.twins > 10, "{tally:?}");
}

#[tokio::test]
async fn whatever_happens_during_erasures_nothing_of_them_is_left() {
    let tally = simulate(RUNS..2 * RUNS, true).await;
    assert!(tally.erased > 30, "{tally:?}");
}
