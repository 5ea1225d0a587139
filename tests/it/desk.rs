//! A desk: the whole bundle in one process, with everything around it in the test's hands.

mod people;
mod ports;
mod seen;

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use forthright_cli::bundle::{Bundle, Parts};
use forthright_core::{
    Account, Accounts, Channel, Handle, Hint, Poison, Retry, Source, Time,
    gate::HUMAN_AGENT_WINDOW,
    http::{self as whole, Request, Response},
    ledger::{LEASE, Register, Stores, UNKNOWN_WAIT},
};
use forthright_intent::Engines;
use forthright_language::Detector;
use forthright_policy::{Book, Engine, Served};
use forthright_steward::Tick;
use forthright_testkit::{
    Faulty, FixedVault, Memory, MovableClock, Restricted, seeded_entropy,
    standin::{Behaviour, Customer, StandIn, StandInAccount},
};
use http::{Method, StatusCode};
use serde_json::Value;

pub(crate) use ports::{Death, Judge, Order, Tray};
use ports::{Line, Yielding};
pub(crate) use seen::texts;

/// 2026-12-01T12:00:00Z: every template of the demo brand is approved, and none is due for review.
/// A brand whose key cannot be opened.
pub(crate) const CLOSED_BRAND: &str = "closed";
pub(crate) const NOON: Time = Time::from_seconds(1_796_126_400);
pub(crate) const VERIFY_TOKEN: &str = "CANARY-verify-token";
const APP_SECRET: &str = "CANARY-app-secret-of-the-demo";
const ACCESS_TOKEN: &str = "CANARY-access-token-1";
pub(crate) const OPERATOR_TOKEN: &str = "CANARY-operator-token";

/// What asks for an order's status, and is recognised in a log.
pub(crate) const ORDER: &str = "CANARY where is my order?";

type Functions = Bundle<Restricted<Yielding>, Arc<FixedVault>, Arc<Line>, Tray, Judge>;

pub(crate) struct Desk {
    pub(crate) bundle: Functions,
    pub(crate) memory: Memory,
    pub(crate) table: Faulty<Memory>,
    pub(crate) time: MovableClock,
    pub(crate) line: Arc<Line>,
    pub(crate) tray: Tray,
    pub(crate) judge: Judge,
    pub(crate) served: Served,
    vault: Arc<FixedVault>,
    shelves: Vec<Restricted<Yielding>>,
    messages: AtomicU64,
}

