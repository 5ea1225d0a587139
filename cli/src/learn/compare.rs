//! Two engines on the same lines: how often they agree, and who is right where they do not.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use forthright_classifier::measures::share;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{labelled::text_of, report::Outcome};
use crate::Problem;

/// How two engines compare.
#[derive(Debug)]
pub(super) struct Compared {
    lines: usize,
    agreed: usize,
    both_right: usize,
    ours_right: usize,
    theirs_right: usize,
    /// Agreement that is more than chance (Cohen, "A Coefficient of Agreement for Nominal Scales", 1960).
    kappa: f64,
    /// Where they differ most: what ours says, what the other says, how often.
    differences: Vec<(String, String, usize)>,
}

/// What another engine says of a line.
#[derive(Deserialize)]
struct Said {
    intent: Option<String>,
    /// As Amazon Comprehend writes it, the likeliest class first or not.
    /// <https://docs.aws.amazon.com/comprehend/latest/dg/outputs-class-async.html>
    #[serde(rename = "Classes", default)]
    classes: Vec<Class>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Class {
    name: String,
    score: f64,
}

impl Said {
    fn intent(self) -> Option<String> {
        let best = self.classes.into_iter().max_by(|one, other| one.score.total_cmp(&other.score));
        self.intent.or_else(|| best.map(|class| class.name))
    }
}

/// Compares what the lines of `file` say with what was found.
pub(super) fn read(file: &Path, outcome: &Outcome) -> Result<Compared, Problem> {
    let text = text_of(file)?;
    let mut theirs = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let said = serde_json::from_str::<Said>(line).ok().and_then(Said::intent);
        theirs.push(said.ok_or_else(|| {
            format!(
                "`{}`, line {number}: it is no JSON object with an `intent`, or with `Classes` that have a `Name` and a \
                 `Score`",
                file.display()
            )
        })?);
    }
    if theirs.len() != outcome.guesses.len() {
        return Err(format!(
            "`{}` has {} lines, and the data has {}; they must be the same, in the same order",
            file.display(),
            theirs.len(),
            outcome.guesses.len()
        )
        .into());
    }
    Ok(compare(outcome, &theirs))
}

fn compare(outcome: &Outcome, theirs: &[String]) -> Compared {
    let lines: Vec<(&str, &str, &str)> = outcome
        .guesses
        .iter()
        .zip(theirs)
        .map(|(guess, theirs)| {
            (outcome.name(guess.wanted), outcome.name(guess.judged.label), theirs.as_str())
        })
        .collect();
    let count = |is: fn(&(&str, &str, &str)) -> bool| lines.iter().filter(|line| is(line)).count();
    let (mut ours_of, mut theirs_of) = (BTreeMap::new(), BTreeMap::new());
    let mut differences: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (_, ours, theirs) in &lines {
        *ours_of.entry(*ours).or_insert(0_usize) += 1;
        *theirs_of.entry(*theirs).or_insert(0_usize) += 1;
        if ours != theirs {
            *differences.entry((ours, theirs)).or_default() += 1;
        }
    }
    let by_chance: f64 = ours_of
        .iter()
        .map(|(name, ours)| {
            let theirs = theirs_of.get(name).copied().unwrap_or_default();
            share(*ours, lines.len()) * share(theirs, lines.len())
        })
        .sum();
    let agreed = count(|(_, ours, theirs)| ours == theirs);
    let agreement = share(agreed, lines.len());
    let mut differences: Vec<_> = differences
        .into_iter()
        .map(|((ours, theirs), count)| (ours.to_owned(), theirs.to_owned(), count))
        .collect();
    differences.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    differences.truncate(10);
    Compared {
        lines: lines.len(),
        agreed,
        both_right: count(|(wanted, ours, theirs)| wanted == ours && wanted == theirs),
        ours_right: count(|(wanted, ours, _)| wanted == ours),
        theirs_right: count(|(wanted, _, theirs)| wanted == theirs),
        kappa: if by_chance < 1.0 { (agreement - by_chance) / (1.0 - by_chance) } else { 1.0 },
        differences,
    }
}

impl Compared {
    pub(super) fn as_json(&self) -> Value {
        let differences = self.differences.iter();
        json!({
            "agreement": share(self.agreed, self.lines),
            "kappa": self.kappa,
            "both_right": self.both_right,
            "ours_right": self.ours_right,
            "theirs_right": self.theirs_right,
            "differences": differences
                .map(|(ours, theirs, lines)| json!({ "ours": ours, "theirs": theirs, "lines": lines }))
                .collect::<Vec<_>>(),
        })
    }

    pub(super) fn as_text(&self) -> String {
        let mut text = format!(
            "\nBoth engines agree on {:.2} % of {} lines (kappa {:.3}).\n\
             Right: both {:.2} %, this one {:.2} %, the other {:.2} %.\n",
            100.0 * share(self.agreed, self.lines),
            self.lines,
            self.kappa,
            100.0 * share(self.both_right, self.lines),
            100.0 * share(self.ours_right, self.lines),
            100.0 * share(self.theirs_right, self.lines),
        );
        for (ours, theirs, lines) in &self.differences {
            // Writing to a string cannot fail.
            writeln!(text, "    {lines} × here {ours}, there {theirs}").unwrap_or_default();
        }
        text
    }
}
