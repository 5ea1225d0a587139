//! What a process used, as `/proc` tells it.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};

/// `/proc` counts processor time in these on every Linux, `proc(5)`.
const TICKS_PER_SECOND: u64 = 100;

/// What a process used since it started, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) processor: Duration,
    pub(crate) resident_bytes: u64,
    pub(crate) resident_bytes_peak: u64,
}

/// What the process with this id used so far.
pub(crate) fn of(process: u32) -> Result<Usage> {
    let folder = PathBuf::from(format!("/proc/{process}"));
    let stat = fs::read_to_string(folder.join("stat")).context("the process ended")?;
    let status = fs::read_to_string(folder.join("status")).context("the process ended")?;
    parse(&stat, &status).context("unreadable /proc")
}

fn parse(stat: &str, status: &str) -> Option<Usage> {
    // The name of the program may hold spaces, so fields are counted from behind it; `proc(5)` numbers
    // them from 1: the state is 3, utime 14, stime 15.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1_024)
    };
    Some(Usage {
        processor: Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND),
        resident_bytes: bytes("VmRSS:")?,
        resident_bytes_peak: bytes("VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_past_a_name_with_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 4 0 9 0 0";
        let usage = parse(stat, "Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n").unwrap();
        assert_eq!(usage.processor, Duration::from_secs(2));
        assert_eq!(usage.resident_bytes, 1_048_576);
        assert_eq!(usage.resident_bytes_peak, 2_097_152);
    }
}
