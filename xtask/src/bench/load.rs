//! The load generator: an open loop in one thread, which also serves the platform that takes the replies.
//!
//! Latencies count from when a message was due, not from when it was sent, so a host that stalls cannot
//! hide it by slowing the generator down.

use std::{
    io::{ErrorKind, Write},
    mem::MaybeUninit,
    net::{SocketAddr, TcpListener, TcpStream},
    num::NonZeroU64,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::{
    event::{Timespec, epoll},
    thread::set_current_timer_slack,
};

use super::latencies::Latencies;
use super::{
    messages::Batch,
    mock::Mock,
    wire::{self, Connection},
};

const EVENTS_MAX: usize = 256;
/// The longest sleep, so that the end of a run is seen.
const SLEEP_MAX: Duration = Duration::from_millis(20);
/// What an event speaks of: the listener, or a connection; from this number on one of the mock's.
const LISTENER: u64 = u64::MAX;
const MOCK_FROM: u64 = 1 << 32;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How many messages were sent.
    pub(crate) sent: usize,
    /// From when a message was due until it was acknowledged with 200.
    pub(crate) acks: Latencies,
    /// From when a message was due until its reply was read.
    pub(crate) replies: Latencies,
    /// Answers other than 200, and connections that broke.
    pub(crate) refused: usize,
    /// Acknowledged messages without a reply.
    pub(crate) lost: usize,
    /// Replies too many.
    pub(crate) doubled: usize,
    in_time: usize,
    offered_for: Duration,
}

impl Outcome {
    /// Replies per second while messages were offered.
    pub(crate) fn answered_rate(&self) -> f64 {
        self.in_time as f64 / self.offered_for.as_secs_f64()
    }

    /// From message to reply; endless if no reply came.
    pub(crate) fn e2e_ms(&self, percent: f64) -> f64 {
        if self.replies.len() == 0 { f64::INFINITY } else { self.replies.percentile_ms(percent) }
    }
}

/// The sockets of the generator and of the mock.
#[derive(Debug)]
pub(crate) struct Load {
    epoll: OwnedFd,
    listener: TcpListener,
    host: Option<SocketAddr>,
    clients: Vec<Client>,
    idle: Vec<usize>,
    mock: Mock,
    mock_connections: Vec<Option<Connection>>,
    acks: Latencies,
    refused: usize,
}

#[derive(Debug)]
struct Client {
    connection: Connection,
    /// When the message whose acknowledgement is awaited was due.
    due: Option<Instant>,
}

