//! `forthright fairness`: whether people are understood equally well, in whatever language, variety and spelling they write.

use std::{collections::BTreeMap, fmt::Write};

use forthright_classifier::measures::{half_width, macro_f1, share};
use forthright_language::training::{Judged, Typos, Varied, cross_validate};
use serde_json::{Value, json};

use super::labelled::text_of;
use crate::{Problem, args::learn::Fairness, folder, host};

/// How well one group is understood.
#[derive(Debug)]
struct Group {
    language: String,
    name: String,
    lines: usize,
    accuracy: f64,
    macro_f1: f64,
}

/// Trains without a fifth of the utterances five times, and judges that fifth, its misspellings, and the varieties.
pub(crate) fn run(asked: &Fairness) -> Result<bool, Problem> {
    let files = folder::all(&asked.content)?;
    let utterances = files.iter().filter_map(|(path, text)| {
        let (language, file) = path.strip_prefix("intents/")?.split_once('/')?;
        Some((language, file.strip_suffix(".toml")?, text.as_str()))
    });
    let mut others = Vec::new();
    let varieties = asked.varieties.as_ref().map(|folder| {
        let unusable = |error| format!("`{}` cannot be read: {error}", folder.display());
        folder.read_dir().map_err(unusable)
    });
    for path in varieties.transpose()?.into_iter().flatten() {
        let path = path?.path();
        let language = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        for (number, line) in (1..).zip(text_of(&path)?.lines()) {
            let mut parts = line.splitn(3, '\t');
            let (Some(variety), Some(intent), Some(text)) =
                (parts.next(), parts.next(), parts.next())
            else {
                return Err(format!(
                    "`{}`, line {number}: write a variety, an intent and a text, with tabs between",
                    path.display()
                )
                .into());
            };
            others.push(Varied {
                language: language.to_owned(),
                variety: variety.to_owned(),
                intent: intent.to_owned(),
                text: text.to_owned(),
            });
        }
    }
    let judged = cross_validate(utterances, &others, &Typos::LEVELS)?;
    let groups = group(&judged);
    host::say(&if asked.json { as_json(&groups).to_string() } else { as_text(&groups) })?;
    Ok(true)
}

fn group(judged: &[Judged]) -> Vec<Group> {
    let mut groups: BTreeMap<(&str, &str), Vec<(usize, usize)>> = BTreeMap::new();
    for line in judged {
        groups.entry((&line.language, &line.group)).or_default().push((line.wanted, line.told));
    }
    groups
        .into_iter()
        .map(|((language, name), pairs)| {
            let right = pairs.iter().filter(|(wanted, told)| wanted == told).count();
            Group {
                language: language.to_owned(),
                name: name.to_owned(),
                lines: pairs.len(),
                accuracy: share(right, pairs.len()),
                macro_f1: macro_f1(pairs),
            }
        })
        .collect()
}

fn as_json(groups: &[Group]) -> Value {
    let groups: Vec<_> = groups
        .iter()
        .map(|group| {
            json!({
                "language": group.language,
                "group": group.name,
                "lines": group.lines,
                "accuracy": group.accuracy,
                "accuracy_half_width_95": half_width(group.accuracy, group.lines),
                "macro_f1": group.macro_f1,
            })
        })
        .collect();
    json!({ "groups": groups })
}

fn as_text(groups: &[Group]) -> String {
    let mut text =
        format!("{:<10}{:<22}{:>7}  accuracy          macro-F1\n", "language", "group", "lines");
    for group in groups {
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:<10}{:<22}{:>7}  {:.3} ± {:.3}     {:.3}",
            group.language,
            group.name,
            group.lines,
            group.accuracy,
            half_width(group.accuracy, group.lines),
            group.macro_f1,
        )
        .unwrap_or_default();
    }
    text.trim_end().to_owned()
}
