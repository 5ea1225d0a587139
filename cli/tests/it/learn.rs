//! `train`, `eval`, `detect`, `redact` and `fairness`, as people run them.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::tools::tool;

const TOPICS: [(&str, [&str; 4]); 3] = [
    ("delivery", ["parcel", "courier", "shipping", "van"]),
    ("money", ["refund", "bank", "payment", "invoice"]),
    ("login", ["password", "account", "code", "user"]),
];

/// Lines of each topic, a file of lines of none, and the folder of both.
struct Files(tempfile::TempDir);

impl Files {
    fn make() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        let lines = (0..240).map(|number| {
            let (label, words) = TOPICS[number % 3];
            let (one, other) = (words[number / 3 % 4], words[number / 12 % 4]);
            format!("{label}\thelp me with my {one} and the {other} no {number}\n")
        });
        fs::write(files.at("lines.tsv"), lines.collect::<Vec<_>>().concat()).unwrap();
        let none = (0..40).map(|number| format!("what a lovely sky {number} stars\n"));
        fs::write(files.at("none.txt"), none.collect::<Vec<_>>().concat()).unwrap();
        files
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = tool(self.0.path(), arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (code, said, complaint) = self.run(arguments);
        assert_eq!((code, complaint.as_str()), (Some(0), ""), "{arguments:?}");
        serde_json::from_str(&said).unwrap()
    }
}

/// What the program says of lines on standard input.
fn piped(folder: &Path, arguments: &[&str], lines: &[u8]) -> Vec<String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_forthright"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(lines).unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_model_is_trained_evaluated_and_asked() {
    let files = Files::make();
    let train = ["train", "--data", "lines.tsv", "--background", "none.txt", "--out", "a.model"];
    let trained = files.json(&[&train[..], &["--licence", "CC0-1.0", "--json"]].concat());
    assert_eq!(
        [&trained["labels"], &trained["lines"], &trained["background_lines"]],
        [&json!(3), &json!(240), &json!(40)]
    );
    assert!(trained["held_out_accuracy"].as_f64().unwrap() > 0.95, "{trained}");
    let size = fs::metadata(files.at("a.model")).unwrap().len();
    assert_eq!(trained["model_bytes"], size);

    let eval = ["eval", "--model", "a.model", "--data", "lines.tsv", "--out-of-scope", "none.txt"];
    let figures = files.json(&[&eval[..], &["--plots", "plots", "--json"]].concat());
    for (figure, least) in
        [("accuracy", 0.95), ("macro_f1", 0.95), ("oos_auroc", 0.95), ("in_scope_accuracy", 0.9)]
    {
        assert!(figures[figure].as_f64().unwrap() >= least, "{figure}: {figures}");
    }
    assert!(figures["ece"].as_f64().unwrap() < 0.2, "{figures}");
    assert!(figures["p50_us"].as_f64().unwrap() > 0.0 && figures["p99_us"].is_number());
    assert_eq!(figures["model_bytes"], size);
    assert_eq!(figures["train_digest"], trained["train_digest"]);
    for plot in ["reliability.svg", "threshold.svg"] {
        let drawn = fs::read_to_string(files.at("plots").join(plot)).unwrap();
        assert!(drawn.starts_with("<svg") && drawn.contains("</svg>"), "{plot}");
    }
    let (code, table, _) = files.run(&eval);
    assert_eq!(code, Some(0));
    assert!(table.contains("macro-F1") && table.contains("delivery  "), "{table}");

    let said = piped(
        files.0.path(),
        &["detect", "--model", "a.model"],
        b"help me with my parcel and the van no 7\nlovely sky, stars\n",
    );
    let said: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&said[0]["intent"], &said[1]["intent"]], ["delivery", "out_of_scope"]);
}

#[test]
fn the_same_data_make_the_same_file_and_a_small_one_is_small() {
    let files = Files::make();
    for (name, more) in [("a", &[][..]), ("b", &[]), ("c", &["--max-bytes", "4000"])] {
        let train = ["train", "--data", "lines.tsv", "--out", name];
        assert_eq!(files.run(&[&train[..], more].concat()).0, Some(0));
    }
    let bytes = |name| fs::read(files.at(name)).unwrap();
    assert!(bytes("a") == bytes("b"));
    assert!(bytes("c").len() <= 4_000);
}

#[test]
fn a_fifth_is_judged_by_what_was_made_of_the_rest() {
    let files = Files::make();
    let figures = files.json(&["eval", "--cross-validate", "--data", "lines.tsv", "--json"]);
    assert_eq!(figures["lines"], 240);
    assert!(figures["accuracy"].as_f64().unwrap() > 0.9, "{figures}");
}

#[test]
fn two_engines_are_compared_on_the_same_lines() {
    let files = Files::make();
    files.run(&["train", "--data", "lines.tsv", "--out", "a.model"]);
    // As Amazon Comprehend's jobs write it, wrong about every third line.
    let theirs = (0..240).map(|number| {
        let said = if number % 3 == 2 { "money" } else { TOPICS[number % 3].0 };
        let classes = json!([{ "Name": "other", "Score": 0.1 }, { "Name": said, "Score": 0.8 }]);
        format!("{}\n", json!({ "File": "lines", "Line": number.to_string(), "Classes": classes }))
    });
    fs::write(files.at("theirs.jsonl"), theirs.collect::<Vec<_>>().concat()).unwrap();
    let eval = ["eval", "--model", "a.model", "--data", "lines.tsv", "--compare", "theirs.jsonl"];
    let compared = &files.json(&[&eval[..], &["--json"]].concat())["compared"];
    assert!((compared["agreement"].as_f64().unwrap() - 2.0 / 3.0).abs() < 0.05, "{compared}");
    assert!(compared["kappa"].as_f64().unwrap() < compared["agreement"].as_f64().unwrap());
    assert_eq!(compared["differences"][0]["theirs"], "money");
    fs::write(files.at("theirs.jsonl"), "{\"intent\": \"money\"}\n").unwrap();
    let (code, _, complaint) = files.run(&eval);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("has 1 lines, and the data has 240"), "{complaint}");
}

