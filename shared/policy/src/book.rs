//! The book: everything that people edit, loaded and checked at once, under one digest.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use forthright_core::{
    BrandId, Channel, Intent, Language, Personal,
    decision::TemplateId,
    detect::Phrases,
    offer::Offers,
    outbound::{self, Disclosed, Placement, Rendered, TextLimit},
};
use include_dir::{Dir, include_dir};
use jiff::civil::Date;

use crate::{
    brand::Brand,
    digest::feed,
    disclosure::Disclosures,
    fault::{ContentError, Unfit},
    language::language_of,
    offered::Titles,
    template::Template,
    wording::CODE,
};

/// The content that this program was built with: the demo brand and the texts it answers with.
static EMBEDDED: Dir<'_> = include_dir!("$OUT_DIR/content");

/// The phrases beside it, for who checks or changes them. What only answers has no use for their text, and does not carry it:
/// the detector was built with them.
static EMBEDDED_PHRASES: Dir<'_> = include_dir!("$OUT_DIR/phrases");

/// The digest of both.
const EMBEDDED_DIGEST: &str = env!("FORTHRIGHT_CONTENT_DIGEST");

/// Every brand, template and disclosure, checked; texts are rendered once, since no template may name a customer.
#[derive(Debug, Clone)]
pub struct Book {
    brands: BTreeMap<BrandId, Shelf>,
    templates: BTreeMap<Language, BTreeMap<TemplateId, Template>>,
    phrases: BTreeMap<Language, PhraseFiles>,
    titles: BTreeMap<Language, Titles>,
    digest: String,
}

/// The texts of `rules.toml` and `moods.toml` of a language.
#[derive(Debug, Clone, Default)]
struct PhraseFiles {
    rules: String,
    moods: String,
}

/// What one brand says, by language.
#[derive(Debug, Clone)]
struct Shelf {
    brand: Brand,
    disclosures: BTreeMap<Language, Disclosures>,
    replies: BTreeMap<Language, BTreeMap<TemplateId, Rendered>>,
}

/// A reply in its lengths, with what made it; not sendable before [`Book::disclose`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedReply {
    /// The text.
    pub rendered: Rendered,
    /// Its language.
    pub language: Language,
    /// The template.
    pub template: TemplateId,
    /// The template's version.
    pub version: u32,
    /// What the customer can press under it.
    pub offers: Option<Offers>,
}

/// A text that is wanted of a brand.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Which template.
    pub template: &'a str,
    /// In which language; none means the brand's own.
    pub language: Option<Language>,
    /// Where it goes.
    pub channel: Channel,
    /// The day on which it goes: templates are approved from a day on, and looked at again by another.
    pub today: Date,
    /// The templates that the brand's settings row takes out of use.
    pub withdrawn: &'a [TemplateId],
    /// The code that it tells, if it asks for one.
    pub code: Option<&'a str>,
}

impl Book {
    /// The content that this program was built with, without its [`phrases`](Self::phrases): its detector has those.
    pub fn embedded() -> Result<Self, ContentError> {
        let mut files = Vec::new();
        gather(&EMBEDDED, &mut files)?;
        Self::read(&files.into_iter().collect(), EMBEDDED_DIGEST.to_owned())
    }

    /// The files that this program was built with, as [`load`](Self::load) takes them.
    pub fn embedded_files() -> Result<Vec<(String, String)>, ContentError> {
        let mut files = Vec::new();
        gather(&EMBEDDED, &mut files)?;
        gather(&EMBEDDED_PHRASES, &mut files)?;
        Ok(files)
    }

