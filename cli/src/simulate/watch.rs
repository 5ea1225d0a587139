//! What is seen while a world runs: each transaction as it is done, each text as the platform takes it.
//!
//! The watch knows what really happened, whatever the hosts believe. It judges the moment of a claim, since what
//! was claimed before an opt-out or a hand-over may still be on its way after it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use forthright_core::{
    CaseId, Eid, Epoch, Pid, TaskId as Task, Time,
    case::{Actor, CaseState, Reason},
    decision::{Decision, Route},
    gate::{DISCLOSURE_GAP, Gate, HUMAN_AGENT_WINDOW, WINDOW},
    ledger::CLOCK_SKEW,
    state::State,
    table::{Attribute, Item, Key, TableName, Write},
};
use forthright_testkit::Memory;

use super::{
    kernel::{Kernel, TaskId},
    promise::{Broken, Promise},
};

/// A task of the store: a message, or one of our own.
pub(super) type Place = (Pid, Epoch, Task);

/// The disclosures of a brand, in every wording.
#[derive(Debug, Clone, Default)]
pub(super) struct Wordings {
    pub(super) at_the_top: Vec<String>,
    pub(super) at_the_end: Vec<String>,
}

impl Wordings {
    fn top(&self, text: &str) -> bool {
        self.at_the_top.iter().any(|wording| text.starts_with(wording.as_str()))
    }

    fn end(&self, text: &str) -> bool {
        self.at_the_end.iter().any(|wording| text.ends_with(wording.as_str()))
    }
}

/// A text that the platform took.
#[derive(Debug, Clone)]
pub(super) struct Taken<'a> {
    pub(super) place: Place,
    pub(super) text: &'a str,
    /// Whether a person of the brand wrote these words.
    pub(super) is_a_persons: bool,
    /// Whether it was sent as a person's who may write after the window.
    pub(super) is_tagged: bool,
}

/// The watch. Its clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) broken: Vec<Broken>,
    pub(super) act: usize,
    pub(super) trace: Option<Vec<String>>,
    /// Keys of the messages that were ever stored.
    pub(super) stored: BTreeSet<Key>,
    pub(super) claims: usize,
    pub(super) sends: HashMap<Place, usize>,
    wordings: Wordings,
    /// Counts what happens, so that times that clocks tell do not matter.
    step: u64,
    claimed: HashMap<Place, Claim>,
    /// When the person was last told at the top of a text.
    told: HashMap<(Pid, Epoch), Told>,
    handed_back: HashMap<Pid, u64>,
    /// The case under which a person was called to a conversation and has not left it, whatever the gate says.
    called: HashMap<Pid, CaseId>,
    /// The message by which a person opted out, whatever the gate says.
    opted_out: HashMap<Pid, Eid>,
    actors: HashMap<Place, Actor>,
    /// Since which step the machine is switched off.
    off_since: Option<u64>,
    /// When each task last looked at the brand's settings.
    looked: HashMap<TaskId, u64>,
}

#[derive(Debug, Clone, Copy)]
struct Claim {
    step: u64,
    /// A disclosure at the top is due.
    at_the_top: bool,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    at: Time,
    /// The step of the claim of what told it.
    claimed: u64,
}

impl Watch {
    /// A watch that knows these disclosures; with `trace` it keeps a line for each thing that happens.
    pub(super) fn new(wordings: Wordings, trace: bool) -> Self {
        let trace = trace.then(Vec::new);
        Self(Arc::new(Mutex::new(Seen { trace, wordings, ..Seen::default() })))
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a line of the trace, if there is one.
    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.seen().trace {
            trace.push(line());
        }
    }

    /// A task looks at the settings that hold for what it sends.
    pub(super) fn looks(&self, task: TaskId) {
        let mut seen = self.seen();
        seen.step += 1;
        let step = seen.step;
        seen.looked.insert(task, step);
    }

    /// A promise is broken.
    pub(super) fn breaks(&self, promise: Promise, at: Time, what: String) {
        let mut seen = self.seen();
        let act = seen.act;
        seen.broken.push(Broken { promise, what, at, act });
    }

