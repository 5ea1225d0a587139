//! Secrets of Secrets Manager, as settings by name.

use std::collections::HashMap;

use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use forthright_core::{Personal, Source};
use futures::future::{try_join, try_join_all};

use crate::call::{CallFault, boxed};

const SERVICE: &str = "Secrets Manager";
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// Why secrets cannot be read. Names the secret, never its value.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Secrets Manager did not give it.
    #[error("the secret `{arn}` cannot be read")]
    Unread {
        /// Which secret.
        arn: String,
        /// What the service said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It has no value yet.
    #[error(
        "the secret `{arn}` has no value yet; put one with `aws secretsmanager put-secret-value`, \
         as a JSON object of names and texts"
    )]
    Empty {
        /// Which secret.
        arn: String,
    },
    /// Its value has another form.
    #[error("the secret `{arn}` is no JSON object of names and texts")]
    Malformed {
        /// Which secret.
        arn: String,
    },
}

type Values = HashMap<String, Personal<String>>;

/// `source`, with the names in these secrets for what it does not have itself. The version before the
/// current one counts as what a secret was before it was rotated.
pub(crate) async fn with_secrets(
    source: Source,
    client: &Client,
    arns: &str,
) -> Result<Source, SecretsError> {
    let arns = arns.split(',').map(str::trim).filter(|arn| !arn.is_empty());
    // All at once: a new environment waits for the slowest, not for each.
    let both = arns.map(async |arn| {
        let versions = try_join(read(client, arn, CURRENT), read(client, arn, PREVIOUS));
        let (current, previous) = versions.await?;
        let current = current.ok_or_else(|| SecretsError::Empty { arn: arn.to_owned() })?;
        Ok((current, previous.unwrap_or_default()))
    });
    let (mut now, mut before) = (Values::new(), Values::new());
    for (current, previous) in try_join_all(both).await? {
        now.extend(current);
        before.extend(previous);
    }
    let find =
        |values: Values| move |name: &str| values.get(name).map(|value| value.reveal().clone());
    let secret = find(now);
    let both = Source::new(move |name| source.optional(name).or_else(|| secret(name)));
    Ok(both.with_previous(find(before)))
}

/// The names and values of one version; none if there is no such version.
async fn read(client: &Client, arn: &str, stage: &str) -> Result<Option<Values>, SecretsError> {
    let call = client.get_secret_value().secret_id(arn).version_stage(stage);
    let answer = match boxed(call.send()).await {
        Ok(answer) => answer,
        Err(error) => {
            return match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                Some(_) | None => Err(SecretsError::Unread {
                    arn: arn.to_owned(),
                    source: Box::new(CallFault::of(SERVICE, &error)),
                }),
            };
        }
    };
    let malformed = || SecretsError::Malformed { arn: arn.to_owned() };
    // Bytes instead of text are none either.
    let Some(text) = answer.secret_string else {
        return Ok(None);
    };
    // Not the error itself: it may quote a secret.
    let values: HashMap<String, String> =
        serde_json::from_str(&text).map_err(|_quotes| malformed())?;
    Ok(Some(values.into_iter().map(|(name, value)| (name, Personal::new(value))).collect()))
}
