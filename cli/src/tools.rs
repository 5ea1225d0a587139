//! The tools: what an operator does at the keyboard, on the same store that is served.
//!
//! What touches the store is one function, [`run`]. While a server has the store open it runs there, and what
//! it says travels back.

use std::{fs, io::Read, path::Path, path::PathBuf};

use bytes::Bytes;
use forthright_channels as channels;
use forthright_core::{
    Address, BrandId, Personal, Secret,
    ledger::{ErasureStep, NewRequest, Register, RequestKind, Rights},
};
use forthright_policy::Brand;
use http::{HeaderMap, HeaderName, HeaderValue};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::{
    Problem,
    args::{Automation, Backup, Simulate, Switch, Verify, Whose},
    control, host,
    place::{self, Local, Reached},
    simulate,
};

/// What is to be done with the store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    /// Show everything that is held about a person.
    Export { at: Address, id: Personal<String> },
    /// Erase it.
    Erase { at: Address, id: Personal<String> },
    /// Switch answering by machine on or off.
    Automation { brand: BrandId, on: bool },
    /// Copy the store into a folder.
    Backup { to: PathBuf },
}

/// What is to be printed, and whether anything was found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    text: Personal<String>,
    found: bool,
}

impl Said {
    fn new(text: impl Into<String>, found: bool) -> Self {
        Self { text: Personal::new(text.into()), found }
    }
}

/// Does what is asked for.
pub(crate) async fn run(local: &Local, ask: &Ask) -> Result<Said, Problem> {
    match ask {
        Ask::Export { at, id } => export_of(local, at, id).await,
        Ask::Erase { at, id } => erase_of(local, at, id).await,
        Ask::Automation { brand, on } => {
            Register::new(&local.stores).set_automation(brand, *on).await?;
            Ok(Said::new(
                if *on {
                    "the machine answers again, from the next message on"
                } else {
                    "the machine is silent from the next message on; people get everything"
                },
                true,
            ))
        }
        Ask::Backup { to } => {
            let (table, folder) = (std::sync::Arc::clone(&local.table), to.clone());
            tokio::task::spawn_blocking(move || table.backup(&folder)).await??;
            let text = format!(
                "copied to {}; keep data.db and keys.db apart, and master.key apart from both",
                to.display()
            );
            Ok(Said::new(text, true))
        }
    }
}

async fn export_of(local: &Local, at: &Address, id: &Personal<String>) -> Result<Said, Problem> {
    let rights = Rights::new(&local.stores);
    let subject = rights.locate(at, id.reveal()).await?;
    let export = rights.export(&at.brand, &subject).await?;
    Ok(Said::new(serde_json::to_string_pretty(&export)?, export.processing_confirmed))
}

async fn erase_of(local: &Local, at: &Address, id: &Personal<String>) -> Result<Said, Problem> {
    let rights = Rights::new(&local.stores);
    let subject = rights.locate(at, id.reveal()).await?;
    if subject.is_nobody() {
        return Ok(Said::new("nothing is held about this person on this account", false));
    }
    let new = NewRequest {
        request: rights.fresh_request(),
        kind: RequestKind::Erasure,
        brand: at.brand.clone(),
        subject,
        // Who works at the keyboard tells the person themselves.
        notice: None,
        language: None,
    };
    rights.receive(&new).await?;
    match rights.advance(new.request).await? {
        ErasureStep::Completed(erased) => Ok(Said::new(
            format!(
                "erased {} messages in {} rows; the key that could read them is destroyed\nreceipt: {}",
                erased.messages, erased.rows, new.request
            ),
            true,
        )),
        ErasureStep::Waiting(_) | ErasureStep::Nothing => {
            Err("the erasure has begun and did not end; run the command again".into())
        }
    }
}

/// Does what is asked for where the store is open, and prints what comes of it. False if nothing was found.
async fn carry_out(folder: &Path, ask: &Ask) -> Result<bool, Problem> {
    let said = match place::reach_existing(folder).await? {
        Reached::Here(local) => run(&local, ask).await?,
        Reached::Server(server) => control::ask(server, ask).await?,
    };
    host::say(said.text.reveal())?;
    Ok(said.found)
}

