//! `forthright check`, on the content that is shipped and on folders with a mistake each.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use forthright_policy::lint::Rule;
use serde_json::Value;
use tempfile::TempDir;

use crate::{place::program, tools::tool};

/// A day on which nothing of what is shipped is out of date.
pub(crate) const TODAY: &str = "2026-12-01";

pub(crate) const STOP: &str = "replies/stop/en.md";
const REFUND: &str = "replies/refund/en.md";
const BRAND: &str = "brands/demo.toml";

/// A copy of the content that is shipped, to change.
pub(crate) struct Made(TempDir);

impl Made {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../content"), folder.path());
        Self(folder)
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn change(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.at(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        fs::write(self.at(path), text.replace(from, to)).unwrap();
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let folder = self.0.path().to_str().unwrap();
        let output =
            tool(self.0.path(), &[&["check", folder, "--today", TODAY], arguments].concat());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    fn report(&self) -> (Option<i32>, Value) {
        let (code, said) = self.check(&["--json"]);
        (code, serde_json::from_str(&said).unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What was found under a rule: path, line, severity.
fn found<'a>(report: &'a Value, rule: &str) -> Vec<(&'a str, Option<u64>, &'a str)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["rule"] == rule)
        .map(|one| {
            let severity = one["severity"].as_str().unwrap();
            (one["path"].as_str().unwrap(), one["line"].as_u64(), severity)
        })
        .collect()
}

#[test]
fn what_is_shipped_has_no_error_and_nothing_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let output = tool(folder.path(), &["check", "--json", "--today", TODAY]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["errors"], &report["warnings"]), (&0.into(), &0.into()), "{report:#}");
    // A folder is read as what was built in.
    assert_eq!(Made::new().report(), (Some(0), report));
    let without_a_day = tool(folder.path(), &["check"]);
    assert!(matches!(without_a_day.status.code(), Some(0 | 1)));
}

#[test]
fn each_rule_finds_its_mistake_at_its_place() {
    let long = format!("Done. {}", "x".repeat(5_000));
    let owner = "owner = \"Customer service\"";
    let word = "Reply {{ person_word }}, and";
    let mut fired = BTreeSet::new();
    for (path, from, to, rule, severity, line) in [
        (BRAND, "[contact]", "[contacts]", "unreadable", "error", true),
        (BRAND, "\"STOP\"", "\"stop\"", "unreadable", "error", true),
        (BRAND, "languages = [", "languages = [\"fi\", ", "no_disclosures", "error", true),
        (BRAND, "languages = [", "languages = [\"fi\", ", "missing_reply", "warning", true),
        (BRAND, "https://demo-shop.example", "http://localhost", "insecure_link", "error", true),
        ("disclosures/en.toml", "not a person", "a robot", "unreadable", "error", true),
        ("offers/en.toml", "\"Talk to a person\"", "\"\"", "unreadable", "error", true),
        ("intents/en/rules.toml", "\"stop\"", "\"halt\"", "unreadable", "error", true),
        (STOP, &format!("{owner}\n"), "", "unreadable", "error", true),
        (STOP, owner, "owner = \" \"", "unreadable", "error", true),
        (STOP, "{{ operator }}", "{{ customer }}", "unreadable", "error", true),
        (STOP, "2027-11-20", "2026-11-30", "review_over", "error", true),
        (STOP, "2027-11-20", "2026-12-31", "review_soon", "warning", true),
        (STOP, "2026-11-20", "2026-12-02", "not_yet_approved", "warning", true),
        (STOP, "[\"whatsapp\", ", "[", "channel_missing", "warning", true),
        (STOP, "\"transactional\"", "\"significant\"", "significant_effect", "warning", true),
        (STOP, "uses_ugc = false", "uses_ugc = true", "uses_ugc", "warning", true),
        (STOP, "facts = []", "facts = [\"price\"]", "quotes_facts", "warning", true),
        (STOP, "Done.", &long, "too_long", "error", true),
        (STOP, "Done.", "Done. See http://shop.example", "insecure_link", "error", true),
        (STOP, "Done.", "Done (www.shop.example).", "insecure_link", "error", true),
        (STOP, "Done.", "Done! Really!", "exclamations", "warning", true),
        (STOP, "Done.", "DONE.", "capitals", "warning", true),
        (STOP, "Done.", "Done, as Always.", "promise", "hint", true),
        (REFUND, word, "Write, and", "person_word", "warning", true),
    ] {
        let made = Made::new();
        made.change(path, from, to);
        let (code, report) = made.report();
        let found = found(&report, rule);
        let says = |one: &&(&str, Option<u64>, &str)| {
            one.0 == path && one.2 == severity && one.1.is_some() == line
        };
        assert!(found.iter().any(|one| says(&one)), "{path} {to:.40}: {report:#}");
        assert_eq!(code, Some(i32::from(report["errors"] != 0)));
        fired.insert(rule.to_owned());
    }
    for (break_it, rule) in WHOLE_FILES {
        let made = Made::new();
        break_it(&made);
        let (code, report) = made.report();
        let severity = if *rule == "unspoken_language" { "hint" } else { "error" };
        assert!(found(&report, rule).iter().any(|one| one.2 == severity), "{rule}: {report:#}");
        assert_eq!(code, Some(i32::from(severity == "error")));
        fired.insert((*rule).to_owned());
    }
    // The net below all others: nothing is known that falls into it.
    fired.insert(Rule::Refused.name().to_owned());
    assert_eq!(fired, Rule::ALL.iter().map(|rule| rule.name().to_owned()).collect());
}

