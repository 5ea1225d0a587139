//! `kill -9` at any moment: what was acknowledged is there and is answered once.

use std::{
    collections::HashMap,
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use forthright_core::table::{Attribute, Item, Key, TableName};
use forthright_testkit::{canary::Scanner, seeded_entropy};

use crate::{
    copies::{Copies, pending_in, read_written, rows_in},
    place::Place,
    platform::{Person, Platform, now_seconds},
    server::{Server, wait_until},
    traffic::{CONNECTIONS, Traffic},
};

/// How often the server is killed, if `FORTHRIGHT_KILL_ROUNDS` does not say it.
const ROUNDS: usize = 100;
/// So many rounds lie between two looks into every row.
const ROUNDS_PER_LOOK: usize = 10;
/// More than a server writes in the short life that it has here.
const LOG_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

#[test]
fn what_was_acknowledged_survives_being_killed_and_is_answered_once() {
    let start = Instant::now();
    let rounds = std::env::var("FORTHRIGHT_KILL_ROUNDS");
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let platform = Platform::start();
    // As long as a call takes, a kill finds messages that are on their way.
    platform.slow_down(Duration::from_millis(2));
    let place = Place::new(&platform);
    let traffic = Traffic::new(&platform);
    let entropy = seeded_entropy(1);
    let (mut resumed, mut claimed) = (0, 0);
    for round in 0..rounds {
        let server = Server::start(&place);
        let [rush, wait, ..] = entropy.bytes::<8>();
        // Now and then it has no time to catch up before new messages come.
        if rush % 4 != 0 {
            wait_until("pending work", || pending_in(&place.data()).waiting == 0);
            platform.assert_nothing_came_twice();
        }
        kill_under_load(server, &traffic, Duration::from_millis(5 + u64::from(wait) % 56));

        let copies = Copies::of(&place.data());
        assert!(copies.messages() >= traffic.acknowledged(), "an acknowledged message is lost");
        let pending = copies.pending();
        resumed += pending.waiting;
        claimed = claimed.max(pending.claimed);
        if round % ROUNDS_PER_LOOK == 0 {
            copies.assert_sound();
        }
    }
    let log = fs::metadata(place.data().join("data.db-wal")).unwrap().len();
    assert!(log < LOG_BYTES_MAX, "each start leaves the log as it was: {log} bytes");
    let server = Server::start(&place);
    wait_until("pending work", || pending_in(&place.data()).waiting == 0);
    server.stop();
    Copies::of(&place.data()).assert_sound();
    let outcome = traffic.assert_all_is_well(&place);
    println!(
        "killed {rounds} times in {:.1} s: {outcome:?}; at the kills {resumed} waited and were \
         resumed, {claimed} were claimed and stay so",
        start.elapsed().as_secs_f64()
    );
    assert!(outcome.answered > 0 && outcome.with_people > 0 && outcome.suppressed > 0);
    assert!(rounds < 20 || resumed > 0, "no kill found anything pending: the test tests nothing");
}

/// Kills the server so long after its first acknowledgement.
fn kill_under_load(server: Server, traffic: &Traffic, wait: Duration) {
    let address = server.address();
    let (told, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            let told = told.clone();
            scope.spawn(move || traffic.send_until_gone(address, &told));
        }
        let first = acknowledged.recv_timeout(Duration::from_secs(30));
        thread::sleep(wait);
        server.kill();
        first.expect("nothing is acknowledged");
    });
}

#[test]
fn an_erasure_that_is_cut_off_goes_on_and_leaves_no_key() {
    const ROUNDS: usize = 20;
    const ERASED_PER_ROUND: usize = 4;
    let platform = Platform::start();
    let place = Place::new(&platform);
    let people: Vec<_> = (0..ROUNDS * ERASED_PER_ROUND).map(Person::numbered).collect();
    let server = Server::start(&place);
    for (number, person) in people.iter().enumerate() {
        let id = format!("wamid.CANARY{number}");
        let webhook = platform.webhook(person, "Where is my order? CANARY", &id, now_seconds());
        assert_eq!(server.call(&webhook).status(), 200);
    }
    wait_until("pending work", || pending_in(&place.data()).waiting == 0);
    server.stop();
    let keys: HashMap<_, _> = Copies::of(&place.data())
        .rows(TableName::Keys)
        .into_iter()
        .filter_map(|row| {
            let wrapped = row.get_bytes(Attribute::Wrapped)?.to_vec();
            row.key.partition.starts_with("K#").then_some((row.key, wrapped))
        })
        .collect();
    assert_eq!(keys.len(), people.len());

    let entropy = seeded_entropy(2);
    let mut requests = Vec::new();
    for people in people.chunks(ERASED_PER_ROUND) {
        let before = destroyed(&Copies::of(&place.data()).rows(TableName::Keys), &keys);
        let server = Server::start(&place);
        // What the killed one destroyed it may not have taken out of the log any more.
        assert_are_gone(&place, &before);
        for person in people {
            let request = server.demand("erasure", person.id());
            requests.push(request["request"].as_str().unwrap().to_owned());
        }
        let [wait, ..] = entropy.bytes::<8>();
        thread::sleep(Duration::from_millis(u64::from(wait) % 24));
        server.kill();
    }
    let server = Server::start(&place);
    let is_completed = |request: &String| {
        server.get(&format!("/api/requests/{request}")).json()["state"] == "completed"
    };
    wait_until("erasures", || requests.iter().all(is_completed));
    let destroyed = destroyed(&rows_in(&place.data(), TableName::Keys), &keys);
    assert_eq!(destroyed.len(), people.len());
    assert_are_gone(&place, &destroyed);
    for person in &people {
        assert!(!place.export(person.id()).0, "something is left of an erased person");
    }
    server.stop();
    platform.assert_nothing_came_twice();
    Copies::of(&place.data()).assert_sound();
}

/// The keys among `keys` whose rows say that they are destroyed.
fn destroyed<'a>(rows: &[Item], keys: &'a HashMap<Key, Vec<u8>>) -> Vec<&'a Vec<u8>> {
    let destroyed = rows.iter().filter(|row| row.get_text(Attribute::State).is_some());
    destroyed.filter_map(|row| keys.get(&row.key)).collect()
}

/// No file that holds keys has any of these: not SQLite's, not its log, not the journal.
fn assert_are_gone(place: &Place, keys: &[&Vec<u8>]) {
    let scanner = Scanner::new(keys);
    let mut searched = 0;
    for entry in fs::read_dir(place.data()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with("keys.") {
            searched += 1;
            let bytes = read_written(&path);
            assert!(scanner.find(&bytes).is_none(), "a destroyed key is still in {name}");
        }
    }
    assert!(searched >= 4, "files are missing");
}
