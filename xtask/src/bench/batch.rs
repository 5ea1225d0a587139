//! The largest body that the platform promises: 1,000 messages, 3 MB, as after an outage. It is acknowledged when all of
//! them are stored.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{
    latencies::Latencies,
    messages::Messages,
    server::{ACCOUNT, APP_SECRET, Folder, Server},
};
use crate::port;

/// "Up to 1,000 updates" (Graph API webhooks).
const MESSAGES: usize = 1_000;
/// "Payloads can be up to 3 MB" (WhatsApp Cloud API webhooks).
const BODY_BYTES: usize = 3_000_000;
/// How many such bodies are sent, each from other customers, after one that does not count.
const BODIES: usize = 5;
/// How long one of them may take before the bench gives up.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// How long each body took until it was acknowledged. The platform for replies is away, so that storing is all there is.
pub(super) fn measure(root: &Path, binary: &Path) -> Result<Latencies> {
    let [nobody] = port::free()?;
    let folder = Folder::make(root)?;
    let server = Server::start(root, binary, &folder, nobody.port())?;
    let customers = u32::try_from(MESSAGES * (BODIES + 1))?;
    let mut messages = Messages::new(ACCOUNT, APP_SECRET, customers);
    let mut taken = Latencies::with_capacity(BODIES);
    for body in 0..=BODIES {
        let request = messages.prepare_together(server.address(), MESSAGES, BODY_BYTES);
        let took = post(server.address(), &request)?;
        if body > 0 {
            taken.add(took);
        }
    }
    server.stop()?;
    Ok(taken)
}

fn post(host: SocketAddr, request: &[u8]) -> Result<Duration> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    let start = Instant::now();
    stream.write_all(request)?;
    let mut status = [0_u8; 12];
    stream.read_exact(&mut status).context("the host did not acknowledge the batch")?;
    let took = start.elapsed();
    ensure!(status.ends_with(b" 200"), "the batch was answered with {:?}", status.escape_ascii());
    Ok(took)
}
