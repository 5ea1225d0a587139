//! Putting a copy back, as an operator does it.

use std::{fs, path::Path, process::Output};

use rusqlite::Connection;

use crate::{
    first_run::demo,
    server::wait_until,
    tools::{erase, export, say, tool},
};

fn restore(folder: &Path, from: &str) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = tool(folder, &["restore", from]);
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).unwrap())
}

fn texts(folder: &Path) -> Vec<String> {
    let (_, exported) = export(folder);
    let messages = exported["messages"].as_array().unwrap();
    messages.iter().map(|message| message["text"].to_string()).collect()
}

#[test]
fn a_copy_comes_back_and_what_came_before_it_is_answered_by_nobody_twice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    assert_eq!(tool(folder, &["backup", "copy"]).status.code(), Some(0));
    say(&server, "Where is my order now CANARY");
    wait_until("two messages", || texts(folder).len() == 2);
    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(2));
    assert!(said.contains("another server works on"), "{said}");
    server.stop();

    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("stays erased (erasures done again: 0)") && said.contains("goes to people"),
        "{said}"
    );
    assert_eq!(texts(folder), ["\"Where is my order CANARY\""]);
    assert!(!folder.join(".forthright/restoring").exists());

    // What comes now may have come before: nobody can tell by the clocks, so a person looks.
    let server = demo(folder);
    say(&server, "Where is my order at last CANARY");
    wait_until("a person has it", || {
        let (_, exported) = export(folder);
        let messages = exported["messages"].as_array().unwrap();
        messages.len() == 2 && messages.iter().any(|message| message["state"] == "human")
    });
    server.stop();
}

#[test]
fn who_was_erased_since_the_copy_stays_erased() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    assert_eq!(tool(folder, &["backup", "copy"]).status.code(), Some(0));
    erase(folder);
    server.stop();
    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("erasures done again: 1"), "{said}");
    let output = tool(folder, &["export", "--id", "15550100200"]);
    let said = [output.stdout, output.stderr].concat();
    assert!(!String::from_utf8(said).unwrap().contains("CANARY"), "an erased person is back");
}

#[test]
fn a_lost_folder_comes_back_with_the_copys_keys_and_nothing_is_changed_by_a_bad_copy() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = demo(folder);
    say(&server, "Where is my order CANARY");
    assert_eq!(tool(folder, &["backup", "copy"]).status.code(), Some(0));
    server.stop();
    let state = folder.join(".forthright");
    let master = fs::read(state.join("master.key")).unwrap();
    fs::remove_dir_all(&state).unwrap();

    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(2));
    assert!(said.contains("there is no master.key in"), "{said}");
    fs::create_dir(&state).unwrap();
    write_secret(&state.join("master.key"), &master);
    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("repeat the erasures"), "{said}");
    assert_eq!(texts(folder), ["\"Where is my order CANARY\""]);

    let rotten = Connection::open(folder.join("copy/data.db")).unwrap();
    rotten.execute("UPDATE item SET body = zeroblob(length(body))", []).unwrap();
    drop(rotten);
    let (code, said) = restore(folder, "copy");
    assert_eq!(code, Some(2));
    assert!(said.contains("rows of the copy are damaged"), "{said}");
    assert_eq!(texts(folder), ["\"Where is my order CANARY\""]);
    let (code, said) = restore(folder, "nowhere");
    assert_eq!(code, Some(2));
    assert!(said.contains("there is no data.db in `nowhere`"), "{said}");
}

fn write_secret(path: &Path, bytes: &[u8]) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}
