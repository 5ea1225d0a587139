//! What may leave: a text with its disclosure, or the words of a person.
//!
//! A channel composes a request from an [`Outbound`] only. A machine's text becomes one through
//! [`disclose`] alone, so nothing automated can be sent without its disclosure.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{offer::Offers, personal::Personal};

/// Where a disclosure stands and why it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// At the top of the first automated message.
    PrefixFirst,
    /// At the top, after a significant lapse of time.
    PrefixAfterGap,
    /// At the top, after a person handed the conversation back.
    PrefixOnHandback,
    /// At the end of every other automated message.
    SuffixEvery,
}

impl Placement {
    /// Every placement.
    pub const ALL: [Self; 4] =
        [Self::PrefixFirst, Self::PrefixAfterGap, Self::PrefixOnHandback, Self::SuffixEvery];

    /// The name used in content files and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrefixFirst => "prefix_first",
            Self::PrefixAfterGap => "prefix_after_gap",
            Self::PrefixOnHandback => "prefix_on_handback",
            Self::SuffixEvery => "suffix_every",
        }
    }

    /// Whether the person has been told at the top, so that the next gap is counted from here.
    pub const fn is_prefix(self) -> bool {
        match self {
            Self::PrefixFirst | Self::PrefixAfterGap | Self::PrefixOnHandback => true,
            Self::SuffixEvery => false,
        }
    }
}

/// One wording of a disclosure, complete: who, that it is a machine, how to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The full wording.
    pub full: String,
    /// The short form, for a channel where the full one leaves no room.
    pub short: String,
}

/// A rendered reply in its two lengths, not sendable by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The full text.
    pub full: Personal<String>,
    /// The short form, if the template has one.
    pub short: Option<Personal<String>>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendered")
    }
}

/// How a platform counts the length of a text, and how much it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    /// The most units of one text.
    pub max: usize,
    /// What is counted.
    pub unit: TextUnit,
}

/// What a platform counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextUnit {
    /// Unicode scalar values.
    Characters,
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 code units.
    Utf16,
}

impl TextUnit {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Utf16 => "UTF-16 units",
        }
    }
}

impl TextLimit {
    /// How long `text` is, in the platform's unit.
    pub fn length(self, text: &str) -> usize {
        match self.unit {
            TextUnit::Characters => text.chars().count(),
            TextUnit::Bytes => text.len(),
            TextUnit::Utf16 => text.encode_utf16().count(),
        }
    }

    /// Whether `text` fits.
    pub fn fits(self, text: &str) -> bool {
        self.length(text) <= self.max
    }
}

/// A machine's text that carries its disclosure. Only [`disclose`] makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosed {
    text: Personal<String>,
    placement: Placement,
    offers: Option<Offers>,
}

impl Disclosed {
    /// Where its disclosure stands.
    pub const fn placement(&self) -> Placement {
        self.placement
    }

    /// The same text, with things to press under it.
    #[must_use]
    pub fn offering(self, offers: Option<Offers>) -> Self {
        Self { offers, ..self }
    }
}

impl fmt::Debug for Disclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosed({})", self.placement.name())
    }
}

/// A text does not fit with its disclosure, in any form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text does not fit with its disclosure")]
pub struct TooLong;

/// Joins a reply and its disclosure.
///
/// The disclosure is never cut. If both do not fit, the body gives way to its short form first, then the
/// disclosure to its own complete short form; if that does not fit either, nothing may be sent.
pub fn disclose(
    body: &Rendered,
    statement: &Statement,
    placement: Placement,
    limit: TextLimit,
) -> Result<Disclosed, TooLong> {
    let bodies = [Some(&body.full), body.short.as_ref()];
    for statement in [&statement.full, &statement.short] {
        for body in bodies.into_iter().flatten() {
            let text = if placement.is_prefix() {
                format!("{statement}\n\n{}", body.reveal())
            } else {
                format!("{}\n\n{statement}", body.reveal())
            };
            if limit.fits(&text) {
                return Ok(Disclosed { text: Personal::new(text), placement, offers: None });
            }
        }
    }
    Err(TooLong)
}

