//! The tools at the keyboard, beside a running server and without one.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    first_run::demo,
    place::program,
    platform::{APP_SECRET, Person, Platform},
    server::{Server, wait_until},
    wire,
};

/// The customer whom the demo's page plays.
const CUSTOMER: &str = "15550100200";

pub(crate) fn tool(folder: &Path, arguments: &[&str]) -> Output {
    program().args(arguments).current_dir(folder).output().unwrap()
}

pub(crate) fn export(folder: &Path) -> (Option<i32>, Value) {
    let output = tool(folder, &["export", "--id", CUSTOMER]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

pub(crate) fn erase(folder: &Path) {
    let output = tool(folder, &["erase", "--id", CUSTOMER]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("erased 1 messages") || said.contains("erased 2 messages"), "{said}");
    assert!(said.contains("receipt: "), "there is no receipt");
    let (code, export) = export(folder);
    assert_eq!(code, Some(1));
    assert_eq!(export["processing_confirmed"], false);
    assert_eq!(export["messages"].as_array().unwrap().len(), 0);
    let again = tool(folder, &["erase", "--id", "4915550999999"]);
    assert_eq!(again.status.code(), Some(1), "nobody was found");
}

/// Says something on the demo's page, which waits for an answer.
pub(crate) fn say(server: &Server, text: &str) {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("channel=whatsapp&customer=1&text={}", text.replace(' ', "+"));
    let host = server.address().to_string();
    let answer = server.call(&wire::request_to(&host, ("POST", "/say"), &form, body.as_bytes()));
    assert_eq!(answer.status(), 303);
}

fn switch(folder: &Path, to: &str) {
    assert_eq!(tool(folder, &["automation", to]).status.code(), Some(0));
}

#[test]
fn a_person_is_exported_and_erased_beside_a_running_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    assert_eq!(export(folder).0, Some(1), "nothing was said yet");
    say(&server, "Where is my order CANARY");
    let (code, exported) = export(folder);
    assert_eq!(code, Some(0));
    let message = &exported["messages"][0];
    assert!(message["text"] == "Where is my order CANARY");
    assert_eq!(message["state"], "answered");
    assert!(message["reply"]["text"].as_str().unwrap().contains("automated message"));
    erase(folder);

    // What is not newer than the erasure, in the platform's resolution, counts as erased.
    thread::sleep(Duration::from_millis(1_100));
    say(&server, "Where is my order CANARY");
    server.stop();
    let (code, exported) = export(folder);
    assert_eq!(code, Some(0));
    assert_eq!(exported["messages"].as_array().unwrap().len(), 1);
    erase(folder);
}

#[test]
fn the_machine_is_switched_off_and_on_beside_a_running_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    switch(folder, "off");
    say(&server, "Where is my order CANARY");
    let last = |state: &str, count: usize| {
        wait_until(state, || {
            let (_, exported) = export(folder);
            let messages = exported["messages"].as_array().unwrap();
            messages.len() == count && messages.iter().any(|message| message["state"] == state)
        });
    };
    last("human", 1);
    assert!(!server.get("/").text().contains("automated message"), "the machine answered");
    server.stop();

    erase(folder);
    switch(folder, "on");
    thread::sleep(Duration::from_millis(1_100));
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    last("answered", 1);
    assert!(server.get("/").text().contains("automated message"));
    server.stop();
    switch(folder, "off");
    let server = demo(folder);
    thread::sleep(Duration::from_millis(1_100));
    say(&server, "Where is my order now CANARY");
    last("human", 2);
    server.stop();
}

#[test]
fn the_state_is_copied_beside_a_running_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    let backup = |to: &str| tool(folder, &["backup", to]);
    assert_eq!(backup("copies/running").status.code(), Some(0));
    assert_eq!(backup("copies/running").status.code(), Some(2), "a copy is never replaced");
    server.stop();
    assert_eq!(backup("copies/resting").status.code(), Some(0));
    let held = export(folder).1;
    assert_eq!(held["messages"].as_array().unwrap().len(), 1);
    for copy in ["copies/running", "copies/resting"] {
        let mut names: Vec<_> = fs::read_dir(folder.join(copy))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["data.db", "keys.db"]);
        // The key that opens them is kept apart.
        fs::copy(folder.join(".forthright/master.key"), folder.join(copy).join("master.key"))
            .unwrap();
        let output = tool(folder, &["export", "--data", copy, "--id", CUSTOMER]);
        assert!(serde_json::from_slice::<Value>(&output.stdout).unwrap() == held);
    }
}

