//! What the functions logged, from the emulator's own store.

use std::{fs::File, io::Write, net::SocketAddr, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::call::{Service, call};

/// Writes every line of these functions to the file; how many there were.
pub(crate) fn fetch(endpoint: SocketAddr, functions: &Value, file: &Path) -> Result<usize> {
    let functions = functions.as_object().context("the names of the functions")?;
    let mut to = File::create(file)?;
    let mut count = 0;
    for name in functions.values().filter_map(Value::as_str) {
        let mut input = json!({ "logGroupName": format!("/aws/lambda/{name}") });
        loop {
            let page = call(endpoint, Service::Logs, "FilterLogEvents", &input)?;
            for event in page["events"].as_array().context("a page without events")? {
                let message = event["message"].as_str().unwrap_or_default().trim_end();
                writeln!(to, "{name}: {message}")?;
                count += 1;
            }
            match &page["nextToken"] {
                Value::String(next) => input["nextToken"] = next.as_str().into(),
                _ => break,
            }
        }
    }
    Ok(count)
}
