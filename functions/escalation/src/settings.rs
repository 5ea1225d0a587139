//! What the escalation function must be told before it starts.

use std::time::Duration;

use forthright_core::{Address, Secret, Source};
use forthright_policy::{Served, served::ServedError};

/// The settings of the escalation function.
#[derive(Debug)]
pub struct Settings {
    /// The accounts whose cases are shown, and how long after a customer's message people may answer there.
    pub served: Vec<(Address, Duration)>,
    /// What opens the API.
    pub operator_token: Secret,
}

impl Settings {
    /// The brands to serve, separated by commas.
    pub const BRANDS: &str = Served::BRANDS;
    /// The token that opens the API, of at least 16 bytes.
    pub const OPERATOR_TOKEN: &str = "FORTHRIGHT_OPERATOR_TOKEN";

    /// Reads the settings; whatever is missing or wrong stops the start.
    pub fn read(source: &Source) -> Result<Self, ServedError> {
        Ok(Self {
            served: Served::read_windows(source)?,
            operator_token: source.secret(Self::OPERATOR_TOKEN)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source in which `name` has `value` and everything else is as it should be.
    fn source(name: &'static str, value: &'static str) -> Source {
        Source::new(move |asked| match asked {
            asked if asked == name => Some(value.to_owned()),
            Settings::BRANDS => Some("demo".to_owned()),
            _ => Some("CANARY of enough bytes".to_owned()),
        })
    }

    #[test]
    fn what_is_there_is_read_and_not_shown() {
        let settings = Settings::read(&source("", "")).unwrap();
        assert!(settings.operator_token.matches(b"CANARY of enough bytes"));
        assert!(!settings.served.is_empty());
        assert!(settings.served.iter().all(|(at, _)| at.brand.as_str() == "demo"));
        assert!(!format!("{settings:?}").contains("CANARY"));
    }

    #[test]
    fn a_missing_setting_or_secret_stops_the_start_and_only_its_name_is_told() {
        for without in [Settings::BRANDS, Settings::OPERATOR_TOKEN] {
            let error = Settings::read(&source(without, "")).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("the setting `{without}` is missing; set it and start again")
            );
        }
    }

    #[test]
    fn a_token_that_could_be_guessed_stops_the_start() {
        let error = Settings::read(&source(Settings::OPERATOR_TOKEN, "CANARY of 15 b."));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(Settings::OPERATOR_TOKEN) && !error.contains("CANARY"));
    }
}
