use super::*;
use crate::brand::Brand;

const PATH: &str = "disclosures/en.toml";
const ENGLISH: &str = include_str!("../../../../content/disclosures/en.toml");
const DEMO: &str = include_str!("../../../../content/brands/demo.toml");

fn context() -> Context {
    Brand::parse("brands/demo.toml", DEMO).unwrap().context().clone()
}

/// The disclosures with every form of `placement` replaced by `wording`.
fn with(placement: Placement, wording: &str) -> Result<Disclosures, ContentError> {
    let mut file: toml::Table = toml::from_str(ENGLISH).unwrap();
    for form in ["full", "short"] {
        file[placement.name()][form] = wording.into();
    }
    Disclosures::parse(PATH, &toml::to_string(&file).unwrap(), &context())
}

#[test]
fn every_wording_says_who_speaks_that_it_is_no_person_and_how_to_reach_one() {
    let disclosures = Disclosures::parse(PATH, ENGLISH, &context()).unwrap();
    for placement in Placement::ALL {
        let statement = disclosures.statement(placement);
        for text in [&statement.full, &statement.short] {
            assert!(text.contains("utomated"), "{text}");
            assert!(text.contains("not a person"), "{text}");
            assert!(text.contains("Demo Shop") && text.contains("AGENT"), "{text}");
            assert!(text.contains("STOP") || !placement.is_prefix(), "{text}");
        }
        assert!(statement.short.chars().count() <= 160, "{}", statement.short);
    }
}

#[test]
fn a_wording_that_leaves_something_out_is_refused() {
    let first = Placement::PrefixFirst;
    for (wording, says) in [
        ("I am the assistant of {{ operator }}. {{ person_word }}, {{ stop_word }}.", "automated"),
        (
            "Assistant of {{ operator }}, not a person. {{ person_word }}, {{ stop_word }}.",
            "automated",
        ),
        (
            "Automated message from {{ operator }}. {{ person_word }}, {{ stop_word }}.",
            "not a person",
        ),
        (
            "Automated, not a personality. {{ operator }} {{ person_word }} {{ stop_word }}",
            "not a person",
        ),
        ("Automated message, not a person. {{ person_word }}, {{ stop_word }}.", "for whom"),
        ("Automated message from {{ operator }}, not a person. {{ stop_word }}.", "reach a person"),
        ("Automated message from {{ operator }}, not a person. {{ person_word }}.", "how to stop"),
        (
            "Automated, {{ operator }}, not a person. {{ person_word }}S, {{ stop_word }}",
            "reach a person",
        ),
        ("{{ greeting }} from {{ operator }}, not a person.", "undefined"),
        ("", "empty"),
    ] {
        let error = with(first, wording).unwrap_err().to_string();
        assert!(error.starts_with(PATH) && error.contains(says), "{wording}: {error}");
    }
}

#[test]
fn a_suffix_need_not_say_how_to_stop() {
    let wording =
        "Automated message from {{ operator }}, not a human. {{ person_word }}: a person.";
    assert!(with(Placement::SuffixEvery, wording).is_ok());
    assert!(with(Placement::PrefixOnHandback, wording).is_err());
}

#[test]
fn the_name_of_the_business_proves_nothing_else() {
    let mut context = context();
    context.operator = "AGENT STOP, not a person, automated Ltd.".to_owned();
    let mut file: toml::Table = toml::from_str(ENGLISH).unwrap();
    assert!(Disclosures::parse(PATH, ENGLISH, &context).is_ok());
    file["suffix_every"]["full"] = "A long message from {{ operator }} that says nothing.".into();
    file["suffix_every"]["short"] = "{{ operator }}".into();
    let text = toml::to_string(&file).unwrap();
    assert!(Disclosures::parse(PATH, &text, &context).is_err());
}

#[test]
fn a_language_that_nothing_can_check_and_a_missing_or_longer_form_are_refused() {
    let error = Disclosures::parse("disclosures/fi.toml", ENGLISH, &context()).unwrap_err();
    assert!(error.to_string().contains("check a disclosure"));
    let missing = ENGLISH.replacen("[suffix_every]", "[suffix_some]", 1);
    assert!(Disclosures::parse(PATH, &missing, &context()).is_err());
    let longer = ENGLISH.replacen("short = \"", "short = \"Very, very long it is, this short form, so long that the full one is shorter than this one is, though nobody would expect that of a form that has this name, would they? ", 1);
    let error = Disclosures::parse(PATH, &longer, &context()).unwrap_err().to_string();
    assert!(error.contains("prefix_first.short: must not be longer"), "{error}");
}
