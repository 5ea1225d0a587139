//! Texts with hostile values in them: a value is filled in once and as it is, and the disclosure stays whole.
//!
//! An input is blocks divided by lines of `===`: how much the platform takes (such as `300 c`; `b` for bytes, `u` for
//! UTF-16), the six values that a text may name, in the order of `NAMES`, then a text, then its short form. Without a
//! text a brand with these values is served instead.

use std::{fmt::Write, sync::LazyLock};

use forthright_core::{
    Channel,
    outbound::{Outbound, Placement, Rendered, Statement, TextLimit, TextUnit, disclose},
};
use forthright_policy::{Book, Brand, Disclosures, Language, Template, Wanted, brand::Context};
use jiff::civil::date;

const NAMES: [&str; 7] =
    ["operator", "person_word", "stop_word", "data_word", "privacy_url", "privacy_contact", "code"];
/// The code that a text tells.
const CODE: &str = "12345678";
const DIVIDER: &str = "\n===\n";
const REPLY: &str = include_str!("../../content/replies/refund/en.md");
const DISCLOSURES: &str = include_str!("../../content/disclosures/en.toml");
const BRAND: &str = include_str!("../../content/brands/demo.toml");

/// Checks one input.
pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let mut blocks = input.split(DIVIDER);
    let limit = limit(blocks.next().unwrap_or_default());
    let mut values = [CODE; 7];
    for value in values.iter_mut().take(6) {
        *value = blocks.next().unwrap_or_default();
    }
    let Some(text) = blocks.next() else {
        is_served_as_it_is(&values);
        return;
    };
    let short = blocks.next();
    let [operator, person_word, stop_word, data_word, privacy_url, privacy_contact, code] =
        values.map(str::to_owned);
    let context =
        Context { operator, person_word, stop_word, data_word, privacy_url, privacy_contact, code };

    let rendered = is_filled_in_as_it_is(text, short, &context, &values);
    let statements = says_for_whom(&context);
    if let (Some(rendered), Some(statements)) = (rendered, statements) {
        for placement in Placement::ALL {
            stays_whole(&rendered, statements.statement(placement), placement, limit);
        }
    }
}

fn limit(text: &str) -> TextLimit {
    let (max, unit) = text.split_once(' ').unwrap_or_default();
    let unit = match unit {
        "b" => TextUnit::Bytes,
        "u" => TextUnit::Utf16,
        _ => TextUnit::Characters,
    };
    TextLimit { max: max.parse().unwrap_or(4_096), unit }
}

/// The text as the template gives it, compared with what filling in means.
fn is_filled_in_as_it_is(
    text: &str,
    short: Option<&str>,
    context: &Context,
    values: &[&str; 7],
) -> Option<Rendered> {
    let file = reply_file(text, short);
    // The front matter is ours, but not everything can be written into its short form.
    let template = Template::parse("replies/refund/en.md", &file).ok()?;
    let rendered = template.render(context);
    let full = filled(text, values);
    let expected = match short {
        None => full.map(|full| (full, None)),
        Some(short) => full
            .zip(filled(short, values))
            .filter(|(full, short)| short.len() <= full.len())
            .map(|(full, short)| (full, Some(short))),
    };
    let Ok(rendered) = rendered else {
        assert!(expected.is_none(), "a text that only names values is refused");
        return None;
    };
    let (full, short) = expected.expect("a text that does more than name values is taken");
    assert!(rendered.full.reveal() == &full, "a value is not filled in as it is");
    let found = rendered.short.as_ref().map(|short| short.reveal().clone());
    assert!(found == short, "a value is not filled in as it is");
    Some(rendered)
}

fn reply_file(text: &str, short: Option<&str>) -> String {
    let front = REPLY.split("+++\n").nth(1).unwrap_or_default();
    let mut file = "+++\n".to_owned();
    for line in front.lines().filter(|line| !line.starts_with("short")) {
        file.push_str(line);
        file.push('\n');
    }
    if let Some(short) = short {
        let _ = writeln!(file, "short = {}", serde_json::Value::from(short));
    }
    file + "+++\n" + text
}

/// What filling in means: names in braces are replaced, once; none if the text does more than name values.
fn filled(text: &str, values: &[&str; 7]) -> Option<String> {
    let mut pieces = text.trim().split("{{");
    let literal = |text: &str| !text.contains("{%") && !text.contains("{#");
    let mut filled = pieces.next()?.to_owned();
    if !literal(&filled) {
        return None;
    }
    for piece in pieces {
        let (name, behind) = piece.split_once("}}")?;
        let index = NAMES.iter().position(|known| *known == name.trim_matches(' '))?;
        if !literal(behind) {
            return None;
        }
        filled.push_str(values[index]);
        filled.push_str(behind);
    }
    let filled = filled.trim();
    (!filled.is_empty()).then(|| filled.to_owned())
}

