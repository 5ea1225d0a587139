//! What a webhook call costs at most, counted and not timed: memory, allocations, calls of the table.
//!
//! A program of its own, since it counts every allocation. The table forgets what it is told, so that what is counted is
//! the function's own.

mod webhook;

use allocation_counter::AllocationInfo;
use forthright_core::http::BODY_BYTES_MAX;

use webhook::{Call, cost, message, messages, value};

/// The memory that a call may take beside its body: as much as the largest body.
const MEMORY_MAX: u64 = BODY_BYTES_MAX as u64;
/// More bytes than this nobody allocates in order to refuse a call.
const REFUSAL_BYTES_MAX: u64 = 8 * 1_024;

/// As many of these parts as fit into a list in a body of this many bytes.
fn filled(bytes: usize, part: &str, wrap: impl Fn(&str) -> String) -> String {
    let count = (bytes - wrap("").len()) / (part.len() + 1);
    wrap(&vec![part; count].join(","))
}

/// Bodies of a size, each full of something else.
fn bodies(bytes: usize) -> Vec<(&'static str, String)> {
    let list = |name: &'static str| move |parts: &str| value(&format!("\"{name}\":[{parts}]"));
    let depth = bytes / 2 - 500;
    let keys = |parts: &str| messages(&format!("{{{parts},\"x\":0}}"));
    let text = |words: &str| messages(&message("1", &format!("\"{words}\"")));
    vec![
        ("messages that are none", filled(bytes, "0", list("messages"))),
        ("messages without a sender", filled(bytes, "{\"id\":\"1\"}", list("messages"))),
        ("the shortest messages", shortest(bytes)),
        ("messages of one person", filled(bytes, &message("1", "\"CANARY\""), list("messages"))),
        ("statuses of nobody", filled(bytes, "{}", list("statuses"))),
        ("statuses with a token", filled(bytes, STATUS, list("statuses"))),
        ("contacts", filled(bytes, "{\"wa_id\":\"4915550\"}", list("contacts"))),
        (
            "contacts beside a message",
            filled(bytes, "{\"user_id\":\"US.CANARY\"}", |parts| {
                value(&format!(
                    "\"contacts\":[{parts}],\"messages\":[{}]",
                    message("1", "\"CANARY\"")
                ))
            }),
        ),
        ("keys", filled(bytes, "\"k\":0", keys)),
        (
            "entries",
            filled(bytes, "{}", |parts| {
                format!("{{\"object\":\"whatsapp_business_account\",\"entry\":[{parts}]}}")
            }),
        ),
        (
            "changes",
            filled(bytes, "{\"field\":\"calls\"}", |parts| {
                format!(
                    "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"changes\":[{parts}]}}]}}"
                )
            }),
        ),
        ("one text", filled(bytes, "CANARY", text)),
        ("one text of escapes", filled(bytes, "\\u0043", text)),
        ("lists within lists", messages(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)))),
        ("brackets", "[".repeat(bytes)),
        ("spaces", " ".repeat(bytes)),
        ("no text", "\u{0}".repeat(bytes)),
    ]
}

const STATUS: &str = r#"{"id":"1","status":"sent","biz_opaque_callback_data":"1.a.1.mb.1.AA"}"#;

/// Messages as short as they can be, each of another person. Not so many that the test takes a minute: more than are held
/// at a time are enough.
fn shortest(bytes: usize) -> String {
    let bytes = bytes.min(BODY_BYTES_MAX / 8);
    let one = |number: usize| format!("{{\"id\":{number},\"from\":{number},\"timestamp\":0}}");
    let mut parts = String::with_capacity(bytes);
    let mut number = 1_000_000;
    while parts.len() + 300 < bytes {
        parts.push_str(&one(number));
        parts.push(',');
        number += 1;
    }
    parts.pop();
    messages(&parts)
}

#[test]
fn no_body_takes_more_memory_than_once_again_its_size() {
    for (name, body) in bodies(BODY_BYTES_MAX) {
        assert!(body.len() <= BODY_BYTES_MAX, "{name}");
        let (status, memory, calls) = cost(&Call::signed(body.into()));
        println!("{name}: {memory:?}, {calls} calls of the table");
        assert_eq!(status, 200, "{name}");
        assert!(memory.bytes_max <= MEMORY_MAX, "{name}: {} bytes at once", memory.bytes_max);
    }
}

#[test]
fn twice_the_body_costs_at_most_twice_as_much() {
    for ((name, body), (_, twice)) in bodies(128 * 1_024).into_iter().zip(bodies(256 * 1_024)) {
        let (_, one, calls) = cost(&Call::signed(body.into()));
        let (_, two, calls_of_two) = cost(&Call::signed(twice.into()));
        let AllocationInfo { count_total, bytes_total, .. } = two;
        // A tenth for what grows in steps, and a little for what is there once.
        let linear = |two: u64, one: u64, little: u64| two <= 2 * one + one / 10 + little;
        assert!(linear(count_total, one.count_total, 200), "{name}: {one:?}, twice it {two:?}");
        assert!(
            linear(bytes_total, one.bytes_total, 64 * 1_024),
            "{name}: {one:?}, twice it {two:?}"
        );
        assert!(linear(calls_of_two, calls, 8), "{name}: {calls} calls, then {calls_of_two}");
    }
}

#[test]
fn a_message_costs_the_table_no_more_among_many() {
    let calls = |count: usize| {
        let parts: Vec<_> = (0..count).map(|id| message(&id.to_string(), "\"CANARY\"")).collect();
        cost(&Call::signed(messages(&parts.join(",")).into())).2
    };
    let one = calls(1);
    for count in [10, 1_000, 3_000] {
        let many = calls(count);
        assert!(many <= one * count as u64, "{many} calls for {count} messages, {one} for one");
    }
}

#[test]
fn a_refusal_costs_nothing_whatever_the_size() {
    let body = || vec![b'x'; BODY_BYTES_MAX];
    for (name, call, expected) in [
        ("not signed", Call::signed(body().into()).without("x-hub-signature-256"), 401),
        ("signed otherwise", Call::signed(b"CANARY"[..].into()).of(body().into()), 401),
        ("compressed", Call::signed(body().into()).with("content-encoding", "gzip"), 415),
        ("too large", Call::signed(vec![0; BODY_BYTES_MAX + 1].into()), 413),
    ] {
        let (status, memory, calls) = cost(&call);
        assert_eq!((status, calls), (expected, 0), "{name}");
        assert!(memory.bytes_total <= REFUSAL_BYTES_MAX, "{name}: {memory:?}");
    }
}