    /// Content from elsewhere: `files` are (path below the content folder with `/`, text).
    ///
    /// A file that is nowhere expected is refused, so that nobody edits a text that nothing reads.
    pub fn load(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, ContentError> {
        let files = files.into_iter().filter(|(path, _)| !is_utterances(path));
        let files = files.collect();
        let digest = digest_of(&files);
        Self::read(&files, digest)
    }

    fn read(files: &BTreeMap<String, String>, digest: String) -> Result<Self, ContentError> {
        let mut book = Self {
            brands: BTreeMap::new(),
            templates: BTreeMap::new(),
            phrases: BTreeMap::new(),
            titles: BTreeMap::new(),
            digest,
        };
        let mut disclosures = Vec::new();
        for (path, text) in files {
            match *path.split('/').collect::<Vec<_>>() {
                ["brands", _] => {
                    let brand = Brand::parse(path, text)?;
                    let shelf =
                        Shelf { brand, disclosures: BTreeMap::new(), replies: BTreeMap::new() };
                    book.brands.insert(shelf.brand.id().clone(), shelf);
                }
                ["replies", _, _] => {
                    let template = Template::parse(path, text)?;
                    let voice = book.templates.entry(template.language()).or_default();
                    voice.insert(template.id().to_owned(), template);
                }
                ["disclosures", _] => {
                    disclosures.push((language_of(path)?, path, text));
                }
                ["offers", _] => {
                    book.titles.insert(language_of(path)?, Titles::parse(path, text)?);
                }
                ["intents", language, name @ ("moods.toml" | "rules.toml")] => {
                    let language =
                        language.parse().map_err(|error| ContentError::new(path, error))?;
                    let phrases = book.phrases.entry(language).or_default();
                    let place =
                        if name == "rules.toml" { &mut phrases.rules } else { &mut phrases.moods };
                    place.clone_from(text);
                }
                _ => {
                    return Err(ContentError::new(path, "no content is kept under this name"));
                }
            }
        }
        if book.brands.is_empty() {
            return Err(ContentError::new("brands", "there is no brand"));
        }
        book.check_offers()?;
        book.check_phrases()?;
        for shelf in book.brands.values_mut() {
            shelf.fill(&disclosures, &book.templates)?;
        }
        Ok(book)
    }

    /// A language has both files of phrases, or none.
    fn check_phrases(&self) -> Result<(), ContentError> {
        for (language, phrases) in &self.phrases {
            for (name, text) in [("moods", &phrases.moods), ("rules", &phrases.rules)] {
                if text.is_empty() {
                    let path = format!("intents/{language}/{name}.toml");
                    return Err(ContentError::new(
                        &path,
                        "it is missing or empty; the other is there",
                    ));
                }
            }
        }
        Ok(())
    }

    /// What a template offers must have words in its language.
    fn check_offers(&self) -> Result<(), ContentError> {
        let templates = self
            .templates
            .iter()
            .flat_map(|(language, all)| all.values().map(move |template| (language, template)));
        for (language, template) in templates {
            if template.offering().is_some() && !self.titles.contains_key(language) {
                let path = format!("replies/{}/{language}.md", template.id());
                let what =
                    format_args!("offers: there is no `offers/{language}.toml` with the words");
                return Err(ContentError::new(&path, what));
            }
        }
        Ok(())
    }

    /// The brand with this name.
    pub fn brand(&self, brand: &BrandId) -> Option<&Brand> {
        self.brands.get(brand).map(|shelf| &shelf.brand)
    }

    /// Every brand.
    pub fn brands(&self) -> impl Iterator<Item = &Brand> {
        self.brands.values().map(|shelf| &shelf.brand)
    }

    /// The template with this id in this language.
    pub fn template(&self, id: &str, language: Language) -> Option<&Template> {
        self.templates.get(&language)?.get(id)
    }

    /// Every template, by language and id.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.values().flat_map(BTreeMap::values)
    }

    /// The words on what can be pressed, in this language.
    pub fn titles(&self, language: Language) -> Option<&Titles> {
        self.titles.get(&language)
    }

    /// What the brand's automated messages say about themselves in this language.
    pub fn disclosures(&self, brand: &BrandId, language: Language) -> Option<&Disclosures> {
        self.brands.get(brand)?.disclosures.get(&language)
    }

