//! The hosts of a world: the six functions as every host wires them, over the simulated ports.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use forthright_core::{
    Accounts, Secret, Source, Table,
    ledger::{Register, Stores},
    table::Grant,
};
use forthright_intent::Engines;
use forthright_language::Detector;
use forthright_policy::{Book, Served};
use forthright_testkit::{
    Faulty, FixedVault, Memory, MovableClock, Restricted, SplitMix, seeded_entropy,
};

use super::{
    act::Setting,
    kernel::Kernel,
    mutant::{Mutant, Mutated},
    platform::Platform,
    ports::{Lanes, Line, Shelf, Watched},
    watch::Watch,
};
use crate::{
    Problem,
    bundle::{Bundle, Function, Parts},
};

/// The last line of the demo brand's Page, behind which it gets a permission.
const PAGE_END: &str = "access_token = \"DEMO_MESSENGER_ACCESS_TOKEN\"\n";

/// How many messages a second a platform takes there: so few that some must wait.
const PACE: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// What opens the APIs of a world.
pub(super) const OPERATOR_TOKEN: &str = "CANARY-operator-token";

/// A function's table as IAM would let it through.
pub(super) type Desk = Restricted<Shelf>;
/// The six functions on simulated ports.
pub(super) type Functions = Bundle<Desk, Arc<FixedVault>, Line, Lanes>;

/// A process, or an environment of Lambda's.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) functions: Arc<Functions>,
    /// What an operator's tools work with there.
    pub(super) register: Arc<Register<Desk, Arc<FixedVault>>>,
    desks: Arc<Mutex<Vec<Desk>>>,
}

impl Host {
    /// What its functions tried to do and may not.
    pub(super) fn refusals(&self) -> Vec<String> {
        let desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        desks.iter().flat_map(Restricted::refusals).map(|refusal| refusal.to_string()).collect()
    }
}

/// What all hosts of a world share.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) setting: Setting,
    pub(super) kernel: Kernel,
    pub(super) watch: Watch,
    pub(super) memory: Memory,
    pub(super) table: Faulty<Watched>,
    pub(super) vault: Arc<FixedVault>,
    pub(super) platform: Platform,
    pub(super) lanes: Lanes,
    pub(super) content: Content,
    pub(super) mutant: Option<Mutant>,
}

/// The texts and rules, read once for all worlds.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) book: Arc<Book>,
    pub(super) engines: Engines<Detector>,
    pub(super) accounts: Accounts,
}

impl Content {
    /// The built-in content, and the demo brand, whose people may answer on its Page for seven days.
    pub(super) fn read() -> Result<Self, Problem> {
        let source =
            Source::new(|name| name.starts_with("DEMO_").then(|| format!("CANARY-{name}")));
        let mut files = Book::embedded_files()?;
        let demo = files.iter_mut().find(|(path, _)| path == "brands/demo.toml");
        let (_, demo) = demo.ok_or("there is no demo brand")?;
        if !demo.contains(PAGE_END) {
            return Err("the demo brand has no Page".into());
        }
        *demo = demo.replacen(PAGE_END, &format!("{PAGE_END}human_agent = true\n"), 1);
        let book = Book::load(files)?;
        let brand = book.brands().next().ok_or("there is no demo brand")?;
        let accounts = brand.accounts(&source)?;
        let Served { book, accounts } = Served::of(book, accounts)?;
        let engines = Engines::embedded(&book, Detector::new(book.phrases())?)?;
        Ok(Self { book, engines, accounts })
    }

    /// The accounts with this access token.
    pub(super) fn accounts(&self, token: &Secret) -> Accounts {
        let with = self.accounts.iter().cloned().map(|mut account| {
            account.access_token = token.clone();
            account.messages_per_second = PACE;
            account
        });
        Accounts::new(with.collect())
    }
}

impl Ground {
    /// How far the clock of a host is off, in milliseconds. Two hosts are at most five minutes apart.
    pub(super) fn skew_millis(&self, host: usize) -> i64 {
        const STEP_SECONDS: i64 = 150;
        let later = i64::try_from(host.min(2)).unwrap_or_default().saturating_mul(STEP_SECONDS);
        self.setting.skew_seconds.saturating_add(later).saturating_mul(1_000)
    }

    /// Starts a host. Each start draws other random numbers: a repeated write token would make a write look
    /// repeated.
    pub(super) fn start(&self, host: usize, starts: u64, token: &Secret) -> Host {
        let clock = self.kernel.clock(self.skew_millis(host));
        let number = u64::try_from(host).unwrap_or_default();
        let seed = SplitMix::new(starts.wrapping_mul(64).wrapping_add(number)).next();
        let entropy = seeded_entropy(seed);
        // The local host keeps unwrapped keys for a moment, Lambda does not.
        let keep =
            if self.setting.is_one_process() { Duration::from_secs(1) } else { Duration::ZERO };
        let desks: Arc<Mutex<Vec<Desk>>> = Arc::default();
        let unclaimed: Arc<Mutex<HashMap<_, _>>> = Arc::default();
        let stores = |function, grants: &[&[Grant]]| {
            let shelf = Shelf {
                inner: Mutated {
                    inner: self.table.clone(),
                    memory: self.memory.clone(),
                    function,
                    mutant: self.mutant,
                    clock: clock.clone(),
                    unclaimed: Arc::clone(&unclaimed),
                },
                kernel: self.kernel.clone(),
                watch: self.watch.clone(),
                torn_reads: self.setting.torn_reads,
            };
            let desk = Restricted::new(shelf, grants.concat());
            desks.lock().unwrap_or_else(PoisonError::into_inner).push(desk.clone());
            Stores::new(desk, Arc::clone(&self.vault), clock.clone(), entropy.clone(), keep)
        };
        let tools = stores(Function::Escalation, &[Register::<Desk, Arc<FixedVault>>::GRANTS]);
        let functions = Bundle::new(
            stores,
            Parts {
                book: Arc::clone(&self.content.book),
                engines: self.content.engines.clone(),
                accounts: self.content.accounts(token),
                operator_token: OPERATOR_TOKEN.into(),
                public_url: "https://privacy.example".to_owned(),
                exchange: Line { kernel: self.kernel.clone(), platform: self.platform.clone() },
                queue: self.lanes.clone(),
                clock: clock.clone(),
            },
        );
        Host { functions: Arc::new(functions), register: Arc::new(Register::new(&tools)), desks }
    }

    /// The ledgers' ports on the bare table, for who looks at a world from outside or works on it while it stands
    /// still.
    pub(super) fn outside(&self, seed: u64) -> Arc<Stores<impl Table + use<>, Arc<FixedVault>>> {
        // Nobody else is there, so whoever rests need not wait.
        let clock = MovableClock::at(self.kernel.now()).clock();
        let entropy = seeded_entropy(seed);
        let vault = Arc::clone(&self.vault);
        Stores::new(self.memory.clone(), vault, clock, entropy, Duration::ZERO)
    }
}
