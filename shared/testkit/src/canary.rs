//! Finds the markers of personal data in what a program wrote, in whatever encoding they got there.
//!
//! Every personal string in the tests carries one of the markers, so a hit is a leak.

use std::{collections::HashMap, fmt, sync::LazyLock};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};

/// What every personal text and every phone number in the tests contains.
/// Put together here, so that a compiler's message that quotes this line is no hit.
const MARKERS: [&str; 2] = [concat!("CAN", "ARY"), concat!("4915", "550")];

/// How a marker was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Utf8,
    /// Two bytes a letter, either first.
    Utf16,
    /// Hexadecimal digits of either case.
    Hex,
    /// Base64 of either alphabet, wherever it lies in a group of three.
    Base64,
    /// JSON's `\u0043`, for some letters or for all.
    JsonEscaped,
    /// `%43`, for some letters or for all.
    PercentEncoded,
    /// A printed list of numbers.
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

/// The first encoding in which `text` holds a marker.
pub fn find(text: &[u8]) -> Option<Encoding> {
    static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(MARKERS));
    SCANNER.find(text)
}

/// What finds some words in every encoding.
#[derive(Debug)]
pub struct Scanner {
    plain: Needles,
    /// In lower case: the text is lowered before.
    hex: Needles,
    /// What is looked for once the escapes are read.
    words: Needles,
}

impl Scanner {
    /// What finds these words. Each must have two bytes at least.
    pub fn new<Word: AsRef<[u8]>>(words: impl IntoIterator<Item = Word>) -> Self {
        let (mut plain, mut hex, mut unescaped) = (Vec::new(), Vec::new(), Vec::new());
        for word in words {
            let bytes = word.as_ref();
            let units = || bytes.iter().copied().map(u16::from);
            plain.push((Encoding::Utf8, bytes.to_vec()));
            plain.push((Encoding::Utf16, units().flat_map(u16::to_le_bytes).collect()));
            plain.push((Encoding::Utf16, units().flat_map(u16::to_be_bytes).collect()));
            plain.extend(base64_parts(bytes).map(|part| (Encoding::Base64, part)));
            let list: Vec<_> = bytes.iter().map(u8::to_string).collect();
            plain.push((Encoding::ByteList, list.join(", ").into_bytes()));
            plain.push((Encoding::ByteList, list.join(",").into_bytes()));
            hex.push((Encoding::Hex, HEXLOWER.encode(bytes).into_bytes()));
            unescaped.push((Encoding::Utf8, bytes.to_vec()));
        }
        Self { plain: Needles::new(plain), hex: Needles::new(hex), words: Needles::new(unescaped) }
    }

    /// The first encoding in which `text` holds one of the words.
    pub fn find(&self, text: &[u8]) -> Option<Encoding> {
        let unescaped = |prefix: &[u8], digits, encoding| {
            let decoded = decode(text, prefix, digits)?;
            self.words.find(&decoded).map(|_as_it_is| encoding)
        };
        self.plain
            .find(text)
            .or_else(|| self.hex.find(&text.to_ascii_lowercase()))
            .or_else(|| unescaped(b"\\u", 4, Encoding::JsonEscaped))
            .or_else(|| unescaped(b"%", 2, Encoding::PercentEncoded))
    }
}

/// Byte strings to look for, by their first two bytes: a text is read once, however many there are.
#[derive(Debug)]
struct Needles(HashMap<[u8; 2], Vec<(Encoding, Vec<u8>)>>);

impl Needles {
    fn new(needles: Vec<(Encoding, Vec<u8>)>) -> Self {
        let mut by_start: HashMap<_, Vec<_>> = HashMap::new();
        for (encoding, needle) in needles {
            if let Some(start) = needle.first_chunk::<2>() {
                by_start.entry(*start).or_default().push((encoding, needle));
            }
        }
        Self(by_start)
    }

    fn find(&self, text: &[u8]) -> Option<Encoding> {
        // A hash for every place would take most of the time; most first bytes begin nothing.
        let mut begins = [false; 256];
        for [first, _] in self.0.keys() {
            if let Some(begins) = begins.get_mut(usize::from(*first)) {
                *begins = true;
            }
        }
        let is_start = |byte: u8| begins.get(usize::from(byte)).copied().unwrap_or_default();
        let places = text.windows(2).enumerate();
        places.filter_map(|(at, pair)| is_start(*pair.first()?).then_some((at, pair))).find_map(
            |(at, pair)| {
                let rest = text.get(at..)?;
                let needles = self.0.get(pair)?;
                let found = needles.iter().find(|(_, needle)| rest.starts_with(needle));
                found.map(|(encoding, _)| *encoding)
            },
        )
    }
}

/// The characters of base64 that `bytes` alone determine, for each place in a group of three.
fn base64_parts(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..3_usize).flat_map(move |before| {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let from = before.saturating_mul(8).div_ceil(6);
        let to = padded.len().saturating_mul(8) / 6;
        [BASE64_NOPAD.encode(&padded), BASE64URL_NOPAD.encode(&padded)]
            .map(|text| text.as_bytes().get(from..to).unwrap_or_default().to_vec())
    })
}

/// The line with each `prefix` and its hex digits replaced by the byte they mean; none if there is none.
fn decode(line: &[u8], prefix: &[u8], digits: usize) -> Option<Vec<u8>> {
    if !line.windows(prefix.len()).any(|part| part == prefix) {
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
    Some((u8::try_from(code).ok()?, rest.get(prefix.len().saturating_add(digits)..)?))
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
            let (start, rest) = marker.split_at(2);
            let (one, end) = rest.split_at(1);
            let some = format!("{start}\\u{:04x}{end}", one.as_bytes()[0]);
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
    fn other_words_can_be_looked_for() {
        let scanner = Scanner::new(["first word", "second"]);
        assert_eq!(scanner.find(b"the first wordy"), Some(Encoding::Utf8));
        let line = HEXUPPER.encode(b"a second one");
        assert_eq!(scanner.find(line.as_bytes()), Some(Encoding::Hex));
        assert_eq!(scanner.find(MARKERS[0].as_bytes()), None);
    }

    #[test]
    fn what_holds_no_marker_is_no_hit() {
        for line in ["", "canary", "CANAR", "491555", "\\u00", "%", "100%zz \\uD83D", "[67, 65]"] {
            assert_eq!(find(line.as_bytes()), None);
        }
    }
}