    /// A transaction is done; `before` are the rows that it changed or checked, as they were.
    pub(super) fn committed(
        &self,
        kernel: &Kernel,
        memory: &Memory,
        before: &[Option<Item>],
        writes: &[Write],
    ) {
        let mut seen = self.seen();
        seen.step += 1;
        for (write, old) in writes.iter().zip(before) {
            let Write::Put { item, .. } = write else {
                continue;
            };
            let moment = Moment { now: kernel.now(), task: kernel.task(), memory };
            if item.key.table == TableName::Keys {
                continue;
            }
            if item.key.is_subjects() {
                seen.subjects_row(&moment, item, old.as_ref());
            } else if item.key.partition.starts_with("B#") {
                seen.settings(item);
            } else if let Some(case) = item.key.as_case() {
                seen.case(case, item);
            } else if let Some(pid) = pid_of_gate(&item.key) {
                seen.gate(pid, item, old.as_ref());
            }
        }
    }

    /// The data became what it was before: what was said and done after the copy is lost, and only what is in it
    /// can hold.
    pub(super) fn restored(&self, memory: &Memory, settings: &Key) {
        let mut seen = self.seen();
        seen.step += 1;
        match memory.row(settings) {
            Some(item) => seen.settings(&item),
            None => seen.off_since = None,
        }
        seen.called.clear();
        seen.opted_out.clear();
    }

    /// The platform took a text.
    pub(super) fn taken(&self, now: Time, memory: &Memory, taken: &Taken<'_>) {
        let mut seen = self.seen();
        seen.step += 1;
        seen.taken(now, memory, taken);
    }
}

struct Moment<'a> {
    now: Time,
    task: TaskId,
    memory: &'a Memory,
}

impl Seen {
    fn breaks(&mut self, promise: Promise, at: Time, what: String) {
        let act = self.act;
        self.broken.push(Broken { promise, what, at, act });
    }

    fn settings(&mut self, item: &Item) {
        let off = item.get_text(Attribute::Automation) == Some("off");
        self.off_since = off.then(|| self.off_since.unwrap_or(self.step));
    }

    fn gate(&mut self, pid: Pid, item: &Item, old: Option<&Item>) {
        let back = |row: &Item| row.get_time(Attribute::HandedBackAt);
        let now = back(item);
        if now.is_some() && now != old.and_then(back) {
            self.handed_back.insert(pid, self.step);
            self.called.remove(&pid);
        }
        let epoch = |row: &Item| row.get_number(Attribute::Epoch);
        if old.is_some_and(|old| epoch(old) != epoch(item)) {
            // What is erased is forgotten, and the next text begins as the first one does.
            self.called.remove(&pid);
            self.handed_back.remove(&pid);
        }
    }

    fn case(&mut self, case: CaseId, item: &Item) {
        let state = item.parse::<CaseState>(Attribute::State).ok().flatten();
        if !state.is_some_and(CaseState::is_live) {
            self.called.retain(|_, called| *called != case);
        } else if item.get_text(Attribute::Reason) == Some(Reason::AnsweredElsewhere.name())
            && let Ok(Some(pid)) = item.parse(Attribute::Pid)
        {
            // Somebody is there, though no message called them.
            self.called.insert(pid, case);
        }
    }

    fn subjects_row(&mut self, moment: &Moment<'_>, item: &Item, old: Option<&Item>) {
        let Some((pid, epoch)) = subject_of(&item.key) else {
            return;
        };
        let gate = gate(moment.memory, pid);
        if old.is_none() && gate.as_ref().map(|gate| gate.epoch) != Some(epoch) {
            let what = format!("{} is made in an epoch that is over", name(&item.key));
            self.breaks(Promise::Resurrected, moment.now, what);
        }
        let Some((pid, epoch, task)) = item.key.as_task() else {
            return;
        };
        let place = (pid, epoch, task);
        if old.is_none() && matches!(task, Task::Message(_)) {
            self.stored.insert(item.key.clone());
        }
        let state = |row: &Item| row.parse::<State>(Attribute::State).ok().flatten();
        let (from, to) = (old.and_then(state), state(item));
        if let (Some(from), Some(to)) = (from, to)
            && from.is_terminal()
            && from != to
        {
            let what = format!("{} went from {from} to {to}", name(&item.key));
            self.breaks(Promise::Reopened, moment.now, what);
        }
        if let Task::Message(eid) = task {
            let case = item.parse(Attribute::Case).ok().flatten();
            if case != old.and_then(|old| old.parse(Attribute::Case).ok().flatten())
                && let Some(case) = case
            {
                self.called.insert(pid, case);
            }
            let decision = item.get_json::<Decision>(Attribute::Decision).ok().flatten();
            if from == Some(State::Received)
                && matches!(decision.map(|decision| decision.route), Some(Route::OptOut { .. }))
            {
                self.opted_out.insert(pid, eid);
            }
        }
        if let Ok(Some(actor)) = item.parse(Attribute::Actor) {
            self.actors.insert(place, actor);
        }
        if to == Some(State::Sending) && from != Some(State::Sending) {
            self.claims += 1;
            self.claim(moment, place, item, gate);
        }
    }

