//! The ports of a desk: a table that lets others in between, a line to the stand-in, a tray of hints.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use forthright_core::{
    Asked, DetectIntent, Detection, Fault, Hint, Intent, Queue, QueueMessage, Table,
    http::{Exchange, ExchangeFault, Request, Response},
    table::{Item, Kept, Key, Page, Query, TableFault, Write, WriteFault, WriteToken},
};
use forthright_testkit::{FaultKind, Faulty, Memory, Plan, standin::StandIn};

/// A table that lets other work in before each call, so that what runs at once is truly interleaved.
#[derive(Debug, Clone)]
pub(crate) struct Yielding(pub(crate) Faulty<Memory>);

impl Table for Yielding {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, TableFault> {
        tokio::task::yield_now().await;
        self.0.get_many(keys).await
    }

    async fn query(&self, query: &Query) -> Result<Page, TableFault> {
        tokio::task::yield_now().await;
        self.0.query(query).await
    }

    async fn write(
        &self,
        token: WriteToken,
        writes: &[Write],
        kept: Kept,
    ) -> Result<(), WriteFault> {
        tokio::task::yield_now().await;
        self.0.write(token, writes, kept).await
    }
}

/// When the process dies around a call of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It lives.
    Never,
    /// After the claim, before a byte left.
    BeforeSending,
    /// After the platform took the message, before that was noted.
    AfterSending,
}

/// The line to the platform: counts calls, and lets the process die around one.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) stand_in: StandIn,
    pub(crate) death: Mutex<Death>,
    table: Faulty<Memory>,
    calls: AtomicU64,
}

impl Line {
    pub(crate) const fn new(stand_in: StandIn, table: Faulty<Memory>) -> Self {
        Self { stand_in, death: Mutex::new(Death::Never), table, calls: AtomicU64::new(0) }
    }

    /// How often the platform was called.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn die(&self) {
        self.table.plan(Plan { at: self.table.calls() + 1, kind: FaultKind::CrashBefore });
    }
}

impl Exchange for Line {
    async fn exchange(&self, request: Request) -> Result<Response, ExchangeFault> {
        tokio::task::yield_now().await;
        self.calls.fetch_add(1, Ordering::SeqCst);
        let death = std::mem::replace(&mut *self.death.lock().unwrap(), Death::Never);
        match death {
            Death::Never => self.stand_in.exchange(request).await,
            Death::BeforeSending => {
                self.die();
                Err(ExchangeFault::Unknown("the process died".into()))
            }
            Death::AfterSending => {
                let response = self.stand_in.exchange(request).await;
                self.die();
                response
            }
        }
    }
}

/// A detector in Comprehend's place: it counts what it is asked, and says what the test makes it say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judge {
    /// The intent that it is sure of; nothing if it cannot be asked.
    pub(crate) says: Arc<Mutex<Option<Intent>>>,
    asked: Arc<AtomicU64>,
}

impl Judge {
    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl DetectIntent for Judge {
    async fn detect(&self, _asked: Asked<'_>) -> Result<Detection, Fault> {
        tokio::task::yield_now().await;
        self.asked.fetch_add(1, Ordering::SeqCst);
        let says = *self.says.lock().unwrap();
        let intent = says.ok_or_else(|| Fault::unavailable("the judge", "it is away"))?;
        Ok(Detection::bare(intent, 900, "judge"))
    }
}

/// How a tray hands hints on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each once, the oldest first.
    Plain,
    /// Each twice.
    Doubled,
    /// The newest first.
    Reversed,
}

/// A queue that keeps what was sent, as bytes, until the test delivers or loses it.
#[derive(Debug, Clone)]
pub(crate) struct Tray {
    hints: Arc<Mutex<VecDeque<String>>>,
    order: Order,
}

impl Tray {
    pub(crate) fn new(order: Order) -> Self {
        Self { hints: Arc::default(), order }
    }

    pub(crate) fn next(&self) -> Option<Hint> {
        let mut hints = self.hints.lock().unwrap();
        let text = if self.order == Order::Reversed { hints.pop_back() } else { hints.pop_front() };
        let QueueMessage::V1(hint) = serde_json::from_str(&text?).unwrap();
        Some(hint)
    }

    pub(crate) fn lose_all(&self) {
        self.hints.lock().unwrap().clear();
    }

    /// The bytes of what lies in the tray.
    pub(crate) fn bytes(&self) -> Vec<String> {
        self.hints.lock().unwrap().iter().cloned().collect()
    }
}

impl Queue for Tray {
    async fn send(&self, hint: Hint) -> Result<(), Fault> {
        let text = serde_json::to_string(&QueueMessage::V1(hint)).unwrap();
        let mut hints = self.hints.lock().unwrap();
        if self.order == Order::Doubled {
            hints.push_back(text.clone());
        }
        hints.push_back(text);
        Ok(())
    }
}
