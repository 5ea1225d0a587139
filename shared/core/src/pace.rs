//! How fast an account may send: a token bucket, after the platform's own limit.
//!
//! The bucket is the generic cell rate algorithm (ITU-T I.371, annex A): one time, no timer. Who must wait a moment is given
//! a turn of their own and keeps it, so they go in the order in which they came; who would wait long is put off.
//!
//! A bucket belongs to a process. Several processes that serve one account together may be faster than the platform
//! likes; then it says so, and each of them that hears it rests.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{account::Account, ids::Address, time::Time};

/// The longest that anybody waits for a turn; who must wait longer is put off for as long.
pub const TURN_WAIT_MAX: Duration = Duration::from_secs(5);

/// How much may be sent at once after a rest, as the time in which the account sends so much.
const BURST: Duration = Duration::from_secs(1);

/// How long an account rests where the platform does not say; twice as long each time, until it takes something again.
const REST_MIN: Duration = Duration::from_secs(1);

/// The longest that a platform's own demand is followed. One that asks for more is asked again then.
const REST_MAX: Duration = Duration::from_hours(1);

const SECOND_MICROS: u64 = 1_000_000;

/// When a message may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// Then: the turn is kept, and nobody need ask again.
    At(Time),
    /// Not before then, and then it must ask again.
    Later(Time),
}

/// The bucket of one account. Times are in microseconds, since a thousandth of a second is too coarse for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    /// When the bucket would be full again, if nothing more were taken ("theoretical arrival time").
    full_at: u64,
    /// Until when nothing is sent, by the platform's demand.
    rests_until: u64,
    /// How long it rested the last time that the platform did not say.
    rested: u64,
}

impl Bucket {
    /// Takes one message's worth at `now`, and tells when it may go.
    fn take(&mut self, now: u64, interval: u64) -> (u64, bool) {
        let wait_max = span(TURN_WAIT_MAX);
        // More than that only a clock that was set back can have left behind.
        self.full_at = self.full_at.min(now.saturating_add(span(BURST)).saturating_add(wait_max));
        self.rests_until = self.rests_until.min(now.saturating_add(span(REST_MAX)));
        if self.rests_until > now {
            return (self.rests_until, false);
        }
        let turn = self.full_at.saturating_sub(span(BURST).saturating_sub(interval)).max(now);
        if turn > now.saturating_add(wait_max) {
            return (now.saturating_add(wait_max), false);
        }
        self.full_at = self.full_at.max(now).saturating_add(interval);
        (turn, true)
    }

    fn rest(&mut self, now: u64, asked: Option<u64>) {
        let span_of_rest = asked.unwrap_or_else(|| {
            self.rested = self.rested.saturating_mul(2).clamp(span(REST_MIN), span(REST_MAX));
            self.rested
        });
        let until = now.saturating_add(span_of_rest.min(span(REST_MAX)));
        self.rests_until = self.rests_until.max(until);
    }
}

/// The buckets of a process.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<Address, Bucket>>);

impl Pace {
    /// When one more message of `account` may go, asked at `now`.
    pub fn take(&self, account: &Account, now: Time) -> Turn {
        let interval = interval(account.messages_per_second);
        let at = micros(now);
        let (turn, is_kept) = self.with(&account.at, |bucket| bucket.take(at, interval));
        let time = || {
            let millis = i64::try_from(turn.div_ceil(1_000)).unwrap_or(i64::MAX);
            Time::from_millis(millis)
        };
        match is_kept {
            true if turn <= at => Turn::Now,
            true => Turn::At(time()),
            false => Turn::Later(time()),
        }
    }

    /// The platform wants nothing of `account` for a while after `now`, for as long as it asks if it does.
    pub fn rest(&self, account: &Account, now: Time, asked: Option<Duration>) {
        self.with(&account.at, |bucket| bucket.rest(micros(now), asked.map(span)));
    }