#[test]
fn a_second_server_is_refused_and_what_a_killed_one_left_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    let second =
        program().args(["serve", "--listen", "127.0.0.1:0"]).current_dir(folder).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8(second.stderr).unwrap().contains("another server works on"));
    assert_eq!(export(folder).0, Some(0), "the first one goes on");

    server.kill();
    assert!(folder.join(".forthright/control.sock").exists(), "the socket stays behind");
    assert_eq!(export(folder).0, Some(0), "a tool opens the state itself");
    let server = demo(folder);
    assert_eq!(export(folder).0, Some(0), "and the next server answers at the same place");
    server.stop();
    assert!(!folder.join(".forthright/control.sock").exists());
    switch(folder, "off");
}

#[test]
fn tools_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    server.stop();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(export(folder).0, Some(0)));
        }
    });
}

#[test]
fn a_tool_refuses_what_the_brand_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["export", "--id", "4915550999999", "--account", "1"][..],
        &["export", "--id", "4915550999999", "--channel", "unheard-of"],
        &["export", "--id", "4915550999999", "--brand", "there-is-none.toml"],
        &["automation", "sideways"],
    ] {
        assert_eq!(tool(folder.path(), arguments).status.code(), Some(2));
    }
}

#[test]
fn a_tool_makes_no_store_where_none_is() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["export", "--id", "4915550999999"][..],
        &["erase", "--id", "4915550999999"],
        &["automation", "off"],
    ] {
        let output = tool(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("name its folder with --data"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_signature_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start();
    let webhook = platform.webhook(&Person::numbered(1), "CANARY", "wamid.CANARY", 1);
    let text = String::from_utf8(webhook).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let header = head.lines().find(|line| line.starts_with("x-hub-signature-256")).unwrap();
    let file = folder.path().join("body.json");
    let verify = |secret: &str, body: &str| {
        fs::write(&file, body).unwrap();
        let name = file.to_string_lossy();
        let arguments =
            ["verify", "--channel", "whatsapp", "--secret", secret, "--header", header, &name];
        let output = tool(folder.path(), &arguments);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(verify(APP_SECRET, body), (Some(0), "valid\n".to_owned()));
    for (secret, body) in [("another-secret-of-nobody", body), (APP_SECRET, &body[1..])] {
        let (code, said) = verify(secret, body);
        assert_eq!(code, Some(1));
        assert!(said.starts_with("invalid: "));
    }
    fs::remove_file(&file).unwrap();
    let arguments = ["verify", "--channel", "whatsapp", "--secret", APP_SECRET, "body.json"];
    let output = tool(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("body.json"));

    let mut command = program();
    command.args(["verify", "--channel", "whatsapp", "--secret", APP_SECRET]);
    command.args(["--header", header, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout == b"valid\n", "not read from standard input");
}

#[test]
fn bodies_are_shown_a_line_for_each_file_whatever_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let page = r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"sender":{"id":"2"},
        "recipient":{"id":"1"},"timestamp":1749416383123,"message":{"mid":"m","text":"CANARY\u001b[31m"}}]}]}"#;
    for (name, body) in [("page", page), ("phone", r#"{"object":"whatsapp_business_account"}"#)] {
        fs::write(folder.path().join(name), body).unwrap();
    }
    let inspect = |arguments: &[&str]| {
        let output =
            tool(folder.path(), &[&["inspect", "--channel", "messenger"], arguments].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said, String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, _) = inspect(&["--json", "page"]);
    assert_eq!(code, Some(0));
    let line: Value = serde_json::from_str(&said).unwrap();
    let event = serde_json::json!({
        "kind": "message", "id": "m", "account": "1", "sender": "2", "text": "CANARY\u{1b}[31m",
        "time": "2025-06-08T20:59:43.123Z", "reason": null,
    });
    assert!(line == serde_json::json!({ "file": "page", "events": [event], "error": null }));

    let (code, said, _) = inspect(&["--json", "phone", "page"]);
    assert_eq!((code, said.lines().count()), (Some(1), 2), "the others are shown all the same");
    assert!(said.contains("another platform's webhook"));
    let (code, said, complaint) = inspect(&["--json", "nowhere", "page"]);
    assert_eq!((code, said.lines().count()), (Some(2), 2));
    assert!(said.contains("nowhere") && complaint.contains("nowhere"));

    let (code, said, _) = inspect(&["page"]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("message") && !said.contains('\u{1b}'),
        "no control character of a body is shown"
    );
}
