//! What an erasure leaves on the disk: nothing of the person, and everything of everybody else.

use std::{
    collections::HashMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use data_encoding::HEXLOWER;
use forthright_core::{
    Entropy,
    table::{Attribute, Item, TableName},
};
use forthright_testkit::{
    canary::{self, Scanner},
    seeded_entropy,
};
use serde_json::Value;

use crate::{
    copies::{Copies, pending_in, read_written, rows_in},
    place::Place,
    platform::{Person, Platform, now_seconds},
    server::{Server, wait_until},
    wire::Connection,
};

/// How many people write.
const PEOPLE: usize = 200;
/// Every so many-th is erased.
const ERASED_OF: usize = 4;
/// How many write while the others are erased.
const BYSTANDERS: usize = 16;

/// A person, every field of whom is unlike any other's.
#[derive(Debug)]
struct Subject {
    person: Person,
    text: String,
    id: String,
    /// The webhook that brought the text.
    webhook: Vec<u8>,
    opts_out: bool,
    is_erased: bool,
}

impl Subject {
    fn new(number: usize, platform: &Platform, entropy: &Entropy) -> Self {
        let unique = || format!("CANARY{}", HEXLOWER.encode(&entropy.bytes::<8>()));
        // Some hide their number, some have no other id.
        let phone = (!number.is_multiple_of(5)).then(|| format!("4915550{number:08}"));
        let user_id = (number % 7 != 1 || phone.is_none()).then(|| format!("US.{}", unique()));
        let person = Person { phone, user_id, name: unique() };
        let text = format!("Where is my order? {}", unique());
        let id = format!("wamid.{}", unique());
        let webhook = platform.webhook(&person, &text, &id, now_seconds());
        Self {
            person,
            text,
            id,
            webhook,
            opts_out: number % 8 < 2,
            is_erased: number.is_multiple_of(ERASED_OF),
        }
    }

    /// Everything that tells who this is or what they wrote.
    fn traces(&self) -> impl Iterator<Item = &str> {
        let Person { phone, user_id, name } = &self.person;
        [phone.as_deref(), user_id.as_deref(), Some(name), Some(&self.text), Some(&self.id)]
            .into_iter()
            .flatten()
    }
}

/// Everybody's webhooks, and the stop of those who opt out.
fn write(server: &Server, platform: &Platform, subjects: &[Subject]) {
    let mut connection = Connection::to(server.address()).unwrap();
    let mut send = |webhook: &[u8]| assert_eq!(connection.call(webhook).unwrap().status(), 200);
    for subject in subjects {
        send(&subject.webhook);
    }
    // A stop that comes first would silence the answer.
    wait_until("replies", || platform.taken().len() >= subjects.len());
    for subject in subjects.iter().filter(|subject| subject.opts_out) {
        let id = format!("{}STOP", subject.id);
        send(&platform.webhook(&subject.person, "STOP", &id, now_seconds()));
    }
}

/// With which code an export ended, and what it printed.
type Exported = (Option<i32>, Vec<u8>);

/// What `forthright export` prints for each, byte for byte, and whether anything is held.
fn exports<'a>(
    place: &Place,
    data: &Path,
    subjects: impl Iterator<Item = &'a Subject>,
) -> Vec<Exported> {
    let subjects: Vec<_> = subjects.collect();
    let export = |subject: &&Subject| {
        let output = place.export_from(subject.person.id(), data);
        (output.status.code(), output.stdout)
    };
    let (one, other) = subjects.split_at(subjects.len() / 2);
    thread::scope(|scope| {
        let one = scope.spawn(|| one.iter().map(export).collect::<Vec<_>>());
        let mut other: Vec<_> = other.iter().map(export).collect();
        let mut all = one.join().unwrap();
        all.append(&mut other);
        all
    })
}

/// Erases through the API while others write, and waits until every request is served.
fn erase_under_traffic(server: &Server, platform: &Platform, subjects: &[Subject]) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let mut connection = Connection::to(server.address()).unwrap();
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                let from = Person::numbered(5_000_000 + count % BYSTANDERS);
                let id = format!("wamid.CANARYbystander{count}");
                let text = "Where is my order? CANARY";
                let webhook = platform.webhook(&from, text, &id, now_seconds());
                assert_eq!(connection.call(&webhook).unwrap().status(), 200);
                count += 1;
            }
            count
        });
        let mut requests = Vec::new();
        for subject in subjects.iter().filter(|subject| subject.is_erased) {
            // By either id, whichever the person has.
            let ids = [&subject.person.user_id, &subject.person.phone];
            let mut ids = ids.into_iter().flatten();
            let id = ids.nth(requests.len() % 2).map_or(subject.person.id(), String::as_str);
            let request = server.demand("erasure", id);
            assert_eq!(request["matched"], true, "a person was not found");
            requests.push(request["request"].as_str().unwrap().to_owned());
        }
        for request in requests {
            wait_until("an erasure", || {
                let view = server.get(&format!("/api/requests/{request}")).json();
                view["state"] == "completed" && view["erased"]["messages"].as_u64() >= Some(1)
            });
        }
        stop.store(true, Ordering::Relaxed);
        assert!(traffic.join().unwrap() > 0, "nobody wrote meanwhile");
    });
}

