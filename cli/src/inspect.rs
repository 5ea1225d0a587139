//! `forthright inspect`: what webhook bodies that lie in files say. It shows what is in them, whoever it tells about:
//! it is for bodies that somebody has anyway, and nothing of them is stored.

use forthright_channels::{self as channels, Seen};
use forthright_core::Time;
use serde_json::{Value, json};

use crate::{Problem, args::Inspect, host, tools};

/// Looks at each file. False if one is not the channel's at all.
pub(crate) fn run(asked: &Inspect) -> Result<bool, Problem> {
    let (mut all_fit, mut unread) = (true, Vec::new());
    for file in &asked.file {
        let name = file.to_string_lossy();
        let body = match tools::body(file) {
            Ok(body) => body,
            // The others are looked at all the same.
            Err(problem) => {
                if asked.json {
                    host::say(&line(&name, &[], Some(&problem.to_string())))?;
                }
                unread.push(problem.to_string());
                continue;
            }
        };
        let seen = channels::read(asked.channel, &body);
        all_fit &= seen.is_ok();
        host::say(&match (asked.json, seen) {
            (true, Ok(seen)) => line(&name, &seen, None),
            (true, Err(error)) => line(&name, &[], Some(&error.to_string())),
            (false, Ok(seen)) => {
                let lines = std::iter::once(name.into_owned()).chain(seen.iter().map(as_text));
                lines.collect::<Vec<_>>().join("\n  ")
            }
            (false, Err(error)) => format!("{name}\n  not {}'s: {error}", asked.channel),
        })?;
    }
    if unread.is_empty() { Ok(all_fit) } else { Err(unread.join("\n").into()) }
}

fn line(file: &str, seen: &[Seen<'_>], error: Option<&str>) -> String {
    let events: Vec<_> = seen.iter().map(as_json).collect();
    json!({ "file": file, "events": events, "error": error }).to_string()
}

fn as_json(seen: &Seen<'_>) -> Value {
    json!({
        "kind": seen.kind.name(),
        "id": seen.id,
        "account": seen.account,
        "sender": seen.sender,
        "text": seen.text,
        "time": seen.time.map(Time::rfc3339),
        "reason": seen.reason,
    })
}

fn as_text(seen: &Seen<'_>) -> String {
    let mut parts = vec![format!("{:<15}", seen.kind.name())];
    parts.extend(seen.time.map(Time::rfc3339));
    // Quoted, so that no control character of a body reaches the terminal.
    for (what, value) in [
        ("account", &seen.account),
        ("from", &seen.sender),
        ("id", &seen.id),
        ("text", &seen.text),
        ("reason", &seen.reason),
    ] {
        parts.extend(value.as_ref().map(|value| format!("{what} {value:?}")));
    }
    parts.join(" ").trim_end().to_owned()
}
