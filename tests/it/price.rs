//! What a million answered messages cost on AWS, by counting the calls of one.
//!
//! Prices are list prices on demand of eu-central-1, in dollars a million unless said otherwise, without any free
//! tier, as of 2026-11-26. They are from memory, rounded up where unsure: compare them with AWS's price list before
//! you rely on a figure.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use forthright_cli::bundle::{Bundle, Function, Parts};
use forthright_core::{Handle, Hint, Lane, http::Request, ledger::Stores};
use forthright_intent::Engines;
use forthright_language::Detector;
use forthright_testkit::{
    FixedVault, Memory, Metered, MovableClock, Units, seeded_entropy, size_of,
    standin::{Customer, StandIn},
};

use crate::desk::{NOON, OPERATOR_TOKEN, Order, Tray, ada, served, stand_in};

const WRITE_UNIT: f64 = 0.7625;
const READ_UNIT: f64 = 0.1525;
const HTTP_API: f64 = 1.20;
const LAMBDA_CALL: f64 = 0.20;
/// A gigabyte-second on arm64, in dollars.
const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
const SQS: f64 = 0.40;
const SQS_FIFO: f64 = 0.50;
/// A gigabyte of logs taken in, in dollars.
const LOGS_GB: f64 = 0.63;
/// A gigabyte-month of rows, and of their point-in-time copies, in dollars.
const STORED_GB: f64 = 0.306 + 0.245;

/// Lambda bills the whole time of a call: what the function waits for, and its own. How long each takes, in seconds.
/// A table in the same region, a transaction included, and a queue; from memory, and rather more than less.
const TABLE_CALL: f64 = 0.006;
const QUEUE_CALL: f64 = 0.010;
/// What a platform takes to accept a message; from memory. `reply` waits for it.
const PLATFORM_CALL: f64 = 0.300;
/// What a call takes of a whole processor: about the mean that `cargo xtask bench --lambda` shows for warm functions.
const OWN: f64 = 0.001_5;
/// The memory with which a function has a whole processor ("Configure Lambda function memory" in AWS Lambda's guide),
/// and the memory that ours have by default.
const WHOLE_PROCESSOR_MB: f64 = 1_769.0;
const MEMORY_MB: f64 = 128.0;
/// A line of the HTTP API's access log. The functions write none where all goes well, and Lambda's own are off.
const ACCESS_LINE_BYTES: f64 = 156.0;
/// How long rows are kept, in months.
const KEPT_MONTHS: f64 = 1.0;

/// What the price must not exceed: the design's floor where platforms call the webhook's own URL, and what it is now
/// where they call the HTTP API, whose own price for a message and three statuses is the difference.
const DOLLARS_BY_URL_MAX: f64 = 20.0;
const DOLLARS_BY_API_MAX: f64 = 25.2;
/// How many messages are counted; the first of each customer costs more.
const CUSTOMERS: u8 = 20;
const EACH: u8 = 5;

#[derive(Debug, Default)]
struct Bill {
    http: u64,
    functions: u64,
    hints: u64,
    queue: u64,
    fifo: u64,
    sent: u64,
}

/// How many of something an answered message takes.
fn each(count: u64, messages: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / messages
}

impl Bill {
    /// A hint in a queue: sent, received and deleted, one at a time.
    fn hint(&mut self, lane: Lane) {
        let queue = if lane == Lane::Inbound { &mut self.fifo } else { &mut self.queue };
        *queue += 3;
        self.hints += 1;
        self.functions += 1;
    }

    /// The gigabyte-seconds of an answered message.
    fn gigabyte_seconds(&self, used: Units, messages: f64) -> f64 {
        let each = |count| each(count, messages);
        let waits = each(used.calls) * TABLE_CALL
            + each(self.hints) * QUEUE_CALL
            + each(self.sent) * PLATFORM_CALL;
        let own = each(self.functions) * OWN * WHOLE_PROCESSOR_MB / MEMORY_MB;
        (waits + own) * MEMORY_MB / 1_024.0
    }

    /// Dollars for a million messages, by what costs them.
    fn dollars(&self, used: Units, row_bytes: f64, messages: f64) -> Vec<(&'static str, f64)> {
        let each = |count| each(count, messages);
        vec![
            ("table, writes", each(used.writes) * WRITE_UNIT),
            ("table, reads", each(used.half_reads) / 2.0 * READ_UNIT),
            ("functions, calls", each(self.functions) * LAMBDA_CALL),
            ("functions, time", self.gigabyte_seconds(used, messages) * LAMBDA_GB_SECOND * 1e6),
            ("queues", each(self.queue) * SQS + each(self.fifo) * SQS_FIFO),
            ("rows kept", row_bytes * 1e6 / 1e9 * KEPT_MONTHS * STORED_GB),
        ]
    }

    /// What comes to it where platforms call the HTTP API.
    fn dollars_of_the_api(&self, messages: f64) -> Vec<(&'static str, f64)> {
        let calls = each(self.http, messages);
        vec![
            ("HTTP API", calls * HTTP_API),
            ("access log", calls * ACCESS_LINE_BYTES * 1e6 / 1e9 * LOGS_GB),
        ]
    }
}