fn says_for_whom(context: &Context) -> Option<Disclosures> {
    let disclosures = Disclosures::parse("disclosures/en.toml", DISCLOSURES, context).ok()?;
    for placement in Placement::ALL {
        let Statement { full, short } = disclosures.statement(placement);
        for form in [full, short] {
            assert!(form.contains(context.operator.trim()), "a disclosure is silent on for whom");
            assert!(form.contains(context.person_word.trim()), "a disclosure names no way out");
        }
    }
    Some(disclosures)
}

/// The longest form that fits, with its disclosure whole; or nothing.
fn stays_whole(rendered: &Rendered, statement: &Statement, placement: Placement, limit: TextLimit) {
    let bodies: Vec<_> = [Some(&rendered.full), rendered.short.as_ref()]
        .into_iter()
        .flatten()
        .map(|body| body.reveal().as_str())
        .collect();
    let forms = [&statement.full, &statement.short].into_iter().flat_map(|statement| {
        bodies.iter().map(move |body| match placement {
            Placement::SuffixEvery => format!("{body}\n\n{statement}"),
            _ => format!("{statement}\n\n{body}"),
        })
    });
    let length = |text: &str| match limit.unit {
        TextUnit::Characters => text.chars().count(),
        TextUnit::Bytes => text.len(),
        TextUnit::Utf16 => text.encode_utf16().count(),
    };
    let expected = forms.into_iter().find(|form| length(form) <= limit.max);
    let found = disclose(rendered, statement, placement, limit)
        .ok()
        .map(|disclosed| Outbound::Machine(disclosed).text().reveal().clone());
    assert!(found == expected, "a text leaves without its whole disclosure, or too long");
}

/// A brand whose file holds these values is refused, or all its texts carry them as they are.
fn is_served_as_it_is(values: &[&str; 7]) {
    static FILES: LazyLock<Vec<(String, String)>> =
        LazyLock::new(|| Book::embedded_files().expect("the content that we ship"));
    const KEYS: [&str; 6] =
        ["operator", "person_word", "stop_word", "data_word", "notice_url", "officer"];
    let mut brand = String::new();
    for line in BRAND.lines() {
        let key = line.split_once(" = ").map(|(key, _)| key);
        match key.and_then(|key| KEYS.iter().position(|known| *known == key)) {
            Some(at) => {
                let _ = writeln!(brand, "{} = {}", KEYS[at], toml::Value::from(values[at]));
            }
            None => brand = brand + line + "\n",
        }
    }
    let Ok(parsed) = Brand::parse("brands/demo.toml", &brand) else {
        return;
    };
    assert!(parsed.operator() == values[0], "another business is named");
    assert!(!values.iter().any(|value| value.contains(['\n', '\r', '\0'])), "more than a line");
    let files = FILES.iter().map(|(path, text)| match path.as_str() {
        "brands/demo.toml" => (path.clone(), brand.clone()),
        _ => (path.clone(), text.clone()),
    });
    let Ok(book) = Book::load(files) else {
        return;
    };
    let (id, limit) = (parsed.id(), forthright_channels::text_limit(Channel::WhatsApp));
    for reply in ["refund", "order_status", "stop", "erasure_notice"] {
        let wanted = Wanted {
            template: reply,
            language: None,
            channel: Channel::WhatsApp,
            today: date(2026, 12, 1),
            withdrawn: &[],
            code: None,
        };
        let rendered = book.render_reply(id, &wanted).expect("a text of ours cannot be rendered");
        for placement in Placement::ALL {
            let disclosures = book.disclosures(id, Language::ENGLISH).expect("its disclosures");
            let Statement { full, short } = disclosures.statement(placement);
            let disclosed = book.disclose(id, placement, &rendered, limit).expect("it fits");
            let outbound = Outbound::Machine(disclosed);
            let text = outbound.text().reveal();
            let whole = |form: &String| match placement {
                Placement::SuffixEvery => text.ends_with(form.as_str()),
                _ => text.starts_with(form.as_str()),
            };
            assert!(whole(full) || whole(short), "a text leaves without its whole disclosure");
            assert!(limit.fits(text) && text.contains(values[0]), "a text is not as it was made");
        }
    }
}
