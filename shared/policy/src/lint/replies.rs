//! What keeps the machine from sending a reply: dates, channels, rights, the weight of what it tells.

use jiff::civil::Date;

use super::{
    Found, Rule,
    shelves::{Reply, Shelves},
};
use crate::{fault::Unfit, offered::Offering, preview};

/// So many days before its review date a reply should be looked at.
const REVIEW_DAYS: i32 = 30;

/// Notes each reply that is not usable today and on every channel, or soon will not be.
pub(super) fn look(shelves: &Shelves<'_>, today: Date, found: &mut Found) {
    for reply in &shelves.replies {
        let days_left = preview::days_between(today, reply.template.review_by());
        if (0..=REVIEW_DAYS).contains(&days_left) {
            let what = format_args!(
                "its review date is {}, and the machine stops using it after that; let `{}` look at it",
                reply.template.review_by(),
                reply.template.owner()
            );
            let line = reply.source.line_of("review_by");
            found.add(reply.source.path, line, Rule::ReviewSoon, what);
        }
        check_person_word(reply, found);
        for branded in shelves.brands.iter().filter(|branded| branded.speaks(reply)) {
            for at in branded.brand.addresses() {
                for unfit in reply.template.unfit(at.channel, today) {
                    let Some((field, rule, what)) = breach(unfit) else {
                        continue;
                    };
                    let line = reply.source.line_of(field);
                    if rule == Rule::ChannelMissing {
                        let what = format_args!(
                            "brand `{}` is on {}, and this reply is not approved for it; let it be, or name it",
                            at.brand, at.channel
                        );
                        found.add(reply.source.path, line, rule, what);
                    } else {
                        found.add(reply.source.path, line, rule, what);
                    }
                }
            }
        }
    }
}

/// The field that makes a reply unfit, the rule, and what to say; none for what is not the reply's own matter.
const fn breach(unfit: Unfit) -> Option<(&'static str, Rule, &'static str)> {
    Some(match unfit {
        Unfit::NotYetApproved => (
            "approved_on",
            Rule::NotYetApproved,
            "its approval lies in the future, and the machine does not use it before",
        ),
        Unfit::ReviewOver => (
            "review_by",
            Rule::ReviewOver,
            "it is past its review date, and the machine does not use it; look at it, and set the next date",
        ),
        Unfit::WrongChannel => ("channels", Rule::ChannelMissing, ""),
        Unfit::UsesUgc => (
            "uses_ugc",
            Rule::UsesUgc,
            "the machine never sends it, since no permission of the customers is on record",
        ),
        Unfit::FactMissing => (
            "facts",
            Rule::QuotesFacts,
            "the machine never sends it, since there is no book of facts to quote from",
        ),
        Unfit::SignificantEffect => (
            "effect",
            Rule::SignificantEffect,
            "the machine never sends it: a person must make such a decision and tell it (GDPR art. 22(1))",
        ),
        Unfit::UnknownBrand
        | Unfit::NoTemplate
        | Unfit::NoDisclosure
        | Unfit::Withdrawn
        | Unfit::Code
        | Unfit::TooLong(_) => return None,
    })
}

fn check_person_word(reply: &Reply<'_>, found: &mut Found) {
    if reply.template.offering() != Some(Offering::Person) {
        return;
    }
    for (text, begins) in reply.texts() {
        if !text.contains("person_word") {
            let what = "it offers a person to press, and does not say what to write instead; name `{{ person_word }}`";
            found.add(reply.source.path, Some(begins), Rule::PersonWord, what);
        }
    }
}
