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

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where settings come from: a look-up by name that the host supplies.
#[derive(Clone)]
pub struct Source {
    now: Lookup,
    before: Lookup,
}

impl Source {
    /// A source that asks `lookup` for each name.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(lookup), before: Arc::new(|_| None) }
    }

    /// This source, with what a secret was before it was rotated: see [`Self::active`].
    #[must_use]
    pub fn with_previous(
        self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { before: Arc::new(lookup), ..self }
    }

    /// The setting's value; an empty one counts as missing.
    pub fn required(&self, name: &str) -> Result<String, SettingsError> {
        self.optional(name).ok_or_else(|| SettingsError::Missing { name: name.to_owned() })
    }

    /// The setting's value, if it is there and not empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.now)(name).filter(|value| !value.is_empty())
    }

    /// A secret of at least [`SECRET_BYTES_MIN`] bytes.
    pub fn secret(&self, name: &str) -> Result<Secret, SettingsError> {
        secret(name, self.required(name)?)
    }

    /// A secret that others sign or prove with, and, while it is rotated, the one before: they do not change
    /// theirs in the same moment.
    pub fn active(&self, name: &str) -> Result<Vec<Secret>, SettingsError> {
        let mut active = vec![self.secret(name)?];
        let before = (self.before)(name).filter(|before| !before.is_empty());
        if let Some(before) = before.filter(|before| self.optional(name).as_ref() != Some(before)) {
            active.push(secret(name, before)?);
        }
        Ok(active)
    }
}

fn secret(name: &str, value: String) -> Result<Secret, SettingsError> {
    if value.len() < SECRET_BYTES_MIN {
        return Err(SettingsError::Wrong {
            name: name.to_owned(),
            why: "a secret needs at least 16 bytes",
        });
    }
    Ok(Secret::new(value.into_bytes()))
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

    #[test]
    fn while_a_secret_is_rotated_both_are_active_and_the_new_one_is_first() {
        let source = |before: &'static str| {
            let now = Source::new(|name| (name == "KEY").then(|| "the new secret 1".to_owned()));
            now.with_previous(move |_| Some(before.to_owned()))
        };
        let active = source("the old secret 1").active("KEY").unwrap();
        assert!(active[0].matches(b"the new secret 1") && active[1].matches(b"the old secret 1"));
        for none in ["", "the new secret 1"] {
            assert_eq!(source(none).active("KEY").unwrap().len(), 1);
        }
        assert!(source("short").active("KEY").is_err());
        assert!(source("the old secret 1").active("GONE").is_err());
    }
}
