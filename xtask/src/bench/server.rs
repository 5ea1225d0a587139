//! The host that is measured: started with a brand of its own, watched through `/proc`, always ended.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    port,
    usage::{self, Usage},
};

/// The account that the messages are for.
pub(crate) const ACCOUNT: &str = "310000000000002";
/// What signs the messages.
pub(crate) const APP_SECRET: &str = "bench-app-secret-of-no-account";

const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(15);

/// The folder of one run; removed at the end.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty folder on the disk of the workspace.
    pub(crate) fn make(root: &Path) -> Result<Self> {
        let path = root.join("target/bench");
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("cannot remove {}: {error}", self.0.display());
        }
    }
}

/// The running host.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `forthright serve`, with the mock on `mock_port` as its platform, and waits until it is ready.
    /// Its output is kept in `target/bench.log`.
    pub(crate) fn start(
        root: &Path,
        binary: &Path,
        folder: &Folder,
        mock_port: u16,
    ) -> Result<Self> {
        let demo = fs::read_to_string(root.join("content/brands/demo.toml"))?;
        let brand = folder.path().join("bench.toml");
        fs::write(&brand, brand_file(&demo, mock_port)?)?;
        let [address] = port::free()?;
        let log_path = root.join("target/bench.log");
        let log = File::create(&log_path)?;
        let child = Command::new(binary)
            .current_dir(root)
            .arg("serve")
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--brand")
            .arg(&brand)
            .args(["--listen", &address.to_string()])
            .env("BENCH_APP_SECRET", APP_SECRET)
            .env("BENCH_VERIFY_TOKEN", "bench-verify-token")
            .env("BENCH_ACCESS_TOKEN", "bench-access-token")
            .env("FORTHRIGHT_OPERATOR_TOKEN", "bench-operator-token-of-nobody")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, address };
        server.wait_until_ready().with_context(|| {
            format!("the host did not become ready; {} has what it said", log_path.display())
        })?;
        Ok(server)
    }

    /// Where the host listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the host used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        usage::of(self.child.id()).context("the host ended")
    }

    /// Asks the host to end and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        let status = self.end()?;
        ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("the host ended with {status}");
            }
            if is_healthy(self.address).unwrap_or(false) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("no answer from /healthz in {} s", START_MAX.as_secs())
    }

    fn end(&mut self) -> Result<std::process::ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("the id of the host")?, Signal::TERM)?;
        let start = Instant::now();
        while start.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.child.kill()?;
        self.child.wait()?;
        bail!("the host did not end within {} s of SIGTERM", STOP_MAX.as_secs())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("{error:#}");
        }
    }
}

/// The demo brand with this bench's account, secrets and platform in the place of its first account, and no other.
fn brand_file(demo: &str, mock_port: u16) -> Result<String> {
    let values = [
        ("brand", r#""bench""#.to_owned()),
        ("id", format!("{ACCOUNT:?}")),
        ("api_base", format!(r#""http://127.0.0.1:{mock_port}""#)),
        ("app_secrets", r#"["BENCH_APP_SECRET"]"#.to_owned()),
        ("verify_token", r#""BENCH_VERIFY_TOKEN""#.to_owned()),
        ("access_token", r#""BENCH_ACCESS_TOKEN""#.to_owned()),
        // What is measured is this host, not how fast a platform lets a number send, or a customer write.
        ("messages_per_second", "1000000".to_owned()),
        ("turns_max", "1000000".to_owned()),
    ];
    let rest = demo.find("[contact]").context("the demo brand has no contact")?;
    let (accounts, rest) = demo.split_at(rest);
    let mut replaced = 0;
    let first = accounts.match_indices("[[accounts]]").nth(1).map_or(accounts.len(), |(at, _)| at);
    let lines: Vec<_> = accounts[..first]
        .lines()
        .chain(rest.lines())
        .map(|line| {
            let key = line.split_once('=').map_or("", |(key, _)| key.trim());
            match values.iter().find(|(name, _)| *name == key) {
                Some((name, value)) => {
                    replaced += 1;
                    format!("{name} = {value}")
                }
                None => line.to_owned(),
            }
        })
        .collect();
    ensure!(
        replaced == values.len(),
        "content/brands/demo.toml has no first account with exactly the keys this bench sets"
    );
    Ok(lines.join("\n") + "\n")
}

fn is_healthy(address: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut start = [0_u8; 12];
    stream.read_exact(&mut start)?;
    Ok(start.ends_with(b" 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_brand_becomes_the_bench_s_own() {
        let demo = include_str!("../../../content/brands/demo.toml");
        let brand = brand_file(demo, 4_242).unwrap();
        assert!(brand.contains("api_base = \"http://127.0.0.1:4242\"\n"));
        assert!(brand.contains(ACCOUNT));
        assert!(!brand.contains("DEMO_"), "a name of a demo secret is left");
        assert!(brand_file("brand = \"demo\"\n", 1).is_err());
    }
}
