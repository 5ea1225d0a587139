//! Finds the markers of personal data in a line of output, in whatever encoding they got there.
//!
//! Every personal string in the tests carries one of the markers, so a hit is a leak.

use std::{fmt, sync::LazyLock};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};

/// What every personal text and every phone number in the tests contains.
/// Put together here, so that a compiler's message that quotes this line is no hit.
const MARKERS: [&str; 2] = [concat!("CAN", "ARY"), concat!("4915", "550")];

/// How a marker was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16,
    Hex,
    Base64,
    JsonEscaped,
    PercentEncoded,
    ByteList,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::JsonEscaped => "JSON escapes",
            Self::PercentEncoded => "percent-encoding",
            Self::ByteList => "a list of bytes",
        })
    }
}

/// The first encoding in which `line` holds a marker.
pub(crate) fn find(line: &[u8]) -> Option<Encoding> {
    find_plain(line)
        .or_else(|| {
            let lower = line.to_ascii_lowercase();
            NEEDLES.hex.iter().any(|needle| holds(&lower, needle)).then_some(Encoding::Hex)
        })
        .or_else(|| {
            let decoded = decode(line, b"\\u", 4)?;
            holds_marker(&decoded).then_some(Encoding::JsonEscaped)
        })
        .or_else(|| {
            let decoded = decode(line, b"%", 2)?;
            holds_marker(&decoded).then_some(Encoding::PercentEncoded)
        })
}

/// What is searched for as it stands.
struct Needles {
    plain: Vec<(Encoding, Vec<u8>)>,
    /// In lower case: the line is lowered before.
    hex: Vec<Vec<u8>>,
}

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| {
    let mut plain = Vec::new();
    let mut hex = Vec::new();
    for marker in MARKERS {
        let bytes = marker.as_bytes();
        let units = || marker.encode_utf16();
        plain.push((Encoding::Utf8, bytes.to_vec()));
        plain.push((Encoding::Utf16, units().flat_map(u16::to_le_bytes).collect()));
        plain.push((Encoding::Utf16, units().flat_map(u16::to_be_bytes).collect()));
        plain.extend(base64_parts(bytes).map(|part| (Encoding::Base64, part)));
        let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
        plain.push((Encoding::ByteList, list.join(", ").into_bytes()));
        plain.push((Encoding::ByteList, list.join(",").into_bytes()));
        hex.push(HEXLOWER.encode(bytes).into_bytes());
    }
    Needles { plain, hex }
});

/// The characters of base64 that `bytes` alone determine, for each place in a group of three.
fn base64_parts(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3_usize).flat_map(move |before| {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let from = (before * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        [BASE64_NOPAD.encode(&padded), BASE64URL_NOPAD.encode(&padded)]
            .map(|text| text.as_bytes()[from..to].to_vec())
    })
}

fn find_plain(line: &[u8]) -> Option<Encoding> {
    NEEDLES.plain.iter().find(|(_, needle)| holds(line, needle)).map(|(encoding, _)| *encoding)
}

fn holds_marker(line: &[u8]) -> bool {
    MARKERS.iter().any(|marker| holds(line, marker.as_bytes()))
}

fn holds(line: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else {
        return false;
    };
    let mut from = line;
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

/// The line with each `prefix` and its hex digits replaced by the byte they mean; none if there is none.
fn decode(line: &[u8], prefix: &[u8], digits: usize) -> Option<Vec<u8>> {
    if !holds(line, prefix) {
        return None;
    }
    let mut decoded = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        if let Some((byte, after)) = escape(rest, prefix, digits) {
            decoded.push(byte);
            rest = after;
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    Some(decoded)
}

fn escape<'a>(rest: &'a [u8], prefix: &[u8], digits: usize) -> Option<(u8, &'a [u8])> {
    let code = rest.strip_prefix(prefix)?.get(..digits)?;
    let code = u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?;
    Some((u8::try_from(code).ok()?, rest.get(prefix.len() + digits..)?))
}

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, HEXUPPER};

    use super::*;

    fn texts() -> [String; 2] {
        [format!("to {} Street 7", MARKERS[0]), format!("call {}1234 now", MARKERS[1])]
    }

    #[test]
    fn plain_text_is_found() {
        for text in texts() {
            assert_eq!(find(text.as_bytes()), Some(Encoding::Utf8));
        }
    }

    #[test]
    fn both_forms_of_utf_16_are_found() {
        for text in texts() {
            let little: Vec<_> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<_> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(find(&little), Some(Encoding::Utf16));
            assert_eq!(find(&big), Some(Encoding::Utf16));
        }
    }

    #[test]
    fn hex_of_either_case_is_found() {
        for text in texts() {
            assert_eq!(find(HEXLOWER.encode(text.as_bytes()).as_bytes()), Some(Encoding::Hex));
            assert_eq!(find(HEXUPPER.encode(text.as_bytes()).as_bytes()), Some(Encoding::Hex));
        }
    }

    #[test]
    fn base64_is_found_wherever_the_marker_lies_in_a_group() {
        for before in ["", "a", "ab", "abc", "abcd", "abcde"] {
            for text in texts() {
                for encoding in [BASE64, BASE64URL_NOPAD] {
                    let line = encoding.encode(format!("{before}{text}").as_bytes());
                    assert_eq!(find(line.as_bytes()), Some(Encoding::Base64), "after {before:?}");
                }
            }
        }
    }

    /// Every byte of `text`, written by `write`.
    fn escaped(text: &str, write: fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }

    #[test]
    fn json_escapes_are_found_also_when_only_some_characters_are_escaped() {
        for marker in MARKERS {
            let lower = escaped(marker, |byte| format!("\\u{byte:04x}"));
            let upper = escaped(marker, |byte| format!("\\u{byte:04X}"));
            let some = format!("{}\\u{:04x}{}", &marker[..2], marker.as_bytes()[2], &marker[3..]);
            for line in [lower, upper, some] {
                assert_eq!(find(line.as_bytes()), Some(Encoding::JsonEscaped));
            }
        }
    }

    #[test]
    fn percent_encoding_is_found() {
        for marker in MARKERS {
            let lower = escaped(marker, |byte| format!("%{byte:02x}"));
            let upper = escaped(marker, |byte| format!("%{byte:02X}"));
            for line in [lower, upper] {
                assert_eq!(find(line.as_bytes()), Some(Encoding::PercentEncoded));
            }
        }
    }

    #[test]
    fn a_printed_list_of_bytes_is_found() {
        for text in texts() {
            let line = format!("{:?}", text.as_bytes());
            assert_eq!(find(line.as_bytes()), Some(Encoding::ByteList));
        }
    }

    #[test]
    fn what_holds_no_marker_is_no_hit() {
        for line in ["", "canary", "CANAR", "491555", "\\u00", "%", "100%zz \\uD83D", "[67, 65]"] {
            assert_eq!(find(line.as_bytes()), None);
        }
    }
}
