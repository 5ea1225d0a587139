//! Settings by name: the environment on AWS, a file or a fixed list elsewhere.

use std::{fmt, sync::Arc};

use crate::personal::Secret;

/// The shortest operator token or app secret that a start accepts, in bytes.
pub const SECRET_BYTES_MIN: usize = 16;

/// Why a start is refused. Names the setting, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A setting without a default is not there.
    #[error("the setting `{name}` is missing; set it and start again")]
    Missing {
        /// The setting's name.
        name: String,
    },
    /// A setting is there and wrong.
    #[error("the setting `{name}` is wrong: {why}")]
    Wrong {
        /// The setting's name.
        name: String,
        /// What it must be.
        why: &'static str,
    },
}

/// Where settings come from: a look-up by name that the host supplies.
#[derive(Clone)]
pub struct Source(Arc<dyn Fn(&str) -> Option<String> + Send + Sync>);

impl Source {
    /// A source that asks `lookup` for each name.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The setting's value; an empty one counts as missing.
    pub fn required(&self, name: &str) -> Result<String, SettingsError> {
        self.optional(name).ok_or_else(|| SettingsError::Missing { name: name.to_owned() })
    }

    /// The setting's value, if it is there and not empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A secret of at least [`SECRET_BYTES_MIN`] bytes.
    pub fn secret(&self, name: &str) -> Result<Secret, SettingsError> {
        let value = self.required(name)?;
        if value.len() < SECRET_BYTES_MIN {
            return Err(SettingsError::Wrong {
                name: name.to_owned(),
                why: "a secret needs at least 16 bytes",
            });
        }
        Ok(Secret::new(value.into_bytes()))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_empty_or_short_secret_stops_the_start_and_is_named() {
        let source = Source::new(|name| match name {
            "EMPTY" => Some(String::new()),
            "SHORT" => Some("abc".to_owned()),
            _ => None,
        });
        for name in ["GONE", "EMPTY"] {
            let error = source.secret(name).unwrap_err();
            assert_eq!(error, SettingsError::Missing { name: name.to_owned() });
        }
        let error = source.secret("SHORT").unwrap_err().to_string();
        assert!(error.contains("`SHORT`") && !error.contains("abc"));
    }
}
