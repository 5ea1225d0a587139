//! `forthright check`: everything that is wrong or dubious in a folder of content.

use forthright_channels as channels;
use forthright_language::check_intents;
use forthright_policy::{
    Book, Lint,
    lint::{Files, Report},
};

use crate::{Problem, args::Check, folder, host};

/// Looks through the content. False if there is an error in it.
pub(crate) fn run(asked: &Check) -> Result<bool, Problem> {
    let files = match &asked.folder {
        Some(folder) => folder::read(folder)?,
        None => Files { texts: Book::embedded_files()?.into_iter().collect(), ..Files::default() },
    };
    let today = asked.today.unwrap_or_else(host::today);
    let report =
        Lint { today, text_limit: channels::text_limit, read_intents: check_intents }.run(&files);
    host::say(&if asked.json {
        serde_json::to_string(&report)?
    } else {
        as_text(&report, &files)
    })?;
    Ok(report.errors == 0)
}

fn as_text(report: &Report, files: &Files) -> String {
    let mut lines = Vec::new();
    let mut path = "";
    for finding in &report.findings {
        if finding.path != path {
            path = &finding.path;
            lines.push(path.to_owned());
        }
        let at = finding.line.map(|line| line.to_string()).unwrap_or_default();
        let (severity, rule, what) = (finding.severity.name(), finding.rule, &finding.what);
        lines.push(format!("  {at:>4}  {severity:<7}  {what}  [{rule}]"));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(format!(
        "{}, {}, {} in {}",
        counted(report.errors, "error"),
        counted(report.warnings, "warning"),
        counted(report.hints, "hint"),
        counted(files.texts.len().saturating_add(files.unread.len()), "file"),
    ));
    host::harmless(&lines.join("\n"))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