/// How a desk differs from the ordinary one.
pub(crate) struct Setting {
    pub(crate) memory: Memory,
    pub(crate) time: MovableClock,
    pub(crate) access_token: &'static str,
    pub(crate) order: Order,
    /// The account instead of the demo brand's own.
    pub(crate) account: Option<Account>,
    /// Who reads the brand's messages.
    pub(crate) engine: Engine,
    /// Two desks over one memory must not draw the same random numbers.
    pub(crate) seed: u64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            memory: Memory::new(),
            time: MovableClock::at(NOON),
            access_token: ACCESS_TOKEN,
            order: Order::Plain,
            account: None,
            engine: Engine::Embedded,
            seed: 1,
        }
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Setting::default())
    }

    pub(crate) fn with(setting: Setting) -> Self {
        log();
        let Setting { memory, time, access_token, order, account, engine, seed } = setting;
        let mut served = served_by(engine, access_token);
        if let Some(account) = account {
            served.accounts = Accounts::new(vec![account]);
        }
        let table = Faulty::new(memory.clone(), time.clock());
        let account = served.accounts.iter().next().unwrap();
        let line = Arc::new(Line::new(stand_in(account, &time), table.clone()));
        let tray = Tray::new(order);
        let judge = Judge::default();
        let vault = Arc::new(FixedVault::new(7).without(CLOSED_BRAND.parse().unwrap()));
        let entropy = seeded_entropy(seed);
        let shelves = Mutex::new(Vec::new());
        let bundle = Bundle::new(
            |_, grants| {
                let shelf = Restricted::new(Yielding(table.clone()), grants.concat());
                shelves.lock().unwrap().push(shelf.clone());
                let clock = time.clock();
                Stores::new(shelf, Arc::clone(&vault), clock, entropy.clone(), Duration::ZERO)
            },
            Parts {
                book: Arc::clone(&served.book),
                engines: Engines::with_comprehend(
                    Arc::clone(&served.book),
                    detector(),
                    judge.clone(),
                ),
                accounts: served.accounts.clone(),
                operator_token: OPERATOR_TOKEN.into(),
                public_url: "https://privacy.example".to_owned(),
                exchange: Arc::clone(&line),
                queue: tray.clone(),
                clock: time.clock(),
            },
        );
        let shelves = shelves.into_inner().unwrap();
        let messages = AtomicU64::new(seed * 1_000_000);
        Self { bundle, memory, table, time, line, tray, judge, served, vault, shelves, messages }
    }

    // What customers and the platform do.

    /// The webhook call with a text of this customer, sent now.
    pub(crate) fn says(&self, who: &Customer, text: &str) -> Request {
        let id = self.messages.fetch_add(1, Ordering::SeqCst);
        let seconds = self.time.now().millis() / 1_000;
        self.line.stand_in.deliver_text(who, text, &format!("wamid.CANARYin{id}"), seconds)
    }

    /// Lets the customer say something; the answer to the platform.
    pub(crate) async fn hears(&self, who: &Customer, text: &str) -> StatusCode {
        self.ask(self.says(who, text)).await.status()
    }

    /// The same, a second later, with everything that follows from it.
    pub(crate) async fn serves(&self, who: &Customer, text: &str) {
        self.time.advance(Duration::from_secs(1));
        assert_eq!(self.hears(who, text).await, StatusCode::OK);
        self.pump().await;
    }

    /// A call of whichever function has its path.
    pub(crate) async fn ask(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let answer = if path.starts_with("/webhooks/") {
            self.bundle.webhook.handle(request).await
        } else if path.starts_with("/api/cases") {
            self.bundle.escalation.handle(request).await
        } else {
            self.bundle.privacy.handle(request).await
        };
        answer.unwrap_or_else(|fault| whole::fault(&fault))
    }

    /// The webhook call whose body was edited after the platform wrote it, signed again.
    pub(crate) fn edited(&self, request: &Request, edit: impl FnOnce(&mut Value)) -> Request {
        let mut body: Value = serde_json::from_slice(request.body()).unwrap();
        edit(&mut body);
        self.line.stand_in.deliver_body(body.to_string().into())
    }

    pub(crate) fn script(&self, behaviours: &[Behaviour]) {
        self.line.stand_in.script(behaviours.to_vec());
    }

    /// The texts that the platform took, the oldest first.
    pub(crate) fn sent(&self) -> Vec<String> {
        let sent = self.line.stand_in.sent();
        sent.iter().map(|one| one.text.reveal().clone()).collect()
    }

    // What hosts and time do.

    /// Delivers hints until none is left.
    pub(crate) async fn pump(&self) {
        while let Some(hint) = self.tray.next() {
            self.deliver(hint).await;
        }
    }

    /// Delivers what lies in the tray, and loses all hints that come of it.
    pub(crate) async fn deliver_and_lose(&self) {
        let mut waiting = Vec::new();
        while let Some(hint) = self.tray.next() {
            waiting.push(hint);
        }
        for hint in waiting {
            self.deliver(hint).await;
        }
        self.tray.lose_all();
    }

    pub(crate) async fn deliver(&self, hint: Hint) {
        match hint {
            Hint::Inbound(job) => run(&self.bundle.intent, job).await,
            Hint::Outbound(job) => run(&self.bundle.reply, job).await,
            Hint::Human(job) => run(&self.bundle.escalation, job).await,
            Hint::Privacy(job) => run(&self.bundle.privacy, job).await,
        }
    }

    /// Lets time pass, has the steward look, and delivers what it finds.
    pub(crate) async fn after(&self, span: Duration) {
        self.time.advance(span);
        self.tick(Tick::Clock).await;
    }

    pub(crate) async fn tick(&self, tick: Tick) {
        // A steward that cannot look now looks again later.
        drop(self.bundle.steward.handle(tick).await);
        self.pump().await;
    }

    /// The process comes back, and time passes until nothing can wait any more.
    pub(crate) async fn recover(&self) {
        self.table.revive();
        self.pump().await;
        self.tick(Tick::Resume).await;
        for span in [Duration::from_secs(61), LEASE, UNKNOWN_WAIT, LEASE, UNKNOWN_WAIT, LEASE] {
            self.after(span).await;
        }
    }

    pub(crate) fn register(&self) -> Register<Memory, Arc<FixedVault>> {
        // Another seed each time: a repeated write token would make a write look repeated.
        let seed = self.messages.fetch_add(1, Ordering::SeqCst);
        let entropy = seeded_entropy(seed);
        let vault = Arc::clone(&self.vault);
        let clock = self.time.clock();
        Register::new(&Stores::new(self.memory.clone(), vault, clock, entropy, Duration::ZERO))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let refusals: Vec<_> = self
                .shelves
                .iter()
                .flat_map(Restricted::refusals)
                .map(|one| one.to_string())
                .collect();
            assert!(refusals.is_empty(), "beyond the grants: {refusals:?}");
            let engine = self.served.book.brand(self.brand()).unwrap().engine();
            let asked = self.judge.asked();
            assert!(engine != Engine::Embedded || asked == 0, "a text left that must not");
        }
    }
}

