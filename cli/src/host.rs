//! What the local host gives: logs, time, randomness, the environment, a runtime.

use std::{
    future::Future,
    io::{IsTerminal, Write},
    mem, panic,
    sync::{Mutex, PoisonError},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use forthright_core::{Clock, Entropy, Source, Time};
use jiff::{Timestamp, civil::Date, tz::Offset};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::Problem;

/// The environment as the source of settings.
#[expect(clippy::disallowed_methods, reason = "the one place here that reads the environment")]
pub(crate) fn environment() -> Source {
    Source::new(|name| std::env::var(name).ok())
}

/// Plain lines on standard error; `RUST_LOG` chooses which, `level` without it.
pub(crate) fn start_logs(source: &Source, level: &str) {
    let wanted = source.optional("RUST_LOG").unwrap_or_else(|| level.to_owned());
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new(level));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let logs =
        tracing_subscriber::registry().with(filter).with(filter_fn(may_be_logged)).with(lines);
    // A test may have set up logs before.
    if logs.try_init().is_ok() {
        panic::set_hook(Box::new(|panic| {
            // Where, never what: the message may quote a person.
            let at = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(at, alarm = "panic", "a function panicked");
        }));
    }
}

/// Whatever `RUST_LOG` says: below `INFO` only our own crates may speak. HTTP libraries log what they carry.
fn may_be_logged(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().starts_with("forthright_")
}

/// The system's time, and the runtime's timer.
pub(crate) fn clock() -> Clock {
    Clock::new(now, tokio::time::sleep)
}

#[expect(clippy::disallowed_methods, reason = "the one place here that reads the system's clock")]
fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The day that it is, in UTC, as the machine looks at review dates.
pub(crate) fn today() -> Date {
    let stamp = Timestamp::from_millisecond(now().millis()).unwrap_or_default();
    Offset::UTC.to_datetime(stamp).date()
}

/// Of a few bytes at a time so many are taken ahead: ids, nonces and tokens. A key never waits for its use.
const AHEAD_BYTES: usize = 1_024;
const FEW_BYTES: usize = 16;

/// The system's randomness, through the same library that seals. A message needs a few bytes ten times, and each call of
/// the library takes some 1,600 instructions.
pub(crate) fn entropy() -> Entropy {
    let ahead = Mutex::new(Vec::with_capacity(AHEAD_BYTES));
    Entropy::new(move |bytes| {
        if bytes.len() > FEW_BYTES {
            return fill(bytes);
        }
        let mut ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if ahead.len() < bytes.len() {
            ahead.resize(AHEAD_BYTES, 0);
            fill(&mut ahead);
        }
        // What is taken is there no more: nobody gets it again.
        let left = ahead.len().saturating_sub(bytes.len());
        for (byte, ahead) in bytes.iter_mut().zip(ahead.iter_mut().skip(left)) {
            *byte = mem::take(ahead);
        }
        ahead.truncate(left);
    })
}

fn fill(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        // Keys and tokens made of anything else could be foretold: better none than those.
        tracing::error!("the system gives no randomness; the process ends");
        std::process::abort();
    }
}

/// Runs `work` to its end.
pub(crate) fn block_on<Output>(
    work: impl Future<Output = Result<Output, Problem>>,
) -> Result<Output, Problem> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(workers()).enable_all().build()?.block_on(work)
}

/// How many threads do the work: half as many as there are processors. The store's threads and the system need the
/// others; and what is divided among fewer lies at hand more often.
fn workers() -> usize {
    thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

/// Prints one line on standard output.
pub(crate) fn say(line: &str) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A text without what could steer a terminal: whoever looks at files need not trust who wrote them.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|one| if one.is_control() && one != '\n' { '\u{fffd}' } else { one }).collect()
}

/// What is wrong, with its causes.
pub(crate) fn with_causes(problem: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = problem.to_string();
    let mut cause = problem.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// Prints what is wrong on standard error.
pub(crate) fn complain(problem: &(dyn std::error::Error + Send + Sync)) {
    // If not even that can be written there is nobody to tell.
    drop(writeln!(std::io::stderr(), "error: {}", with_causes(problem)));
}
