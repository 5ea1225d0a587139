//! As much of HTTP/1.1 as two programs on one machine need: whole messages with a length, kept alive.

use std::{
    io::{self, ErrorKind, Read},
    net::TcpStream,
    ops::Range,
};

use anyhow::{Result, ensure};

const READ_BYTES: usize = 16 * 1_024;

/// Where the parts of a message lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The body.
    pub(crate) body: Range<usize>,
    /// The whole.
    pub(crate) length: usize,
}

/// The message at the start of `bytes`, once it is whole.
pub(crate) fn whole_message(bytes: &[u8]) -> Result<Option<Message>> {
    let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut length = 0;
    for line in bytes[..end].split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = std::str::from_utf8(value)?.parse()?;
        }
        ensure!(
            !name.eq_ignore_ascii_case(b"transfer-encoding"),
            "a message without content-length: this program reads no chunks"
        );
    }
    let body = end + 4..end + 4 + length;
    Ok((bytes.len() >= body.end).then_some(Message { length: body.end, body }))
}

/// The status of the response at the start of `bytes`.
pub(crate) fn status(bytes: &[u8]) -> Option<u16> {
    std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().ok()
}

/// A socket that never blocks, with what was read and not yet used.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) buffer: Vec<u8>,
}

impl Connection {
    /// Makes the socket one that neither blocks nor waits for more to send.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_BYTES) })
    }

    /// Reads what is there; false once the other side closed.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        let mut part = [0_u8; READ_BYTES];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    self.buffer.extend_from_slice(&part[..count]);
                    if count < part.len() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_whole_only_with_all_of_its_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503";
        let message = whole_message(bytes).unwrap().unwrap();
        assert_eq!(&bytes[message.body.clone()], b"ok");
        assert_eq!(status(&bytes[..message.length]), Some(200));
        assert_eq!(status(&bytes[message.length..]), Some(503));
        for end in 0..message.length {
            assert_eq!(whole_message(&bytes[..end]).unwrap(), None);
        }
    }

    #[test]
    fn chunks_are_refused_instead_of_misread() {
        assert!(whole_message(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