/// A request without a signature or a token.
pub(crate) fn plain(method: Method, path: &str, body: String) -> Request {
    let mut request = Request::new(body.into());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    request
}

/// Runs a job as a host does: what can never succeed goes to a person, the rest is left to the steward.
async fn run<Job, Function>(function: &Function, job: Job)
where
    Job: Clone + Send + Sync,
    Function: Handle<Job, Output = ()> + Poison<Job>,
{
    if let Err(fault) = function.handle(job.clone()).await
        && fault.retry() == Retry::Never
    {
        drop(function.to_a_person(&job).await);
    }
}

/// The detector of this build; its model is read once for all tests.
fn detector() -> Detector {
    static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::built_in().unwrap());
    DETECTOR.clone()
}

/// A customer who shows a phone number.
pub(crate) fn ada() -> Customer {
    customer(Some("4915550000001"), None, "CANARY Ada")
}

/// The demo brand's account on a channel, of which its people may answer as long as the platform lets them.
pub(crate) fn account_on(channel: Channel) -> Account {
    let id = match channel {
        Channel::WhatsApp => "200417739962058",
        Channel::Messenger => "1234567890321",
    };
    let mut account = forthright_testkit::account(channel, id);
    account.at.brand = served(ACCESS_TOKEN).brands().remove(0);
    if channel == Channel::Messenger {
        account.people_window = HUMAN_AGENT_WINDOW;
    }
    account
}

/// A desk on a channel, and somebody who writes there.
pub(crate) fn desk_on(channel: Channel) -> (Desk, Customer) {
    let account = Some(account_on(channel));
    let who = match channel {
        Channel::WhatsApp => ada(),
        Channel::Messenger => Customer::on_messenger("CANARY987", "CANARY Ada"),
    };
    (Desk::with(Setting { account, ..Setting::default() }), who)
}

/// A customer who hides it.
pub(crate) fn bea() -> Customer {
    customer(None, Some("US.CANARY2"), "CANARY Bea")
}

pub(crate) fn customer(wa_id: Option<&str>, user_id: Option<&str>, name: &str) -> Customer {
    Customer::on_whatsapp(wa_id, user_id, name)
}

pub(crate) fn served(access_token: &'static str) -> Served {
    served_by(Engine::Embedded, access_token)
}

/// The demo brand, which chose `engine`.
fn served_by(engine: Engine, access_token: &'static str) -> Served {
    let source = Source::new(move |name| {
        let value = match name {
            "DEMO_WHATSAPP_APP_SECRET" | "DEMO_MESSENGER_APP_SECRET" => APP_SECRET,
            "DEMO_WHATSAPP_VERIFY_TOKEN" | "DEMO_MESSENGER_VERIFY_TOKEN" => VERIFY_TOKEN,
            "DEMO_WHATSAPP_ACCESS_TOKEN" | "DEMO_MESSENGER_ACCESS_TOKEN" => access_token,
            _ => return None,
        };
        Some(value.to_owned())
    });
    let mut files = Book::embedded_files().unwrap();
    let (_, brand) = files.iter_mut().find(|(path, _)| path == "brands/demo.toml").unwrap();
    assert!(brand.contains("engine = \"embedded\""));
    *brand = brand.replace("engine = \"embedded\"", &format!("engine = \"{engine}\""));
    let book = Book::load(files).unwrap();
    let accounts = book.brands().next().unwrap().accounts(&source).unwrap();
    Served::of(book, accounts).unwrap()
}

pub(crate) fn stand_in(account: &Account, time: &MovableClock) -> StandIn {
    StandIn::new(StandInAccount::of(account).unwrap(), time.clock())
}

/// Logs everything into the test's output, where a scan looks for personal data.
fn log() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_test_writer()
        .with_ansi(false);
    drop(subscriber.try_init());
}
