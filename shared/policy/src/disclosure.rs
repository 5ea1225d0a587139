//! Disclosures: what every automated message says about itself, checked before anything can be sent.
//!
//! A wording must tell at least what the strictest union of laws demands: that the message is automated, that it
//! is not from a person, on whose behalf, how to reach a person; at the top of a conversation also how to stop.
//! The word "assistant" alone is inadequate by the European Commission's guidelines on AI Act art. 50(1).

use forthright_core::{
    Language,
    outbound::{Placement, Statement},
};
use serde::Deserialize;

use crate::{
    fault::ContentError,
    language::language_of,
    wording::{self, Context},
};

/// The four disclosures of one brand in one language, rendered and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosures {
    prefix_first: Statement,
    prefix_after_gap: Statement,
    prefix_on_handback: Statement,
    suffix_every: Statement,
}

/// The words by which a language says the two things that no disclosure may leave out, in small letters.
struct Wordings {
    language: Language,
    automated: &'static [&'static str],
    not_a_person: &'static [&'static str],
}

/// Languages whose disclosures can be checked; one that is not here cannot be used.
const WORDINGS: &[Wordings] = &[GERMAN, ENGLISH];

const ENGLISH: Wordings = Wordings {
    language: Language::ENGLISH,
    automated: &[
        "automated",
        "automatic",
        "automatically",
        "bot",
        "chatbot",
        "computer program",
        "machine",
    ],
    not_a_person: &[
        "not a person",
        "not a human",
        "not a real person",
        "not from a person",
        "not by a person",
        "not written by a person",
        "not talking to a person",
        "not chatting with a person",
    ],
};

const GERMAN: Wordings = Wordings {
    language: Language::GERMAN,
    automated: &[
        "automatisch",
        "automatische",
        "automatisiert",
        "automatisierte",
        "bot",
        "chatbot",
        "computerprogramm",
        "maschine",
    ],
    not_a_person: &[
        "kein mensch",
        "kein echter mensch",
        "keine person",
        "nicht von einem menschen",
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureFile {
    prefix_first: WordingFile,
    prefix_after_gap: WordingFile,
    prefix_on_handback: WordingFile,
    suffix_every: WordingFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingFile {
    full: String,
    short: String,
}

impl Disclosures {
    /// Reads the disclosure file at `path`, which is named after its language, for the brand of `context`.
    pub fn parse(path: &str, text: &str, context: &Context) -> Result<Self, ContentError> {
        let file: DisclosureFile =
            toml::from_str(text).map_err(|error| ContentError::toml(path, text, 0, &error))?;
        let language = language_of(path)?;
        let wordings = WORDINGS.iter().find(|one| one.language == language).ok_or_else(|| {
            ContentError::new(path, "nothing here can check a disclosure in this language")
        })?;
        let check = Check { path, wordings, context };
        Ok(Self {
            prefix_first: check.statement(Placement::PrefixFirst, &file.prefix_first)?,
            prefix_after_gap: check.statement(Placement::PrefixAfterGap, &file.prefix_after_gap)?,
            prefix_on_handback: check
                .statement(Placement::PrefixOnHandback, &file.prefix_on_handback)?,
            suffix_every: check.statement(Placement::SuffixEvery, &file.suffix_every)?,
        })
    }

    /// The wording for this placement.
    pub const fn statement(&self, placement: Placement) -> &Statement {
        match placement {
            Placement::PrefixFirst => &self.prefix_first,
            Placement::PrefixAfterGap => &self.prefix_after_gap,
            Placement::PrefixOnHandback => &self.prefix_on_handback,
            Placement::SuffixEvery => &self.suffix_every,
        }
    }
}

struct Check<'a> {
    path: &'a str,
    wordings: &'a Wordings,
    context: &'a Context,
}

impl Check<'_> {
    fn statement(
        &self,
        placement: Placement,
        file: &WordingFile,
    ) -> Result<Statement, ContentError> {
        let form = |name: &str, text: &str| {
            let text = wording::render(self.path, text, self.context)?;
            match self.missing(placement, &text) {
                None => Ok(text),
                Some(what) => Err(ContentError::new(
                    self.path,
                    format_args!("{}.{name}: must say {what}", placement.name()),
                )),
            }
        };
        let (full, short) = (form("full", &file.full)?, form("short", &file.short)?);
        if short.len() > full.len() {
            return Err(ContentError::new(
                self.path,
                format_args!("{}.short: must not be longer than the full form", placement.name()),
            ));
        }
        Ok(Statement { full, short })
    }

    /// What a wording leaves out, if anything.
    fn missing(&self, placement: Placement, text: &str) -> Option<&'static str> {
        if !has_phrase(text, &self.context.operator) {
            return Some("for whom it speaks (`{{ operator }}`)");
        }
        // A business may be called Agent Automation Ltd.: its name proves nothing else.
        let text = text.replace(&self.context.operator, "|");
        let small = text.to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| has_phrase(&small, phrase));
        if !says(self.wordings.automated) {
            return Some("that it is automated; \"assistant\" alone is not enough");
        }
        if !says(self.wordings.not_a_person) {
            return Some("that it is \"not a person\"");
        }
        if !has_phrase(&text, &self.context.person_word) {
            return Some("how to reach a person (`{{ person_word }}`)");
        }
        if placement.is_prefix() && !has_phrase(&text, &self.context.stop_word) {
            return Some("how to stop (`{{ stop_word }}`)");
        }
        None
    }
}

/// Whether `phrase` stands in `text` as whole words.
pub(crate) fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after =
            text.get(at.saturating_add(found.len())..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests;
