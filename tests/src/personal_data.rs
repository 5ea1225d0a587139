//! Any text: what is found in it lies in it, in order; what is left when it is taken out holds nothing more.

use forthright_language::personal_data::{examine, find, redact, redact_spans};

/// Checks one input.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let spans = find(text);
    let letters = text.chars().count();
    assert!(
        spans.iter().all(|span| span.start < span.end && span.end <= letters),
        "a span that is not in the text"
    );
    assert!(spans.is_sorted_by(|one, next| one.end <= next.start), "spans out of order");
    assert!(examine(text).0 == spans, "two answers");
    let redacted = redact(text);
    if spans.is_empty() {
        assert!(redacted == text, "a text without personal data is changed");
    } else {
        assert!(redact_spans(text, &spans) != text, "nothing is taken out");
    }
}
