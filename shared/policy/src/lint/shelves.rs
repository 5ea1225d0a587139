//! Reads each file by itself, so that a mistake in one hides none in another.

use std::collections::BTreeMap;

use forthright_core::{Language, outbound::Rendered};

use super::{Found, Rule, Source, place};
use crate::{
    brand::{Brand, Context},
    disclosure::Disclosures,
    fault::{ContentError, Place},
    language::language_of,
    offered::Titles,
    template::Template,
    wording,
};

/// What could be read of the content.
#[derive(Debug, Default)]
pub(super) struct Shelves<'a> {
    pub(super) brands: Vec<Branded<'a>>,
    pub(super) replies: Vec<Reply<'a>>,
    pub(super) disclosures: BTreeMap<Language, Source<'a>>,
    pub(super) titles: BTreeMap<Language, Source<'a>>,
}

/// A brand, and what its texts are with its words filled in.
#[derive(Debug)]
pub(super) struct Branded<'a> {
    pub(super) source: Source<'a>,
    pub(super) brand: Brand,
    /// Of the languages it speaks.
    pub(super) disclosures: BTreeMap<Language, Disclosures>,
}

/// A reply.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) source: Source<'a>,
    pub(super) template: Template,
}

impl<'a> Shelves<'a> {
    /// Reads all files, and notes what cannot be read.
    pub(super) fn read(
        files: &'a BTreeMap<String, String>,
        read_intents: fn(Language, &str, &str) -> Result<(), String>,
        found: &mut Found,
    ) -> Self {
        let mut shelves = Self::default();
        for (path, text) in files {
            let source = Source { path, text };
            if let Err(error) = shelves.take(source, read_intents, found) {
                found.mistake(source, Rule::Unreadable, &error);
            }
        }
        if shelves.brands.is_empty() && !files.keys().any(|path| path.starts_with("brands/")) {
            found.add(
                "brands",
                None,
                Rule::NoBrand,
                "there is no brand; add `brands/<brand>.toml`",
            );
        }
        shelves.fill(found);
        shelves.check_offers(found);
        shelves
    }

    fn take(
        &mut self,
        source: Source<'a>,
        read_intents: fn(Language, &str, &str) -> Result<(), String>,
        found: &mut Found,
    ) -> Result<(), ContentError> {
        let Source { path, text } = source;
        match *path.split('/').collect::<Vec<_>>() {
            ["brands", _] => {
                let brand = Brand::parse(path, text)?;
                self.brands.push(Branded { source, brand, disclosures: BTreeMap::new() });
            }
            ["replies", _, _] => {
                self.replies.push(Reply { source, template: Template::parse(path, text)? });
            }
            ["disclosures", _] => {
                self.disclosures.insert(language_of(path)?, source);
            }
            ["offers", _] => {
                Titles::parse(path, text)?;
                self.titles.insert(language_of(path)?, source);
            }
            ["intents", language, file] => {
                let language = language
                    .parse()
                    .map_err(|error| ContentError::new(path, format_args!("the folder {error}")))?;
                toml_of(source)?;
                let name = file.strip_suffix(".toml").unwrap_or(file);
                read_intents(language, name, text)
                    .map_err(|error| mistake_of_intents(path, &error))?;
            }
            _ => found.add(
                path,
                None,
                Rule::Misplaced,
                "no content is kept under this name, and nothing reads it; move it or take it away",
            ),
        }
        Ok(())
    }

    /// Fills every brand's words into every text of its languages. A text in a language that none speaks is filled with
    /// the words of some brand, so that its mistakes are found before somebody uses it.
    fn fill(&mut self, found: &mut Found) {
        for branded in &mut self.brands {
            for &language in branded.brand.languages() {
                let Some(&source) = self.disclosures.get(&language) else {
                    continue;
                };
                let context = branded.brand.context();
                match Disclosures::parse(source.path, source.text, context) {
                    Ok(disclosures) => {
                        branded.disclosures.insert(language, disclosures);
                    }
                    Err(error) => found.mistake(source, Rule::Unreadable, &error),
                }
            }
        }
        for reply in &self.replies {
            let speak = self.brands.iter().filter(|branded| branded.speaks(reply));
            let mut contexts: Vec<_> = speak.map(|branded| branded.brand.context()).collect();
            if contexts.is_empty() {
                contexts.extend(self.brands.first().map(|branded| branded.brand.context()));
            }
            for context in contexts {
                reply.fill(context, found);
            }
        }
    }

    fn check_offers(&self, found: &mut Found) {
        for Reply { source, template } in &self.replies {
            let language = template.language();
            if template.offering().is_some() && !self.titles.contains_key(&language) {
                let what = format_args!(
                    "it offers something to press, and there is no `offers/{language}.toml` with the words"
                );
                found.add(source.path, source.line_of("offers"), Rule::OfferWords, what);
            }
        }
    }
}

impl Branded<'_> {
    /// Whether the brand speaks the reply's language.
    pub(super) fn speaks(&self, reply: &Reply<'_>) -> bool {
        self.brand.languages().contains(&reply.template.language())
    }
}

impl Reply<'_> {
    /// The text and the short form, as they stand in the file, each with the line on which it begins.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, usize)> {
        let begins = place::text_begins(self.source.text);
        let short_line = self.source.line_of("short").unwrap_or(1);
        let short = self.template.short().map(|short| (short, short_line));
        [Some((self.template.body().trim(), begins)), short].into_iter().flatten()
    }

    /// The text with a brand's words; none if it cannot be filled, which [`Shelves::read`] has noted.
    pub(super) fn rendered(&self, context: &Context) -> Option<Rendered> {
        self.template.render(context).ok()
    }

    /// Notes what keeps a brand's words from being filled in.
    fn fill(&self, context: &Context, found: &mut Found) {
        let mut is_filled = true;
        for (text, begins) in self.texts() {
            if let Err(error) = wording::render(self.source.path, text, context) {
                is_filled = false;
                found.mistake_in_text(self.source, begins, Rule::Unreadable, &error);
            }
        }
        if is_filled && let Err(error) = self.template.render(context) {
            found.mistake(self.source, Rule::Unreadable, &error);
        }
    }
}

/// What the detector says of its rules, of which only the last line tells the mistake; the first may name its line.
fn mistake_of_intents(path: &str, error: &str) -> ContentError {
    let last = error.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(error);
    let what = last.strip_prefix(path).map_or(last, |rest| rest.trim_start_matches(": "));
    let line = error.split_once(" at line ").and_then(|(_, rest)| {
        let digits = rest.split(|one: char| !one.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    ContentError::at(path, line.map_or(Place::File, Place::Line), what)
}

/// The file as TOML of any form.
pub(super) fn toml_of(source: Source<'_>) -> Result<toml::Table, ContentError> {
    toml::from_str(source.text)
        .map_err(|error| ContentError::toml(source.path, source.text, 0, &error))
}