/// The wrapped keys of subjects, by their rows.
fn wrapped_keys(rows: Vec<Item>) -> HashMap<(String, String), Vec<u8>> {
    let key = |row: Item| {
        let wrapped = row.get_bytes(Attribute::Wrapped)?.to_vec();
        Some(((row.key.partition, row.key.sort), wrapped))
    };
    let rows = rows.into_iter().filter(|row| row.key.partition.starts_with("K#"));
    rows.filter_map(key).collect()
}

/// Every file of the state and every log.
fn files(place: &Place) -> Vec<PathBuf> {
    let mut files = vec![place.beside("said.out"), place.beside("said.err")];
    for entry in fs::read_dir(place.data()).unwrap() {
        // All but the socket.
        files.extend(Some(entry.unwrap().path()).filter(|path| path.is_file()));
    }
    assert!(files.len() >= 9, "files are missing");
    files
}

/// People who wrote and were answered, and what the store had about them before any was erased.
struct Written {
    platform: Arc<Platform>,
    place: Place,
    subjects: Vec<Subject>,
    backup: Copies,
    /// What the program exported about those who are not erased.
    exported: Vec<Exported>,
}

impl Written {
    fn kept(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.iter().filter(|subject| !subject.is_erased)
    }

    fn erased(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.iter().filter(|subject| subject.is_erased)
    }

    fn settled(&self) {
        wait_until("pending work", || pending_in(&self.place.data()).waiting == 0);
    }

    fn replies_to_erased(&self) -> Vec<usize> {
        self.erased().map(|subject| self.platform.taken_by(&subject.person)).collect()
    }

    /// The wrapped keys that were in the store and are no more.
    fn destroyed_keys(&self) -> Vec<Vec<u8>> {
        let before = wrapped_keys(self.backup.rows(TableName::Keys));
        let now = wrapped_keys(rows_in(&self.place.data(), TableName::Keys));
        before.into_iter().filter(|(row, _)| !now.contains_key(row)).map(|(_, key)| key).collect()
    }

    /// Nobody's data stands anywhere in clear, nor anything that could make the erased ones' readable.
    fn assert_no_trace(&self, destroyed_keys: &[Vec<u8>]) {
        let traces = Scanner::new(self.erased().flat_map(Subject::traces));
        let keys = Scanner::new(destroyed_keys);
        assert!(self.erased().all(|subject| traces.find(&subject.webhook).is_some()));
        let files_before = ["keys.db", "keys.db-wal"].map(|name| self.backup.folder().join(name));
        let were_there = |file: &PathBuf| fs::read(file).is_ok_and(|it| keys.find(&it).is_some());
        assert!(files_before.iter().any(were_there), "the search finds nothing");
        for path in files(&self.place) {
            let bytes = read_written(&path);
            let name = path.file_name().unwrap().to_string_lossy();
            for scanner in [&traces, &keys] {
                let found = scanner.find(&bytes).map(|encoding| encoding.to_string());
                assert_eq!(found, None, "an erased person is still in {name}");
            }
            let found = canary::find(&bytes).map(|encoding| encoding.to_string());
            assert_eq!(found, None, "personal data stands in clear in {name}");
        }
    }

    /// Exports have nothing of the erased but that they opted out, and of the others what they had.
    fn assert_exports(&self) {
        let data = self.place.data();
        for (subject, (code, printed)) in
            self.erased().zip(exports(&self.place, &data, self.erased()))
        {
            let export: Value = serde_json::from_slice(&printed).unwrap();
            assert_eq!(code, Some(i32::from(!subject.opts_out)));
            assert_eq!(export["opted_out_since"].is_string(), subject.opts_out);
            assert_eq!(export["messages"].as_array().unwrap().len(), 0);
            assert_eq!(export["quarantined_rows"], 0);
            assert!(canary::find(&printed).is_none(), "an erased person is exported");
        }
        let others = exports(&self.place, &data, self.kept());
        assert!(others == self.exported, "the data of somebody else has changed");
    }

