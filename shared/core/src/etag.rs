//! Entity tags: which version of a row somebody has seen, and wants to change (RFC 9110, sections 8.8.3 and 13.1.1).

use std::fmt;

use ::http::{HeaderMap, HeaderValue, header};
use serde::{Serialize, Serializer};

/// The tag of a row's version, always strong: `"v7"`, with its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag(u64);

impl ETag {
    /// The tag of this version of a row.
    pub const fn of(version: u64) -> Self {
        Self(version)
    }

    /// The tag as a header's value.
    pub fn header(self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.to_string()).ok()
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"v{}\"", self.0)
    }
}

impl Serialize for ETag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a caller demands of a row before it is changed: the header `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: that it is there.
    Any,
    /// That its tag is one of these. Weak tags are not among them, since they match nothing here.
    OneOf(Vec<Vec<u8>>),
}

/// An `If-Match` that is not of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`If-Match` is `*`, or a list of entity tags such as \"v3\"")]
pub struct Malformed;

impl IfMatch {
    /// What the headers demand; none if they demand nothing.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Malformed> {
        let lines: Vec<_> = headers.get_all(header::IF_MATCH).iter().collect();
        if lines.is_empty() {
            return Ok(None);
        }
        // A list may be cut into several lines.
        let list = lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>().join(&b',');
        if list.trim_ascii() == b"*" {
            return Ok(Some(Self::Any));
        }
        strong_tags(&list).map(|tags| Some(Self::OneOf(tags))).ok_or(Malformed)
    }

    /// Whether the row that has this tag is one that the caller means.
    pub fn allows(&self, tag: ETag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => {
                let own = format!("v{}", tag.0);
                tags.iter().any(|tag| tag == own.as_bytes())
            }
        }
    }
}

/// The strong ones of a list of tags, without their quotes; none if it is no such list. Commas may stand in tags, and
/// elements may be empty.
fn strong_tags(list: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut tags = Vec::new();
    let mut rest = list.trim_ascii_start();
    while let Some(first) = rest.first() {
        if *first == b',' {
            rest = rest.strip_prefix(b",")?.trim_ascii_start();
            continue;
        }
        let strong = rest.strip_prefix(b"W/").is_none();
        let tag = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"")?;
        let (opaque, after) = tag.split_at_checked(tag.iter().position(|byte| *byte == b'"')?)?;
        if !opaque.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff)) {
            return None;
        }
        if strong {
            tags.push(opaque.to_vec());
        }
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if rest.first().is_some_and(|next| *next != b',') {
            return None;
        }
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether these lines let the third version be changed; none if they say nothing, or nothing that can be read.
    fn allows(lines: &[&str]) -> Result<Option<bool>, Malformed> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, HeaderValue::from_str(line).unwrap());
        }
        Ok(IfMatch::read(&headers)?.map(|demanded| demanded.allows(ETag::of(3))))
    }

    #[test]
    fn a_tag_is_written_as_it_is_read() {
        let tag = ETag::of(3);
        assert_eq!(tag.to_string(), "\"v3\"");
        assert_eq!(serde_json::to_string(&tag).unwrap(), r#""\"v3\"""#);
        assert_eq!(allows(&[&tag.to_string()]), Ok(Some(true)));
    }

    #[test]
    fn a_list_matches_if_one_of_its_strong_tags_is_the_rows() {
        assert_eq!(allows(&[]), Ok(None));
        for matches in ["*", " * ", "\"v3\"", "\"v1\" , \"v3\"", ",, \"v3\",", "W/\"v2\",\"v3\""] {
            assert_eq!(allows(&[matches]), Ok(Some(true)), "{matches}");
        }
        assert_eq!(allows(&["\"v1\"", "\"v3\""]), Ok(Some(true)), "two lines are one list");
        for differs in
            ["\"v2\"", "W/\"v3\"", "\"V3\"", "\"v03\"", "\"v3,v3\"", "\"\"", "", ",", "\"v33\""]
        {
            assert_eq!(allows(&[differs]), Ok(Some(false)), "{differs}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for wrong in [
            "v3",
            "\"v3",
            "v3\"",
            "'v3'",
            "w/\"v3\"",
            "W/ \"v3\"",
            "W/v3",
            "\"v3\" \"v4\"",
            "\"v3\"x",
            "*, \"v3\"",
            "\"v3\", *",
            "**",
            "\"v 3\"",
            "\"v3\";q=1",
        ] {
            assert_eq!(allows(&[wrong]), Err(Malformed), "{wrong}");
        }
        assert_eq!(allows(&["*", "*"]), Err(Malformed));
    }
}
