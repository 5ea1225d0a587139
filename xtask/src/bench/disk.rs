//! What this disk needs to make 4 KiB durable: the unit in which an acknowledgement is judged.

use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::latencies::Latencies;

const BLOCK_BYTES: usize = 4_096;
const APPENDS_MAX: usize = 2_000;
const TIME_MAX: Duration = Duration::from_secs(3);

/// How long appending 4 KiB and `fdatasync` take together.
pub(crate) fn measure(folder: &Path) -> Result<Latencies> {
    let path = folder.join("disk");
    let mut file = File::create(&path)?;
    let block = [0x5a_u8; BLOCK_BYTES];
    let mut latencies = Latencies::default();
    let start = Instant::now();
    while latencies.len() < APPENDS_MAX && start.elapsed() < TIME_MAX {
        let append = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        latencies.add(append.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(latencies)
}
