//! What tasks are about: deliveries, hints, calls and ticks, and what comes of each.

use std::{sync::Arc, time::Duration};

use forthright_core::{
    Fault, Handle, Hint, Poison, QueueMessage, Retry, Time,
    http::{self as whole, Request, Response},
    table::Index,
};
use forthright_steward::Tick;
use futures::FutureExt;
use http::{HeaderValue, StatusCode, header};

use super::{About, Delivery, End, Event, World};
use crate::simulate::{act::Fate, host::Functions, mutant::Mutant, promise::Promise};

/// How often a queue hands a job out before it goes to those that nothing could handle.
const RECEIVES_MAX: u32 = 5;
/// How often a worker of the local host tries a job; then the steward finds it.
const LOCAL_TRIES_MAX: u32 = 4;

impl World {
    /// A process has started: it looks for what waits.
    pub(super) fn resume(&mut self) {
        self.look(self.any_host(), Tick::Resume);
    }

    fn look(&mut self, host: usize, tick: Tick) {
        let Some(host) = self.hosts.get(host) else {
            return;
        };
        let functions = Arc::clone(&host.functions);
        self.begin(About::Tick, async move {
            End::Done(functions.steward.handle(tick).await.map(drop))
        });
    }

    fn functions(&self) -> Option<Arc<Functions>> {
        self.host().map(|host| Arc::clone(&host.functions))
    }

    /// Has the steward look when something is due, as its schedule would.
    pub(super) fn have_steward_look(&mut self) {
        if self.events.values().any(|event| matches!(event, Event::Tick(_)))
            || self.tasks.values().any(|task| task.about == About::Tick)
        {
            return;
        }
        let Some(due) = self.ground.memory.earliest(Index::Due) else {
            return;
        };
        let period = if self.ground.setting.is_one_process() { 5 } else { 60 };
        let host = self.any_host();
        // Its clock says when it is due for it.
        let due = Time::from_millis(due.millis().saturating_sub(self.ground.skew_millis(host)));
        let next = self.now().plus(Duration::from_secs(period)).max(due);
        self.at(next, Event::Tick(host));
    }

    /// Does what is due.
    pub(super) fn fire(&mut self) {
        let now = self.now();
        while let Some(entry) = self.events.first_entry() {
            if entry.key().0 > now {
                return;
            }
            match entry.remove() {
                Event::Deliver(delivery) => self.deliver(delivery),
                Event::Hint { bytes, receives } => self.job(bytes, receives),
                Event::Tick(host) => self.look(host, Tick::Clock),
                Event::Land => {
                    let landed = self.ground.table.land().now_or_never();
                    self.tally.count_by("writes landed late", landed.unwrap_or_default());
                }
                Event::Call(call) => self.make_call(call),
                Event::Automation(on) => self.automation(on),
            }
        }
    }

    /// Keeps a webhook body until it is acknowledged; tells its number.
    pub(super) fn add_delivery(
        &mut self,
        request: Request,
        letters: impl IntoIterator<Item = usize>,
    ) -> usize {
        let letters = letters.into_iter().collect();
        let delivery = Delivery { request, letters, change: None, acknowledged: false, tries: 0 };
        self.deliveries.push(delivery);
        self.deliveries.len().saturating_sub(1)
    }

    pub(super) fn deliver(&mut self, number: usize) {
        let Some(functions) = self.functions() else {
            return;
        };
        let Some(delivery) = self.deliveries.get_mut(number) else {
            return;
        };
        self.tally.deliveries += 1;
        self.tally.redeliveries += u64::from(delivery.tries > 0);
        delivery.tries += 1;
        let request = delivery.request.clone();
        self.begin(About::Delivery(number), async move {
            answered(functions.webhook.handle(request).await)
        });
    }

    /// As the platform does: later and later, for days.
    pub(super) fn deliver_later(&mut self, number: usize) {
        let Some(delivery) = self.deliveries.get(number) else {
            return;
        };
        if delivery.acknowledged {
            return;
        }
        let seconds = 1_u64.checked_shl(delivery.tries.min(10)).unwrap_or(1_024);
        let again = self.now().plus(Duration::from_secs(seconds.min(600)));
        self.at(again, Event::Deliver(number));
    }