    /// The phrases of each language, for a detector that was not built with them; they are under the digest too.
    pub fn phrases(&self) -> impl Iterator<Item = Phrases<'_>> {
        self.phrases.iter().map(|(language, files)| Phrases {
            language: *language,
            rules: &files.rules,
            moods: &files.moods,
        })
    }

    /// SHA-256 over every path and text, in hexadecimal digits: what was in force, for every decision's record.
    pub fn ruleset_digest(&self) -> &str {
        &self.digest
    }

    /// The brand's text, if it may be sent.
    pub fn render_reply(
        &self,
        brand: &BrandId,
        wanted: &Wanted<'_>,
    ) -> Result<RenderedReply, Unfit> {
        let Wanted { template, language, channel, today, withdrawn, code } = *wanted;
        let shelf = self.brands.get(brand).ok_or(Unfit::UnknownBrand)?;
        let language = language.unwrap_or(shelf.brand.language());
        let found = self.template(template, language).ok_or(Unfit::NoTemplate)?;
        if withdrawn.iter().any(|id| id == template) {
            return Err(Unfit::Withdrawn);
        }
        found.usable(channel, today)?;
        let rendered = shelf.replies.get(&language).and_then(|replies| replies.get(template));
        Ok(RenderedReply {
            rendered: with_code(rendered.ok_or(Unfit::NoTemplate)?, code)?,
            language,
            template: found.id().to_owned(),
            version: found.version(),
            offers: found
                .offering()
                .and_then(|offering| Some(self.titles.get(&language)?.offers(offering))),
        })
    }

    /// Joins a text and the disclosure that the brand owes at `placement` in the text's language, within the platform's
    /// `limit`.
    pub fn disclose(
        &self,
        brand: &BrandId,
        placement: Placement,
        reply: &RenderedReply,
        limit: TextLimit,
    ) -> Result<Disclosed, Unfit> {
        let shelf = self.brands.get(brand).ok_or(Unfit::UnknownBrand)?;
        let disclosures = shelf.disclosures.get(&reply.language);
        let statement = disclosures.ok_or(Unfit::NoDisclosure)?.statement(placement);
        Ok(outbound::disclose(&reply.rendered, statement, placement, limit)?)
    }
}

impl Shelf {
    /// Renders all that the brand may say, so that a mistake shows when content is loaded, not when it is used.
    fn fill(
        &mut self,
        disclosures: &[(Language, &String, &String)],
        templates: &BTreeMap<Language, BTreeMap<TemplateId, Template>>,
    ) -> Result<(), ContentError> {
        let context = self.brand.context();
        for &language in self.brand.languages() {
            for (_, path, text) in disclosures.iter().filter(|(of, ..)| *of == language) {
                self.disclosures.insert(language, Disclosures::parse(path, text, context)?);
            }
            let replies = self.replies.entry(language).or_default();
            for (id, template) in templates.get(&language).into_iter().flatten() {
                replies.insert(id.clone(), template.render(context)?);
            }
        }
        Ok(())
    }
}

/// The text with the code in its place. One that tells a code must have one, and the other way round.
pub(crate) fn with_code(rendered: &Rendered, code: Option<&str>) -> Result<Rendered, Unfit> {
    if rendered.full.reveal().contains(CODE) != code.is_some() {
        return Err(Unfit::Code);
    }
    let Some(code) = code else {
        return Ok(rendered.clone());
    };
    let told = |text: &Personal<String>| Personal::new(text.reveal().replace(CODE, code));
    // A short form without the code would ask for what nobody was told.
    let short = rendered.short.as_ref().filter(|short| short.reveal().contains(CODE));
    Ok(Rendered { full: told(&rendered.full), short: short.map(told) })
}

/// Whether the model was trained from this file when the program was built. Nothing reads it any more, and the model's own
/// digest is in each decision.
fn is_utterances(path: &str) -> bool {
    let name = path.strip_prefix("intents/").and_then(|rest| rest.split_once('/'));
    let intent = name.and_then(|(_, file)| file.strip_suffix(".toml"));
    intent.is_some_and(|intent| intent.parse::<Intent>().is_ok())
}

fn gather(dir: &Dir<'_>, files: &mut Vec<(String, String)>) -> Result<(), ContentError> {
    for file in dir.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        let text = file.contents_utf8().ok_or_else(|| ContentError::new(&path, "is not UTF-8"))?;
        files.push((path, text.to_owned()));
    }
    dir.dirs().try_for_each(|below| gather(below, files))
}

fn digest_of(files: &BTreeMap<String, String>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    feed(files, |part| context.update(part));
    HEXLOWER.encode(context.finish().as_ref())
}

#[cfg(test)]
mod tests;
