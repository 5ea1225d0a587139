//! The emulator of AWS: started on a port of its own, ended with every function that it started.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};

use super::call;
use crate::tools::Tools;

/// Where the emulated resources are.
pub(crate) const REGION: &str = "eu-central-1";

const START_MAX: Duration = Duration::from_mins(1);
const STOP_MAX: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(50);

/// The processes that end with the emulator, while there are any. Whoever hears of Ctrl-C has a share of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group(Arc<Mutex<Option<Pid>>>);

impl Group {
    /// Sends a signal to all of them; it is well if there are none.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(group) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else {
            return Ok(());
        };
        match kill_process_group(group, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn set(&self, group: Option<Pid>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = group;
    }
}

/// The running emulator.
#[derive(Debug)]
pub(crate) struct Emulator {
    child: Child,
    group: Group,
}

impl Emulator {
    /// Starts it at this address, with its files in `folder` and what it says in `log`, and waits until it answers.
    pub(crate) fn start(
        tools: &Tools,
        address: SocketAddr,
        group: Group,
        folder: &Path,
        log: &Path,
    ) -> Result<Self> {
        let output = File::create(log)?;
        let child = Command::new(tools.program("ministack"))
            .current_dir(folder)
            // The functions get all of it, so nothing of the developer's own is in it.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .env("BIND_HOST", address.ip().to_string())
            .env("GATEWAY_PORT", address.port().to_string())
            // These would listen at fixed ports.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("MINISTACK_REGION", REGION)
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start the emulator")?;
        group.set(i32::try_from(child.id()).ok().and_then(Pid::from_raw));
        let mut emulator = Self { child, group };
        emulator.wait_until_ready(address).with_context(|| {
            format!("the emulator did not become ready; {} has what it said", log.display())
        })?;
        Ok(emulator)
    }

    fn wait_until_ready(&mut self, address: SocketAddr) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}");
            }
            if call::is_ok(&format!("http://{address}/_ministack/health")) {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        bail!("no answer in {} s", START_MAX.as_secs())
    }

    /// Lets it end its functions itself, and then ends what is left.
    fn end(&mut self) -> Result<()> {
        self.group.signal(Signal::TERM)?;
        let start = Instant::now();
        while start.elapsed() < STOP_MAX && self.child.try_wait()?.is_none() {
            thread::sleep(LOOK);
        }
        self.group.signal(Signal::KILL)?;
        self.group.set(None);
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("cannot end the emulator: {error:#}");
        }
    }
}