    pub(super) fn make_call(&mut self, number: usize) {
        let (Some(functions), Some(call)) = (self.functions(), self.calls.get_mut(number)) else {
            return;
        };
        call.tries += 1;
        let (mut request, privacy) = (call.request.clone(), call.demand.is_some());
        if self.ground.mutant == Some(Mutant::MoveUnseen) {
            request.headers_mut().insert(header::IF_MATCH, HeaderValue::from_static("*"));
        }
        self.begin(About::Call(number), async move {
            answered(if privacy {
                functions.privacy.handle(request).await
            } else {
                functions.escalation.handle(request).await
            })
        });
    }

    pub(super) fn automation(&mut self, on: bool) {
        let Some(register) = self.host().map(|host| Arc::clone(&host.register)) else {
            return;
        };
        let brand = self.brand.clone();
        self.begin(About::Automation(on), async move {
            End::Done(register.set_automation(&brand, on).await)
        });
    }

    fn job(&mut self, bytes: String, receives: u32) {
        let Some(functions) = self.functions() else {
            return;
        };
        let receives = receives + 1;
        let Some(hint) = read(&bytes) else {
            let what = "a hint cannot be read".to_owned();
            self.ground.watch.breaks(Promise::Misbehaved, self.now(), what);
            return;
        };
        if receives > RECEIVES_MAX {
            let about = About::Poison { bytes, receives };
            self.begin(about, async move { End::Done(poison(&functions, hint).await) });
            return;
        }
        let about = About::Hint { bytes, receives };
        self.begin(about, async move { End::Done(handle(&functions, hint).await) });
    }

    pub(super) fn panicked(&mut self, about: About) {
        let what = format!("a task panicked: {about:?}");
        self.ground.watch.breaks(Promise::Misbehaved, self.now(), what);
        self.lost(about);
    }

    /// What comes of a task that ended.
    pub(super) fn ended(&mut self, about: About, end: End) {
        match (about, end) {
            (About::Delivery(number), End::Answered(status, _)) => self.delivered(number, status),
            (About::Call(number), End::Answered(status, body)) => {
                self.called(number, status, &body);
            }
            (About::Hint { bytes, receives }, End::Done(Err(fault))) => {
                self.failed(bytes, receives, &fault);
            }
            (About::Poison { bytes, receives }, End::Done(Err(_))) => {
                self.lost(About::Poison { bytes, receives });
            }
            (About::Automation(on), End::Done(Err(_))) => self.lost(About::Automation(on)),
            (_, _) => {}
        }
    }

    fn delivered(&mut self, number: usize, status: StatusCode) {
        if status == StatusCode::OK {
            if let Some(delivery) = self.deliveries.get_mut(number) {
                delivery.acknowledged = true;
                for letter in &delivery.letters {
                    if let Some(letter) = self.letters.get_mut(*letter) {
                        letter.acknowledged = true;
                    }
                }
                if let Some((letter, change)) = delivery.change
                    && let Some(letter) = self.letters.get_mut(letter)
                {
                    // Told again it is the same.
                    if change.counts_after(letter.now) {
                        letter.now = Some(change);
                    }
                }
            }
            return;
        }
        if status.is_client_error() {
            let what = format!("a signed body was answered with {status}");
            self.ground.watch.breaks(Promise::Lost, self.now(), what);
            return;
        }
        self.deliver_later(number);
    }

    fn called(&mut self, number: usize, status: StatusCode, body: &[u8]) {
        if status.is_server_error() {
            self.lost(About::Call(number));
            return;
        }
        let Some(demand) = self.calls.get_mut(number).and_then(|call| call.demand.as_mut()) else {
            self.case_moved(number, status, body);
            return;
        };
        let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let id = answer.and_then(|answer| {
            let id = answer.pointer("/request/request").or(answer.get("confirmation_code"))?;
            id.as_str()?.parse().ok()
        });
        demand.accepted = id;
        if id.is_none() {
            let what = format!("a request was answered with {status}");
            self.ground.watch.breaks(Promise::Lost, self.now(), what);
        }
    }