    /// Whether what is claimed may be sent, and what it must say of itself.
    fn claim(&mut self, moment: &Moment<'_>, place: Place, item: &Item, gate: Option<Gate>) {
        let (pid, epoch, task) = place;
        let Some(gate) = gate else {
            self.breaks(Promise::SaidWhileSilent, moment.now, "claimed without a gate".to_owned());
            return;
        };
        let twins = twins(moment.memory, &gate);
        let actor = self.actors.get(&place).copied().unwrap_or(Actor::Machine);
        if let Some(why) = self.silence(moment, &gate, &twins, (actor, task)) {
            let what = format!("{} was claimed for {actor} {why}", name(&item.key));
            self.breaks(Promise::SaidWhileSilent, moment.now, what);
        }
        // Whoever is known by two subjects reads what is sent to either.
        let same = || twins.iter().map(|twin| (twin.pid, twin.epoch)).chain([(pid, epoch)]);
        let handed_back = same().filter_map(|(pid, _)| self.handed_back.get(&pid)).max();
        let told_after =
            same().filter_map(|one| self.told.get(&one)).map(|told| told.claimed).max();
        let told = self.told.get(&(pid, epoch));
        let at_the_top = told.is_none_or(|told| {
            // Clocks may differ by their skew where a time was stored and where it is compared.
            let gap = DISCLOSURE_GAP.saturating_add(CLOCK_SKEW.saturating_mul(2));
            moment.now.since(told.at) >= gap || handed_back.copied() > told_after
        });
        self.claimed.insert(place, Claim { step: self.step, at_the_top });
    }

