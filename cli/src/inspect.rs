//! `forthright inspect`: what webhook bodies that lie in files say. It shows what is in them, whoever it tells about:
//! it is for bodies that somebody has anyway, and nothing of them is stored.

use std::path::Path;

use forthright_channels::{self as channels, Seen};
use forthright_core::{Channel, Time};
use serde_json::{Value, json};

use crate::{Problem, args::Inspect, host, tools};

/// Looks at each file. False if one is not the channel's at all.
pub(crate) fn run(asked: &Inspect) -> Result<bool, Problem> {
    let (mut all_fit, mut unread) = (true, None);
    for file in &asked.file {
        let looked = tools::body(file).map(|body| look(asked.channel, file, &body));
        let (line, fits) = match looked {
            Ok(looked) => {
                (if asked.json { looked.line.to_string() } else { looked.text }, looked.fits)
            }
            // The others are looked at all the same.
            Err(problem) => {
                let line = json!({ "file": file, "events": [], "error": problem.to_string() });
                unread.get_or_insert(problem);
                if !asked.json {
                    continue;
                }
                (line.to_string(), true)
            }
        };
        all_fit &= fits;
        host::say(&line)?;
    }
    unread.map_or(Ok(all_fit), Err)
}

struct Looked {
    line: Value,
    text: String,
    fits: bool,
}

fn look(channel: Channel, file: &Path, body: &[u8]) -> Looked {
    match channels::read(channel, body) {
        Ok(seen) => Looked {
            line: json!({
                "file": file,
                "events": seen.iter().map(as_json).collect::<Vec<_>>(),
                "error": null,
            }),
            text: std::iter::once(file.display().to_string())
                .chain(seen.iter().map(as_text))
                .collect::<Vec<_>>()
                .join("\n  "),
            fits: true,
        },
        Err(error) => Looked {
            line: json!({ "file": file, "events": [], "error": error.to_string() }),
            text: format!("{}\n  not {channel}'s: {error}", file.display()),
            fits: false,
        },
    }
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
