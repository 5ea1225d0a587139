//! What a function on AWS stands on: settings and secrets, table, keys, queues, as its environment names them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use forthright_core::{Lane, Redact, SettingsError, Source, ledger::Stores, seal::Roots};

use crate::{
    boot::{clock, entropy, start},
    comprehend::Comprehend,
    dynamodb::DynamoDb,
    end::Error,
    https,
    kms::Kms,
    secrets::with_secrets,
    sqs::Sqs,
};

/// A call's patience: Lambda ends a function after thirty seconds, and a platform waits for less.
const CONNECT_MAX: Duration = Duration::from_secs(1);
const ATTEMPT_MAX: Duration = Duration::from_secs(3);
const CALL_MAX: Duration = Duration::from_secs(8);
const ATTEMPTS: u32 = 3;

/// The brands' keys on AWS.
pub type Keys = Roots<Kms, DynamoDb>;

/// The environment of a function.
#[derive(Debug, Clone)]
pub struct Aws {
    source: Source,
    config: SdkConfig,
}

impl Aws {
    /// The name of the table of everything but keys.
    pub const TABLE_DATA: &str = "FORTHRIGHT_TABLE_DATA";
    /// The name of the table of keys.
    pub const TABLE_KEYS: &str = "FORTHRIGHT_TABLE_KEYS";
    /// The ARN of the key in KMS that wraps brands' roots.
    pub const KMS_KEY: &str = "FORTHRIGHT_KMS_KEY";
    /// The name of the deployment: bound into what KMS wraps.
    pub const ENVIRONMENT: &str = "FORTHRIGHT_ENVIRONMENT";
    /// The ARNs of the secrets that hold further settings, separated by commas. Optional.
    pub const SECRETS: &str = "FORTHRIGHT_SECRETS";
    /// After how many receives a queue hands a message to its dead-letter queue.
    pub const QUEUE_TRIES: &str = "FORTHRIGHT_QUEUE_TRIES";

    /// The setting that holds the URL of a lane's queue.
    pub const fn queue_url(lane: Lane) -> &'static str {
        match lane {
            Lane::Inbound => "FORTHRIGHT_QUEUE_INBOUND",
            Lane::Outbound => "FORTHRIGHT_QUEUE_OUTBOUND",
            Lane::Human => "FORTHRIGHT_QUEUE_HUMAN",
            Lane::Privacy => "FORTHRIGHT_QUEUE_PRIVACY",
        }
    }

    /// Sets up logs, and reads the environment and the secrets that it names. To be called once, first in `main`.
    pub async fn start() -> Result<Self, Error> {
        let source = start();
        let config = config(&source).await?;
        Ok(Self::new(source, config).await?)
    }

    /// The environment that `source` tells of, over `config`.
    pub async fn new(source: Source, config: SdkConfig) -> Result<Self, crate::SecretsError> {
        let source = match source.optional(Self::SECRETS) {
            None => source,
            Some(arns) => {
                let client = aws_sdk_secretsmanager::Client::new(&config);
                with_secrets(source, &client, &arns).await?
            }
        };
        Ok(Self { source, config })
    }

    /// Where settings and secrets come from.
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// What ledgers stand on, with the system's time and randomness.
    pub fn stores(&self) -> Result<Arc<Stores<DynamoDb, Keys>>, SettingsError> {
        let client = aws_sdk_dynamodb::Client::new(&self.config);
        let data = self.source.required(Self::TABLE_DATA)?;
        let table = DynamoDb::new(client, data, self.source.required(Self::TABLE_KEYS)?);
        let client = aws_sdk_kms::Client::new(&self.config);
        let key = self.source.required(Self::KMS_KEY)?;
        let master = Kms::new(client, key, self.source.required(Self::ENVIRONMENT)?);
        let vault = Roots::new(master, table.clone(), clock(), entropy());
        // No subject's key outlives the call that needed it: another environment may destroy it at any time.
        let keep_keys = Duration::ZERO;
        Ok(Stores::new(table, vault, clock(), entropy(), keep_keys))
    }

    /// The queues of the lanes that a function sends to.
    pub fn queue(&self, lanes: &[Lane]) -> Result<Sqs, SettingsError> {
        let url = |lane: &Lane| Ok((*lane, self.source.required(Self::queue_url(*lane))?));
        let urls = lanes.iter().map(url).collect::<Result<BTreeMap<_, _>, SettingsError>>()?;
        Ok(Sqs::new(aws_sdk_sqs::Client::new(&self.config), urls))
    }

    /// Comprehend, for texts that `redactor` goes over first.
    pub fn comprehend<R: Redact>(&self, redactor: R) -> Result<Comprehend<R>, SettingsError> {
        let endpoint = self.source.required(Comprehend::<R>::ENDPOINT)?;
        Comprehend::new(aws_sdk_comprehend::Client::new(&self.config), endpoint, redactor)
    }

    /// After how many receives a message of the function's own queue counts as one that cannot be handled.
    pub fn queue_tries(&self) -> Result<u32, SettingsError> {
        let tries = self.source.required(Self::QUEUE_TRIES)?.parse().ok();
        tries.filter(|tries| *tries > 0).ok_or_else(|| SettingsError::Wrong {
            name: Self::QUEUE_TRIES.to_owned(),
            why: "it must be a whole number from 1, as in the queue's redrive policy",
        })
    }
}

/// How AWS is called: as the environment of a Lambda says, or `AWS_ENDPOINT_URL` of an emulator.
async fn config(source: &Source) -> Result<SdkConfig, SettingsError> {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(https::client(source)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_MAX)
                .operation_attempt_timeout(ATTEMPT_MAX)
                .operation_timeout(CALL_MAX)
                .build(),
        )
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    Ok(config.load().await)
}
