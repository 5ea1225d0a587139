//! Bodies as large as they may be, several at a time, full of what costs most.

use std::{net::SocketAddr, thread, time::Duration};

use super::Client;
use crate::{
    platform::{ACCOUNT, Platform},
    wire,
};

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;

pub(super) fn all(address: SocketAddr, platform: &Platform) {
    signed(address, platform);
    held(address, platform);
    promised(address, platform);
}

fn webhook(platform: &Platform, body: Vec<u8>) -> Vec<u8> {
    wire::delivery(&platform.deliver_body(body))
}

fn value(inside: &str) -> Vec<u8> {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{ACCOUNT}"}},{inside}}}}}]}}]}}"#
    )
    .into_bytes()
}

/// Signed bodies of 4 MiB, two at a time: all are acknowledged.
fn signed(address: SocketAddr, platform: &Platform) {
    let list = |name: &str, part: &str| {
        let count = (BODY_BYTES_MAX - 300) / (part.len() + 1);
        value(&format!("\"{name}\":[{}]", vec![part; count].join(",")))
    };
    let depth = BODY_BYTES_MAX / 2 - 200;
    let text = "CANARY ".repeat((BODY_BYTES_MAX - 600) / 7);
    let message = |words: &str| {
        format!(
            r#""messages":[{{"id":"wamid.CANARYlarge","from":"4915550000099","timestamp":"1","type":"text","text":{{"body":"{words}"}}}}]"#
        )
    };
    let bodies = [
        list("messages", "0"),
        list("statuses", "{}"),
        list("contacts", r#"{"wa_id":"4915550"}"#),
        value(&format!("\"messages\":[{}{}]", "[".repeat(depth), "]".repeat(depth))),
        value(&message(&text)),
        value(&message("CANARY")),
        vec![b' '; BODY_BYTES_MAX],
        vec![0; BODY_BYTES_MAX],
    ];
    for two in bodies.chunks(2) {
        thread::scope(|scope| {
            for body in two {
                scope.spawn(|| {
                    let mut client = Client::to(address);
                    client.send(&webhook(platform, body.clone()));
                    assert_eq!(client.statuses(1), [200], "a large body is not acknowledged");
                });
            }
        });
    }
}

/// Many clients hold bodies that are almost whole: some have memory, the others are sent away, and small requests are
/// served (which the rest of this test sees to).
fn held(address: SocketAddr, platform: &Platform) {
    let whole = webhook(platform, vec![b' '; BODY_BYTES_MAX]);
    let (almost, last) = whole.split_at(whole.len() - 1);
    let mut clients: Vec<_> = (0..24).map(|_| Client::to(address)).collect();
    let acknowledged: usize = thread::scope(|scope| {
        let sending = clients.iter_mut().map(|client| {
            scope.spawn(|| {
                if client.send(almost) {
                    thread::sleep(Duration::from_secs(1));
                    client.send(last);
                }
                match client.statuses(1)[..] {
                    [200] => 1,
                    // The answer may be lost: it comes while we still send.
                    [503] | [] => 0,
                    ref other => panic!("{other:?}"),
                }
            })
        });
        let sending: Vec<_> = sending.collect();
        sending.into_iter().map(|sent| sent.join().unwrap()).sum()
    });
    // Two fit at a time, and a third waits no longer than a few seconds.
    assert!(
        (2..=14).contains(&acknowledged),
        "{acknowledged} of the largest bodies in a few seconds"
    );
    let mut again = Client::to(address);
    again.send(&whole);
    assert_eq!(again.statuses(1), [200], "the memory is free again");
}

/// Clients who promise the largest bodies and send nothing keep nobody waiting for long.
fn promised(address: SocketAddr, platform: &Platform) {
    let head = format!(
        "POST /webhooks/whatsapp/{ACCOUNT} HTTP/1.1\r\nhost: a\r\ncontent-length: {BODY_BYTES_MAX}\r\n\r\n"
    );
    let mut idle: Vec<_> = (0..2).map(|_| Client::to(address)).collect();
    for client in &mut idle {
        assert!(client.send(head.as_bytes()));
    }
    let mut client = Client::to(address);
    client.send(&webhook(platform, vec![b' '; BODY_BYTES_MAX]));
    assert_eq!(client.statuses(1), [200], "promises keep others out");
    for client in &mut idle {
        assert_eq!(client.statuses(1), [408]);
    }
}
