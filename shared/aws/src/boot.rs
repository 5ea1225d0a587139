//! What every function does first: logs, the panic hook, and where settings, time and randomness come from.

use std::{
    panic::{self, PanicHookInfo},
    time::{SystemTime, UNIX_EPOCH},
};

use forthright_core::{Clock, Entropy, Source, Time};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    Aws,
    metrics::{Meters, is_count},
};

/// Sets up logs and the panic hook, and returns the environment as the source of settings.
///
/// Logs are JSON lines on standard output, which CloudWatch stamps with its own time. `RUST_LOG` chooses what
/// is logged; `info` without it. Counts are lines among them, of the environment's namespace. To be called once, first in
/// `main`.
pub fn start() -> Source {
    let source = environment();
    let wanted = source.optional("RUST_LOG").unwrap_or_else(|| "info".to_owned());
    let namespace = source.optional(Aws::ENVIRONMENT).unwrap_or_else(|| "forthright".to_owned());
    let logs_are_new = logs(&wanted, namespace, std::io::stdout).try_init().is_ok();
    panic::set_hook(Box::new(report_panic));
    if !logs_are_new {
        tracing::warn!("logs were set up before the start; they stay as they were");
    }
    source
}

#[expect(clippy::disallowed_methods, reason = "the one place on AWS that reads the environment")]
fn environment() -> Source {
    Source::new(|name| std::env::var(name).ok())
}

/// The system's time, and the runtime's timer.
pub fn clock() -> Clock {
    Clock::new(now, tokio::time::sleep)
}

#[expect(clippy::disallowed_methods, reason = "the one place on AWS that reads the system's clock")]
fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The system's randomness, through the same library that seals.
pub fn entropy() -> Entropy {
    Entropy::new(|bytes| {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Keys and tokens made of anything else could be foretold: better none than those.
            tracing::error!("the system gives no randomness; the process ends");
            std::process::abort();
        }
    })
}

fn logs<W>(
    wanted: &str,
    namespace: String,
    writer: W,
) -> impl tracing::Subscriber + Send + Sync + use<W>
where
    W: for<'writer> MakeWriter<'writer> + Clone + Send + Sync + 'static,
{
    let meters = Meters::new(namespace, writer.clone(), now).with_filter(filter_fn(is_count));
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .without_time()
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(filter.and(filter_fn(may_be_logged)));
    tracing_subscriber::registry().with(lines).with(meters)
}

/// Whatever `RUST_LOG` says: below `INFO` only our own crates may speak. At `TRACE` Lambda's runtime logs
/// the whole event, which holds what a person wrote.
fn may_be_logged(line: &Metadata<'_>) -> bool {
    !is_count(line) && (*line.level() <= Level::INFO || line.target().starts_with("forthright_"))
}

/// Logs where a panic was, never what it said: the payload may quote a person.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map_or(("unknown", 0), |at| (at.file(), at.line()));
    tracing::error!(panic.file = file, panic.line = line, "a panic; its text is not logged");
}
