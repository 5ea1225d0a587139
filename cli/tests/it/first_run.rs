//! What somebody sees who starts the program for the first time.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    place::{Place, SECRETS, program},
    platform::Platform,
    server::{Server, wait_until},
    wire,
};

/// A fresh demo in `folder`, as `forthright` alone starts it, but on a free port.
pub(crate) fn demo(folder: &Path) -> Server {
    let mut command = program();
    command.arg("serve").current_dir(folder);
    Server::spawn(command, &folder.join("said"))
}

/// The words of a command line, as a shell splits them. It knows single quotes only.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// The request that a printed curl command sends, as it goes over the wire.
fn as_curl_sends(line: &str) -> Vec<u8> {
    let words = words(line);
    let after = |name: &'static str| {
        words.windows(2).filter(move |pair| pair[0] == name).map(|pair| pair[1].as_str())
    };
    let headers: Vec<_> = after("-H").map(|header| header.split_once(": ").unwrap()).collect();
    let url = words.iter().find(|word| word.starts_with("http://")).unwrap();
    let path = url.splitn(4, '/').nth(3).unwrap();
    let body = after("--data-binary").next().unwrap();
    wire::request("POST", &format!("/{path}"), &headers, body.as_bytes())
}

/// The signed command that the demo printed.
fn printed_curl(server: &Server) -> String {
    server.said().lines().find(|line| line.starts_with("curl -i ")).unwrap().to_owned()
}

#[test]
fn a_first_start_shows_a_page_and_a_command_whose_message_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo(folder.path());
    let page = format!("http://{}/", server.address());
    assert!(server.said().contains(&page), "the address of the page is not printed");
    assert!(!server.get("/").text().contains("I cannot look up orders"));

    let answer = server.call(&as_curl_sends(&printed_curl(&server)));
    assert_eq!(answer.status(), 200);
    let start = Instant::now();
    wait_until("the answer", || server.get("/").text().contains("I cannot look up orders"));
    assert!(start.elapsed() < Duration::from_secs(5), "the answer took too long");
    let shown = server.get("/");
    assert!(shown.text().contains("Where is my order?"));
    assert!(
        shown.text().contains("automated message from Demo Shop"),
        "the answer does not say what it is"
    );
    server.stop();
}

#[test]
fn the_pages_obey_nobody_but_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo(folder.path());
    let own = server.address().to_string();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let said = |host: &str, headers: &[(&str, &str)], body: &str| {
        let headers = [&[form], headers].concat();
        server.call(&wire::request_to(host, ("POST", "/say"), &headers, body.as_bytes())).status()
    };
    let body = "channel=whatsapp&customer=1&text=CANARY+order";
    assert_eq!(said(&own, &[("sec-fetch-site", "cross-site")], body), 403);
    assert_eq!(said(&own, &[("origin", "http://evil.example")], body), 403);
    assert_eq!(said("evil.example", &[], body), 421);
    for wrong in [
        "channel=whatsapp&customer=01&text=CANARY",
        "channel=pigeon&customer=1&text=CANARY",
        "channel=whatsapp&customer=1",
        "channel=whatsapp&customer=1&text=CANARY&more=1",
    ] {
        assert_eq!(said(&own, &[("sec-fetch-site", "same-origin")], wrong), 400, "{wrong}");
    }
    assert!(!server.get("/").text().contains("CANARY order"), "a refused form was obeyed");
    for path in ["/?customer=0", "/?channel=pigeon", "/agent?done=1&more=1", "/agent/cases/1"] {
        assert!([400, 404].contains(&server.get(path).status()), "{path}");
    }
    assert_eq!(said(&own, &[("origin", &format!("http://{own}"))], body), 303);
    assert!(server.get("/").text().contains("CANARY order"));
    server.stop();
}

#[test]
fn the_printed_command_is_refused_with_another_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo(folder.path());
    let forged = printed_curl(&server).replace("Where is my order?", "Where is her order?");
    assert_eq!(server.call(&as_curl_sends(&forged)).status(), 401);
    assert!(!server.get("/").text().contains("her order"));
    server.stop();
}

