//! Time and randomness, as the host gives them.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::time::Time;

type Nap = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time, and waiting for it to pass. A test moves it; a host reads the system's.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Time + Send + Sync>,
    sleep: Arc<dyn Fn(Duration) -> Nap + Send + Sync>,
}

impl Clock {
    /// A clock that tells `now` and waits with `sleep`.
    pub fn new<Sleep>(
        now: impl Fn() -> Time + Send + Sync + 'static,
        sleep: impl Fn(Duration) -> Sleep + Send + Sync + 'static,
    ) -> Self
    where
        Sleep: Future<Output = ()> + Send + 'static,
    {
        Self { now: Arc::new(now), sleep: Arc::new(move |span| Box::pin(sleep(span))) }
    }

    /// The present time.
    pub fn now(&self) -> Time {
        (self.now)()
    }

    /// Waits for `span`.
    pub async fn sleep(&self, span: Duration) {
        (self.sleep)(span).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Randomness that nobody can foretell. A test seeds it; a host takes the system's.
#[derive(Clone)]
pub struct Entropy(Arc<dyn Fn(&mut [u8]) + Send + Sync>);

impl Entropy {
    /// Entropy that `fill` supplies.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A span between half of `span` and the whole of it: enough jitter to part those who collide.
    pub fn jitter(&self, span: Duration) -> Duration {
        let half = span.checked_div(2).unwrap_or_default();
        let extra = u32::from(u16::from_le_bytes(self.bytes()));
        let part = half.saturating_mul(extra).checked_div(u32::from(u16::MAX));
        half.saturating_add(part.unwrap_or_default())
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