    fn failed(&mut self, bytes: String, receives: u32, fault: &Fault) {
        let now = self.now();
        if fault.retry() == Retry::Never {
            self.tally.count("poison");
            self.at(now, Event::Hint { bytes, receives: RECEIVES_MAX });
            return;
        }
        let seconds = if self.ground.setting.is_one_process() {
            if receives >= LOCAL_TRIES_MAX {
                return;
            }
            1
        } else {
            30
        };
        let again = now.plus(Duration::from_secs(seconds));
        self.at(again, Event::Hint { bytes, receives });
    }

    /// Takes what was put into queues and what the platform took, and decides what goes astray.
    pub(super) fn collect(&mut self) {
        for bytes in self.ground.lanes.take() {
            self.queue(bytes);
        }
        for sent in self.ground.platform.fresh() {
            for (after, fate) in self.fates() {
                if let Some(request) = self.ground.platform.report(&sent, fate) {
                    let number = self.add_delivery(request, []);
                    let time = self.now().plus(after);
                    self.at(time, Event::Deliver(number));
                }
            }
        }
    }

    fn queue(&mut self, bytes: String) {
        if forthright_testkit::canary::find(bytes.as_bytes()).is_some() {
            let what = "a hint tells about a person".to_owned();
            self.ground.watch.breaks(Promise::InTheClear, self.now(), what);
        }
        let now = self.now();
        let Some(chance) = &self.chance else {
            self.at(now, Event::Hint { bytes, receives: 0 });
            return;
        };
        // Half of them come at once, so that what they bring meets what goes on.
        let late = if chance.once_in(2) { 0 } else { chance.next() % 2_000 };
        let late = Duration::from_millis(late);
        let (lost, doubled, very_late) =
            (chance.once_in(20), chance.once_in(10), chance.once_in(30));
        if lost {
            self.tally.count("hints lost");
            return;
        }
        let time = now.plus(if very_late { late.saturating_mul(60) } else { late });
        if doubled {
            self.tally.count("hints repeated");
            self.at(now, Event::Hint { bytes: bytes.clone(), receives: 0 });
        }
        self.at(time, Event::Hint { bytes, receives: 0 });
    }

    /// When the platform will say what of a message that it took.
    fn fates(&self) -> Vec<(Duration, Fate)> {
        let Some(chance) = &self.chance else {
            return vec![(Duration::from_secs(1), Fate::Delivered)];
        };
        let after = |most: u64| Duration::from_millis(chance.next() % most);
        match chance.below(20) {
            // Nothing is ever heard of it.
            0..=2 => Vec::new(),
            3 => vec![(after(30_000), Fate::Failed)],
            4 => vec![(after(2_000), Fate::Sent), (after(40_000), Fate::Failed)],
            _ => {
                let read = (after(600_000), Fate::Read);
                vec![(after(2_000), Fate::Sent), (after(20_000), Fate::Delivered), read]
            }
        }
    }
}

fn answered(answer: Result<Response, Fault>) -> End {
    let response = answer.unwrap_or_else(|fault| whole::fault(&fault));
    End::Answered(response.status(), response.into_body().to_vec())
}

fn read(bytes: &str) -> Option<Hint> {
    let QueueMessage::V1(hint) = serde_json::from_str(bytes).ok()?;
    Some(hint)
}

async fn handle(functions: &Functions, hint: Hint) -> Result<(), Fault> {
    match hint {
        Hint::Inbound(job) => functions.intent.handle(job).await,
        Hint::Outbound(job) => functions.reply.handle(job).await,
        Hint::Human(job) => functions.escalation.handle(job).await,
        Hint::Privacy(job) => functions.privacy.handle(job).await,
    }
}

async fn poison(functions: &Functions, hint: Hint) -> Result<(), Fault> {
    match hint {
        Hint::Inbound(job) => functions.intent.to_a_person(&job).await,
        Hint::Outbound(job) => functions.reply.to_a_person(&job).await,
        Hint::Human(job) => functions.escalation.to_a_person(&job).await,
        Hint::Privacy(job) => functions.privacy.to_a_person(&job).await,
    }
}