#[test]
fn everything_is_for_its_owner_only_and_no_secret_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo(folder.path());
    assert_eq!(server.call(&as_curl_sends(&printed_curl(&server))).status(), 200);
    let data = folder.path().join(".forthright");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for name in [
        "control.sock",
        "data.db",
        "data.db-wal",
        "data.journal-0",
        "demo-secrets.toml",
        "keys.db",
        "keys.journal-1",
        "master.key",
    ] {
        assert!(names.iter().any(|other| other == name), "{name} is missing");
    }
    server.stop();

    let secrets = fs::read_to_string(data.join("demo-secrets.toml")).unwrap();
    let mut secrets: BTreeMap<String, String> = toml::from_str(&secrets).unwrap();
    assert_eq!(secrets.len(), 7);
    let master = fs::read_to_string(data.join("master.key")).unwrap();
    secrets.insert("master.key".to_owned(), master.trim().to_owned());
    for log in ["said.out", "said.err"] {
        let log = fs::read_to_string(folder.path().join(log)).unwrap();
        for (name, secret) in &secrets {
            assert!(secret.len() >= 32, "{name} is short");
            assert!(!log.contains(secret), "{name} is printed");
        }
    }
}

#[test]
fn a_second_start_in_the_same_folder_goes_on_and_an_open_key_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = demo(folder.path());
    let curl = printed_curl(&server);
    server.stop();
    let server = demo(folder.path());
    // The secrets are the same, so what was signed before is still valid.
    assert_eq!(server.call(&as_curl_sends(&curl)).status(), 200);
    server.stop();

    let key = folder.path().join(".forthright/master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let output = refused(program().arg("serve").current_dir(folder.path()));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("master.key") && said.contains("mode 0644") && said.contains("0600"));
    assert!(output.stdout.is_empty());
}

/// Runs a start that must be refused.
fn refused(command: &mut Command) -> Output {
    let output = command.args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "the start was not refused");
    output
}

#[test]
fn a_brand_whose_texts_would_leave_without_a_redactor_does_not_start() {
    let platform = Platform::start();
    let place = Place::new(&platform);
    let path = place.beside("it.toml");
    let file = fs::read_to_string(&path).unwrap();
    fs::write(path, file.replace("engine = \"embedded\"", "engine = \"comprehend\"")).unwrap();
    let output = refused(&mut place.command("serve"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("brands/it.toml: answering.engine: `comprehend` sends texts"), "{said}");
    assert!(said.contains("write `engine = \"embedded\"`"), "{said}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_brand_of_ones_own_does_not_start_without_every_secret() {
    let platform = Platform::start();
    let place = Place::new(&platform);
    for (missing, _) in SECRETS {
        for wrong in [None, Some(""), Some("short-secret")] {
            let mut command = place.command("serve");
            command.env_remove(missing);
            if let Some(wrong) = wrong {
                command.env(missing, wrong);
            }
            let output = refused(&mut command);
            let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(said.contains(missing), "{missing} is not named");
            assert!(!said.contains("short-secret"), "the value of {missing} is printed");
            for (name, value) in SECRETS {
                assert!(!said.contains(value), "the value of {name} is printed");
            }
        }
    }
    let server = Server::start(&place);
    assert_eq!(server.get("/").status(), 404, "there is a stand-in beside a brand's own platform");
    assert_eq!(server.get("/healthz").status(), 200);
    server.stop();
}

#[test]
fn help_is_no_mistake_and_an_unknown_command_is() {
    let run = |arguments: &[&str]| program().args(arguments).output().unwrap();
    for arguments in [&["--help"][..], &["help"], &["serve", "--help"], &["--version"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
    for arguments in [&["unheard-of"][..], &["serve", "--unheard-of"], &["export"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn an_address_in_use_is_a_mistake_that_is_explained() {
    let folder = TempDir::new().unwrap();
    let server = demo(folder.path());
    let other = TempDir::new().unwrap();
    let output = program()
        .args(["serve", "--listen", &server.address().to_string()])
        .current_dir(other.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("choose another with --listen"));
    server.stop();
}

#[test]
fn an_idle_server_ends_at_once() {
    let folder = TempDir::new().unwrap();
    let server = demo(folder.path());
    // A connection that says nothing does not hold up the end.
    let _silent = std::net::TcpStream::connect(server.address()).unwrap();
    let start = Instant::now();
    server.stop();
    assert!(start.elapsed() < Duration::from_secs(2));
}