/// What a person of the brand wrote. It carries no disclosure: that would be untrue.
#[derive(Clone, PartialEq, Eq)]
pub struct Authored(Personal<String>);

impl Authored {
    /// Takes the words of an agent who was authenticated.
    pub const fn by_agent(text: Personal<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Authored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authored")
    }
}

/// The only thing that a channel composes a request from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outbound {
    /// A machine's text, with its disclosure.
    Machine(Disclosed),
    /// A person's text.
    Person(Authored),
}

impl Outbound {
    /// The text to send, whole.
    pub const fn text(&self) -> &Personal<String> {
        match self {
            Self::Machine(disclosed) => &disclosed.text,
            Self::Person(authored) => &authored.0,
        }
    }

    /// Where the disclosure stands; none in a person's text.
    pub const fn placement(&self) -> Option<Placement> {
        match self {
            Self::Machine(disclosed) => Some(disclosed.placement),
            Self::Person(_) => None,
        }
    }

    /// What the customer can press under it, if anything.
    pub const fn offers(&self) -> Option<&Offers> {
        match self {
            Self::Machine(disclosed) => disclosed.offers.as_ref(),
            Self::Person(_) => None,
        }
    }
}

/// Why a platform never takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// Its window for answers is closed.
    Window,
    /// The customer cannot be reached: they blocked the account, left, or have no such account any more.
    Unreachable,
    /// The account may not send: the platform holds it for spam, a broken policy, or an unpaid bill.
    Restricted,
    /// Something else about this message.
    Other,
}

/// What a platform did with a message that we handed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// It took it, under this id.
    Accepted {
        /// The platform's id of the message. Personal: WhatsApp's holds the phone number.
        platform_message_id: Personal<String>,
    },
    /// It certainly did not take it, and may later.
    RefusedForNow {
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
        /// Whether it takes nothing else from the account either until then.
        is_accounts: bool,
    },
    /// It certainly did not take it, and never will.
    RefusedForGood {
        /// The platform's error code.
        code: Option<i64>,
        /// Why.
        obstacle: Obstacle,
    },
    /// It refuses our access token.
    TokenInvalid,
    /// Nobody knows: a time-out, a reset, an answer that makes no sense.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> Statement {
        Statement {
            full: "I am a machine of ACME, not a person.".into(),
            short: "Bot, ACME.".into(),
        }
    }

    fn rendered(full: &str, short: Option<&str>) -> Rendered {
        Rendered { full: full.into(), short: short.map(Into::into) }
    }

    fn limit(max: usize) -> TextLimit {
        TextLimit { max, unit: TextUnit::Characters }
    }

    #[test]
    fn the_body_gives_way_before_the_disclosure_and_the_disclosure_is_never_cut() {
        let body = rendered(&"long ".repeat(20), Some("short"));
        let text = |max| {
            disclose(&body, &statement(), Placement::PrefixFirst, limit(max))
                .map(|disclosed| disclosed.text.into_revealed())
        };
        let full = text(500).unwrap();
        assert!(full.starts_with(&statement().full) && full.ends_with("long "));
        assert_eq!(text(60).unwrap(), format!("{}\n\nshort", statement().full));
        assert_eq!(text(20).unwrap(), "Bot, ACME.\n\nshort");
        assert_eq!(text(16), Err(TooLong));
    }

    #[test]
    fn a_suffix_stands_at_the_end() {
        let disclosed =
            disclose(&rendered("hello", None), &statement(), Placement::SuffixEvery, limit(500));
        assert!(disclosed.unwrap().text.reveal().ends_with("not a person."));
    }

    #[test]
    fn limits_are_counted_in_the_platforms_own_unit() {
        let text = "ü😀";
        for (unit, length) in
            [(TextUnit::Characters, 2), (TextUnit::Bytes, 6), (TextUnit::Utf16, 3)]
        {
            assert!(TextLimit { max: length, unit }.fits(text));
            assert!(!TextLimit { max: length - 1, unit }.fits(text));
        }
    }
}
