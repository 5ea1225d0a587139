//! Who, where and what: names that are parsed once, at the edge.

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::personal::Personal;

/// A name or number that is not of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}")]
pub struct IdError {
    what: &'static str,
}

impl IdError {
    /// The error of a text that is no `what`.
    pub(crate) const fn of(what: &'static str) -> Self {
        Self { what }
    }
}

/// 128 bits, written as 32 lower-case hexadecimal digits.
macro_rules! id {
    ($(#[doc = $doc:literal] $name:ident $what:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id made of these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id's bytes.
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; 32];
                HEXLOWER.encode_mut(&self.0, &mut digits);
                f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let mut bytes = [0; 16];
                // `decode_mut` demands the exact length.
                if text.len() != 32 || HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).is_err() {
                    return Err(IdError { what: $what });
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

id! {
    /// A subject's pseudonym: random, made at first contact, the same in every epoch.
    Pid "subject id";
    /// An inbound message's own key: a keyed hash of the platform's id, so also its dedupe.
    Eid "message id";
    /// A message that a person or the privacy function wants sent.
    OutId "outgoing id";
    /// What a person of the brand noted about somebody, and nobody is sent.
    NoteId "note id";
    /// A call that moves a case: the same one however often it is repeated under its key.
    CallId "call id";
    /// A conversation that waits for a person, or had one.
    CaseId "case id";
    /// A data subject's request; also the code that opens its status page, so 128 random bits.
    RequestId "request id";
}

impl CaseId {
    /// The case that a message opens: one message can open only one.
    pub const fn opened_by(eid: Eid) -> Self {
        Self(eid.0)
    }
}

/// A subject's generation: an erasure ends one and begins the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u32);

impl Epoch {
    /// Where every subject begins.
    pub const FIRST: Self = Self(1);

    /// The epoch with this number.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The epoch after an erasure.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// 1–64 letters, digits, dots, dashes or underscores: safe in keys, paths and log fields.
macro_rules! name {
    ($(#[doc = $doc:literal] $name:ident $what:literal;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
                if fits { Ok(Self(text)) } else { Err(IdError { what: $what }) }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.to_owned().try_into()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
            }
        }
    )*};
}

name! {
    /// A brand: the business on whose behalf Forthright answers.
    BrandId "brand name";
    /// A brand's account on a platform, by the platform's own id (WhatsApp: the phone number id).
    AccountId "account id";
}

/// A platform that people write on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// The WhatsApp Business Cloud API.
    WhatsApp,
    /// Messenger, for a Facebook Page.
    Messenger,
}

impl Channel {
    /// Every channel, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::WhatsApp, Self::Messenger];

    /// The name used in paths, files and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WhatsApp => "whatsapp",
            Self::Messenger => "messenger",
        }
    }
}

impl Channel {
    /// The kinds of id that people have there, the one to prefer first.
    pub const fn id_kinds(self) -> &'static [IdKind] {
        match self {
            Self::WhatsApp => &[IdKind::UserId, IdKind::WaId],
            Self::Messenger => &[IdKind::Psid],
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Channel {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.name() == text)
            .ok_or(IdError { what: "channel (known: whatsapp, messenger)" })
    }
}

/// One account of one brand on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Whose account it is.
    pub brand: BrandId,
    /// On which platform.
    pub channel: Channel,
    /// Which account there.
    pub account: AccountId,
}

/// In which of the platform's spaces an id is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdKind {
    /// WhatsApp's business-scoped user id, such as `US.13491208655302741918`. It outlives the phone number.
    UserId,
    /// WhatsApp's phone number, as digits.
    WaId,
    /// Messenger's page-scoped id.
    Psid,
}

impl IdKind {
    const fn name(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::WaId => "wa_id",
            Self::Psid => "psid",
        }
    }
}

/// The longest platform id that is taken in, in bytes. WhatsApp's business-scoped ids have at most 131
/// (two letters, a dot, 128 characters).
pub const PLATFORM_ID_BYTES_MAX: usize = 256;

/// A person's id on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlatformId {
    /// Which kind of id.
    pub kind: IdKind,
    /// The id itself.
    pub value: Personal<String>,
}

impl PlatformId {
    /// The id, if it is not empty and not longer than any platform makes them.
    pub fn parse(kind: IdKind, value: &str) -> Result<Self, IdError> {
        if value.is_empty() || value.len() > PLATFORM_ID_BYTES_MAX {
            return Err(IdError { what: "platform id" });
        }
        Ok(Self { kind, value: value.into() })
    }

    /// What the link's keyed hash is taken over.
    pub(crate) fn link_input(&self, at: &Address) -> Vec<u8> {
        // Lengths before values: no two different ids share an input.
        let mut input = Vec::new();
        for part in [
            at.brand.as_str(),
            at.channel.name(),
            at.account.as_str(),
            self.kind.name(),
            self.value.reveal(),
        ] {
            input.extend_from_slice(&part.len().to_le_bytes());
            input.extend_from_slice(part.as_bytes());
        }
        input
    }
}

/// A piece of work in a subject's partition that ends in a message: a reply to one, or one of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskId {
    /// The reply to an inbound message.
    Message(Eid),
    /// What an agent or the privacy function wants sent.
    Out(OutId),
}

impl TaskId {
    /// The message that is answered, if it is a reply.
    pub const fn as_message(&self) -> Option<Eid> {
        if let Self::Message(eid) = self { Some(*eid) } else { None }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(eid) => eid.fmt(f),
            Self::Out(out) => out.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let pid = Pid::from_bytes([0xab; 16]);
        assert_eq!(pid.to_string().parse(), Ok(pid));
        for wrong in ["", "ab", &"AB".repeat(16), &"g".repeat(32), &"a".repeat(33), &"a".repeat(64)]
        {
            assert!(wrong.parse::<Pid>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_cannot_carry_separators() {
        for wrong in ["", "a b", "a#b", "a/b", "ä", &"a".repeat(65)] {
            assert!(BrandId::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn link_inputs_of_different_ids_differ() {
        let at = |account: &str| Address {
            brand: "b".parse().unwrap(),
            channel: Channel::WhatsApp,
            account: account.parse().unwrap(),
        };
        let id = |value: &str| PlatformId::parse(IdKind::WaId, value).unwrap();
        assert_ne!(id("23").link_input(&at("1")), id("3").link_input(&at("12")));
    }
}
