//! A world: people, a platform, hosts, and what happens to them, act by act.

mod acts;
mod agents;
mod flow;
mod service;
mod verdict;

use std::{
    collections::BTreeMap,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use forthright_core::{
    Address, BrandId, BrandKeys, Eid, Fault, PlatformId, RequestId, Secret, Time, Vault,
    http::Request,
};
use forthright_testkit::{
    Faulty, FixedVault, Memory, Snapshot, SplitMix,
    standin::{StandIn, StandInAccount},
};
use futures::FutureExt;
use http::StatusCode;

use super::{
    act::{Moment, Setting, Text},
    host::{Content, Ground, Host},
    kernel::{Kernel, TaskId},
    mutant::Mutant,
    people::{Person, everybody},
    plan::Plan,
    platform::Platform,
    ports::{Lanes, Watched},
    promise::Broken,
    tally::Tally,
    watch::{Watch, Wordings},
};
use crate::Problem;

/// 2026-12-01T12:00:00Z: every template of the demo brand is approved, and none is due for review.
const NOON: Time = Time::from_seconds(1_796_126_400);

/// What came of a world.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) broken: Vec<Broken>,
    pub(super) tally: Tally,
    pub(super) trace: Vec<String>,
}

/// How a world is run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mode {
    pub(super) mutant: Option<Mutant>,
    /// Keeps a line for each call.
    pub(super) trace: bool,
}

/// Runs a world to its end and judges it.
pub(super) fn run(content: &Content, plan: &Plan, mode: Mode) -> Result<Outcome, Problem> {
    let mut world = World::new(content, plan, mode)?;
    for (number, act) in plan.acts.iter().enumerate() {
        world.ground.watch.seen().act = number;
        world.act(act);
        // What is broken stays broken: the rest would only hide where.
        if !world.ground.watch.seen().broken.is_empty() {
            return Ok(world.outcome());
        }
    }
    world.ground.watch.seen().act = plan.acts.len();
    world.finish();
    Ok(world.outcome())
}

/// A message of a person.
#[derive(Debug)]
struct Letter {
    eid: Eid,
    person: usize,
    /// The platform's id.
    id: String,
    platform_at: Time,
    acknowledged: bool,
    /// What its person made of it last.
    made: Option<Changed>,
    /// The same, as far as it was acknowledged.
    now: Option<Changed>,
    /// The data was restored to a moment before it: nobody can demand it any more.
    forgotten: bool,
}

/// What became of a message's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    /// They were changed at a time, into these.
    Edited(Time, Text),
    /// They were taken back.
    TakenBack,
}

impl Changed {
    /// Whether it counts after what was made of the words before: what was taken back stays so, and the newer words count.
    fn counts_after(self, before: Option<Self>) -> bool {
        match (before, self) {
            (None, _) | (Some(Self::Edited(..)), Self::TakenBack) => true,
            (Some(Self::TakenBack), _) => false,
            (Some(Self::Edited(before, _)), Self::Edited(at, _)) => before < at,
        }
    }
}

/// A webhook body.
#[derive(Debug)]
struct Delivery {
    request: Request,
    /// The messages in it.
    letters: Vec<usize>,
    /// The message that it changes, and how.
    change: Option<(usize, Changed)>,
    acknowledged: bool,
    tries: u32,
}

/// A call of one of the APIs, repeated under its key until it is answered.
#[derive(Debug)]
struct Call {
    request: Request,
    tries: u32,
    demand: Option<Demand>,
}

/// An erasure that somebody demanded.
#[derive(Debug, Default)]
struct Demand {
    accepted: Option<RequestId>,
}

/// What is due at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    Deliver(usize),
    Hint {
        bytes: String,
        receives: u32,
    },
    /// The steward of this host looks.
    Tick(usize),
    Land,
    Call(usize),
    Automation(bool),
}

/// What a task is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Delivery(usize),
    Hint {
        bytes: String,
        receives: u32,
    },
    /// What nothing could handle is given to a person.
    Poison {
        bytes: String,
        receives: u32,
    },
    Tick,
    Call(usize),
    Automation(bool),
}

/// How a task ended.
enum End {
    Answered(StatusCode, Vec<u8>),
    Done(Result<(), Fault>),
}

