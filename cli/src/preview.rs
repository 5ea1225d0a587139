//! `forthright preview`: a reply as the customer would read it on each channel, and what would keep the machine from
//! sending it.

mod pressed;
mod show;

use std::collections::BTreeSet;

use forthright_channels as channels;
use forthright_policy::{
    Book, Brand, Template,
    preview::{self, Wanted},
};

use crate::{Problem, args, folder, host};
use show::Shown;

/// Shows it. False if the machine would not send it somewhere.
pub(crate) fn run(asked: &args::Preview) -> Result<bool, Problem> {
    let book = match &asked.content {
        None => Book::embedded()?,
        Some(folder) => Book::load(folder::all(folder)?).map_err(|error| {
            let folder = folder.display();
            format!("{error}\n`forthright check {folder}` lists everything that is wrong")
        })?,
    };
    let today = asked.today.unwrap_or_else(host::today);
    if asked.list {
        host::say(&if asked.json {
            show::list_as_json(&book)
        } else {
            show::list_as_text(&book, today)
        })?;
        return Ok(true);
    }
    let brand = brand(&book, asked.brand.as_deref())?;
    let template = template(&book, brand, asked)?;
    let mut shown = Shown { brand, template, moment: asked.moment, today, channels: Vec::new() };
    for channel in asked.channel.channels() {
        let limit = channels::text_limit(channel);
        let wanted = Wanted { channel, limit, moment: asked.moment.moment(), today };
        let preview = preview::Preview::of(&book, brand, template, wanted)?;
        let pressed = pressed::titles(brand, &preview)?;
        shown.channels.push((preview, pressed));
    }
    host::say(&if asked.json { shown.as_json() } else { host::harmless(&shown.as_text()) })?;
    Ok(shown.channels.iter().all(|(preview, _)| preview.is_sendable()))
}

fn brand<'a>(book: &'a Book, name: Option<&str>) -> Result<&'a Brand, Problem> {
    let names = || listed(book.brands().map(|brand| brand.id().to_string()));
    if let Some(name) = name {
        let found = book.brands().find(|brand| brand.id().as_str() == name);
        return found
            .ok_or_else(|| format!("there is no brand `{name}`; there are {}", names()).into());
    }
    let mut brands = book.brands();
    match (brands.next(), brands.next()) {
        (Some(brand), None) => Ok(brand),
        _ => Err(format!("name a brand with --brand: {}", names()).into()),
    }
}

fn template<'a>(
    book: &'a Book,
    brand: &Brand,
    asked: &args::Preview,
) -> Result<&'a Template, Problem> {
    let language = match &asked.language {
        None => brand.language(),
        Some(code) => {
            let spoken = brand.languages().iter().copied();
            spoken.clone().find(|language| language.code() == code).ok_or_else(|| {
                let spoken = listed(spoken.map(|language| language.to_string()));
                format!("brand `{}` does not speak `{code}`; it speaks {spoken}", brand.id())
            })?
        }
    };
    let here = || book.templates().filter(|template| template.language() == language);
    let Some(id) = &asked.reply else {
        let replies = listed(here().map(|template| template.id().to_owned()));
        return Err(format!("name a reply with --reply: {replies}").into());
    };
    here().find(|template| template.id() == id).ok_or_else(|| {
        let elsewhere = book.templates().filter(|template| template.id() == id);
        let elsewhere = listed(elsewhere.map(|template| template.language().to_string()));
        if elsewhere == NOTHING {
            let replies = listed(here().map(|template| template.id().to_owned()));
            format!("there is no reply `{id}` in `{language}`; there are {replies}").into()
        } else {
            format!("there is no reply `{id}` in `{language}`; it is there in {elsewhere}").into()
        }
    })
}

/// What a list of nothing reads.
const NOTHING: &str = "none";

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return NOTHING.to_owned();
    }
    names.into_iter().collect::<Vec<_>>().join(", ")
}
