use forthright_core::outbound::TextUnit;
use jiff::civil::date;

use super::*;
use forthright_core::Language;

const TODAY: Date = date(2026, 12, 1);
const LIMIT: TextLimit = TextLimit { max: 4_096, unit: TextUnit::Characters };

fn wanted(moment: Moment) -> Wanted {
    Wanted { channel: Channel::WhatsApp, limit: LIMIT, moment, today: TODAY }
}

fn demo(book: &Book) -> &Brand {
    book.brands().next().unwrap()
}

/// What the reply function would say, by the book alone.
fn sent(book: &Book, template: &str, placement: Placement, limit: TextLimit) -> Outbound {
    let id = demo(book).id();
    let asks = ["confirm_access", "confirm_erasure"].contains(&template);
    let wanted = crate::Wanted {
        template,
        language: None,
        channel: Channel::WhatsApp,
        today: TODAY,
        withdrawn: &[],
        code: asks.then_some(EXAMPLE_CODE),
    };
    let reply = book.render_reply(id, &wanted).unwrap();
    let disclosed = book.disclose(id, placement, &reply, limit).unwrap();
    Outbound::Machine(disclosed.offering(reply.offers))
}

#[test]
fn a_preview_is_what_would_be_sent_at_every_moment() {
    let book = Book::embedded().unwrap();
    let brand = demo(&book);
    let replies = book.templates().filter(|one| one.language() == brand.language());
    for template in replies {
        for (moment, placement) in Moment::ALL.into_iter().zip([
            Placement::PrefixFirst,
            Placement::SuffixEvery,
            Placement::PrefixAfterGap,
            Placement::PrefixOnHandback,
        ]) {
            let preview = Preview::of(&book, brand, template, wanted(moment)).unwrap();
            assert!(preview.is_sendable() && preview.has_account, "{}", template.id());
            assert_eq!(preview.placement, placement);
            let said = preview.said.unwrap();
            assert!(said.outbound == sent(&book, template.id(), placement, LIMIT));
            assert!(said.is_body_full && said.is_disclosure_full);
        }
    }
}

#[test]
fn the_forms_that_were_taken_are_told() {
    let book = Book::embedded().unwrap();
    let template = book.template("refund", demo(&book).language()).unwrap();
    for moment in [Moment::First, Moment::Later] {
        let mut seen = Vec::new();
        for max in 10..1_000 {
            let limit = TextLimit { max, unit: TextUnit::Characters };
            let wanted = Wanted { limit, ..wanted(moment) };
            let preview = Preview::of(&book, demo(&book), template, wanted).unwrap();
            let forms = preview.said.map(|said| {
                assert!(said.length <= max);
                (said.is_body_full, said.is_disclosure_full)
            });
            assert_eq!(forms.is_none(), preview.unfit == [Unfit::TooLong(outbound::TooLong)]);
            seen.push(forms);
        }
        seen.dedup();
        assert_eq!(seen.first(), Some(&None), "nothing fits");
        assert!(seen.contains(&Some((false, false))) && seen.contains(&Some((false, true))));
        assert_eq!(seen.last(), Some(&Some((true, true))));
    }
}

#[test]
fn all_that_speaks_against_it_is_told_and_the_text_is_shown_all_the_same() {
    let mut files = Book::embedded_files().unwrap();
    for (path, text) in &mut files {
        if path == "replies/refund/en.md" {
            *text = text.replace("uses_ugc = false", "uses_ugc = true");
            *text = text.replace("facts = []", "facts = [\"price\"]");
        }
        if path == "brands/demo.toml" {
            // The last account, on Messenger, goes.
            let (before, account) = text.rsplit_once("[[accounts]]").unwrap();
            *text = format!("{before}[contact]{}", account.split_once("[contact]").unwrap().1);
        }
    }
    let book = Book::load(files).unwrap();
    let template = book.template("refund", Language::ENGLISH).unwrap();
    let late = Wanted { today: date(2030, 1, 1), ..wanted(Moment::First) };
    let preview = Preview::of(&book, demo(&book), template, late).unwrap();
    assert_eq!(preview.unfit, [Unfit::ReviewOver, Unfit::UsesUgc, Unfit::FactMissing]);
    assert!(preview.said.is_some() && !preview.is_sendable());
    let elsewhere = Wanted { channel: Channel::Messenger, ..wanted(Moment::First) };
    assert!(!Preview::of(&book, demo(&book), template, elsewhere).unwrap().has_account);
}

#[test]
fn days_are_counted_both_ways() {
    assert_eq!(days_between(TODAY, date(2027, 12, 1)), 365);
    assert_eq!(days_between(TODAY, TODAY), 0);
    assert_eq!(days_between(TODAY, date(2026, 11, 30)), -1);
}