struct Task {
    about: About,
    started: Time,
    work: Pin<Box<dyn Future<Output = End> + Send>>,
}

/// A waker that only remembers that it was called.
#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct World {
    ground: Ground,
    brand: BrandId,
    accounts: Vec<Address>,
    keys: Arc<BrandKeys>,
    people: Vec<Person>,
    hosts: Vec<Host>,
    /// Hosts that were before.
    gone: Vec<Host>,
    starts: u64,
    token: u32,
    tasks: BTreeMap<TaskId, Task>,
    next_task: TaskId,
    events: BTreeMap<(Time, u64), Event>,
    next_event: u64,
    letters: Vec<Letter>,
    deliveries: Vec<Delivery>,
    calls: Vec<Call>,
    /// Which call answered which version of which case.
    answers: BTreeMap<(String, String), usize>,
    /// At which call of a port a task dies.
    crashes: BTreeMap<u64, Moment>,
    /// At which call of a port a host stops for a while.
    stalls: BTreeMap<u64, Duration>,
    backups: Vec<Snapshot>,
    restored: bool,
    /// What decides what comes first, and what goes astray; none in the order of coming.
    chance: Option<SplitMix>,
    /// Gives each task its rank, if some are to wait as long as others have something to do.
    ranks: Option<u64>,
    tally: Tally,
}

impl World {
    fn new(content: &Content, plan: &Plan, mode: Mode) -> Result<Self, Problem> {
        let ground = ground(content, plan.setting, mode)?;
        let accounts: Vec<_> = content.accounts.iter().map(|it| it.at.clone()).collect();
        let first = accounts.first().ok_or("the demo brand has no account")?;
        let (brand, keys) = (first.brand.clone(), keys(&ground.vault, first)?);
        let mut world = Self {
            ground,
            brand,
            accounts,
            keys,
            people: everybody(),
            hosts: Vec::new(),
            gone: Vec::new(),
            starts: 0,
            token: 0,
            tasks: BTreeMap::new(),
            next_task: 0,
            events: BTreeMap::new(),
            next_event: 0,
            letters: Vec::new(),
            deliveries: Vec::new(),
            calls: Vec::new(),
            answers: BTreeMap::new(),
            crashes: BTreeMap::new(),
            stalls: BTreeMap::new(),
            backups: Vec::new(),
            restored: false,
            chance: None,
            ranks: None,
            tally: Tally { worlds: 1, ..Tally::default() },
        };
        world.start_hosts();
        Ok(world)
    }

    /// Starts every host anew.
    fn start_hosts(&mut self) {
        self.gone.append(&mut self.hosts);
        self.starts += 1;
        let token = token(self.token);
        for host in 0..usize::from(self.ground.setting.hosts.max(1)) {
            self.hosts.push(self.ground.start(host, self.starts, &token));
        }
    }

    /// The index of a host, by chance or the first.
    fn any_host(&self) -> usize {
        self.chance.as_ref().map_or(0, |chance| chance.below(self.hosts.len()))
    }

    fn host(&self) -> Option<&Host> {
        self.hosts.get(self.any_host())
    }

    fn now(&self) -> Time {
        self.ground.kernel.now()
    }

    /// The account that a person writes to.
    fn account_of(&self, person: &Person) -> Option<&Address> {
        self.accounts.iter().find(|at| at.channel == person.channel())
    }

    /// Has something happen at a time.
    fn at(&mut self, time: Time, event: Event) {
        self.events.insert((time, self.next_event), event);
        self.next_event += 1;
    }

    fn begin(&mut self, about: About, work: impl Future<Output = End> + Send + 'static) {
        self.next_task += 1;
        let started = self.now();
        let task = Task { about, started, work: Box::pin(work) };
        self.tasks.insert(self.next_task, task);
        self.poll(self.next_task);
    }

