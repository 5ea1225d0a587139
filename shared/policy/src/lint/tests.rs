use forthright_core::outbound::TextUnit;
use jiff::civil::date;

use super::*;

fn lint() -> Lint {
    Lint {
        today: date(2026, 12, 1),
        text_limit: |_| TextLimit { max: 2_000, unit: TextUnit::Characters },
        read_intents: |_, _, _| Ok(()),
    }
}

fn files() -> Files {
    let texts = Book::embedded_files().unwrap().into_iter().collect();
    Files { texts, unread: BTreeMap::new() }
}

/// The built-in content with `from` replaced in the file at `path`.
fn changed(files: &mut Files, path: &str, from: &str, to: &str) {
    let text = files.texts.get_mut(path).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    *text = text.replace(from, to);
}

fn places(report: &Report, rule: Rule) -> Vec<(&str, Option<usize>)> {
    let found = report.findings.iter().filter(|finding| finding.rule == rule);
    found.map(|finding| (finding.path.as_str(), finding.line)).collect()
}

#[test]
fn a_mistake_hides_no_other() {
    let mut files = files();
    changed(&mut files, "brands/demo.toml", "[\"EU\"", "[\"Europe\"");
    changed(&mut files, "replies/refund/en.md", "version = 2", "version = 0");
    changed(&mut files, "replies/stop/en.md", "facts = []", "facts = [");
    changed(&mut files, "offers/en.toml", "person =", "persons =");
    files.texts.insert("notes.txt".to_owned(), String::new());
    let report = lint().run(&files);
    let unreadable = [
        ("brands/demo.toml", Some(8)),
        ("offers/en.toml", Some(5)),
        ("replies/refund/en.md", Some(3)),
    ];
    let found = places(&report, Rule::Unreadable);
    for place in unreadable {
        assert!(found.contains(&place), "{place:?} is not in {found:?}");
    }
    assert!(found.iter().any(|(path, _)| *path == "replies/stop/en.md"));
    assert_eq!(places(&report, Rule::Misplaced), [("notes.txt", None)]);
    assert_eq!(report.errors, found.len() + 1 + places(&report, Rule::OfferWords).len());
}

#[test]
fn a_mistake_in_a_text_has_its_line_in_the_file_and_both_forms_are_looked_at() {
    let mut files = files();
    let path = "replies/talk_to_person/en.md";
    changed(&mut files, path, "{{ operator }}", "{{ customer }}");
    let report = lint().run(&files);
    assert_eq!(places(&report, Rule::Unreadable), [(path, Some(15)), (path, Some(17))]);
}

#[test]
fn brands_that_share_a_mistake_tell_it_once_and_each_word_of_theirs_may_stand_out() {
    let mut files = files();
    let other = files.texts["brands/demo.toml"].replace("\"demo\"", "\"other\"");
    files.texts.insert("brands/other.toml".to_owned(), other.replace("\"AGENT\"", "\"HUMAN\""));
    changed(&mut files, "replies/stop/en.md", "Done.", "Done, HUMAN and AGENT.");
    changed(&mut files, "replies/refund/en.md", "{{ operator }}", "{{ customer }}");
    let report = lint().run(&files);
    assert_eq!(places(&report, Rule::Capitals), []);
    assert_eq!(places(&report, Rule::Unreadable).len(), 2, "the text and the short form");
}

#[test]
fn what_the_detector_refuses_is_told_at_the_rules_only() {
    let read_intents = |_: Language, name: &str, _: &str| {
        if name == "rules" { Err("`stop` has no rule".to_owned()) } else { Ok(()) }
    };
    let report = Lint { read_intents, ..lint() }.run(&files());
    let found = places(&report, Rule::Unreadable);
    assert!(found.contains(&("intents/en/rules.toml", None)));
    assert!(found.iter().all(|(path, _)| path.ends_with("/rules.toml")));
}

#[test]
fn texts_that_no_brand_uses_are_looked_at_too() {
    let mut files = files();
    let text = files.texts["replies/stop/en.md"].replace("{{ operator }}", "{{ customer }}");
    files.texts.insert("replies/stop/fi.md".to_owned(), text);
    let report = lint().run(&files);
    assert_eq!(places(&report, Rule::UnspokenLanguage), [("replies/stop/fi.md", None)]);
    assert_eq!(places(&report, Rule::Unreadable).len(), 2, "the text and the short form");
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
}
