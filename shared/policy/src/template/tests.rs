use jiff::civil::date;

use super::*;
use crate::brand::Brand;

const PATH: &str = "replies/refund/en.md";
const REFUND: &str = include_str!("../../../../content/replies/refund/en.md");
const TODAY: Date = date(2026, 12, 1);

fn context() -> Context {
    let demo = include_str!("../../../../content/brands/demo.toml");
    Brand::parse("brands/demo.toml", demo).unwrap().context().clone()
}

fn changed(from: &str, to: &str) -> Result<Template, ContentError> {
    assert!(REFUND.contains(from), "{from}");
    Template::parse(PATH, &REFUND.replacen(from, to, 1))
}

fn unfit(from: &str, to: &str) -> Result<(), Unfit> {
    changed(from, to).unwrap().usable(Channel::WhatsApp, TODAY)
}

#[test]
fn a_template_is_read_and_filled() {
    let template = Template::parse(PATH, REFUND).unwrap();
    assert_eq!((template.id(), template.version()), ("refund", 2));
    assert_eq!(template.language(), Language::ENGLISH);
    assert_eq!(template.usable(Channel::WhatsApp, TODAY), Ok(()));
    let rendered = template.render(&context()).unwrap();
    let full = rendered.full.reveal();
    assert!(full.contains("Demo Shop") && full.contains("AGENT") && !full.contains("{{"));
    assert!(rendered.short.unwrap().reveal().len() < full.len());
}

#[test]
fn every_field_but_the_short_form_and_what_is_offered_is_mandatory() {
    let front = REFUND.split("+++\n").nth(1).unwrap();
    for line in front.lines() {
        let result = changed(&format!("{line}\n"), "");
        if line.starts_with("short") {
            assert!(result.unwrap().render(&context()).unwrap().short.is_none());
        } else if line.starts_with("offers") {
            assert_eq!(result.unwrap().offering(), None);
        } else {
            let error = result.unwrap_err().to_string();
            assert!(
                error.starts_with("replies/refund/en.md: line ") && error.contains("missing"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_text_without_owner_rights_or_approval_is_refused() {
    for (field, value) in [
        ("author", "Forthright contributors"),
        ("owner", "Customer service"),
        ("licence", "MIT OR Apache-2.0"),
        ("source", "Written for Forthright"),
        ("approved_by", "Demo Shop, head of customer service"),
    ] {
        let error = changed(&format!("{field} = \"{value}\""), &format!("{field} = \" \""));
        let error = error.unwrap_err().to_string();
        assert_eq!(error, format!("{PATH}: {field}: must not be empty"));
    }
}

#[test]
fn mistakes_are_named_by_file_and_place() {
    for (from, to, says) in [
        ("+++\n", "", "must begin with front matter"),
        ("id = \"refund\"", "id = \"refunds\"", "id: must be the name of the folder"),
        ("version = 2", "version = 0", "version: must be 1 or more"),
        ("review_by = 2027-11-20", "review_by = 2025-01-01", "review_by: must not be before"),
        ("review_by = 2027-11-20", "review_by = 2027-11-20T10:00:00Z", "review_by: must be a day"),
        ("review_by = 2027-11-20", "review_by = 10:00:00", "review_by: must be a day"),
        ("effect = \"informational\"", "effect = \"funny\"", "line 11"),
        ("[\"whatsapp\", \"messenger\"]", "[\"pigeon\"]", "channels[0]: not a valid channel"),
        ("facts = []", "facts = []\nmood = \"good\"", "unknown field"),
    ] {
        let error = changed(from, to).unwrap_err().to_string();
        assert!(error.starts_with(PATH) && error.contains(says), "{error}");
    }
    assert!(Template::parse("replies/refund/english.md", REFUND).is_err());
    assert!(Template::parse(PATH, "+++\nid = \"refund\"\n").is_err());
}

#[test]
fn a_text_is_used_from_its_approval_to_its_review_and_where_it_was_approved_for() {
    let template = Template::parse(PATH, REFUND).unwrap();
    let usable = |today| template.usable(Channel::WhatsApp, today);
    assert_eq!(usable(date(2026, 11, 19)), Err(Unfit::NotYetApproved));
    assert_eq!(usable(date(2026, 11, 20)), Ok(()));
    assert_eq!(usable(date(2027, 11, 20)), Ok(()));
    assert_eq!(usable(date(2027, 11, 21)), Err(Unfit::ReviewOver));
    assert_eq!(unfit("[\"whatsapp\", \"messenger\"]", "[]"), Err(Unfit::WrongChannel));
    assert_eq!(unfit("uses_ugc = false", "uses_ugc = true"), Err(Unfit::UsesUgc));
    assert_eq!(unfit("facts = []", "facts = [\"price\"]"), Err(Unfit::FactMissing));
    assert_eq!(unfit("\"informational\"", "\"significant\""), Err(Unfit::SignificantEffect));
}

#[test]
fn an_unknown_name_is_a_mistake_and_never_an_empty_place() {
    for (from, to) in [
        ("{{ operator }}", "{{ customer_name }}"),
        ("You would like", "{{ operator.address }} You would like"),
        ("You would like", "{{ operator"),
        ("You would like", "{% if order %}x{% endif %} You would like"),
    ] {
        let error = changed(from, to).unwrap().render(&context()).err().unwrap().to_string();
        assert!(error.starts_with("replies/refund/en.md: text line "), "{error}");
    }
}

#[test]
fn an_empty_text_or_a_longer_short_form_is_a_mistake() {
    let (head, _) = REFUND.rsplit_once("+++\n").unwrap();
    let render = |text: &str| Template::parse(PATH, text).unwrap().render(&context());
    let error = |text: &str| render(text).err().unwrap().to_string();
    assert!(error(&format!("{head}+++\n \n")).contains("the text is empty"));
    assert!(error(&format!("{head}+++\nHi.\n")).contains("short: must not be longer"));
}
