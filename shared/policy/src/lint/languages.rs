//! Whether every language that a brand speaks has its texts, and every text a brand that speaks its language.

use std::collections::BTreeSet;

use super::{Found, Rule, shelves::Shelves};
use crate::template::Template;

/// Notes which texts are missing in a language, and which nobody uses.
pub(super) fn look(shelves: &Shelves<'_>, found: &mut Found) {
    for branded in &shelves.brands {
        let line = branded.source.line_of("languages");
        for &language in branded.brand.languages() {
            if !shelves.disclosures.contains_key(&language) {
                let what = format_args!(
                    "there is no `disclosures/{language}.toml`, so the machine says nothing in `{language}`; write it, or take `{language}` away"
                );
                found.add(branded.source.path, line, Rule::NoDisclosures, what);
            }
            let replies = shelves.replies.iter().map(|reply| &reply.template);
            let (here, elsewhere): (Vec<_>, Vec<_>) =
                replies.partition(|template| template.language() == language);
            let here: BTreeSet<_> = here.into_iter().map(Template::id).collect();
            let all: BTreeSet<_> = elsewhere.into_iter().map(Template::id).collect();
            let missing: Vec<_> = all.difference(&here).map(|id| format!("`{id}`")).collect();
            if !missing.is_empty() {
                let what = format_args!(
                    "in `{language}` these replies are missing, so a person gets the message: {}; write `replies/<reply>/{language}.md`",
                    missing.join(", ")
                );
                found.add(branded.source.path, line, Rule::MissingReply, what);
            }
        }
    }
    // Without a brand that is the mistake, and not the language of each text.
    if shelves.brands.is_empty() {
        return;
    }
    let spoken: BTreeSet<_> =
        shelves.brands.iter().flat_map(|branded| branded.brand.languages()).collect();
    let replies =
        shelves.replies.iter().map(|reply| (reply.template.language(), reply.source.path));
    let others = shelves.disclosures.iter().chain(&shelves.titles);
    for (language, path) in replies.chain(others.map(|(language, source)| (*language, source.path)))
    {
        if !spoken.contains(&language) {
            let what = format_args!(
                "no brand names `{language}` in `languages`, so nothing uses this file"
            );
            found.add(path, None, Rule::UnspokenLanguage, what);
        }
    }
}
