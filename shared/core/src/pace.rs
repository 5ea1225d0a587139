//! How fast an account may send: a token bucket, after the platform's own limit.
//!
//! The bucket is the generic cell rate algorithm (ITU-T I.371, annex A): one time, no timer. Who must wait is told until
//! when, each a different time, so that those who wait do not all come back at once.
//!
//! A bucket belongs to a process. Several processes that serve one account together may be faster than the platform
//! likes; then it says so, and each of them rests as long as it asks.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{account::Account, ids::Address, time::Time};

/// How much may be sent at once after a rest, as the time in which the account sends so much.
const BURST: Duration = Duration::from_secs(1);

/// The longest that a platform's own demand is followed. One that asks for more is asked again then.
const REST_MAX: Duration = Duration::from_hours(1);

const SECOND_MICROS: u64 = 1_000_000;

/// The bucket of one account. Times are in microseconds, since a thousandth of a second is too coarse for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    /// When the bucket would be full again, if nothing more were taken ("theoretical arrival time").
    full_at: u64,
    /// The latest time that somebody was told to come back at.
    told: u64,
    /// Until when nothing is sent, by the platform's demand.
    rests_until: u64,
}

impl Bucket {
    /// Takes one message's worth at `now`, or tells when to come back.
    fn take(&mut self, now: u64, interval: u64) -> Result<(), u64> {
        let burst = u64::try_from(BURST.as_micros()).unwrap_or(SECOND_MICROS);
        let free_at = self.full_at.saturating_sub(burst.saturating_sub(interval));
        let from = free_at.max(self.rests_until);
        if from <= now {
            self.full_at = self.full_at.max(now).saturating_add(interval);
            return Ok(());
        }
        self.told = self.told.max(from).saturating_add(interval);
        Err(self.told)
    }
}

/// The buckets of a process.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<Address, Bucket>>);

impl Pace {
    /// Takes one message's worth of `account` at `now`; else the time at which to come back.
    pub fn take(&self, account: &Account, now: Time) -> Result<(), Time> {
        let interval = interval(account.messages_per_second);
        self.with(&account.at, |bucket| bucket.take(micros(now), interval)).map_err(|micros| {
            let millis = micros.div_ceil(1_000);
            Time::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
        })
    }

    /// The platform wants nothing of `account` for so long after `now`.
    pub fn rest(&self, account: &Account, now: Time, wait: Duration) {
        let until = micros(now.plus(wait.min(REST_MAX)));
        self.with(&account.at, |bucket| bucket.rests_until = bucket.rests_until.max(until));
    }

    fn with<R>(&self, at: &Address, then: impl FnOnce(&mut Bucket) -> R) -> R {
        // Whoever panicked while holding it left whole numbers behind.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match buckets.get_mut(at) {
            Some(bucket) => then(bucket),
            None => then(buckets.entry(at.clone()).or_default()),
        }
    }
}

/// The time between two messages at an even pace, in microseconds; at least one.
fn interval(messages_per_second: NonZeroU32) -> u64 {
    SECOND_MICROS.checked_div(messages_per_second.get().into()).unwrap_or(SECOND_MICROS).max(1)
}

fn micros(time: Time) -> u64 {
    u64::try_from(time.millis()).unwrap_or(0).saturating_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::personal::Secret;

    const NOW: Time = Time::from_seconds(1_700_000_000);

    fn account(messages_per_second: u32, id: &str) -> Account {
        Account {
            at: Address {
                brand: "acme".parse().unwrap(),
                channel: crate::ids::Channel::WhatsApp,
                account: id.parse().unwrap(),
            },
            api_base: String::new(),
            api_version: String::new(),
            app_secrets: Vec::new(),
            verify_token: Secret::from(""),
            access_token: Secret::from(""),
            messages_per_second: NonZeroU32::new(messages_per_second).unwrap(),
            people_window: Duration::ZERO,
        }
    }

    /// How many of `asked` get through at `now`, and when the others are to come back.
    fn ask(pace: &Pace, account: &Account, now: Time, asked: usize) -> (usize, Vec<Time>) {
        let outcomes: Vec<_> = (0..asked).map(|_| pace.take(account, now)).collect();
        let later: Vec<_> = outcomes.iter().copied().filter_map(Result::err).collect();
        (outcomes.len().abs_diff(later.len()), later)
    }

    #[test]
    fn a_second_worth_goes_at_once_and_then_an_even_pace() {
        let (pace, account) = (Pace::default(), account(80, "1"));
        let (went, later) = ask(&pace, &account, NOW, 200);
        assert_eq!(went, 80);
        // Those who wait come back one after the other, at the account's pace.
        assert!(later.windows(2).all(|two| two[0] < two[1]));
        let last = later.last().unwrap().since(NOW);
        assert!((1_500..=1_520).contains(&last.as_millis()), "{last:?}");
        // And then each of them gets through.
        assert!(later.iter().all(|time| pace.take(&account, *time).is_ok()));
        // After a rest the bucket is full, and never more than full.
        assert_eq!(ask(&pace, &account, NOW.plus(Duration::from_hours(1)), 200).0, 80);
    }

    #[test]
    fn over_a_minute_no_more_than_the_pace_and_one_burst_gets_through() {
        for rate in [1, 3, 80, 300, 1_000, 2_000_000] {
            let (pace, account) = (Pace::default(), account(rate, "1"));
            let each = usize::try_from(rate / 50 + 2).unwrap().min(100);
            let went: usize = (0..6_000)
                .map(|tick| {
                    let now = NOW.plus(Duration::from_millis(tick * 10));
                    (0..each).filter(|_| pace.take(&account, now).is_ok()).count()
                })
                .sum();
            let most = usize::try_from(rate).unwrap().saturating_mul(61);
            assert!(went <= most.min(6_000 * each), "{rate}: {went}");
            if each * 100 > usize::try_from(rate).unwrap() {
                assert!(went >= most / 61 * 59, "{rate}: {went}");
            }
        }
    }

    #[test]
    fn who_is_told_to_rest_rests_and_the_others_go_on() {
        let pace = Pace::default();
        let (one, other) = (account(80, "1"), account(80, "2"));
        pace.rest(&one, NOW, Duration::from_secs(7));
        let back = pace.take(&one, NOW).unwrap_err();
        assert!(back.since(NOW) >= Duration::from_secs(7));
        assert_eq!(pace.take(&other, NOW), Ok(()));
        assert_eq!(pace.take(&one, NOW.plus(Duration::from_secs(7))), Ok(()));
        // A shorter demand does not end a longer one, and an endless one ends.
        pace.rest(&one, NOW, Duration::MAX);
        pace.rest(&one, NOW, Duration::from_secs(1));
        assert!(pace.take(&one, NOW.plus(Duration::from_secs(8))).is_err());
        assert_eq!(pace.take(&one, NOW.plus(REST_MAX)), Ok(()));
    }
}