/// Customers who ask and are answered, on functions whose tables are metered.
struct Trial {
    memory: Memory,
    time: MovableClock,
    platform: Arc<StandIn>,
    tray: Tray,
    bundle: Bundle<Metered, Arc<FixedVault>, Arc<StandIn>, Tray>,
    meters: Vec<(Function, Metered)>,
    bill: Bill,
}

impl Trial {
    fn new() -> Self {
        let (memory, time) = (Memory::new(), MovableClock::at(NOON));
        let served = served("CANARY-access-token-1");
        let platform = Arc::new(stand_in(served.accounts.iter().next().unwrap(), &time));
        let tray = Tray::new(Order::Plain);
        let meters = Mutex::new(Vec::new());
        let (entropy, vault) = (seeded_entropy(1), Arc::new(FixedVault::new(7)));
        let bundle = Bundle::new(
            |function, _| {
                let meter = Metered::new(memory.clone());
                meters.lock().unwrap().push((function, meter.clone()));
                let (vault, entropy) = (Arc::clone(&vault), entropy.clone());
                Stores::new(meter, vault, time.clock(), entropy, Duration::ZERO)
            },
            Parts {
                engines: Engines::embedded(&served.book, Detector::built_in().unwrap()).unwrap(),
                book: served.book,
                accounts: served.accounts,
                operator_token: OPERATOR_TOKEN.into(),
                public_url: "https://privacy.example".to_owned(),
                exchange: Arc::clone(&platform),
                queue: tray.clone(),
                clock: time.clock(),
            },
        );
        let meters = meters.into_inner().unwrap();
        Self { memory, time, platform, tray, bundle, meters, bill: Bill::default() }
    }

    /// A call of the platform.
    async fn hears(&mut self, request: Request) {
        self.bill.http += 1;
        self.bill.functions += 1;
        assert!(self.bundle.webhook.handle(request).await.unwrap().status().is_success());
    }

    /// A message, its answer, and what the platform tells of the answer.
    async fn serves(&mut self, who: &Customer, id: &str) {
        self.time.advance(Duration::from_mins(1));
        let seconds = self.time.now().millis() / 1_000;
        let text = "CANARY where is my order?";
        self.hears(self.platform.deliver_text(who, text, id, seconds)).await;
        while let Some(hint) = self.tray.next() {
            self.bill.hint(hint.lane());
            match hint {
                Hint::Inbound(job) => self.bundle.intent.handle(job).await.unwrap(),
                Hint::Outbound(job) => self.bundle.reply.handle(job).await.unwrap(),
                Hint::Human(_) | Hint::Privacy(_) => panic!("nobody else is called"),
            }
        }
        self.bill.sent += 1;
        let sent = self.platform.newest_sent().unwrap();
        for status in ["sent", "delivered", "read"] {
            self.hears(self.platform.status(&sent, status).unwrap()).await;
        }
    }
}

#[tokio::test]
async fn a_million_answered_messages_cost_no_more_than_they_did() {
    let mut trial = Trial::new();
    for customer in 0..CUSTOMERS {
        let number = format!("49155500001{customer:02}");
        let who = Customer { wa_id: Some(number.as_str().into()), ..ada() };
        for message in 0..EACH {
            trial.serves(&who, &format!("wamid.CANARY{customer}-{message}")).await;
        }
    }
    let messages = usize::from(CUSTOMERS) * usize::from(EACH);
    assert_eq!(trial.platform.sent().len(), messages, "each was answered");

    let messages = f64::from(CUSTOMERS) * f64::from(EACH);
    let mut used = Units::default();
    println!("for each answered message, with three statuses of it:");
    for (function, meter) in &trial.meters {
        let own = meter.used();
        used.calls += own.calls;
        used.half_reads += own.half_reads;
        used.writes += own.writes;
        println!(
            "  {:<12} {:>5.2} calls of the table, {:>5.2} read units, {:>5.2} write units",
            format!("{function:?}"),
            each(own.calls, messages),
            each(own.half_reads, messages) / 2.0,
            each(own.writes, messages)
        );
    }
    let bytes: usize = trial.memory.rows().iter().map(size_of).sum();
    let row_bytes = each(bytes as u64, messages);
    println!("  {row_bytes:.0} bytes of rows");
    let own = trial.bill.dollars(used, row_bytes, messages);
    let api = trial.bill.dollars_of_the_api(messages);
    println!("dollars for a million, eu-central-1, prices of 2026-11-26 from memory:");
    let by_url = print_sum(&own, "in all, with the webhook's own URL", 0.0);
    let by_api = print_sum(&api, "in all, with the HTTP API", by_url);
    assert!(by_url <= DOLLARS_BY_URL_MAX, "${by_url:.2} is more than ${DOLLARS_BY_URL_MAX}");
    assert!(by_api <= DOLLARS_BY_API_MAX, "${by_api:.2} is more than ${DOLLARS_BY_API_MAX}");
}

/// Prints what costs how much, and what it comes to on top of `before`.
fn print_sum(lines: &[(&str, f64)], whole: &str, before: f64) -> f64 {
    for (what, dollars) in lines {
        println!("  {what:<36} {dollars:>6.2}");
    }
    let sum = lines.iter().map(|(_, dollars)| dollars).sum::<f64>() + before;
    println!("  {whole:<36} {sum:>6.2}");
    sum
}
