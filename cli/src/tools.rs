//! The tools: what an operator does at the keyboard, on the same store that is served.

use std::{fs, io::Read, path::Path};

use bytes::Bytes;
use forthright_channels as channels;
use forthright_core::{
    Address, Secret,
    ledger::{ErasureStep, NewRequest, Register, RequestKind, Rights, Subject},
};
use forthright_policy::Brand;
use http::{HeaderMap, HeaderName, HeaderValue};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    Problem,
    args::{Automation, Simulate, Switch, Verify, Whose},
    host, place, simulate,
};

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

async fn locate(whose: &Whose) -> Result<(Rights<Table, Vault>, Address, Subject), Problem> {
    let at = address(whose)?;
    let rights = Rights::new(&place::open_existing(&whose.place.data)?);
    let subject = rights.locate(&at, &whose.id).await?;
    Ok((rights, at, subject))
}

type Table = std::sync::Arc<forthright_embedded::SqliteTable>;
type Vault = std::sync::Arc<forthright_embedded::KeyFile<forthright_embedded::SqliteTable>>;

/// Writes everything that is held about a person. False if nothing is.
pub(crate) async fn export(whose: &Whose) -> Result<bool, Problem> {
    let (rights, at, subject) = locate(whose).await?;
    let export = rights.export(&at.brand, &subject).await?;
    host::say(&serde_json::to_string_pretty(&export)?)?;
    Ok(export.processing_confirmed)
}

/// Erases everything that is held about a person. False if nobody was found.
pub(crate) async fn erase(whose: &Whose) -> Result<bool, Problem> {
    let (rights, at, subject) = locate(whose).await?;
    if subject.is_nobody() {
        host::say("nothing is held about this person on this account")?;
        return Ok(false);
    }
    let new = NewRequest {
        request: rights.fresh_request(),
        kind: RequestKind::Erasure,
        brand: at.brand,
        subject,
        // Who works at the keyboard tells the person themselves.
        notice: None,
    };
    rights.receive(&new).await?;
    match rights.advance(new.request).await? {
        ErasureStep::Completed(erased) => {
            host::say(&format!(
                "erased {} messages in {} rows; the key that could read them is destroyed\nreceipt: {}",
                erased.messages, erased.rows, new.request
            ))?;
            Ok(true)
        }
        ErasureStep::Waiting(_) | ErasureStep::Nothing => {
            Err("the erasure has begun and did not end; run the command again".into())
        }
    }
}

/// Switches answering by machine on or off.
pub(crate) async fn automation(change: &Automation) -> Result<bool, Problem> {
    let (_, brand) = place::content(&change.place, None)?;
    let register = Register::new(&place::open_existing(&change.place.data)?);
    let on = matches!(change.to, Switch::On);
    register.set_automation(&brand, on).await?;
    host::say(if on {
        "the machine answers again, from the next message on"
    } else {
        "the machine is silent from the next message on; people get everything"
    })?;
    Ok(true)
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

fn body(path: &Path) -> Result<Bytes, Problem> {
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
