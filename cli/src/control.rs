//! The server's own door: a socket in the folder of the state, through which the tools work while it serves.
//!
//! A tool asks in one line of JSON and is told what to print. Whoever may open the folder may ask: it is for its
//! owner only.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
    time,
};

use crate::{
    Problem,
    place::Local,
    serve::stopped,
    tools::{self, Ask, Said},
};

/// The socket, in the folder of the state.
const NAME: &str = "control.sock";
/// More is no question of ours.
const ASK_BYTES_MAX: u64 = 64 * 1_024;
/// How long somebody may take to ask.
const ASK_WAIT: Duration = Duration::from_secs(10);

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Said(Said),
    Problem(String),
}

/// The socket of a server; it is gone when this is.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens the door. The folder is this process's by its lock, so what stands there is of one that is gone.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers, one after the other, until the server stops.
    pub(crate) async fn serve(self, local: Local, mut stopping: watch::Receiver<bool>) {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stopped(&mut stopping) => return,
            };
            let served = match accepted {
                Ok((stream, _)) => answer(stream, &local).await,
                Err(error) => {
                    // Such as too many open files: others may end soon.
                    time::sleep(Duration::from_millis(50)).await;
                    Err(error.into())
                }
            };
            if let Err(error) = served {
                tracing::debug!(%error, "a tool was not answered");
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // One that stays behind is removed by the next server.
        drop(fs::remove_file(&self.path));
    }
}

async fn answer(mut stream: UnixStream, local: &Local) -> Result<(), Problem> {
    let mut asked = Vec::new();
    let mut limited = (&mut stream).take(ASK_BYTES_MAX);
    time::timeout(ASK_WAIT, limited.read_to_end(&mut asked)).await??;
    let ask: Ask = serde_json::from_slice(&asked).map_err(|_quotes| "that is no question")?;
    let reply = match tools::run(local, &ask).await {
        Ok(said) => Reply::Said(said),
        Err(problem) => Reply::Problem(crate::host::with_causes(&*problem)),
    };
    stream.write_all(&serde_json::to_vec(&reply)?).await?;
    Ok(stream.shutdown().await?)
}

/// Reaches the server that serves the state in `folder`.
pub(crate) async fn connect(folder: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(folder.join(NAME)).await
}

/// Asks a server.
pub(crate) async fn ask(mut server: UnixStream, ask: &Ask) -> Result<Said, Problem> {
    server.write_all(&serde_json::to_vec(ask)?).await?;
    server.shutdown().await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    match serde_json::from_slice(&answer) {
        Ok(Reply::Said(said)) => Ok(said),
        Ok(Reply::Problem(problem)) => Err(problem.into()),
        Err(_) => Err("the server ended before it answered; run the command again".into()),
    }
}
