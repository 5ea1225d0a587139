//! `forthright preview`: what customers would read, on each channel and at each moment.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    check::{Made, STOP, TODAY},
    tools::tool,
};

const MOMENTS: [(&str, &str); 4] = [
    ("first", "prefix_first"),
    ("later", "suffix_every"),
    ("gap", "prefix_after_gap"),
    ("hand-back", "prefix_on_handback"),
];

/// The exit code, what was printed, what was complained of.
fn preview(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = tool(Path::new("."), &[&["preview"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn as_json(arguments: &[&str]) -> (Option<i32>, Value) {
    let (code, said, complaint) = preview(&[arguments, &["--json"]].concat());
    assert_eq!(complaint, "");
    (code, serde_json::from_str(&said).unwrap())
}

#[test]
fn every_reply_fits_on_every_channel_at_every_moment_and_holds_its_disclosure() {
    let (code, list) = as_json(&["--list"]);
    assert_eq!(code, Some(0));
    let replies = list["replies"].as_array().unwrap();
    assert!(replies.len() >= 7);
    for reply in replies {
        let (name, language) =
            (reply["name"].as_str().unwrap(), reply["language"].as_str().unwrap());
        for (moment, disclosure) in MOMENTS {
            let arguments = ["--brand", "demo", "--reply", name, "--language", language];
            let (code, shown) =
                as_json(&[&arguments[..], &["--moment", moment, "--today", TODAY]].concat());
            assert_eq!(code, Some(0), "{shown:#}");
            assert_eq!(shown["reply"], *reply);
            let channels = shown["channels"].as_array().unwrap();
            assert_eq!(channels.len(), 2);
            for (channel, (name, length)) in channels.iter().zip([
                ("whatsapp", (|text| text.chars().count()) as fn(&str) -> usize),
                ("messenger", str::len),
            ]) {
                let text = channel["text"].as_str().unwrap();
                assert_eq!(
                    (&channel["channel"], &channel["gate"]),
                    (&name.into(), &"admitted".into())
                );
                assert_eq!(channel["length"], length(text));
                assert!(channel["length"].as_u64() <= channel["limit"].as_u64());
                assert_eq!(channel["disclosure"], disclosure);
                let (first, last) = (text.lines().next().unwrap(), text.lines().last().unwrap());
                let place = if moment == "later" { last } else { first };
                assert!(place.contains("Demo Shop") && place.contains("AGENT"), "{text}");
                assert!(language != "en" || place.contains("not a person"), "{text}");
            }
        }
    }
}

#[test]
fn people_see_the_text_its_length_what_can_be_pressed_and_what_the_gates_say() {
    let arguments = ["--reply", "refund", "--moment", "later", "--language", "en"];
    let (code, said, _) = preview(&[&arguments[..], &["--today", TODAY]].concat());
    assert_eq!(code, Some(0));
    for part in [
        "refund, version 2, of brand demo in en (later)",
        "by 2027-11-20, 354 days left; Customer service answers for it",
        "withdrawn",
        "On whatsapp:\n",
        "  | You would like your money back.",
        "  | This is an automated message from Demo Shop, not a person. Reply AGENT to reach a person.\n",
        " of 4096 characters; the text is full, the disclosure is full\n",
        "to press    [Talk to a person]\n",
        "usable      yes, on 2026-12-01\n",
        "gate        admitted, to a customer who has just written\n",
        "On messenger",
        " of 2000 bytes; ",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn machines_read_one_object() {
    let arguments = ["--reply", "stop", "--language", "en", "--channel", "whatsapp"];
    let (code, shown) = as_json(&[&arguments[..], &["--today", "2027-11-21"]].concat());
    assert_eq!(code, Some(1), "past its review date");
    let text = shown["channels"][0]["text"].as_str().unwrap();
    let expected = json!({
        "brand": "demo",
        "moment": "first",
        "today": "2027-11-21",
        "days_left": -1,
        "reply": {
            "name": "stop", "language": "en", "version": 1, "owner": "Customer service",
            "approved_on": "2026-11-20", "review_by": "2027-11-20",
        },
        "channels": [{
            "channel": "whatsapp", "has_account": true, "disclosure": "prefix_first",
            "text": text, "length": text.chars().count(), "limit": 4096, "unit": "characters",
            "text_form": "full", "disclosure_form": "full", "to_press": [],
            "unfit": ["the template is past its review date"], "gate": "admitted", "is_sendable": false,
        }],
    });
    assert_eq!(shown, expected);
}

#[test]
fn short_forms_are_taken_and_long_texts_go_without_anything_to_press() {
    let made = Made::new();
    let folder = made.at("");
    let shown = |reply| {
        let content = folder.to_str().unwrap();
        let arguments = ["--reply", reply, "--language", "en", "--content", content];
        as_json(&[&arguments[..], &["--today", TODAY]].concat()).1
    };
    let refund = "replies/refund/en.md";
    assert_eq!(shown("refund")["channels"][0]["to_press"], json!(["Talk to a person"]));
    made.change(refund, "You would like", &format!("{} You would like", "x".repeat(1_100)));
    let long = shown("refund");
    assert_eq!(
        long["channels"][0]["to_press"],
        json!([]),
        "WhatsApp takes 1,024 characters above a button"
    );
    assert_eq!(long["channels"][1]["to_press"], json!(["Talk to a person"]));
    made.change(refund, "You would like", &format!("{} You would like", "x".repeat(800)));
    let longer = shown("refund");
    assert_eq!(longer["channels"][0]["text_form"], "full");
    assert_eq!(longer["channels"][1]["text_form"], "short", "Messenger takes 2,000 bytes");
    made.change(STOP, "uses_ugc = false", "uses_ugc = true");
    made.change(STOP, "facts = []", "facts = [\"price\"]");
    let unfit = shown("stop")["channels"][0]["unfit"].as_array().unwrap().len();
    assert_eq!(unfit, 2, "each reason is told");
}

#[test]
fn what_is_unknown_is_told_with_what_there_is() {
    for (arguments, parts) in [
        (&[][..], ["name a reply with --reply", "`refund`"]),
        (&["--reply", "weather"], ["no reply `weather`", "`refund`"]),
        (&["--reply", "refund", "--brand", "acme"], ["no brand `acme`", "`demo`"]),
        (&["--reply", "refund", "--language", "fi"], ["does not speak `fi`", "`en`"]),
        (&["--reply", "refund", "--channel", "pigeon"], ["pigeon", "messenger"]),
        (&["--reply", "refund", "--content", "nowhere"], ["nowhere", "cannot be read"]),
    ] {
        let (code, said, complaint) = preview(arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(parts.iter().all(|part| complaint.contains(part)), "{complaint}");
    }
    let made = Made::new();
    made.change(STOP, "version = 1", "version = 0");
    let folder = made.at("");
    let (code, _, complaint) =
        preview(&["--reply", "refund", "--content", folder.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains(STOP) && complaint.contains("forthright check"), "{complaint}");
}

#[test]
fn the_list_has_a_line_for_each_reply() {
    let (code, said, _) = preview(&["--list", "--today", TODAY]);
    assert_eq!(code, Some(0));
    let line =
        said.lines().find(|line| line.starts_with("refund ") && line.contains(" en ")).unwrap();
    for part in ["version 2", "review by 2027-11-20", "354 days left", "Customer service"] {
        assert!(line.contains(part), "{line}");
    }
    assert_eq!(said.lines().count(), as_json(&["--list"]).1["replies"].as_array().unwrap().len());
}
