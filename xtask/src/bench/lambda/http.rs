//! A small HTTP server for programs on this machine. A connection has a thread of its own that waits in `read`, so that an
//! answer is late by no more than it takes to wake a thread.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result};

use crate::bench::wire;

/// A whole request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// What is answered to it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Without a body.
    pub(super) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }
}

/// Answers on a free port of this machine until this process ends; where. Whoever gets no answer waits.
pub(super) fn serve(
    answer: impl Fn(Request) -> Option<Answer> + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let answer = Arc::new(answer);
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || {
                if let Err(error) = talk(stream, &*answer) {
                    eprintln!("a connection to 127.0.0.1:{} broke: {error:#}", address.port());
                }
            });
        }
    });
    Ok(address)
}

/// Answers one request after another until the other side closes, or is ended in the middle.
fn talk(mut stream: TcpStream, answer: &impl Fn(Request) -> Option<Answer>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    let mut part = [0; 16 * 1_024];
    loop {
        let message = loop {
            if let Some(message) = wire::whole_message(&buffer)? {
                break message;
            }
            match stream.read(&mut part) {
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => buffer.extend_from_slice(&part[..count]),
            }
        };
        let rest = buffer.split_off(message.length);
        buffer.truncate(message.body.end);
        let body = buffer.split_off(message.body.start);
        let request = parse(&buffer, body).context("no request")?;
        buffer = rest;
        let Some(answer) = answer(request) else {
            continue;
        };
        if stream.write_all(&written(&answer)).is_err() {
            return Ok(());
        }
    }
}

fn parse(head: &[u8], body: Vec<u8>) -> Option<Request> {
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Request { method, path, headers: headers.collect(), body })
}

fn written(answer: &Answer) -> Vec<u8> {
    let Answer { status, headers, body } = answer;
    let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n", body.len());
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let headers: String = headers.collect();
    [head.as_bytes(), headers.as_bytes(), b"\r\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_on_one_connection_are_answered_in_turn() {
        let address = serve(|request| {
            let headers = request.headers.into_iter().filter(|(name, _)| name == "x-one").collect();
            Some(Answer { status: 202, headers, body: request.body })
        })
        .unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        for body in ["first", "second"] {
            let length = body.len();
            write!(
                stream,
                "POST /p HTTP/1.1\r\nX-One: 1\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .unwrap();
            let wanted =
                format!("HTTP/1.1 202 -\r\ncontent-length: {length}\r\nx-one: 1\r\n\r\n{body}");
            let mut answer = vec![0; wanted.len()];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), wanted);
        }
    }
}
