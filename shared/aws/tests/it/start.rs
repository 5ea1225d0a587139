//! What a start gives, and what it refuses.

use forthright_aws::{Aws, Error, clock, entropy, run_once};
use forthright_core::{Fault, Handle, Lane, SettingsError, Source};

use crate::dynamodb::emulated;

/// An environment without one of its settings, on which nothing is asked of AWS yet.
async fn without(missing: &'static str) -> Aws {
    let source = Source::new(move |name| (name != missing).then(|| "here".to_owned()));
    let source = Source::new(move |name| match name {
        Aws::SECRETS => None,
        Aws::QUEUE_TRIES if missing != Aws::QUEUE_TRIES => Some("5".to_owned()),
        name => source.optional(name),
    });
    Aws::new(source, emulated("http://127.0.0.1:9")).await.unwrap()
}

#[tokio::test]
async fn a_setting_that_is_missing_stops_the_start_and_is_named() {
    for name in [Aws::TABLE_DATA, Aws::TABLE_KEYS, Aws::KMS_KEY, Aws::ENVIRONMENT] {
        let refused = without(name).await.stores().unwrap_err();
        assert_eq!(refused, SettingsError::Missing { name: name.to_owned() });
    }
    for lane in Lane::ALL {
        let name = Aws::queue_url(lane);
        let aws = without(name).await;
        assert_eq!(
            aws.queue(&Lane::ALL).unwrap_err(),
            SettingsError::Missing { name: name.to_owned() }
        );
        let others: Vec<_> = Lane::ALL.into_iter().filter(|other| *other != lane).collect();
        assert!(aws.queue(&others).is_ok(), "a lane that is not sent to needs no queue");
    }
    let refused = without(Aws::QUEUE_TRIES).await.queue_tries().unwrap_err().to_string();
    assert!(refused.contains(Aws::QUEUE_TRIES), "{refused}");
}

#[test]
fn a_refused_start_is_told_as_a_sentence() {
    let missing = Source::new(|_| None).required("FORTHRIGHT_BRANDS").unwrap_err();
    let told = format!("{:?}", Error::from(missing));
    assert_eq!(told, "the setting `FORTHRIGHT_BRANDS` is missing; set it and start again");
}

#[tokio::test]
async fn time_and_randomness_are_the_systems() {
    let began = clock().now();
    clock().sleep(std::time::Duration::from_millis(20)).await;
    let waited = clock().now().since(began);
    assert!(waited >= std::time::Duration::from_millis(15), "{waited:?}");
    assert!(began.millis() > 1_700_000_000_000);
    assert_ne!(entropy().bytes::<32>(), entropy().bytes::<32>());
}

struct Rounds;

/// What one round comes to.
enum Round {
    Fine,
    Fails,
    Panics,
}

impl Handle<Round> for Rounds {
    type Output = u8;

    async fn handle(&self, round: Round) -> Result<u8, Fault> {
        match round {
            Round::Fine => Ok(1),
            Round::Fails => Err(Fault::unavailable("the table", "down")),
            Round::Panics => panic!("on purpose"),
        }
    }
}

#[tokio::test]
async fn a_scheduled_run_that_fails_or_panics_counts_as_failed() {
    assert!(run_once(&Rounds, Round::Fine).await.is_ok());
    assert!(run_once(&Rounds, Round::Fails).await.is_err());
    assert!(run_once(&Rounds, Round::Panics).await.is_err());
}
