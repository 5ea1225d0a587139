//! What only operators know, made up at random for one deployment.

use std::net::SocketAddr;

use anyhow::{Context, Result, anyhow};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::call::{Service, call};

/// The search of all output finds what contains it. Put together, so that a quote of this line is no hit.
const MARKER: &str = concat!("CAN", "ARY-");

/// Values for each secret, by the names that the demo brand has for them.
pub(crate) fn make() -> Result<Value> {
    Ok(json!({
        "accounts": {
            "DEMO_WHATSAPP_APP_SECRET": value()?,
            "DEMO_WHATSAPP_VERIFY_TOKEN": value()?,
            "DEMO_WHATSAPP_ACCESS_TOKEN": value()?,
            "DEMO_MESSENGER_APP_SECRET": value()?,
            "DEMO_MESSENGER_VERIFY_TOKEN": value()?,
            "DEMO_MESSENGER_ACCESS_TOKEN": value()?,
        },
        "operator": { "FORTHRIGHT_OPERATOR_TOKEN": value()? },
    }))
}

/// Puts the values into the secrets with these ARNs.
pub(crate) fn put(endpoint: SocketAddr, arns: &Value, secrets: &Value) -> Result<()> {
    let secrets = secrets.as_object().context("the secrets are no object")?;
    for (name, values) in secrets {
        let arn = arns[name].as_str().with_context(|| format!("no ARN of the secret {name}"))?;
        let input = json!({ "SecretId": arn, "SecretString": values.to_string() });
        call(endpoint, Service::Secrets, "PutSecretValue", &input)?;
    }
    Ok(())
}

fn value() -> Result<String> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow!("no randomness"))?;
    Ok(format!("{MARKER}{}", HEXLOWER.encode(&random)))
}

#[cfg(test)]
mod tests {
    use forthright_testkit::canary;

    use super::*;

    #[test]
    fn every_value_is_found_by_the_search_and_differs() {
        let secrets = make().unwrap();
        let accounts = secrets["accounts"].as_object().unwrap();
        assert_eq!(accounts.len(), 6);
        let operator = secrets["operator"]["FORTHRIGHT_OPERATOR_TOKEN"].as_str().unwrap();
        assert!(canary::find(operator.as_bytes()).is_some());
        for value in accounts.values() {
            assert!(canary::find(value.as_str().unwrap().as_bytes()).is_some());
            assert!(value.as_str() != Some(operator), "two values are the same");
        }
    }
}
