//! Time that a test moves, and randomness that comes out the same each time.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use forthright_core::{Clock, Entropy, Time};

/// A clock that stands still until it is moved. Its clones show the same time.
#[derive(Debug, Clone)]
pub struct MovableClock {
    millis: Arc<AtomicI64>,
}

impl MovableClock {
    /// A clock that shows `now`.
    pub fn at(now: Time) -> Self {
        Self { millis: Arc::new(AtomicI64::new(now.millis())) }
    }

    /// Shows `now` from here on; going back is allowed.
    pub fn set(&self, now: Time) {
        self.millis.store(now.millis(), Ordering::SeqCst);
    }

    /// Moves on by `span`.
    pub fn advance(&self, span: Duration) {
        self.set(self.now().plus(span));
    }

    /// What the clock shows.
    pub fn now(&self) -> Time {
        Time::from_millis(self.millis.load(Ordering::SeqCst))
    }

    /// The port of this clock. Who sleeps on it moves the time at once, so a test never waits.
    pub fn clock(&self) -> Clock {
        let (shown, moved) = (self.clone(), self.clone());
        Clock::new(
            move || shown.now(),
            move |span| {
                moved.advance(span);
                ready(())
            },
        )
    }
}

/// Entropy that yields the same bytes for the same seed, in the order of the calls.
pub fn seeded_entropy(seed: u64) -> Entropy {
    let numbers = SplitMix::new(seed);
    Entropy::new(move |bytes| numbers.fill(bytes))
}

/// The `SplitMix64` generator (Steele, Lea, Flood 2014): small, and good enough to vary tests.
#[derive(Debug)]
pub struct SplitMix(AtomicU64);

impl SplitMix {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    pub fn next(&self) -> u64 {
        let state = self.0.fetch_add(Self::STEP, Ordering::Relaxed).wrapping_add(Self::STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; zero if there is none.
    pub fn below(&self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        let number = self.next().checked_rem(end).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    /// Whether something that happens once in `times` happens now.
    pub fn once_in(&self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

/// Runs a future to its end, for tests that are no async functions.
#[cfg(test)]
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_moves_the_time_at_once() {
        let movable = MovableClock::at(Time::from_millis(5));
        let clock = movable.clock();
        block_on(clock.sleep(Duration::from_hours(1)));
        assert_eq!(clock.now(), Time::from_millis(3_600_005));
        movable.set(Time::from_millis(1));
        assert_eq!(clock.now(), Time::from_millis(1));
    }

    #[test]
    fn a_seed_yields_the_same_bytes_again_and_another_yields_others() {
        let (first, again, other) = (seeded_entropy(1), seeded_entropy(1), seeded_entropy(2));
        let bytes: [u8; 20] = first.bytes();
        assert_eq!(bytes, again.bytes());
        assert_ne!(bytes, other.bytes());
        assert_ne!(bytes, first.bytes());
    }
}
