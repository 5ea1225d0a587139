//! Ctrl-C, while something runs that has to be ended first.

use std::{
    io,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use anyhow::{Context, Result};
use tokio::{
    runtime::Builder,
    signal::unix::{Signal, SignalKind, signal},
};

/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Ctrl-C and SIGTERM, once this program listens to them.
#[derive(Debug)]
pub(crate) struct Interrupts {
    /// Whether somebody waits for them.
    awaited: Arc<AtomicBool>,
    sender: Sender<()>,
    receiver: Receiver<()>,
}

impl Interrupts {
    /// From now on they call `end` and end this program, unless somebody waits for them.
    pub(crate) fn watch(end: impl Fn() + Send + 'static) -> Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let awaited = Arc::new(AtomicBool::new(false));
        let interrupts = Self { awaited: Arc::clone(&awaited), sender: sender.clone(), receiver };
        let runtime = Builder::new_current_thread().enable_io().build()?;
        // Both are listened to before anything is started that they have to end.
        let (mut ctrl_c, mut term) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        thread::spawn(move || {
            loop {
                runtime.block_on(either(&mut ctrl_c, &mut term));
                if !awaited.swap(false, Ordering::SeqCst) || sender.send(()).is_err() {
                    eprintln!("interrupted");
                    end();
                    exit(INTERRUPTED);
                }
            }
        });
        Ok(interrupts)
    }

    /// Waits for one of them, or for Enter.
    pub(crate) fn wait(&self) -> Result<()> {
        self.awaited.store(true, Ordering::SeqCst);
        let sender = self.sender.clone();
        thread::spawn(move || {
            let mut line = String::new();
            // Nothing at all means that there is no keyboard.
            if io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
                // If nobody waits any longer, Ctrl-C came first.
                sender.send(()).unwrap_or_default();
            }
        });
        self.receiver.recv().context("nothing to wait for")?;
        self.awaited.store(false, Ordering::SeqCst);
        Ok(())
    }
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
