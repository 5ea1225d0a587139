use forthright_core::{
    Intent,
    outbound::{Outbound, TextUnit},
};
use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 12, 1);
const LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };

fn demo() -> BrandId {
    "demo".parse().unwrap()
}

fn files() -> BTreeMap<String, String> {
    Book::embedded_files().unwrap().into_iter().collect()
}

fn reply(book: &Book, template: &str) -> Result<RenderedReply, Unfit> {
    in_language(book, template, None)
}

fn in_language(
    book: &Book,
    template: &str,
    language: Option<Language>,
) -> Result<RenderedReply, Unfit> {
    let code = ["confirm_access", "confirm_erasure"].contains(&template).then_some("12345678");
    book.render_reply(&demo(), &Wanted { language, code, ..wanted(template) })
}

fn wanted(template: &str) -> Wanted<'_> {
    Wanted {
        template,
        language: None,
        channel: Channel::WhatsApp,
        today: TODAY,
        withdrawn: &[],
        code: None,
    }
}

#[test]
fn the_built_in_content_answers_every_intent_and_announces_an_erasure() {
    let book = Book::embedded().unwrap();
    assert!(book.brand(&demo()).is_some());
    let demanded = [Intent::CopyMyData, Intent::EraseMyData];
    let names = Intent::ALL.iter().filter(|intent| !demanded.contains(intent));
    let names = names.map(|intent| intent.name());
    let others = ["erasure_notice", "confirm_access", "confirm_erasure", "wrong_code"];
    for template in names.chain(others) {
        for (language, says) in [
            (Language::ENGLISH, ["not a person", "not a person"]),
            (Language::GERMAN, ["kein Mensch", "kein Mensch"]),
        ] {
            let reply = in_language(&book, template, Some(language)).unwrap();
            assert_eq!((reply.template.as_str(), reply.language), (template, language));
            assert!(reply.rendered.short.is_some(), "{template}");
            for placement in Placement::ALL {
                let disclosed = book.disclose(&demo(), placement, &reply, LIMIT).unwrap();
                let text = Outbound::Machine(disclosed).text().reveal().clone();
                assert!(says.iter().any(|says| text.contains(says)), "{text}");
                assert!(text.contains("Demo Shop") && !text.contains('\u{E000}'), "{text}");
            }
            // The short forms leave room on channels whose texts are far shorter.
            let tight = TextLimit { max: 480, unit: TextUnit::Characters };
            let fits = book.disclose(&demo(), Placement::PrefixFirst, &reply, tight);
            assert!(fits.is_ok(), "{template} {language}");
        }
    }
}

#[test]
fn what_is_missing_or_unfit_is_not_sent() {
    let book = Book::embedded().unwrap();
    let render = |brand: &str, template: &str, today: Date, withdrawn: &[TemplateId]| {
        let brand = brand.parse().unwrap();
        book.render_reply(&brand, &Wanted { today, withdrawn, ..wanted(template) }).err()
    };
    assert_eq!(render("demo", "refund", TODAY, &[]), None);
    assert_eq!(render("other", "refund", TODAY, &[]), Some(Unfit::UnknownBrand));
    assert_eq!(render("demo", "weather", TODAY, &[]), Some(Unfit::NoTemplate));
    let withdrawn = Some(Unfit::Withdrawn);
    assert_eq!(render("demo", "refund", TODAY, &["refund".to_owned()]), withdrawn);
    assert_eq!(render("demo", "stop", TODAY, &["refund".to_owned()]), None);
    assert_eq!(render("demo", "refund", date(2030, 1, 1), &[]), Some(Unfit::ReviewOver));
}

#[test]
fn without_a_disclosure_or_room_for_it_nothing_is_sent() {
    let mut files = files();
    let whole = Book::load(files.clone()).unwrap();
    let refund = reply(&whole, "refund").unwrap();
    let tiny = TextLimit { max: 50, unit: TextUnit::Characters };
    let result = whole.disclose(&demo(), Placement::SuffixEvery, &refund, tiny);
    assert!(matches!(result, Err(Unfit::TooLong(_))));
    files.remove("disclosures/en.toml");
    let book = Book::load(files).unwrap();
    let result = book.disclose(&demo(), Placement::SuffixEvery, &refund, LIMIT);
    assert_eq!(result.err(), Some(Unfit::NoDisclosure));
}

#[test]
fn a_brand_speaks_only_languages_it_has_texts_in() {
    let mut files = files();
    let brand = files.get_mut("brands/demo.toml").unwrap();
    *brand = brand.replace("[\"en\", \"de\"]", "[\"fi\", \"en\"]");
    let book = Book::load(files).unwrap();
    assert_eq!(reply(&book, "refund").err(), Some(Unfit::NoTemplate));
}

#[test]
fn a_language_has_both_files_of_phrases_or_none() {
    for (gone, other) in [("moods", "rules"), ("rules", "moods")] {
        let mut files = files();
        files.remove(&format!("intents/en/{gone}.toml")).unwrap();
        let error = Book::load(files.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("intents/en/{gone}.toml: it is missing")), "{error}");
        files.remove(&format!("intents/en/{other}.toml")).unwrap();
        assert_eq!(Book::load(files).unwrap().phrases().count(), 5);
    }
}

#[test]
fn the_digest_changes_with_any_text_or_name_and_only_then() {
    let files = files();
    let digest =
        |files: BTreeMap<String, String>| Book::load(files).unwrap().ruleset_digest().to_owned();
    let whole = digest(files.clone());
    assert_eq!(whole.len(), 64);
    assert_eq!(whole, Book::embedded().unwrap().ruleset_digest());
    for path in files.keys() {
        let mut changed = files.clone();
        changed.get_mut(path).unwrap().push('\n');
        assert_ne!(digest(changed), whole, "{path}");
    }
    let mut moved = files;
    for name in ["moods", "rules"] {
        let phrases = moved.remove(&format!("intents/en/{name}.toml")).unwrap();
        moved.insert(format!("intents/fi/{name}.toml"), phrases);
    }
    assert_ne!(digest(moved), whole);
}

#[test]
fn a_mistake_anywhere_stops_the_start() {
    for (path, from, to) in [
        ("brands/demo.toml", "[contact]", "[contacts]"),
        ("disclosures/en.toml", "not a person", "not a robot"),
        ("replies/stop/en.md", "{{ operator }}", "{{ name }}"),
    ] {
        let mut files = files();
        let text = files.get_mut(path).unwrap();
        *text = text.replace(from, to);
        assert_eq!(Book::load(files).unwrap_err().path(), path);
    }
    for path in ["replies/refund.md", "reply/refund/en.md", "intents/en/rule.toml", "notes.txt"] {
        let mut files = files();
        files.insert(path.to_owned(), String::new());
        assert!(Book::load(files).is_err(), "{path}");
    }
    assert!(Book::load([]).is_err());
}

#[test]
fn a_code_is_told_by_the_texts_that_ask_for_it_and_by_no_other() {
    let book = Book::embedded().unwrap();
    let render = |template, code| book.render_reply(&demo(), &Wanted { code, ..wanted(template) });
    let told = render("confirm_erasure", Some("12345678")).unwrap().rendered;
    assert!(told.full.reveal().contains("12345678"));
    assert!(told.short.unwrap().reveal().contains("12345678"));
    assert_eq!(render("confirm_erasure", None).err(), Some(Unfit::Code));
    assert_eq!(render("refund", Some("12345678")).err(), Some(Unfit::Code));
}
