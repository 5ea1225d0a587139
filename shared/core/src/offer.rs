//! What a customer can press instead of writing: a way to a person, and a rating.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::IdError;

/// The longest title of something to press, in characters: what `WhatsApp` takes on a button ("Interactive reply buttons
/// messages") and Messenger shows of a quick reply ("Quick replies").
pub const TITLE_CHARS_MAX: usize = 20;

/// What the customer says by pressing. The platform carries its name there and back, out of the customer's sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Choice {
    /// That a person should answer.
    Person,
    /// How good they find what was done for them.
    Rating(Rating),
}

/// How good something was: 5 is the best, 1 the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rating(u8);

impl Rating {
    /// Every rating, the best first.
    pub const ALL: [Self; 5] = [Self(5), Self(4), Self(3), Self(2), Self(1)];

    /// Its number, 1 to 5.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// What every name begins with, so that nobody else's button is taken for one of ours.
const PREFIX: &str = "forthright.";

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => write!(f, "{PREFIX}person"),
            Self::Rating(rating) => write!(f, "{PREFIX}rating.{}", rating.0),
        }
    }
}

impl FromStr for Choice {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let known = text.strip_prefix(PREFIX).and_then(|name| match name.split_once('.') {
            None if name == "person" => Some(Self::Person),
            Some(("rating", number)) => {
                Rating::ALL.into_iter().find(|one| one.0.to_string() == number).map(Self::Rating)
            }
            _ => None,
        });
        known.ok_or(IdError::of("choice"))
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> Self {
        choice.to_string()
    }
}

impl TryFrom<String> for Choice {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

/// One thing to press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What pressing it says.
    pub choice: Choice,
    /// What stands on it, in the customer's language; at most [`TITLE_CHARS_MAX`] characters.
    pub title: String,
}

/// What is offered under a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    /// What opens the list, where a platform shows so many as one; at most [`TITLE_CHARS_MAX`] characters.
    pub label: String,
    /// Each of them, in the order in which they are shown.
    pub all: Vec<Offer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_was_written_and_nothing_else_is_one() {
        for choice in Rating::ALL.map(Choice::Rating).into_iter().chain([Choice::Person]) {
            assert_eq!(choice.to_string().parse(), Ok(choice));
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<Choice>(&json).unwrap(), choice);
        }
        for other in
            ["", "person", "forthright.", "forthright.person.1", "forthright.rating", "PERSON"]
        {
            assert!(other.parse::<Choice>().is_err(), "{other}");
        }
        for number in ["0", "6", "05", "-1", "5 ", ""] {
            assert!(format!("forthright.rating.{number}").parse::<Choice>().is_err(), "{number}");
        }
    }
}
