//! What the webhook function must be told before it starts.

use forthright_core::Source;
use forthright_policy::{Served, served::ServedError};

/// The settings of the webhook function.
#[derive(Debug)]
pub struct Settings {
    /// The accounts whose webhooks come here.
    pub served: Served,
}

impl Settings {
    /// The brands to serve, separated by commas.
    pub const BRANDS: &str = Served::BRANDS;

    /// Reads the settings; whatever is missing or wrong stops the start.
    pub fn read(source: &Source) -> Result<Self, ServedError> {
        Ok(Self { served: Served::read(source)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_setting_or_secret_stops_the_start_and_only_its_name_is_told() {
        for without in [
            Settings::BRANDS,
            "DEMO_WHATSAPP_APP_SECRET",
            "DEMO_WHATSAPP_VERIFY_TOKEN",
            "DEMO_WHATSAPP_ACCESS_TOKEN",
        ] {
            let source = Source::new(move |name| match name {
                name if name == without => None,
                Settings::BRANDS => Some("demo".to_owned()),
                _ => Some("CANARY of enough bytes".to_owned()),
            });
            let error = Settings::read(&source).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("the setting `{without}` is missing; set it and start again")
            );
        }
    }
}