impl Load {
    /// Opens the mock's port.
    pub(crate) fn new(customers: u32) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        watch(&epoll, &listener, LISTENER)?;
        Ok(Self {
            epoll,
            listener,
            host: None,
            clients: Vec::new(),
            idle: Vec::new(),
            mock: Mock::new(customers),
            mock_connections: Vec::new(),
            acks: Latencies::default(),
            refused: 0,
        })
    }

    /// Where the mock listens.
    pub(crate) fn mock_port(&self) -> Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Connects to the host.
    pub(crate) fn connect(&mut self, host: SocketAddr, connections: usize) -> Result<()> {
        self.host = Some(host);
        for index in 0..connections {
            let connection = Connection::new(TcpStream::connect(host)?)?;
            watch(&self.epoll, &connection.stream, index as u64)?;
            self.clients.push(Client { connection, due: None });
            self.idle.push(index);
        }
        Ok(())
    }

    /// Sends the batch at `rate` messages per second from `start` on and waits for what comes of it.
    pub(crate) fn run(&mut self, batch: &Batch, rate: f64, start: Instant) -> Result<Outcome> {
        // Sleeps end on time, not up to 50 µs later, which is the default.
        set_current_timer_slack(NonZeroU64::new(1))?;
        let offered_for = Duration::from_secs_f64(batch.len() as f64 / rate);
        let due = |index: usize| start + Duration::from_secs_f64(index as f64 / rate);
        self.mock.begin(batch.len(), start + offered_for);
        self.acks = Latencies::with_capacity(batch.len());
        self.refused = 0;
        let mut next = 0;
        let mut progress = (0, Instant::now());
        loop {
            let now = Instant::now();
            while next < batch.len() && due(next) <= now {
                let Some(client) = self.idle.pop() else { break };
                self.send(client, batch.get(next), due(next))?;
                next += 1;
            }
            let awaited = self.clients.len() - self.idle.len();
            let all_sent = next == batch.len();
            if all_sent && awaited == 0 && self.mock.unanswered() <= self.refused {
                break;
            }
            let done = next + self.acks.len() + self.mock.latencies.len();
            if done > progress.0 {
                progress = (done, now);
            } else if now > progress.1 + Mock::PATIENCE {
                ensure!(all_sent && awaited == 0, "the host stopped acknowledging");
                break;
            }
            let sleep = if all_sent || self.idle.is_empty() {
                SLEEP_MAX
            } else {
                due(next).saturating_duration_since(Instant::now()).min(SLEEP_MAX)
            };
            self.serve(sleep)?;
        }
        Ok(Outcome {
            sent: batch.len(),
            acks: std::mem::take(&mut self.acks),
            replies: std::mem::take(&mut self.mock.latencies),
            refused: self.refused,
            lost: self.mock.unanswered().saturating_sub(self.refused),
            doubled: self.mock.doubled,
            in_time: self.mock.in_time,
            offered_for,
        })
    }

    fn send(&mut self, client: usize, (bytes, customer): (&[u8], u32), due: Instant) -> Result<()> {
        self.mock.expect(customer, due);
        let client = &mut self.clients[client];
        client.due = Some(due);
        // A request is far smaller than the empty buffer of an idle connection.
        let count =
            client.connection.stream.write(bytes).context("the host closed a connection")?;
        ensure!(count == bytes.len(), "a request did not fit the socket's buffer");
        Ok(())
    }

    /// Sleeps until something happens or the time is over, and sees to what happened.
    fn serve(&mut self, sleep: Duration) -> Result<()> {
        let mut events = [const { MaybeUninit::<epoll::Event>::uninit() }; EVENTS_MAX];
        let sleep = Timespec {
            tv_sec: i64::try_from(sleep.as_secs())?,
            tv_nsec: i64::from(sleep.subsec_nanos()),
        };
        let (ready, _) = match epoll::wait(&self.epoll, &mut events, Some(&sleep)) {
            Err(rustix::io::Errno::INTR) => return Ok(()),
            other => other?,
        };
        for event in ready {
            match event.data.u64() {
                LISTENER => self.accept()?,
                number if number >= MOCK_FROM => self.serve_mock((number - MOCK_FROM) as usize)?,
                number => self.serve_client(number as usize)?,
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    let connection = Connection::new(stream)?;
                    let number = MOCK_FROM + self.mock_connections.len() as u64;
                    watch(&self.epoll, &connection.stream, number)?;
                    self.mock_connections.push(Some(connection));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn serve_mock(&mut self, index: usize) -> Result<()> {
        let place = &mut self.mock_connections[index];
        let Some(connection) = place else {
            return Ok(());
        };
        let open = connection.fill()?;
        let now = Instant::now();
        while let Some(message) = wire::whole_message(&connection.buffer)? {
            let answer = self.mock.answer(&connection.buffer[message.body.clone()], now)?;
            connection.buffer.drain(..message.length);
            connection.stream.write_all(answer.as_bytes())?;
        }
        if !open {
            *place = None;
        }
        Ok(())
    }

    fn serve_client(&mut self, index: usize) -> Result<()> {
        let client = &mut self.clients[index];
        let open = client.connection.fill()?;
        if let Some(message) = wire::whole_message(&client.connection.buffer)? {
            let status = wire::status(&client.connection.buffer);
            client.connection.buffer.drain(..message.length);
            if let Some(due) = client.due.take() {
                if status == Some(200) {
                    self.acks.add(due.elapsed());
                } else {
                    self.refused += 1;
                }
                self.idle.push(index);
            }
        }
        if open {
            return Ok(());
        }
        // The host closed the connection: open it anew, as a platform does.
        let host = self.host.context("a client has a host")?;
        let was_awaited = self.clients[index].due.take().is_some();
        let connection = Connection::new(TcpStream::connect(host)?)?;
        watch(&self.epoll, &connection.stream, index as u64)?;
        self.clients[index].connection = connection;
        if was_awaited {
            self.refused += 1;
            self.idle.push(index);
        }
        Ok(())
    }
}

fn watch(epoll: &OwnedFd, socket: impl std::os::fd::AsFd, number: u64) -> Result<()> {
    let data = epoll::EventData::new_u64(number);
    Ok(epoll::add(epoll, socket, data, epoll::EventFlags::IN)?)
}

#[cfg(test)]
mod tests {
    use std::{io::Read, thread};

    use super::*;
    use crate::bench::messages::Messages;

    /// The next whole message of a blocking stream; none once it ended.
    fn read_message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
        loop {
            if let Some(message) = wire::whole_message(buffer).unwrap() {
                return Some(buffer.drain(..message.length).collect());
            }
            let mut part = [0_u8; 4_096];
            let count = stream.read(&mut part).unwrap_or(0);
            if count == 0 {
                return None;
            }
            buffer.extend_from_slice(&part[..count]);
        }
    }

    /// A host that acknowledges every message and replies so many times to each.
    fn host(mock_port: u16, replies: usize) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut platform = TcpStream::connect(("127.0.0.1", mock_port)).unwrap();
                    platform.set_nodelay(true).unwrap();
                    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
                    while let Some(request) = read_message(&mut stream, &mut inbound) {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                        let request = String::from_utf8(request).unwrap();
                        let to =
                            request.split_once("\"from\":\"").unwrap().1.split_once('"').unwrap().0;
                        let body = format!("{{\"to\":\"{to}\"}}");
                        for _ in 0..replies {
                            let length = body.len();
                            let head = format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n");
                            let reply = format!("{head}\r\n{body}");
                            let sent = platform.write_all(reply.as_bytes()).is_ok();
                            // The generator ends as soon as it has what it waits for.
                            if !sent || read_message(&mut platform, &mut outbound).is_none() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        address
    }

    fn outcome(replies: usize) -> Outcome {
        let mut load = Load::new(500).unwrap();
        let address = host(load.mock_port().unwrap(), replies);
        load.connect(address, 4).unwrap();
        let batch =
            Messages::new("310000000000002", "a secret of nobody", 500).prepare(address, 400);
        load.run(&batch, 2_000.0, Instant::now()).unwrap()
    }

    #[test]
    fn every_message_is_acknowledged_answered_and_timed() {
        let outcome = outcome(1);
        assert_eq!((outcome.sent, outcome.acks.len(), outcome.replies.len()), (400, 400, 400));
        assert_eq!((outcome.refused, outcome.lost, outcome.doubled), (0, 0, 0));
        assert!(outcome.answered_rate() > 0.0);
    }

    #[test]
    fn a_host_that_answers_twice_is_caught() {
        let outcome = outcome(2);
        assert!(outcome.doubled > 0);
    }
}