    /// The platform took something of `account`.
    pub fn took(&self, account: &Account) {
        self.with(&account.at, |bucket| bucket.rested = 0);
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

fn span(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
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

    /// When each of so many may go, asked at once.
    fn turns(pace: &Pace, account: &Account, now: Time, asked: usize) -> Vec<Turn> {
        (0..asked).map(|_| pace.take(account, now)).collect()
    }

    fn count(turns: &[Turn], is: fn(&Turn) -> bool) -> usize {
        turns.iter().filter(|turn| is(turn)).count()
    }

    #[test]
    fn a_second_worth_goes_at_once_the_next_in_turn_and_the_rest_is_put_off() {
        let (pace, account) = (Pace::default(), account(80, "1"));
        let asked = turns(&pace, &account, NOW, 1_000);
        assert_eq!(count(&asked, |turn| *turn == Turn::Now), 80);
        let kept: Vec<_> = asked
            .iter()
            .filter_map(|turn| if let Turn::At(time) = turn { Some(*time) } else { None })
            .collect();
        assert_eq!(kept.len(), 400, "five seconds of it");
        assert!(kept.windows(2).all(|two| two[0] < two[1]), "in the order of coming");
        assert_eq!(*kept.last().unwrap(), NOW.plus(TURN_WAIT_MAX));
        let later = Turn::Later(NOW.plus(TURN_WAIT_MAX));
        assert!(asked[480..].iter().all(|turn| *turn == later));
        // Who was put off finds turns again, and after a rest the bucket is full and never more than full.
        let soon = NOW.plus(TURN_WAIT_MAX);
        assert_eq!(
            count(&turns(&pace, &account, soon, 1_000), |it| matches!(it, Turn::At(_))),
            400
        );
        let much_later = NOW.plus(Duration::from_hours(1));
        let asked = turns(&pace, &account, much_later, 200);
        assert_eq!(count(&asked, |turn| *turn == Turn::Now), 80);
    }

    #[test]
    fn whoever_comes_whenever_no_more_than_the_pace_and_one_burst_goes() {
        for rate in [1, 3, 80, 300, 1_000, 2_000_000] {
            let (pace, account) = (Pace::default(), account(rate, "1"));
            let each = usize::try_from(rate / 50 + 2).unwrap().min(100);
            let mut gone: Vec<Time> = Vec::new();
            for tick in 0..6_000 {
                let now = NOW.plus(Duration::from_millis(tick * 10));
                gone.extend(turns(&pace, &account, now, each).into_iter().filter_map(|turn| {
                    match turn {
                        Turn::Now => Some(now),
                        Turn::At(time) => Some(time),
                        Turn::Later(_) => None,
                    }
                }));
            }
            // A minute, what waits after it, and one burst.
            let most = usize::try_from(rate).unwrap().saturating_mul(66);
            assert!(gone.len() <= most.min(6_000 * each), "{rate}: {}", gone.len());
            if each * 100 > usize::try_from(rate).unwrap() {
                assert!(gone.len() >= most / 66 * 60, "{rate}: {}", gone.len());
            }
            gone.sort_unstable();
            let burst = usize::try_from(rate).unwrap();
            let spans = gone.windows(burst.saturating_mul(2).saturating_add(1));
            let second = Duration::from_millis(999);
            assert!(
                spans.into_iter().all(|it| it.last().unwrap().since(it[0]) >= second),
                "{rate}"
            );
        }
    }

    #[test]
    fn who_is_told_to_rest_rests_and_the_others_go_on() {
        let pace = Pace::default();
        let (one, other) = (account(80, "1"), account(80, "2"));
        let asked = Duration::from_secs(7);
        pace.rest(&one, NOW, Some(asked));
        assert_eq!(pace.take(&one, NOW), Turn::Later(NOW.plus(asked)));
        assert_eq!(pace.take(&other, NOW), Turn::Now);
        assert_eq!(pace.take(&one, NOW.plus(asked)), Turn::Now);
        // A shorter demand does not end a longer one, and an endless one ends.
        pace.rest(&one, NOW, Some(Duration::MAX));
        pace.rest(&one, NOW, Some(Duration::from_secs(1)));
        assert_eq!(pace.take(&one, NOW), Turn::Later(NOW.plus(REST_MAX)));
        assert_eq!(pace.take(&one, NOW.plus(REST_MAX)), Turn::Now);
    }

    #[test]
    fn without_a_word_it_rests_twice_as_long_each_time_until_something_is_taken() {
        let (pace, account) = (Pace::default(), account(80, "1"));
        let mut now = NOW;
        for seconds in [1, 2, 4, 8] {
            pace.rest(&account, now, None);
            let back = now.plus(Duration::from_secs(seconds));
            assert_eq!(pace.take(&account, now), Turn::Later(back));
            now = back;
        }
        pace.took(&account);
        pace.rest(&account, now, None);
        assert_eq!(pace.take(&account, now), Turn::Later(now.plus(REST_MIN)));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let (pace, account) = (Pace::default(), account(2, "1"));
        drop(turns(&pace, &account, NOW.plus(Duration::from_hours(24)), 20));
        let turn = pace.take(&account, NOW);
        assert!(matches!(turn, Turn::Now | Turn::Later(_)), "{turn:?}");
        assert!(matches!(pace.take(&account, NOW.plus(TURN_WAIT_MAX)), Turn::Now | Turn::At(_)));
    }
}
