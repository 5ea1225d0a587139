//! What is not signed, signed otherwise, or compressed: refused, and nothing is left of it.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use forthright_core::http::Request;
use http::{HeaderName, HeaderValue};

use super::{
    Outcome, Row,
    bodies::{message, of},
    hold, refused, signed, taken,
};
use crate::desk::Desk;

const HEADER: &str = "x-hub-signature-256";
const OLDER: &str = "x-hub-signature";

/// A row whose headers are made from the right signature's digits.
fn headed(
    name: &str,
    headers: impl Fn(&str) -> Vec<(&'static str, String)> + 'static,
    outcome: Outcome,
) -> Row {
    let call = move |desk: &Desk| {
        let mut request = desk.line.stand_in.deliver_body(of(&message(1)).into());
        let right = request.headers_mut().remove(HEADER).unwrap();
        let digits = right.to_str().unwrap().strip_prefix("sha256=").unwrap().to_owned();
        for (name, value) in headers(&digits) {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        request
    };
    (name.to_owned(), Box::new(call), outcome)
}

/// A row with one signature header.
fn one(name: &str, value: impl Fn(&str) -> String + 'static) -> Row {
    headed(name, move |digits| vec![(HEADER, value(digits))], refused(401))
}

/// A row that is signed and bears these encodings.
fn encoded(name: &str, encodings: &'static [&'static str], outcome: Outcome) -> Row {
    let headers = move |digits: &str| {
        let mut headers = vec![(HEADER, format!("sha256={digits}"))];
        headers.extend(encodings.iter().map(|one| ("content-encoding", (*one).to_owned())));
        headers
    };
    headed(name, headers, outcome)
}

#[tokio::test]
async fn what_is_not_signed_as_it_must_be_or_is_compressed_leaves_nothing() {
    hold(rows(), 50).await;
}

fn rows() -> Vec<Row> {
    let mut rows = signatures();
    rows.extend(several());
    rows.extend([
        encoded("identity", &["identity"], taken(1, 0)),
        encoded("identity in capitals", &["IDENTITY"], taken(1, 0)),
        encoded("gzip", &["gzip"], refused(415)),
        encoded("gzip by its older name", &["x-gzip"], refused(415)),
        encoded("brotli", &["br"], refused(415)),
        encoded("deflate", &["deflate"], refused(415)),
        encoded("zstd", &["zstd"], refused(415)),
        encoded("an empty encoding", &[""], refused(415)),
        encoded("gzip, then identity", &["gzip, identity"], refused(415)),
        encoded("twice identity, in one line", &["identity, identity"], refused(415)),
        encoded("identity, then gzip in a second line", &["identity", "gzip"], refused(415)),
    ]);
    let bomb = bomb();
    let (_, plain, _) = signed("", bomb.clone(), taken(0, 1));
    let call = move |desk: &Desk| {
        let mut request: Request = plain(desk);
        request.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        request
    };
    rows.push(("a bomb that says what it is".to_owned(), Box::new(call), refused(415)));
    // Bytes like any others.
    rows.push(signed("a bomb that does not say what it is", bomb, taken(0, 1)));
    rows
}

/// Thirty-two megabytes of zeros, compressed to a thousandth.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let zeros = vec![0; 1_024 * 1_024];
    for _ in 0..32 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 64 * 1_024, "it is larger than a bomb is");
    bomb
}

fn signatures() -> Vec<Row> {
    vec![
        one("digits alone", str::to_owned),
        one("an empty value", |_| String::new()),
        one("a prefix alone", |_| "sha256=".to_owned()),
        one("a prefix in capitals", |digits| format!("SHA256={digits}")),
        one("a prefix with a colon", |digits| format!("sha256:{digits}")),
        one("another prefix", |digits| format!("sha1={digits}")),
        one("a longer prefix", |digits| format!("sha2566={digits}")),
        one("two prefixes", |digits| format!("sha256=sha256={digits}")),
        one("digits in capitals", |digits| format!("sha256={}", capitals(digits))),
        one("a digit too few", |digits| format!("sha256={}", &digits[1..])),
        one("two digits too few", |digits| format!("sha256={}", &digits[..62])),
        one("a digit too many", |digits| format!("sha256={digits}0")),
        one("two digits too many", |digits| format!("sha256=00{digits}")),
        one("a letter that is no digit", |digits| format!("sha256={}g", &digits[..63])),
        one("a sign at the end", |digits| format!("sha256={digits}=")),
        one("a space before", |digits| format!("sha256= {digits}")),
        one("a space behind", |digits| format!("sha256={digits} ")),
        one("a tab", |digits| format!("sha256=\t{digits}")),
        one("quotes", |digits| format!("\"sha256={digits}\"")),
        one("a letter that is not ASCII", |digits| format!("sha256=\u{e4}{digits}")),
        one("a digit of another script", |digits| format!("sha256=\u{ff10}{}", &digits[3..])),
        one("a semicolon", |digits| format!("sha256={digits};")),
        one("a comma", |digits| format!("sha256={digits},")),
        one("two, joined as gateways do", |digits| format!("sha256={digits},sha256={digits}")),
        one("two, joined with a space", |digits| format!("sha256={digits}, sha256={digits}")),
        one("a wrong one and the right one, joined", |digits| {
            format!("sha256={},sha256={digits}", "0".repeat(64))
        }),
        one("zeros", |_| format!("sha256={}", "0".repeat(64))),
        one("the last digit changed", |digits| {
            let last = if digits.ends_with('0') { '1' } else { '0' };
            format!("sha256={}{last}", &digits[..63])
        }),
        one("a megabyte", |digits| format!("sha256={}", digits.repeat(16_384))),
    ]
}

/// In capitals; a signature without a letter would be right in capitals, too.
fn capitals(digits: &str) -> String {
    assert!(digits.bytes().any(|digit| digit.is_ascii_lowercase()), "no letter among the digits");
    digits.to_ascii_uppercase()
}

fn several() -> Vec<Row> {
    let right = |digits: &str| (HEADER, format!("sha256={digits}"));
    let wrong = || (HEADER, format!("sha256={}", "0".repeat(64)));
    let older = || (OLDER, format!("sha1={}", "0".repeat(40)));
    let changed = |name: &str, change: fn(Request) -> Request| -> Row {
        let call =
            move |desk: &Desk| change(desk.line.stand_in.deliver_body(of(&message(1)).into()));
        (name.to_owned(), Box::new(call), refused(401))
    };
    vec![
        headed("no signature", |_| Vec::new(), refused(401)),
        headed("the older signature only", move |_| vec![older()], refused(401)),
        headed(
            "the newer one under the older name",
            |digits| vec![(OLDER, format!("sha256={digits}"))],
            refused(401),
        ),
        headed("twice", move |digits| vec![right(digits), right(digits)], refused(401)),
        headed("right, then wrong", move |digits| vec![right(digits), wrong()], refused(401)),
        headed("wrong, then right", move |digits| vec![wrong(), right(digits)], refused(401)),
        headed(
            "empty, then right",
            move |digits| vec![(HEADER, String::new()), right(digits)],
            refused(401),
        ),
        headed("right, and an older one", move |digits| vec![right(digits), older()], taken(1, 0)),
        changed("a body that was written anew", |request| {
            request.map(|_| of(&message(1)).replacen(',', ", ", 1).into())
        }),
        changed("a body that was cut", |request| request.map(|body| body.slice(..body.len() - 1))),
        changed("a body of another message", |request| request.map(|_| of(&message(2)).into())),
    ]
}