/// The account that is meant.
fn address(whose: &Whose) -> Result<Address, Problem> {
    let (book, brand) = place::content(&whose.place, None)?;
    let served = book.brand(&brand).map(Brand::addresses).unwrap_or_default();
    let mut fitting = served.into_iter().filter(|at| {
        at.channel == whose.channel
            && whose.account.as_ref().is_none_or(|account| *account == at.account)
    });
    match (fitting.next(), fitting.next()) {
        (Some(at), None) => Ok(at),
        (None, _) => Err(format!("`{brand}` has no such account on {}", whose.channel).into()),
        (Some(_), Some(_)) => {
            Err(format!("`{brand}` has several accounts; name one with --account").into())
        }
    }
}

/// Writes everything that is held about a person. False if nothing is.
pub(crate) async fn export(whose: &Whose) -> Result<bool, Problem> {
    let id = Personal::new(whose.id.clone());
    carry_out(&whose.place.data, &Ask::Export { at: address(whose)?, id }).await
}

/// Erases everything that is held about a person. False if nobody was found.
pub(crate) async fn erase(whose: &Whose) -> Result<bool, Problem> {
    let id = Personal::new(whose.id.clone());
    carry_out(&whose.place.data, &Ask::Erase { at: address(whose)?, id }).await
}

/// Switches answering by machine on or off.
pub(crate) async fn automation(change: &Automation) -> Result<bool, Problem> {
    let (_, brand) = place::content(&change.place, None)?;
    let on = matches!(change.to, Switch::On);
    carry_out(&change.place.data, &Ask::Automation { brand, on }).await
}

/// Copies the store.
pub(crate) async fn backup(backup: &Backup) -> Result<bool, Problem> {
    // A server may run in another folder.
    let to = std::path::absolute(&backup.to)?;
    carry_out(&backup.data, &Ask::Backup { to }).await
}

/// Says whether a body's signature is valid, and if not, why.
pub(crate) fn verify(verify: &Verify) -> Result<bool, Problem> {
    let body = body(&verify.file)?;
    let mut headers = HeaderMap::new();
    for header in &verify.header {
        let (name, value) = header.split_once(':').ok_or("write a header as `Name: value`")?;
        headers.append(
            name.trim().parse::<HeaderName>()?,
            HeaderValue::from_str(value.strip_prefix(' ').unwrap_or(value))?,
        );
    }
    let secrets: Vec<_> =
        verify.secret.iter().map(|secret| Secret::from(secret.as_str())).collect();
    match channels::verify(verify.channel, &secrets, &headers, body) {
        Ok(_) => {
            host::say("valid")?;
            Ok(true)
        }
        Err(rejection) => {
            host::say(&format!("invalid: {rejection}"))?;
            Ok(false)
        }
    }
}

/// The bytes of a file, or of standard input.
pub(crate) fn body(path: &Path) -> Result<Bytes, Problem> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = fs::read(path)
            .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
    }
    Ok(bytes.into())
}

/// Runs a simulation, or a kept trace again. False if a promise was broken.
pub(crate) fn simulate(asked: &Simulate) -> Result<bool, Problem> {
    if let Some(path) = &asked.replay {
        let replayed = simulate::replay(path, asked.mutant)?;
        if asked.json {
            host::say(&serde_json::json!({ "broken": replayed.broken }).to_string())?;
        } else {
            for line in replayed.story.iter().chain(&replayed.broken) {
                host::say(line)?;
            }
        }
        return Ok(replayed.broken.is_empty());
    }
    let options = simulate::Options {
        seed: asked.seed,
        messages: asked.messages,
        mutant: asked.mutant,
        sweeps: !asked.no_stories,
        explain: true,
        keep: Some(asked.keep.clone()),
    };
    // It hides itself where nobody looks: it goes to standard error, if that is a terminal.
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("{msg:<44} {bar:32} {human_pos}/{human_len}")?);
    let report = simulate::simulate(&options, &|what, done, all| {
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        bar.set_message(what.to_owned());
    })?;
    bar.finish_and_clear();
    host::say(&if asked.json { serde_json::to_string(&report)? } else { report.to_string() })?;
    Ok(report.is_kept())
}
