//! As much of HTTP/1.1 as these tests need: whole messages with a length, kept alive.

use std::{
    fmt::Write as _,
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use forthright_core::http::Request;

/// Longer than anything that answers takes.
const WAIT: Duration = Duration::from_secs(30);

/// A request or a response.
#[derive(Debug)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) start: String,
    /// The names, in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The body, as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body, as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One connection, with what was read and not yet used.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn to(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(WAIT))?;
        Self::over(stream)
    }

    /// Over a stream that is there.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends a request and waits for the response.
    pub(crate) fn call(&mut self, request: &[u8]) -> io::Result<Message> {
        self.write(request)?;
        self.read()?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next message; none if the other side has ended.
    pub(crate) fn read(&mut self) -> io::Result<Option<Message>> {
        loop {
            if let Some((message, length)) = whole(&self.buffer) {
                self.buffer.drain(..length);
                return Ok(Some(message));
            }
            let mut part = [0; 16 * 1_024];
            match self.stream.read(&mut part)? {
                0 => return Ok(None),
                count => self.buffer.extend_from_slice(&part[..count]),
            }
        }
    }
}

/// The message at the start of `bytes` and its length, once it is whole.
fn whole(bytes: &[u8]) -> Option<(Message, usize)> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap().to_owned();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let value = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, it)| it);
    assert!(value("transfer-encoding").is_none(), "a message in chunks is not read here");
    let length: usize = value("content-length").map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some((Message { start, headers, body }, end + 4 + length))
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    request_to("localhost", (method, path), headers, body)
}

/// A request to a host under this name.
pub(crate) fn request_to(
    host: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
    [head.as_bytes(), body].concat()
}

/// What the stand-in delivers, as it goes over the wire.
pub(crate) fn delivery(request: &Request) -> Vec<u8> {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    self::request(request.method().as_str(), request.uri().path(), &headers, request.body())
}