    /// Lets a task go on until it waits again.
    fn poll(&mut self, id: TaskId) {
        let Some(mut task) = self.tasks.remove(&id) else {
            return;
        };
        self.ground.kernel.enter(id);
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let mut context = Context::from_waker(&waker);
        loop {
            flag.0.store(false, Ordering::SeqCst);
            let polled = catch_unwind(AssertUnwindSafe(|| task.work.as_mut().poll(&mut context)));
            match polled {
                Err(_panic) => {
                    self.panicked(task.about);
                    break;
                }
                Ok(Poll::Ready(end)) => {
                    self.ended(task.about, end);
                    break;
                }
                Ok(Poll::Pending) if self.ground.kernel.take_death() => {
                    drop(task.work);
                    self.die(task.about);
                    break;
                }
                // Somebody in the task asks to be looked at again.
                Ok(Poll::Pending) if flag.0.load(Ordering::SeqCst) => {}
                Ok(Poll::Pending) => {
                    self.tasks.insert(id, task);
                    break;
                }
            }
        }
        self.collect();
    }

    fn outcome(self) -> Outcome {
        let Self { ground, mut tally, .. } = self;
        let mut seen = ground.watch.seen();
        tally.calls = ground.kernel.calls();
        tally.claims = u64::try_from(seen.claims).unwrap_or(u64::MAX);
        tally.sends = u64::try_from(ground.platform.sent_count()).unwrap_or(u64::MAX);
        Outcome {
            broken: std::mem::take(&mut seen.broken),
            tally,
            trace: seen.trace.take().unwrap_or_default(),
        }
    }

    /// The ids that a letter's writer is known by, in this letter or in others.
    fn writer(&self, letter: &Letter) -> Vec<PlatformId> {
        let human = self.people.get(letter.person).map(|person| person.human);
        let faces = self.people.iter().filter(|person| Some(person.human) == human);
        faces.flat_map(Person::ids).collect()
    }
}

fn keys(vault: &FixedVault, at: &Address) -> Result<Arc<BrandKeys>, Problem> {
    Ok(vault.brand(&at.brand).now_or_never().ok_or("the vault waits")??)
}

/// What the hosts of a world share: an empty table, a platform, nobody at work yet.
fn ground(content: &Content, setting: Setting, mode: Mode) -> Result<Ground, Problem> {
    let account = content.accounts.iter().next().ok_or("the demo brand has no account")?;
    let kernel = Kernel::at(NOON);
    let watch = Watch::new(wordings(content, &account.at)?, mode.trace);
    let memory = match setting.weather {
        0 => Memory::new(),
        seed => Memory::with_weather(seed),
    };
    let vault = Arc::new(FixedVault::new(7));
    let mut stand_ins = Vec::new();
    for account in content.accounts.iter() {
        let played = StandInAccount::of(account).ok_or("the demo brand has no app secret")?;
        let played = StandInAccount { access_token: token(0), ..played };
        stand_ins.push(StandIn::new(played, kernel.clock(0)));
    }
    let stand_ins: [_; 2] =
        stand_ins.try_into().map_err(|_others| "a world has one account on each channel")?;
    let keys = keys(&vault, &account.at)?;
    let watched = Watched {
        memory: memory.clone(),
        kernel: kernel.clone(),
        watch: watch.clone(),
        forgets: setting.is_one_process(),
    };
    Ok(Ground {
        setting,
        platform: Platform::new(stand_ins, keys, memory.clone(), kernel.clone(), watch.clone()),
        table: Faulty::new(watched, kernel.clock(0)),
        lanes: Lanes::new(kernel.clone()),
        kernel,
        watch,
        memory,
        vault,
        content: content.clone(),
        mutant: mode.mutant,
    })
}

/// The access token that came so many renewals after the first.
fn token(number: u32) -> Secret {
    format!("CANARY-access-token-{number}").as_str().into()
}

/// Every wording of every disclosure, in each language of the brand.
fn wordings(content: &Content, at: &Address) -> Result<Wordings, Problem> {
    use forthright_core::outbound::Placement;
    let book = &content.book;
    let brand = book.brand(&at.brand).ok_or("the brand is gone")?;
    let mut wordings = Wordings::default();
    for &language in brand.languages() {
        let all = book.disclosures(&at.brand, language).ok_or("there are no disclosures")?;
        for placement in Placement::ALL {
            let statement = all.statement(placement);
            let into = if placement.is_prefix() {
                &mut wordings.at_the_top
            } else {
                &mut wordings.at_the_end
            };
            into.extend([statement.full.clone(), statement.short.clone()]);
        }
    }
    Ok(wordings)
}
