//! Whoever means harm, at the door of the running program: one server for all of it, which must serve others all the while
//! and stay within its memory.

mod heads;
mod large;
mod slow;

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::{
    place::Place,
    platform::{Person, Platform, now_seconds},
    server::{Server, wait_until},
};

/// The resident memory that the server may have had at most, in bytes.
const MEMORY_MAX: u64 = 64 * 1_024 * 1_024;
/// Longer than anything here takes that is not slow on purpose.
const WAIT: Duration = Duration::from_secs(30);

#[test]
fn whatever_comes_in_others_are_served_and_the_memory_suffices() {
    // Both ends of a thousand connections are in few processes.
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, raised).unwrap();

    let platform = Platform::start();
    let place = Place::new(&platform);
    let server = Server::start(&place);
    let served = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                serves_somebody(&server, &platform, served.fetch_add(1, Ordering::Relaxed));
                thread::sleep(Duration::from_millis(50));
            }
        });
        let over = Over(&is_over);
        let slow = scope.spawn(|| slow::all(server.address()));
        heads::all(server.address(), &platform);
        large::all(server.address(), &platform);
        slow.join().unwrap();
        slow::full_house(server.address());
        drop(over);
    });

    let served = served.load(Ordering::Relaxed);
    assert!(served > 20, "only {served} others were served");
    assert_eq!(server.get("/healthz").status(), 200);
    wait_until("the answers", || platform.taken_by(&Person::numbered(0)) > 0);
    let peak = server.memory_peak();
    println!("{served} others were served; the memory was {} KiB at most", peak / 1_024);
    assert!(peak <= MEMORY_MAX, "{peak} bytes of memory");
    server.stop();
    let said = fs::read_to_string(place.beside("said.err")).unwrap();
    assert!(!said.contains("panic"), "the server panicked");
}

/// Says that it is over when it is dropped, also by a failure.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An ordinary message, which must be taken.
fn serves_somebody(server: &Server, platform: &Platform, number: usize) {
    let person = Person::numbered(number % 20);
    let id = format!("wamid.CANARYother{number}");
    let webhook = platform.webhook(&person, "Where is my order? CANARY", &id, now_seconds());
    assert_eq!(server.call(&webhook).status(), 200, "somebody else was not served");
}

/// A client that may do anything.
struct Client(TcpStream);

impl Client {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(WAIT)).unwrap();
        stream.set_write_timeout(Some(WAIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends; false if the other side does not take it any more.
    fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Says that nothing more will be sent. The other side may be gone already.
    fn end(&mut self) {
        drop(self.0.shutdown(Shutdown::Write));
    }

    /// The statuses of all that is answered until the other side closes. When so many have come it hears that nothing
    /// more will be sent: before, it might take that for a client who has gone.
    fn statuses(&mut self, expected: usize) -> Vec<u16> {
        let mut answers = Vec::new();
        let mut part = [0; 16 * 1_024];
        loop {
            match self.0.read(&mut part) {
                Ok(0) => break,
                Ok(count) => answers.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("the other side neither answers nor closes: {error}"),
            }
            if statuses(&answers).len() >= expected
                && answers.ends_with(b"}") | answers.ends_with(b"ok")
            {
                self.end();
            }
        }
        statuses(&answers)
    }

    /// Whether the other side has closed by now.
    fn is_closed(&mut self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let mut part = [0; 4_096];
        let closed = loop {
            match self.0.read(&mut part) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        self.0.set_nonblocking(false).unwrap();
        closed
    }
}

fn statuses(answers: &[u8]) -> Vec<u16> {
    let text = std::str::from_utf8(answers).unwrap();
    let starts = text.split("HTTP/1.").skip(1);
    starts.filter_map(|answer| answer.get(2..5)?.parse().ok()).collect()
}
