//! Filling the brand's own words into a text. Strict: an unknown name is a mistake, never an empty place.

use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;

use crate::fault::{ContentError, Place};

/// What a text may name. Facts about the brand alone: nothing of a customer gets into a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The legal name of the business that answers.
    pub operator: String,
    /// What to reply to reach a person.
    pub person_word: String,
    /// What to reply to stop the messages.
    pub stop_word: String,
    /// What to reply to ask about one's data.
    pub data_word: String,
    /// Where the privacy notice is.
    pub privacy_url: String,
    /// How to reach the privacy officer.
    pub privacy_contact: String,
    /// Where the code stands that a customer is to type: [`CODE`], until the text is sent.
    pub code: String,
}

/// What stands for a code in a text that is not sent yet. No text that people write has this character (Unicode, private
/// use area); it is as long as a code.
pub(crate) const CODE: &str = "\u{E000}\u{E000}\u{E000}\u{E000}\u{E000}\u{E000}\u{E000}\u{E000}";

/// Fills `context` into `text`, which stands in the file at `path`.
///
/// A text may name a value, as `{{ operator }}`, and do nothing else: a condition could hide half of what was
/// approved, and a loop in a loop has no end that anybody waits for.
pub(crate) fn render(path: &str, text: &str, context: &Context) -> Result<String, ContentError> {
    if let Some(line) = first_that_does_more(text.trim()) {
        let what = "only names may stand in braces, as `{{ operator }}`";
        return Err(ContentError::at(path, Place::TextLine(line), what));
    }
    // Empty: no functions and no filters, and no suffix of a name turns on escaping. What leaves is plain text.
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = environment
        .render_named_str("text", text.trim(), Serde(context))
        .map_err(|error| {
            let detail = error.detail().map(|detail| format!(", {detail}")).unwrap_or_default();
            let line = error.line().unwrap_or(1);
            let what = format_args!("{}{detail}", error.kind());
            ContentError::at(path, Place::TextLine(line), what)
        })?
        .trim()
        .to_owned();
    if rendered.is_empty() {
        return Err(ContentError::new(path, "the text is empty"));
    }
    Ok(rendered)
}

/// The line of the first piece of template language that is not a name in braces.
fn first_that_does_more(text: &str) -> Option<usize> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some(behind) = behind_name(after) else {
            let before = text.len().saturating_sub(after.len());
            return Some(text.get(..before)?.matches('\n').count().saturating_add(1));
        };
        rest = behind;
    }
    None
}

/// What follows a name in braces, or a brace that means nothing; `after` stands behind the first brace.
fn behind_name(after: &str) -> Option<&str> {
    if let Some(inside) = after.strip_prefix('{') {
        let (name, behind) = inside.split_once("}}")?;
        let name = name.trim_matches(' ');
        let is_word = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let is_name = is_word && !["", "true", "false", "none"].contains(&name);
        return is_name.then_some(behind);
    }
    (!after.starts_with(['%', '#'])).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        let of = |name: &str| format!("<{name} {{{{ stop_word }}}} {{% raw %}}>");
        Context {
            operator: of("operator"),
            person_word: of("person"),
            stop_word: of("stop"),
            data_word: of("data"),
            privacy_url: of("url"),
            privacy_contact: of("contact"),
            code: of("code"),
        }
    }

    #[test]
    fn a_name_is_filled_in_once_and_never_read_again() {
        let rendered = render("a.md", "{ {{ operator }}{{data_word}} {a} }}", &context()).unwrap();
        let expected = format!("{{ {}{} {{a}} }}}}", context().operator, context().data_word);
        assert_eq!(rendered, expected);
    }

    #[test]
    fn whatever_else_a_template_could_do_is_refused_with_its_line() {
        for (text, line) in [
            ("{% if true %}hidden{% endif %}", 1),
            ("a\n{# hidden #}", 2),
            ("{{ operator }}\n{{ 7 * 7 }}", 2),
            ("{{ 'a' * 1000000 }}", 1),
            ("{{ operator | upper }}", 1),
            ("{{ operator.upper() }}", 1),
            ("{{ range(9) }}", 1),
            ("{{- operator -}}", 1),
            ("{{ Operator }}", 1),
            ("{{ }}", 1),
            ("{{ true }}", 1),
            ("{{", 1),
            ("\n\nx\n\n{{ operator }", 3),
            ("{{{ operator }}}", 1),
            ("{{ operator\n}}", 1),
        ] {
            let error = render("a.md", text, &context()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("a.md: text line {line}: only names")), "{text}");
        }
        let error = render("a.md", "{{ customer }}", &context()).unwrap_err().to_string();
        assert!(error.contains("undefined"), "{error}");
    }
}
