//! Finds the line on which something stands, so that whoever mends it need not search.

/// The line, from 1, of the TOML field `field`, such as `accounts[1].id`; if the field is absent, of the table that
/// misses it, and none if that is absent too.
pub(super) fn line_of(text: &str, field: &str) -> Option<usize> {
    let (tables, last) = field.rsplit_once('.').unwrap_or(("", field));
    let mut lines = text.lines().zip(1_usize..);
    let mut found = None;
    for table in tables.split('.').filter(|table| !table.is_empty()) {
        let (name, index) = indexed(table);
        let is_head = |line: &str| {
            let head = line.split('#').next().unwrap_or_default().trim();
            head == format!("[{name}]") || head == format!("[[{name}]]")
        };
        found = lines.by_ref().filter(|(line, _)| is_head(line)).nth(index);
        found?;
    }
    let (name, _) = indexed(last);
    let is_field = |line: &str| {
        let rest = line.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    lines.find(|(line, _)| is_field(line)).or(found).map(|(_, line)| line)
}

/// A name and its index: `accounts[1]`.
fn indexed(part: &str) -> (&str, usize) {
    let Some((name, index)) = part.split_once('[') else {
        return (part, 0);
    };
    (name, index.trim_end_matches(']').parse().unwrap_or(0))
}

/// The line, from 1, on which the text of a reply begins, behind its front matter and empty lines.
pub(super) fn text_begins(text: &str) -> usize {
    let mut fences = 0_usize;
    for (line, number) in text.lines().zip(1_usize..) {
        if fences >= 2 && !line.trim().is_empty() {
            return number;
        }
        if fences < 2 && line.trim_end() == "+++" {
            fences = fences.saturating_add(1);
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_its_table_and_an_absent_one_leads_to_the_table() {
        let text = "brand = \"x\"\n[[accounts]] # one\nid = 1\n[[accounts]]\nchannel = 2\nid = 2\n[contact]\nstop = 3";
        for (field, line) in [
            ("brand", Some(1)),
            ("accounts[0].id", Some(3)),
            ("accounts[1].id", Some(6)),
            ("accounts[1].channel[3]", Some(5)),
            ("contact.stop", Some(8)),
            ("contact.other", Some(7)),
            ("contact", None),
            ("nowhere.id", None),
            ("the text is empty", None),
        ] {
            assert_eq!(line_of(text, field), line, "{field}");
        }
    }

    #[test]
    fn a_text_begins_behind_its_front_matter() {
        assert_eq!(text_begins("+++\nid = 1\n+++\n\n \nHello\n+++\n"), 6);
        assert_eq!(text_begins("+++\n+++\n"), 1);
    }
}
