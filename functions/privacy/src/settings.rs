//! What the privacy function must be told before it starts.

use forthright_core::{Secret, SettingsError, Source};
use forthright_policy::{Served, served::ServedError};
use http::Uri;

/// The settings of the privacy function.
#[derive(Debug)]
pub struct Settings {
    /// The accounts that people write to.
    pub served: Served,
    /// What opens the API.
    pub operator_token: Secret,
    /// Where people reach this function, without a trailing slash.
    pub public_url: String,
}

impl Settings {
    /// The brands to serve, separated by commas.
    pub const BRANDS: &str = Served::BRANDS;
    /// The token that opens the API, of at least 16 bytes.
    pub const OPERATOR_TOKEN: &str = "FORTHRIGHT_OPERATOR_TOKEN";
    /// Where people reach this function, such as `https://privacy.example.com`: status pages lie below it.
    pub const PUBLIC_URL: &str = "FORTHRIGHT_PUBLIC_URL";

    /// Reads the settings; whatever is missing or wrong stops the start.
    pub fn read(source: &Source) -> Result<Self, ServedError> {
        let public_url = source.required(Self::PUBLIC_URL)?;
        if !is_public_url(&public_url) {
            let name = Self::PUBLIC_URL.to_owned();
            let why = "it must be such as `https://privacy.example.com`, without a slash at the end; \
                       `http://` only on this machine";
            return Err(SettingsError::Wrong { name, why }.into());
        }
        Ok(Self {
            served: Served::read(source)?,
            operator_token: source.secret(Self::OPERATOR_TOKEN)?,
            public_url,
        })
    }
}

/// Whether people may be sent to addresses below `text`. Whoever reads such an address on the way could open
/// the person's status page, so it is encrypted unless it stays on this machine.
fn is_public_url(text: &str) -> bool {
    // A query, a fragment or a user would end up in the middle of the addresses that are made of it.
    if text.ends_with('/') || text.contains(['?', '#', '@']) {
        return false;
    }
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => matches!(host, "localhost" | "127.0.0.1" | "[::1]"),
        _ => false,
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
            Settings::PUBLIC_URL => Some("https://privacy.example.com".to_owned()),
            name => (name == Settings::OPERATOR_TOKEN || name.starts_with("DEMO_"))
                .then(|| "CANARY of enough bytes".to_owned()),
        })
    }

    #[test]
    fn what_is_there_is_read_and_not_shown() {
        let settings = Settings::read(&source("", "")).unwrap();
        assert!(settings.operator_token.matches(b"CANARY of enough bytes"));
        assert_eq!(settings.public_url, "https://privacy.example.com");
        assert!(!format!("{settings:?}").contains("CANARY"));
    }

    #[test]
    fn a_missing_setting_or_secret_stops_the_start_and_only_its_name_is_told() {
        for without in [
            Settings::BRANDS,
            Settings::OPERATOR_TOKEN,
            Settings::PUBLIC_URL,
            "DEMO_WHATSAPP_APP_SECRET",
            "DEMO_MESSENGER_APP_SECRET",
        ] {
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

    #[test]
    fn people_are_sent_to_encrypted_addresses_only() {
        for right in [
            "https://privacy.example.com",
            "https://example.com:8443/privacy",
            "http://localhost:8787",
            "http://127.0.0.1",
            "http://[::1]:8787",
        ] {
            assert!(is_public_url(right), "{right}");
        }
        for wrong in [
            "http://privacy.example.com",
            "http://localhost.example.com",
            "http://localhost@example.com",
            "https://privacy.example.com/",
            "https://privacy.example.com?a=b",
            "https://privacy.example.com#a",
            "https://",
            "privacy.example.com",
            "/privacy",
            "ftp://localhost",
            " https://privacy.example.com",
        ] {
            let error = Settings::read(&source(Settings::PUBLIC_URL, wrong)).unwrap_err();
            assert!(error.to_string().contains(Settings::PUBLIC_URL), "{wrong}");
        }
    }
}