    /// Why nothing may be said, if so.
    fn silence(
        &self,
        moment: &Moment<'_>,
        gate: &Gate,
        twins: &[Gate],
        (actor, task): (Actor, Task),
    ) -> Option<&'static str> {
        let because = match task {
            Task::Message(eid) => Some(eid),
            Task::Out(_) => None,
        };
        match actor {
            Actor::Agent => {
                let wrote_again = |suppressed: &forthright_core::gate::Suppressed| {
                    gate.window_from > Some(suppressed.at)
                };
                gate.suppressed
                    .is_some_and(|suppressed| !wrote_again(&suppressed))
                    .then_some("after an opt-out")
            }
            Actor::Privacy => gate.suppressed.is_some().then_some("after an opt-out"),
            Actor::Customer => Some("in a customer's name"),
            Actor::Machine => {
                let off = self.off_since.is_some_and(|since| {
                    self.looked.get(&moment.task).is_some_and(|looked| since < *looked)
                });
                let confirms = |by| because.is_some() && by == because;
                let opted_out = gate.suppressed.is_some_and(|one| !confirms(one.by))
                    || self.opted_out.get(&gate.pid).is_some_and(|eid| because != Some(*eid))
                    || twins.iter().any(|twin| twin.suppressed.is_some());
                let announces = |case| because.map(CaseId::opened_by) == Some(case);
                let held = gate.held.is_some_and(|held| held.spoke || !announces(held.case))
                    || self.called.get(&gate.pid).is_some_and(|case| !announces(*case))
                    || twins.iter().any(|twin| twin.held.is_some());
                let restricted = gate.restricted_at.is_some()
                    || twins.iter().any(|twin| twin.restricted_at.is_some());
                [
                    (off, "while it is switched off"),
                    (opted_out, "after an opt-out"),
                    (held, "while a person holds the conversation"),
                    (restricted, "under a restriction"),
                ]
                .into_iter()
                .find_map(|(holds, why)| holds.then_some(why))
            }
        }
    }

    fn taken(&mut self, now: Time, memory: &Memory, taken: &Taken<'_>) {
        let (pid, epoch, task) = taken.place;
        let times = self.sends.entry(taken.place).or_default();
        *times += 1;
        if *times > 1 {
            let what = format!("{} was sent {times} times", name(&Key::task(pid, epoch, task)));
            self.breaks(Promise::Double, now, what);
        }
        let row = memory.row(&Key::task(pid, epoch, task));
        let state = row.and_then(|row| row.parse::<State>(Attribute::State).ok().flatten());
        if matches!(state, Some(State::Human | State::Suppressed)) {
            let what = format!("{} was at its end before, without an answer", short(task));
            self.breaks(Promise::SaidWhileSilent, now, what);
        }
        if taken.is_tagged && !taken.is_a_persons {
            let what = format!("{} left in a person's name", short(task));
            self.breaks(Promise::SaidWhileSilent, now, what);
        }
        let from = gate(memory, pid).filter(|gate| gate.epoch == epoch);
        let window = if taken.is_tagged { HUMAN_AGENT_WINDOW } else { WINDOW };
        if from.and_then(|gate| gate.window_from).is_some_and(|from| now >= from.plus(window)) {
            let what = format!("{} left outside the window", short(task));
            self.breaks(Promise::SaidWhileSilent, now, what);
        }
        if taken.is_a_persons {
            return;
        }
        let (top, end) = (self.wordings.top(taken.text), self.wordings.end(taken.text));
        let claim = self.claimed.get(&taken.place).copied();
        let due_at_the_top = claim.is_some_and(|claim| claim.at_the_top);
        if !top && (due_at_the_top || !end) {
            let place = if due_at_the_top { "at the top" } else { "at all" };
            let what = format!("{} does not disclose {place}", short(task));
            self.breaks(Promise::DisclosureMissing, now, what);
        }
        if top {
            let claimed = claim.map_or(self.step, |claim| claim.step);
            let told = self.told.entry((pid, epoch)).or_insert(Told { at: now, claimed });
            told.at = told.at.max(now);
            told.claimed = told.claimed.max(claimed);
        }
    }
}

fn twins(memory: &Memory, gate: &Gate) -> Vec<Gate> {
    if !gate.twins {
        return Vec::new();
    }
    let partition = Key::subject_partition(gate.pid, gate.epoch);
    let names = memory.partition(&partition).into_iter();
    names
        .filter(|row| row.key.sort.starts_with(Key::TWIN))
        .filter_map(|row| row.parse(Attribute::Pid).ok().flatten())
        .filter_map(|pid| self::gate(memory, pid))
        .collect()
}

/// The gate of a subject, as it is.
pub(super) fn gate(memory: &Memory, pid: Pid) -> Option<Gate> {
    Gate::from_item(pid, &memory.row(&Key::gate(pid))?).ok()
}

/// The subject whose gate has this key.
pub(super) fn pid_of_gate(key: &Key) -> Option<Pid> {
    key.partition.strip_prefix("G#")?.parse().ok()
}

/// The subject and the epoch whose partition a key is in.
pub(super) fn subject_of(key: &Key) -> Option<(Pid, Epoch)> {
    let (pid, epoch) = key.partition.strip_prefix(Key::SUBJECT)?.split_once('#')?;
    Some((pid.parse().ok()?, Epoch::from_number(epoch.parse().ok()?)))
}

/// A key, short enough to read: ids shortened to their first digits.
pub(super) fn name(key: &Key) -> String {
    let shorten = |text: &str| {
        let parts = text.split('#').map(|part| part.get(..part.len().min(6)).unwrap_or(part));
        parts.collect::<Vec<_>>().join("#")
    };
    if key.sort == "-" {
        return shorten(&key.partition);
    }
    format!("{}/{}", shorten(&key.partition), shorten(&key.sort))
}

fn short(task: Task) -> String {
    let kind = match task {
        Task::Message(_) => "message",
        Task::Out(_) => "our message",
    };
    let id = task.to_string();
    format!("{kind} {}", id.get(..6).unwrap_or(&id))
}
