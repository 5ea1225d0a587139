//! The shim: built with the C compiler that SQLite needs anyway, preloaded into a child, read back.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::OnceLock,
};

use tempfile::TempDir;

use super::super::quick_folder;

/// What the child did to the files, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    Made(usize),
    Written {
        file: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: usize,
        length: usize,
    },
    Synced(usize),
    Removed(usize),
    FolderSynced,
    /// The disk said that it could not.
    SyncFailed,
    /// The disk lied.
    SyncSkipped,
}

/// A child's work as it was written down.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) names: Vec<String>,
    pub(super) ops: Vec<Op>,
}

/// How the disk is to behave.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    /// Which sync fails, counted from one.
    pub(super) failing_sync: Option<usize>,
    /// Whether syncs do nothing.
    pub(super) skips_syncs: bool,
    /// After how many bytes it is full, until somebody makes the file `room` beside the store.
    pub(super) room: Option<usize>,
    /// Whether room is needed also to overwrite.
    pub(super) any_write: bool,
}

/// A child that works on a store under the shim.
#[derive(Debug)]
pub(super) struct Child {
    scratch: TempDir,
}

impl Child {
    pub(super) fn new() -> Self {
        let scratch = quick_folder();
        fs::create_dir(scratch.path().join("store")).unwrap();
        Self { scratch }
    }

    /// Where its store lies.
    pub(super) fn store(&self) -> PathBuf {
        self.scratch.path().join("store")
    }

    /// Runs this very program's test `test` on `disk`, with what it needs to know in the environment.
    pub(super) fn run(
        &self,
        test: &str,
        disk: &Disk,
        environment: &[(&str, String)],
    ) -> ExitStatus {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env("LD_PRELOAD", library())
            .env("SHIM_ROOT", self.store())
            .env("SHIM_LOG", self.log())
            .env("SHIM_MORE_ROOM", self.room())
            .env("POWER_CUT_ROOM", self.room())
            .env("POWER_CUT_STORE", self.store())
            .envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        if let Some(number) = disk.failing_sync {
            command.env("SHIM_FAIL_SYNC", number.to_string());
        }
        if disk.skips_syncs {
            command.env("SHIM_SKIP_SYNCS", "1");
        }
        if let Some(bytes) = disk.room {
            command.env("SHIM_ROOM_BYTES", bytes.to_string());
        }
        if disk.any_write {
            command.env("SHIM_ANY_WRITE", "1");
        }
        let output = command.output().unwrap();
        if !output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        output.status
    }

    fn log(&self) -> PathBuf {
        self.scratch.path().join("log")
    }

    fn room(&self) -> PathBuf {
        self.scratch.path().join("room")
    }

    /// What it did.
    pub(super) fn record(&self) -> Record {
        read(&fs::read(self.log()).unwrap())
    }
}

fn library() -> &'static Path {
    static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("shim.c");
        fs::write(&source, include_str!("shim.c")).unwrap();
        let library = folder.path().join("shim.so");
        let compiler = super::environment("CC").unwrap_or_else(|| "cc".to_owned());
        let status = Command::new(compiler)
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-lpthread")
            .status();
        assert!(status.expect("there is no C compiler").success(), "the shim does not compile");
        (folder, library)
    });
    path
}

fn read(mut log: &[u8]) -> Record {
    fn number<const N: usize>(log: &mut &[u8]) -> usize {
        let (number, rest) = log.split_first_chunk::<N>().unwrap();
        *log = rest;
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(number);
        usize::from_le_bytes(bytes)
    }
    let mut record = Record { names: Vec::new(), ops: Vec::new() };
    while !log.is_empty() {
        let (what, file) = (number::<4>(&mut log), number::<4>(&mut log));
        let (at, length) = (number::<8>(&mut log), number::<8>(&mut log));
        let (bytes, rest) = log.split_at(length);
        log = rest;
        record.ops.push(match what {
            1 => {
                assert_eq!(file, record.names.len());
                record.names.push(String::from_utf8(bytes.to_vec()).unwrap());
                continue;
            }
            2 => Op::Made(file),
            3 => Op::Written { file, at, bytes: bytes.to_vec() },
            4 => Op::Cut { file, length: at },
            5 => Op::Synced(file),
            6 => Op::Removed(file),
            7 => Op::FolderSynced,
            8 => Op::SyncFailed,
            9 => Op::SyncSkipped,
            _ => panic!("the store did something that these tests do not know to cut off"),
        });
    }
    record
}
