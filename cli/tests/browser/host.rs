//! The demo, started for a test and ended with it.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long the start, or the end, may take on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A running demo in a folder of its own. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Host {
    /// Starts the demo on a free port.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let said = folder.path().join("said");
        let child = Command::new(env!("CARGO_BIN_EXE_forthright"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .stdout(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut host = Self { child, address: nowhere, folder };
        let start = Instant::now();
        loop {
            let text = fs::read_to_string(&said).unwrap();
            let address = text.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
            if let Some((address, _)) = address {
                host.address = address.parse().unwrap();
                return host;
            }
            assert!(host.child.try_wait().unwrap().is_none(), "the demo did not start");
            assert!(start.elapsed() < WAIT_MAX, "the demo did not start in time");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The address of a page.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A header of a page.
    pub(crate) fn header(&self, path: &str, name: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let host = self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let mut lines = answer.lines().take_while(|line| !line.is_empty());
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    }

    /// What is held about a customer on WhatsApp, as the tool writes it.
    pub(crate) fn export(&self, id: &str) -> serde_json::Value {
        let told = Command::new(env!("CARGO_BIN_EXE_forthright"))
            .args(["export", "--channel", "whatsapp", "--id", id])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        // One says that nothing is held.
        assert!(
            matches!(told.status.code(), Some(0 | 1)),
            "{}",
            String::from_utf8_lossy(&told.stderr)
        );
        serde_json::from_slice(&told.stdout).unwrap()
    }

    /// Asks it to end and waits: it must end well.
    pub(crate) fn stop(mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "the demo ended with {status}");
                return;
            }
            assert!(start.elapsed() < WAIT_MAX, "the demo did not end in time");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // After a good end both find nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