/// Changes to whole files, and the rule that each breaks.
const WHOLE_FILES: &[(fn(&Made), &str)] = &[
    (|made| fs::remove_dir_all(made.at("brands")).unwrap(), "no_brand"),
    (|made| fs::remove_file(made.at("offers/en.toml")).unwrap(), "offer_words"),
    (|made| fs::write(made.at("notes.txt"), "").unwrap(), "misplaced"),
    (
        |made| assert!(fs::copy(made.at(STOP), made.at("replies/stop/fi.md")).is_ok()),
        "unspoken_language",
    ),
    (|made| fs::write(made.at(STOP), b"+++\n\xff").unwrap(), "unread"),
];

#[test]
fn files_that_are_not_of_the_folder_or_no_text_are_named_and_hide_no_other() {
    let made = Made::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "CANARY").unwrap();
    symlink(outside.path().join("secret"), made.at("offers/fi.toml")).unwrap();
    symlink(outside.path(), made.at("elsewhere")).unwrap();
    symlink(made.at("nowhere"), made.at("disclosures/fi.toml")).unwrap();
    symlink(made.at("replies"), made.at("replies/again")).unwrap();
    fs::write(made.at("replies/refund/fi.md"), b"+++\n\n\xff").unwrap();
    made.change(STOP, "Done.", "DONE.");
    let (code, report) = made.report();
    assert_eq!(code, Some(1));
    assert_eq!(found(&report, "capitals").len(), 2, "the text and its short form");
    let said = report.to_string();
    for (path, why) in [
        ("offers/fi.toml", "leads out of the folder"),
        ("elsewhere", "leads out of the folder"),
        ("disclosures/fi.toml", "cannot be read"),
        ("replies/refund/fi.md", "is not UTF-8, in line 3"),
    ] {
        let findings = report["findings"].as_array().unwrap();
        let one = findings.iter().find(|one| one["path"] == path && one["rule"] == "unread");
        assert!(one.unwrap()["what"].as_str().unwrap().contains(why), "{path}: {report:#}");
    }
    assert!(said.contains("lies too deep") && !said.contains("CANARY"));

    // A server takes no part of such a folder.
    let folder = made.at("");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--content", folder.to_str().unwrap()];
    let output = program().args(arguments).current_dir(outside.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("disclosures/fi.toml"));
}

#[test]
fn links_inside_the_folder_are_followed() {
    let made = Made::new();
    fs::rename(made.at("replies"), made.at("kept")).unwrap();
    fs::create_dir(made.at("replies")).unwrap();
    for entry in fs::read_dir(made.at("kept")).unwrap() {
        let name = entry.unwrap().file_name();
        symlink(made.at("kept").join(&name), made.at("replies").join(&name)).unwrap();
    }
    let (_, report) = made.report();
    assert_eq!(found(&report, "unread"), []);
    assert_eq!(found(&report, "missing_reply"), [], "the replies are there");
    assert!(!found(&report, "misplaced").is_empty(), "and where they lie is no place for them");
}

#[test]
fn people_read_the_findings_by_file_with_a_line_of_what_there_is_in_all() {
    let made = Made::new();
    made.change(STOP, "owner = \"Customer service\"", "owner = \" \"");
    made.change(REFUND, "You would like", "You \u{1b}[31malways NEVER like");
    let (code, said) = made.check(&[]);
    assert_eq!(code, Some(1));
    let lines: Vec<_> = said.lines().collect();
    let at = |line: &str| lines.iter().position(|one| *one == line);
    let refund = at(REFUND).unwrap();
    assert!(lines[refund + 1].contains("warning") && lines[refund + 1].ends_with("[capitals]"));
    assert!(at(STOP).unwrap() > refund);
    assert!(lines.contains(&"     5  error    owner: must not be empty  [unreadable]"), "{said}");
    assert!(lines.last().unwrap().starts_with("1 error, 2 warnings, "), "{said}");
    assert!(!said.contains('\u{1b}'), "no control character reaches the terminal");
}

#[test]
fn a_folder_that_is_none_is_a_usage_mistake() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for arguments in [&["check", "nowhere"][..], &["check", "file"], &["check", "--today", "soon"]]
    {
        let output = tool(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let empty = tool(folder.path(), &["check", ".", "--json"]);
    assert_eq!(empty.status.code(), Some(1), "a file that nothing reads, and no brand");
}
