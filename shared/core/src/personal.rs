//! Values that must not be shown: what concerns a person, and what opens doors.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// Something that tells about a person: text, names, handles, platform ids.
///
/// `Debug` prints `[redacted]`, there is no `Display`: it cannot slip into a log, an error or a panic.
/// It can be serialised, since rows are sealed from it; sealing and composing a platform's request are
/// the places that may [`reveal`](Self::reveal) it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks `value` as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each caller must be a place that personal data may reach.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The value itself, by move.
    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Personal<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

/// Something that opens a door: an app secret, an access token, an operator's token.
///
/// Prints as `[redacted]`, cannot be serialised, and is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the secret's bytes.
    pub fn new(mut bytes: Vec<u8>) -> Self {
        let secret = Self(Zeroizing::new(bytes.clone()));
        bytes.zeroize();
        secret
    }

    /// The secret itself. Each caller must be the place that uses it.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// Whether `offered` is this secret, in a time that depends on lengths only.
    pub fn matches(&self, offered: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, offered).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value.as_bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_shows_what_it_holds() {
        assert_eq!(format!("{:?}", Personal::new("Ada")), "[redacted]");
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "[redacted]");
    }

    #[test]
    fn a_secret_matches_only_itself() {
        let secret = Secret::from("hunter2");
        assert!(secret.matches(b"hunter2"));
        assert!(!secret.matches(b"hunter"));
        assert!(!secret.matches(b""));
    }
}
