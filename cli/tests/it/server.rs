//! The running server: started, asked to end or killed, and ended in any case.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    place::{OPERATOR_TOKEN, Place},
    platform::ACCOUNT,
    wire::{self, Connection, Message},
};

/// How long a start may take, also on a busy machine.
const START_MAX: Duration = Duration::from_secs(30);
/// How long the end may take.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(15);

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    out: PathBuf,
}

impl Server {
    /// Serves the brand of `place`; what it says is kept beside the state.
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_with(place, "info")
    }

    /// The same with this log level.
    pub(crate) fn start_with(place: &Place, level: &str) -> Self {
        let mut command = place.command("serve");
        command.env("RUST_LOG", level);
        Self::spawn(command, &place.beside("said"))
    }

    /// Runs `command`, which serves, on a free port, and waits until it says where.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> Self {
        let out = log.with_extension("out");
        let child = command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(File::create(&out).unwrap())
            .stderr(
                File::options().append(true).create(true).open(log.with_extension("err")).unwrap(),
            )
            .spawn()
            .unwrap();
        // From here on the child is ended whatever happens.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), out };
        let start = Instant::now();
        loop {
            let said = server.said();
            // Its first line is whole when the next begins.
            if let Some(address) = said.ends_with('\n').then(|| address(&said)).flatten() {
                server.address = address;
                return server;
            }
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server did not start: {ended:?}");
            assert!(start.elapsed() < START_MAX, "the server did not start in time");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it wrote to standard output.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    /// The most resident memory that it had, in bytes.
    pub(crate) fn memory_peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks it to end, without waiting.
    pub(crate) fn ask_to_end(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }

    /// Waits for an end that was asked for: it must come in time.
    pub(crate) fn wait(mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < STOP_MAX, "the server did not end in time");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end and waits: it must end well.
    pub(crate) fn stop(self) {
        self.ask_to_end();
        assert_eq!(self.wait().code(), Some(0), "the server did not end well");
    }

    /// Kills it at once: it can do nothing about it.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends one request.
    pub(crate) fn call(&self, request: &[u8]) -> Message {
        Connection::to(self.address).and_then(|mut connection| connection.call(request)).unwrap()
    }

    /// Reads a page.
    pub(crate) fn get(&self, path: &str) -> Message {
        let bearer = format!("Bearer {OPERATOR_TOKEN}");
        let headers = [("authorization", bearer.as_str())];
        self.call(&wire::request_to(&self.address.to_string(), ("GET", path), &headers, b""))
    }

    /// Demands something for a person; the answer tells the request.
    pub(crate) fn demand(&self, kind: &str, id: &str) -> Value {
        let subject = json!({ "channel": "whatsapp", "account": ACCOUNT, "id": id });
        let body = json!({ "kind": kind, "subject": subject }).to_string();
        let bearer = format!("Bearer {OPERATOR_TOKEN}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = self.call(&wire::request("POST", "/api/requests", &headers, body.as_bytes()));
        assert_eq!(answer.status(), 202, "a request was not taken");
        answer.json()["request"].clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a good end both find nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in what a server says when it has started.
fn address(said: &str) -> Option<SocketAddr> {
    let (_, rest) = said.split_once("http://")?;
    rest.split(['/', ',', ' ', '\n']).next()?.parse().ok()
}

/// Looks again and again until something holds.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_mins(1), "it took too long: {what}");
        thread::sleep(Duration::from_millis(4));
    }
}
