//! Requests that are none, or that two readers could read in two ways.

use std::net::SocketAddr;

use super::Client;
use crate::platform::{ACCOUNT, Person, Platform, now_seconds};

/// What is sent, and the statuses that may come of it until the connection ends.
struct Row {
    name: &'static str,
    bytes: Vec<u8>,
    statuses: &'static [u16],
}

fn row(name: &'static str, bytes: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Row {
    Row { name, bytes: bytes.into(), statuses }
}

/// A call of the webhook with these header lines and this body, not signed.
fn call(lines: &str, body: &str) -> String {
    format!("POST /webhooks/whatsapp/{ACCOUNT} HTTP/1.1\r\n{lines}\r\n{body}")
}

pub(super) fn all(address: SocketAddr, platform: &Platform) {
    let signed = |number: usize| {
        let id = format!("wamid.CANARYhead{number}");
        platform.webhook(&Person::numbered(0), "Where is my order? CANARY", &id, now_seconds())
    };
    let rows =
        no_requests().into_iter().chain(lengths()).chain(refused(&signed)).chain(several(&signed));
    let mut wrong = Vec::new();
    for Row { name, bytes, statuses } in rows {
        let mut client = Client::to(address);
        client.send(&bytes);
        if statuses.is_empty() || name.ends_with("cut off") {
            client.end();
        }
        let found = client.statuses(statuses.len());
        if found != statuses {
            wrong.push(format!("{name}: {found:?}, not {statuses:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    byte_by_byte(address, &signed(900));
    without_end(address);
}

fn no_requests() -> Vec<Row> {
    let get = |line: &str| format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{line}\r\n");
    vec![
        row("nothing", "", &[]),
        row("empty lines", "\r\n".repeat(1_000), &[]),
        row("half a line", "GET /heal", &[]),
        row("bytes", b"\x00\xff\xfe\x01\r\n\r\n".to_vec(), &[400]),
        row("a greeting of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400]),
        row("HTTP/0.9", "GET /healthz\r\n\r\n", &[400]),
        row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[]),
        row("HTTP/3.0", "GET /healthz HTTP/3.0\r\nhost: a\r\n\r\n", &[400]),
        row("a method of nobody", "B@D /healthz HTTP/1.1\r\nhost: a\r\n\r\n", &[400]),
        row("an address with a space", "GET /heal thz HTTP/1.1\r\nhost: a\r\n\r\n", &[400]),
        row("a header without a name", get(": a\r\n"), &[400]),
        row("a header with a space in its name", get("a b: c\r\n"), &[400]),
        row("a header with a space behind its name", get("a : c\r\n"), &[400]),
        row("a header over two lines", get("a: b\r\n c\r\n"), &[400]),
        row("a header with a zero", get("a: \0\r\n"), &[400]),
        row("two hundred headers", get(&"a: b\r\n".repeat(200)), &[431]),
        row("a header of 15 KiB", get(&format!("a: {}\r\n", "b".repeat(15_000))), &[200]),
        row("a header of 64 KiB", get(&format!("a: {}\r\n", "b".repeat(65_536))), &[431]),
        row(
            "a megabyte of headers",
            get(&format!("a: {}\r\n", "b".repeat(10_000)).repeat(100)),
            &[431],
        ),
        row(
            "an address of 64 KiB",
            format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(65_536)),
            &[431],
        ),
        row("a line of 64 KiB without an end", "A".repeat(65_536), &[431]),
        row("HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n", &[200]),
        row("an upgrade", get("connection: upgrade\r\nupgrade: h2c\r\n"), &[200]),
        row("a tunnel", "CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", &[404]),
        row(
            "a trace",
            format!("TRACE /webhooks/whatsapp/{ACCOUNT} HTTP/1.1\r\nhost: a\r\n\r\n"),
            &[405],
        ),
        row("a way up", "GET /webhooks/../healthz HTTP/1.1\r\nhost: a\r\n\r\n", &[404]),
        row(
            "a zero in the address",
            "GET /webhooks/whatsapp/%00 HTTP/1.1\r\nhost: a\r\n\r\n",
            &[404],
        ),
    ]
}

fn lengths() -> Vec<Row> {
    vec![
        row("no host", call("content-length: 0\r\n", ""), &[400]),
        row("two hosts", call("host: a\r\nhost: b\r\ncontent-length: 0\r\n", ""), &[400]),
        row(
            "two lengths",
            call("host: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n", "aa"),
            &[400],
        ),
        row("a length below zero", call("host: a\r\ncontent-length: -1\r\n", ""), &[400]),
        row("a length with a sign", call("host: a\r\ncontent-length: +1\r\n", "a"), &[400]),
        row("a length of words", call("host: a\r\ncontent-length: ten\r\n", ""), &[400]),
        row(
            "a length of twenty digits",
            call("host: a\r\ncontent-length: 99999999999999999999\r\n", ""),
            &[400],
        ),
        row("a length above the limit", call("host: a\r\ncontent-length: 4194305\r\n", ""), &[413]),
        row(
            "less than the length, cut off",
            call("host: a\r\ncontent-length: 10\r\n", "abc"),
            &[400],
        ),
        row("another coding", call("host: a\r\ntransfer-encoding: gzip\r\n", ""), &[400]),
        row(
            "a coding before chunks",
            call("host: a\r\ntransfer-encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            &[501],
        ),
        row(
            "chunks twice",
            call("host: a\r\ntransfer-encoding: chunked, chunked\r\n", "0\r\n\r\n"),
            &[501],
        ),
        row(
            "chunks in HTTP/1.0",
            format!(
                "POST /webhooks/whatsapp/{ACCOUNT} HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
            &[400],
        ),
        row(
            "a chunk whose length is no number",
            call("host: a\r\ntransfer-encoding: chunked\r\n", "zz\r\na\r\n"),
            &[400],
        ),
        row(
            "a chunk longer than any",
            call("host: a\r\ntransfer-encoding: chunked\r\n", "fffffffffffffffff\r\n"),
            &[400],
        ),
        row(
            "a chunk, cut off",
            call("host: a\r\ntransfer-encoding: chunked\r\n", "5\r\nabc"),
            &[400],
        ),
        row(
            "chunks, cut off",
            call("host: a\r\ntransfer-encoding: chunked\r\n", "1\r\na\r\n"),
            &[400],
        ),
        row(
            "a chunk with a long remark",
            call(
                "host: a\r\ntransfer-encoding: chunked\r\n",
                &format!("1;{}\r\na\r\n0\r\n\r\n", "r".repeat(65_536)),
            ),
            &[400],
        ),
    ]
}

/// What is refused before the body comes, if one is promised.
fn refused(signed: &impl Fn(usize) -> Vec<u8>) -> Vec<Row> {
    let chunked = |lines: &str, trailers: &str| {
        call(
            &format!("host: a\r\n{lines}transfer-encoding: chunked\r\n"),
            &format!("1\r\na\r\n0\r\n{trailers}\r\n"),
        )
    };
    let zeros = "0".repeat(64);
    let with = |number: usize, line: &str| {
        String::from_utf8(signed(number)).unwrap().replacen(
            "host: localhost\r\n",
            &format!("host: a\r\n{line}"),
            1,
        )
    };
    vec![
        row("not signed", call("host: a\r\ncontent-length: 2\r\n", "{}"), &[401]),
        row(
            "a signature behind the body",
            chunked(
                "trailer: x-hub-signature-256\r\n",
                &format!("x-hub-signature-256: sha256={zeros}\r\n"),
            ),
            &[401],
        ),
        row(
            "gzip that is promised",
            call("host: a\r\ncontent-encoding: gzip\r\ncontent-length: 4000000\r\n", ""),
            &[415],
        ),
        row("gzip in chunks", chunked("content-encoding: gzip\r\n", ""), &[415]),
        row(
            "gzip to the privacy function",
            "POST /meta/data-deletion HTTP/1.1\r\nhost: a\r\ncontent-encoding: br\r\ncontent-length: 100\r\n\r\n",
            &[415],
        ),
        row(
            "too much that waits to be asked for",
            call("host: a\r\nexpect: 100-continue\r\ncontent-length: 5000000\r\n", ""),
            &[413],
        ),
        row(
            "gzip that waits to be asked for",
            call(
                "host: a\r\nexpect: 100-continue\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n",
                "",
            ),
            &[415],
        ),
        row("signed and compressed", with(1, "content-encoding: deflate\r\n"), &[415]),
        row("signed twice", with(2, &format!("x-hub-signature-256: sha256={zeros}\r\n")), &[401]),
        row("signed and of an older kind", with(3, "x-hub-signature: sha1=00\r\n"), &[200]),
        row(
            "signed, to a whole address",
            String::from_utf8(signed(4)).unwrap().replacen(
                "POST /",
                "POST http://evil.example/",
                1,
            ),
            &[200],
        ),
    ]
}

/// Several requests in one write, and what only looks like one.
fn several(signed: &impl Fn(usize) -> Vec<u8>) -> Vec<Row> {
    let both = |one: &str, other: &str| {
        call(&format!("host: a\r\n{one}\r\n{other}\r\n"), "0\r\n\r\n").into_bytes()
    };
    let health = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    vec![
        row("two requests", [&signed(10)[..], &signed(11)].concat(), &[200, 200]),
        row(
            "a request and garbage",
            [&signed(12)[..], b"\x00garbage\r\n\r\n"].concat(),
            &[200, 400],
        ),
        row("a hundred requests", health.repeat(100), &[200; 100]),
        // What stands behind a body is the next request, whoever meant it as a part of the body.
        row(
            "more than the length",
            call("host: a\r\ncontent-length: 1\r\n", "aGARBAGE\r\n\r\n"),
            &[401, 400],
        ),
        // Two readers could see two ends of the body: nothing behind it is read (RFC 9112, 6.3).
        row(
            "a length and chunks",
            [both("content-length: 40", "transfer-encoding: chunked"), health.to_vec()].concat(),
            &[401],
        ),
        row(
            "chunks and a length",
            [both("transfer-encoding: chunked", "content-length: 40"), health.to_vec()].concat(),
            &[401],
        ),
    ]
}

/// One byte at a time, fast enough, is a request like any other.
fn byte_by_byte(address: SocketAddr, bytes: &[u8]) {
    let mut client = Client::to(address);
    for byte in bytes {
        assert!(client.send(&[*byte]));
    }
    assert_eq!(client.statuses(1), [200]);
}

/// A head and a body that go on for ever are cut off.
fn without_end(address: SocketAddr) {
    for start in [
        "GET /healthz HTTP/1.1\r\nhost: a\r\n".to_owned(),
        call("host: a\r\ntransfer-encoding: chunked\r\n", ""),
    ] {
        let piece = if start.starts_with("GET") {
            "a: b\r\n".repeat(1_000)
        } else {
            format!("1000\r\n{}\r\n", "c".repeat(0x1000))
        };
        let mut client = Client::to(address);
        client.send(start.as_bytes());
        let mut sent = 0;
        while client.send(piece.as_bytes()) {
            sent += piece.len();
            assert!(sent < 64 * 1_024 * 1_024, "it is taken without an end");
        }
        // The answer may be lost: it comes while we still send.
        let statuses = client.statuses(1);
        assert!(statuses.iter().all(|status| [413, 431].contains(status)), "{statuses:?}");
    }
}
