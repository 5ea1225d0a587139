//! Clients that keep the server waiting: with their heads, with their bodies, with taking their answers.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use super::Client;
use crate::platform::ACCOUNT;

/// How many of each kind there are.
const CLIENTS: usize = 100;
/// Longer than the server waits for a head and then for a body.
const PATIENCE: Duration = Duration::from_secs(45);

/// All are ended by the server.
pub(super) fn all(address: SocketAddr) {
    let head = format!("POST /webhooks/whatsapp/{ACCOUNT} HTTP/1.1\r\nhost: a\r\n");
    let starts = [
        (String::new(), "nothing"),
        (head.clone(), "half a head"),
        (format!("{head}content-length: 1000\r\n\r\n"), "a body that does not come"),
    ];
    let mut clients = Vec::new();
    for (start, name) in &starts {
        for number in 0..CLIENTS {
            let mut client = Client::to(address);
            assert!(client.send(start.as_bytes()));
            // Some go on, a byte at a time: that is no reason to wait longer.
            let piece = if number % 4 == 0 && *name != "nothing" { "a" } else { "" };
            clients.push((client, piece, *name));
        }
    }
    let start = Instant::now();
    while !clients.is_empty() {
        clients.retain_mut(|(client, piece, _)| {
            !client.is_closed() && (piece.is_empty() || client.send(piece.as_bytes()))
        });
        let names: Vec<_> = clients.iter().map(|(_, _, name)| *name).collect();
        assert!(start.elapsed() < PATIENCE, "not ended: {} of {:?}", names.len(), names.last());
        thread::sleep(Duration::from_millis(500));
    }
}

/// More clients than there are places: those who came first make room at once, and a newcomer is served.
pub(super) fn full_house(address: SocketAddr) {
    // The longest in the line are ended when the 513th comes, long before their time is over.
    let mut clients: Vec<_> = (0..700).map(|_| Client::to(address)).collect();
    let mut newcomer = Client::to(address);
    newcomer.send(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(newcomer.statuses(1), [200]);
    let closed: Vec<_> = clients.iter_mut().map(Client::is_closed).collect();
    assert!(closed[..100].iter().all(|closed| *closed), "the first make no room");
    assert!(closed[300..].iter().all(|closed| !closed), "the last make room for nobody");
}