#[test]
fn what_cannot_be_used_is_named() {
    let files = Files::make();
    fs::write(files.at("no-tab.tsv"), "a\tb\nno tab here\n").unwrap();
    fs::write(files.at("one.tsv"), "a\tb\na\tc\n").unwrap();
    fs::write(files.at("other.tsv"), "weather\train\n").unwrap();
    fs::write(files.at("broken.model"), "FRLM nonsense").unwrap();
    files.run(&["train", "--data", "lines.tsv", "--out", "a.model"]);
    for (arguments, says) in [
        (vec!["train", "--data", "no-tab.tsv", "--out", "x"], "line 2: there is no tab"),
        (vec!["train", "--data", "one.tsv", "--out", "x"], "one label only"),
        (vec!["train", "--data", "lines.tsv", "--out", "x", "--max-bytes", "10"], "allow more"),
        (vec!["train", "--data", "absent.tsv", "--out", "x"], "`absent.tsv` cannot be read"),
        (vec!["eval", "--model", "a.model", "--data", "other.tsv"], "the label `weather`"),
        (
            vec!["eval", "--model", "broken.model", "--data", "lines.tsv"],
            "`broken.model`: the model cannot be used",
        ),
    ] {
        let (code, said, complaint) = files.run(&arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(complaint.contains(says), "{complaint}");
    }
}

#[test]
fn lines_are_read_by_the_built_in_engine() {
    let said = piped(
        Path::new("."),
        &["detect"],
        "Where is my order 1002345?\nDas ist dringend, ich bin stinksauer!! Mein Anwalt meldet sich\n\
         write to CANARY@example.com 😀 or +49 1555 0123456\n\n"
            .as_bytes(),
    );
    let said: Vec<Value> = said.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), 4);
    assert_eq!([&said[0]["intent"], &said[0]["language"]], ["order_status", "en"]);
    assert!(said[0]["confidence"].as_f64().unwrap() > 0.7, "{}", said[0]);
    assert_eq!(said[0]["alternatives"], json!([]), "nothing else is likely at all");
    assert_eq!(said[0]["personal_data"], json!([]), "an order's number is no personal data");
    assert_eq!([&said[1]["language"], &said[1]["sentiment"]], ["de", "angry"]);
    assert_eq!(said[1]["alternatives"].as_array().unwrap().len(), 3);
    assert_eq!(said[1]["triggers"], json!(["legal_threat", "anger", "urgent"]));
    // Places count characters, not bytes: the e-mail begins at the tenth.
    assert_eq!(
        said[2]["personal_data"],
        json!([{ "kind": "email", "start": 9, "end": 27 }, { "kind": "phone", "start": 33, "end": 49 }])
    );
    assert_eq!(said[3]["language"], "unknown");
}

#[test]
fn personal_data_is_taken_out_line_by_line() {
    let lines = "my card is 4539 1488 0343 6467, thanks\r\nno data\n\u{ff} broken";
    let lines: Vec<u8> =
        lines.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let redacted = piped(Path::new("."), &["redact"], &lines);
    assert_eq!(redacted[..2], ["my card is [payment_card], thanks", "no data"]);
    assert_eq!(redacted[2], "\u{fffd} broken");
    let as_json = piped(Path::new("."), &["redact", "--json"], &lines);
    let first: Value = serde_json::from_str(&as_json[0]).unwrap();
    assert_eq!(
        first,
        json!({
            "redacted": "my card is [payment_card], thanks",
            "personal_data": [{ "kind": "payment_card", "start": 11, "end": 30 }],
        })
    );
}

#[test]
fn groups_of_writers_are_compared() {
    let files = Files::make();
    let folder = files.at("content/intents/en");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(files.at("varieties")).unwrap();
    for (intent, word) in [("refund", "money"), ("greeting", "hello")] {
        let lines = (0..30).map(|number| format!("\"{word} {}\",", "please ".repeat(number)));
        let lines = lines.collect::<Vec<_>>().concat();
        fs::write(
            folder.join(format!("{intent}.toml")),
            format!("intent = \"{intent}\"\nutterances = [{lines}]\n"),
        )
        .unwrap();
    }
    fs::write(files.at("varieties/en.tsv"), "gb\trefund\tmoney please\n").unwrap();
    let fair = files.json(&["fairness", "--varieties", "varieties", "--json"]);
    let groups = fair["groups"].as_array().unwrap();
    let names: Vec<_> = groups.iter().map(|group| group["group"].as_str().unwrap()).collect();
    assert_eq!(names, ["a typo in 20 letters", "a typo in 8 letters", "as written", "variety gb"]);
    assert_eq!(groups[2]["lines"], 60);
    assert!(groups[2]["accuracy"].as_f64().unwrap() > 0.9, "{fair:#}");
    let (code, table, _) = files.run(&["fairness"]);
    assert!(code == Some(0) && table.contains("as written"), "{table}");
}
