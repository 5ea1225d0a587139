//! How a preview is written, for people and as JSON.

use forthright_core::gate::Refusal;
use forthright_policy::{
    Book, Brand, Template,
    preview::{Preview, days_between},
};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::args::MomentChoice;

/// What no content can tell, and a customer's conversation neither.
const SETTINGS: &str = "not looked at: whether it is withdrawn, or the machine switched off, is in the brand's settings";

/// A reply on some channels, each with what can be pressed there.
pub(super) struct Shown<'a> {
    pub(super) brand: &'a Brand,
    pub(super) template: &'a Template,
    pub(super) moment: MomentChoice,
    pub(super) today: Date,
    pub(super) channels: Vec<(Preview, Vec<String>)>,
}

impl Shown<'_> {
    pub(super) fn as_text(&self) -> String {
        let (template, moment) = (self.template, name(self.moment));
        let review = format!(
            "by {}, {}; {} answers for it",
            template.review_by(),
            left(days_between(self.today, template.review_by())),
            template.owner(),
        );
        let mut lines = vec![
            format!(
                "{}, version {}, of brand {} in {} ({moment})",
                template.id(),
                template.version(),
                self.brand.id(),
                template.language(),
            ),
            field("review", &review),
            field("settings", SETTINGS),
        ];
        for (preview, pressed) in &self.channels {
            lines.push(String::new());
            lines.extend(self.channel_as_text(preview, pressed));
        }
        lines.join("\n")
    }

    fn channel_as_text(&self, preview: &Preview, pressed: &[String]) -> Vec<String> {
        let account = if preview.has_account { "" } else { ", where the brand has no account" };
        let mut lines = vec![format!("On {}{account}:", preview.channel), String::new()];
        if let Some(said) = &preview.said {
            let text = said.outbound.text().reveal();
            lines.extend(text.lines().map(|line| format!("  | {line}").trim_end().to_owned()));
            lines.push(String::new());
            let forms = format!(
                "{} of {} {}; the text is {}, the disclosure is {}",
                said.length,
                preview.limit.max,
                preview.limit.unit.name(),
                form(said.is_body_full),
                form(said.is_disclosure_full),
            );
            lines.push(field("length", &forms));
        }
        let titles: Vec<_> = pressed.iter().map(|title| format!("[{title}]")).collect();
        let nothing = "nothing".to_owned();
        lines.push(field("to press", &if titles.is_empty() { nothing } else { titles.join(" ") }));
        lines.push(field("disclosure", preview.placement.name()));
        if preview.unfit.is_empty() {
            lines.push(field("usable", &format!("yes, on {}", self.today)));
        }
        for unfit in &preview.unfit {
            lines.push(field("usable", &format!("no, on {}: {unfit}", self.today)));
        }
        let gate = preview.refusal.map_or_else(|| "admitted".to_owned(), refusal);
        lines.push(field("gate", &format!("{gate}, to a customer who has just written")));
        lines
    }

    pub(super) fn as_json(&self) -> String {
        let channels: Vec<_> =
            self.channels.iter().map(|(preview, pressed)| channel(preview, pressed)).collect();
        json!({
            "brand": self.brand.id(),
            "moment": name(self.moment),
            "today": self.today.to_string(),
            "days_left": days_between(self.today, self.template.review_by()),
            "reply": reply(self.template),
            "channels": channels,
        })
        .to_string()
    }
}

fn channel(preview: &Preview, pressed: &[String]) -> Value {
    let said = preview.said.as_ref();
    json!({
        "channel": preview.channel,
        "has_account": preview.has_account,
        "disclosure": preview.placement.name(),
        "text": said.map(|said| said.outbound.text().reveal()),
        "length": said.map(|said| said.length),
        "limit": preview.limit.max,
        "unit": preview.limit.unit.name(),
        "text_form": said.map(|said| form(said.is_body_full)),
        "disclosure_form": said.map(|said| form(said.is_disclosure_full)),
        "to_press": pressed,
        "unfit": preview.unfit.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "gate": preview.refusal.map_or_else(|| "admitted".to_owned(), refusal),
        "is_sendable": preview.is_sendable(),
    })
}

fn reply(template: &Template) -> Value {
    json!({
        "name": template.id(),
        "language": template.language().code(),
        "version": template.version(),
        "owner": template.owner(),
        "approved_on": template.approved_on().to_string(),
        "review_by": template.review_by().to_string(),
    })
}

/// Every reply, a line each.
pub(super) fn list_as_text(book: &Book, today: Date) -> String {
    let width = book.templates().map(|template| template.id().len()).max().unwrap_or(0);
    let lines = book.templates().map(|template| {
        let review_by = template.review_by();
        format!(
            "{:<width$}  {}  version {:<3}  review by {review_by}, {}  {}",
            template.id(),
            template.language(),
            template.version(),
            left(days_between(today, review_by)),
            template.owner(),
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The same as JSON.
pub(super) fn list_as_json(book: &Book) -> String {
    json!({ "replies": book.templates().map(reply).collect::<Vec<_>>() }).to_string()
}

fn field(name: &str, value: &str) -> String {
    format!("  {name:<10}  {value}")
}

const fn form(is_full: bool) -> &'static str {
    if is_full { "full" } else { "short" }
}

fn left(days: i32) -> String {
    match days {
        1 => "1 day left".to_owned(),
        0.. => format!("{days} days left"),
        _ => format!("over for {} days", days.unsigned_abs()),
    }
}

fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::Silent(silence) => format!("nobody answers: {silence}"),
        Refusal::Escalate(reason) => format!("a person gets it: {reason}"),
    }
}

const fn name(moment: MomentChoice) -> &'static str {
    match moment {
        MomentChoice::First => "first",
        MomentChoice::Later => "later",
        MomentChoice::Gap => "gap",
        MomentChoice::HandBack => "hand-back",
    }
}