    /// The platform delivers again what it delivered before the erasure.
    fn deliver_again(&self, server: &Server) {
        let mut connection = Connection::to(server.address()).unwrap();
        for subject in self.erased() {
            assert_eq!(connection.call(&subject.webhook).unwrap().status(), 200);
        }
        self.settled();
    }

    /// Who opted out and was erased writes again: a person reads it, the machine is silent.
    fn come_back(&self, server: &Server) {
        let mut connection = Connection::to(server.address()).unwrap();
        let back = || self.erased().filter(|subject| subject.opts_out);
        for subject in back() {
            let id = format!("{}AGAIN", subject.id);
            let text = "Where is my order now? CANARY";
            let webhook = self.platform.webhook(&subject.person, text, &id, now_seconds());
            assert_eq!(connection.call(&webhook).unwrap().status(), 200);
        }
        self.settled();
        for subject in back() {
            let (held, export) = self.place.export(subject.person.id());
            assert!(held);
            let message = &export["messages"][0];
            assert_eq!(message["state"], "human");
            assert_eq!(message["reason"], "opted_out");
        }
    }

    /// The data from before the erasures, with the keys of today, shows nothing of the erased.
    fn assert_a_backup_tells_nothing(&self, today: &Copies) {
        let restored = self.place.beside("restored");
        fs::create_dir(&restored).unwrap();
        fs::set_permissions(&restored, fs::Permissions::from_mode(0o700)).unwrap();
        for (from, names) in [
            (&self.backup, ["data.db", "data.db-wal"].as_slice()),
            (today, &["keys.db", "keys.db-wal", "master.key"]),
        ] {
            for name in names.iter().filter(|name| from.folder().join(name).exists()) {
                fs::copy(from.folder().join(name), restored.join(name)).unwrap();
            }
        }
        for (code, printed) in exports(&self.place, &restored, self.erased()) {
            assert!(matches!(code, Some(0 | 1)));
            assert!(canary::find(&printed).is_none(), "a backup tells of an erased person");
        }
        let others = exports(&self.place, &restored, self.kept());
        assert!(others == self.exported, "a backup does not tell of the others");
    }
}

/// Everybody writes and is answered. The most talkative log there is must not tell of anybody.
fn begin() -> Written {
    let platform = Platform::start();
    let place = Place::new(&platform);
    let entropy = seeded_entropy(7);
    let subjects: Vec<_> =
        (0..PEOPLE).map(|number| Subject::new(number, &platform, &entropy)).collect();
    let server = Server::start_with(&place, "trace");
    write(&server, &platform, &subjects);
    wait_until("pending work", || pending_in(&place.data()).waiting == 0);
    server.stop();
    let backup = Copies::of(&place.data());
    let mut written = Written { platform, place, subjects, backup, exported: Vec::new() };
    written.exported = exports(&written.place, &written.place.data(), written.kept());
    for (subject, (code, printed)) in written.kept().zip(&written.exported) {
        assert_eq!(*code, Some(0));
        let printed = str::from_utf8(printed).unwrap();
        assert!(subject.traces().all(|trace| printed.contains(trace)), "an export lacks something");
    }
    written
}

#[test]
fn nothing_of_the_erased_is_left_and_nothing_of_the_others_is_lost() {
    let written = begin();
    assert_eq!(written.erased().count(), PEOPLE / ERASED_OF);
    for mut group in [written.erased().collect::<Vec<_>>(), written.kept().collect()] {
        group.retain(|subject| subject.opts_out);
        assert!(group.len() > 5, "too few opt out");
    }

    let server = Server::start_with(&written.place, "trace");
    erase_under_traffic(&server, &written.platform, &written.subjects);
    written.settled();
    let replies = written.replies_to_erased();
    written.deliver_again(&server);
    // The log of the data is emptied a moment after the last deletion.
    thread::sleep(Duration::from_millis(1_500));
    let destroyed_keys = written.destroyed_keys();
    assert_eq!(destroyed_keys.len(), written.erased().count(), "not every key is destroyed");
    written.assert_no_trace(&destroyed_keys);
    written.assert_exports();
    server.stop();
    written.assert_no_trace(&destroyed_keys);

    let server = Server::start_with(&written.place, "trace");
    written.come_back(&server);
    server.stop();
    assert!(written.replies_to_erased() == replies, "an erased message is answered");
    written.platform.assert_nothing_came_twice();
    written.assert_no_trace(&destroyed_keys);
    let today = Copies::of(&written.place.data());
    today.assert_sound();
    written.assert_a_backup_tells_nothing(&today);
}
