//! Reply templates: a text with its rights, its approval and its review date.

use forthright_core::{Channel, Language, outbound::Rendered};
use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    fault::{ContentError, Unfit},
    offered::Offering,
    wording::{self, Context},
};

/// What a reply does to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It tells something.
    Informational,
    /// It confirms something that was done for them.
    Transactional,
    /// It tells a decision with legal or similar weight (GDPR art. 22(1)).
    Significant,
}

/// One reply in one language, as `replies/<id>/<language>.md` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    path: String,
    language: Language,
    front: Front,
    channels: Vec<Channel>,
    approved_on: Date,
    review_by: Date,
    body: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    id: String,
    version: u32,
    author: String,
    owner: String,
    licence: String,
    source: String,
    approved_by: String,
    approved_on: toml::value::Datetime,
    review_by: toml::value::Datetime,
    effect: Effect,
    channels: Vec<String>,
    uses_ugc: bool,
    facts: Vec<String>,
    short: Option<String>,
    offers: Option<Offering>,
}

/// The line before and after the front matter.
const FENCE: &str = "+++";

impl Template {
    /// Reads the template file at `path`, which is named after the template's id and language.
    pub fn parse(path: &str, text: &str) -> Result<Self, ContentError> {
        let wrong = |what: String| ContentError::new(path, what);
        let (front, body) = split(text).ok_or_else(|| {
            wrong("must begin with front matter between two `+++` lines".to_owned())
        })?;
        // One line, the first fence, stands before the front matter.
        let front: Front =
            toml::from_str(front).map_err(|error| ContentError::toml(path, front, 1, &error))?;
        let mut names = path.rsplit('/');
        let language = names
            .next()
            .and_then(|file| file.strip_suffix(".md"))
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| {
                wrong("the file must be named after a language, such as `en.md`".to_owned())
            })?;
        if names.next() != Some(front.id.as_str()) {
            return Err(wrong("id: must be the name of the folder".to_owned()));
        }
        if front.version == 0 {
            return Err(wrong("version: must be 1 or more".to_owned()));
        }
        for (field, value) in [
            ("author", &front.author),
            ("owner", &front.owner),
            ("licence", &front.licence),
            ("source", &front.source),
            ("approved_by", &front.approved_by),
        ] {
            if value.trim().is_empty() {
                return Err(wrong(format!("{field}: must not be empty")));
            }
        }
        let approved_on = day("approved_on", front.approved_on).map_err(wrong)?;
        let review_by = day("review_by", front.review_by).map_err(wrong)?;
        if review_by < approved_on {
            return Err(wrong("review_by: must not be before approved_on".to_owned()));
        }
        let mut channels = Vec::new();
        for (index, name) in front.channels.iter().enumerate() {
            channels
                .push(name.parse().map_err(|error| wrong(format!("channels[{index}]: {error}")))?);
        }
        Ok(Self {
            path: path.to_owned(),
            language,
            channels,
            approved_on,
            review_by,
            body: body.to_owned(),
            front,
        })
    }

    /// Its name: its folder in `replies`.
    pub fn id(&self) -> &str {
        &self.front.id
    }

    /// Its version, for the record of what was sent.
    pub const fn version(&self) -> u32 {
        self.front.version
    }

    /// Its language.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// What it offers to press.
    pub const fn offering(&self) -> Option<Offering> {
        self.front.offers
    }

    /// The day by which a person must look at it again; the machine may use it up to and on that day.
    pub const fn review_by(&self) -> Date {
        self.review_by
    }

    /// The day from which the machine may use it.
    pub const fn approved_on(&self) -> Date {
        self.approved_on
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.front.owner
    }

    /// The text as it stands in the file.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// The short form as it stands in the file.
    pub(crate) fn short(&self) -> Option<&str> {
        self.front.short.as_deref()
    }

    /// Whether it may be sent on `channel` on the day `today`.
    pub fn usable(&self, channel: Channel, today: Date) -> Result<(), Unfit> {
        self.unfit(channel, today).next().map_or(Ok(()), Err)
    }

    /// Everything that speaks against sending it on `channel` on the day `today`, the weightiest first.
    pub fn unfit(&self, channel: Channel, today: Date) -> impl Iterator<Item = Unfit> {
        let is_significant = match self.front.effect {
            Effect::Informational | Effect::Transactional => false,
            Effect::Significant => true,
        };
        let all = [
            (today < self.approved_on, Unfit::NotYetApproved),
            (today > self.review_by, Unfit::ReviewOver),
            (!self.channels.contains(&channel), Unfit::WrongChannel),
            (self.front.uses_ugc, Unfit::UsesUgc),
            (!self.front.facts.is_empty(), Unfit::FactMissing),
            (is_significant, Unfit::SignificantEffect),
        ];
        all.into_iter().filter_map(|(holds, unfit)| holds.then_some(unfit))
    }

    /// The text in its lengths, with the brand's words filled in.
    pub fn render(&self, context: &Context) -> Result<Rendered, ContentError> {
        let full = wording::render(&self.path, &self.body, context)?;
        let short = self.front.short.as_ref();
        let short = short.map(|short| wording::render(&self.path, short, context)).transpose()?;
        if short.as_ref().is_some_and(|short| short.len() > full.len()) {
            return Err(ContentError::new(&self.path, "short: must not be longer than the text"));
        }
        Ok(Rendered { full: full.as_str().into(), short: short.map(|short| short.as_str().into()) })
    }
}

/// The front matter and the body.
fn split(text: &str) -> Option<(&str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    if first.trim_end() != FENCE {
        return None;
    }
    let mut at = 0_usize;
    for line in rest.split_inclusive('\n') {
        let end = at.saturating_add(line.len());
        if line.trim_end() == FENCE {
            return Some((rest.get(..at)?, rest.get(end..)?));
        }
        at = end;
    }
    None
}

fn day(field: &str, stamp: toml::value::Datetime) -> Result<Date, String> {
    stamp
        .date
        .filter(|_| stamp.time.is_none())
        .and_then(|date| date.to_string().parse().ok())
        .ok_or_else(|| format!("{field}: must be a day, such as 2027-11-20"))
}

#[cfg(test)]
mod tests;
