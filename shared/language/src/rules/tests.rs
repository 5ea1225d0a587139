use std::time::Duration;

use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;

fn found(text: &str) -> Intent {
    Rules::embedded().unwrap().find(text).intent
}

fn all_are(intent: Intent, texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text), intent, "{text}");
    }
}

#[test]
fn an_opt_out_takes_the_whole_message() {
    all_are(
        Intent::Stop,
        &[
            "STOP",
            "stop",
            "Stop.",
            "  stop  ",
            "“STOP”",
            "STOP 🛑",
            "ＳＴＯＰ",
            "stop stop STOP",
            "StopAll",
            "stop all",
            "Unsubscribe",
            "unsubscribe me!",
            "CANCEL",
            "end",
            "quit",
            "revoke",
            "opt-out",
            "Opt out",
            "Please stop",
            "Don’t contact me",
            "stop messaging me",
            "no more messages.",
            "Stopp",
            "abmelden",
            "arrêt",
            "ARRE\u{302}T",
            "baja",
            "parar",
        ],
    );
}

#[test]
fn a_sentence_with_the_word_is_no_opt_out() {
    for text in [
        "please stop the delivery",
        "stop the order",
        "Can you stop my parcel?",
        "cancel my order",
        "cancel order 12",
        "I want to cancel",
        "the end",
        "end of the month",
        "the app quit",
        "quit smoking book",
        "non-stop",
        "bus stop",
        "unstoppable",
        "stops",
        "stopped",
        "how do I unsubscribe a friend?",
        "it will not stop beeping",
        "when does the sale end",
        "do not stop",
        "don't stop messaging me",
        "opt out of the warranty",
        "stop 1 or stop 2?",
        "one stop shop",
        "st op",
    ] {
        assert_ne!(found(text), Intent::Stop, "{text}");
    }
}

#[test]
fn whoever_wants_a_person_or_the_truth_gets_one() {
    all_are(
        Intent::TalkToPerson,
        &[
            "AGENT",
            "agent please",
            "help",
            "Human",
            "I want to talk to a human",
            "Can I speak to someone?",
            "let me speak with a representative",
            "real person please!!",
            "connect me to customer service",
            "Are you a bot?",
            "am I talking to a person?",
            "is this a real person",
            "I need a live agent",
            "I’d like to talk to your manager",
            "put me through to somebody",
        ],
    );
    assert_ne!(found("I don't want to talk to a person"), Intent::TalkToPerson);
    assert_ne!(found("is there a person in the photo"), Intent::TalkToPerson);
}

#[test]
fn questions_about_ones_data_are_found() {
    all_are(
        Intent::MyData,
        &[
            "MY DATA",
            "delete my data",
            "Please erase all my data.",
            "What do you know about me?",
            "GDPR",
            "I want a copy of my data",
            "Delete my account",
            "which data do you have stored about me",
            "stop using my data",
            "don't sell my data",
            "I want to be forgotten",
            "where is your privacy policy?",
            "subject access request under GDPR",
        ],
    );
}

#[test]
fn wishes_for_money_back_are_found() {
    all_are(
        Intent::Refund,
        &[
            "refund",
            "I want a refund",
            "How do I get my money back?",
            "Please refund me",
            "Where is my refund?",
            "can i be refunded",
            "I'd like to be reimbursed",
            "when will the refund arrive",
            "give me back my money",
            "Refund for order 12 please",
            "I was promised reimbursement",
            "pay me back!",
            "chargeback",
        ],
    );
    for text in ["I don't want a refund", "Thanks, I got my refund", "what is your refund policy"] {
        assert_ne!(found(text), Intent::Refund, "{text}");
    }
}

#[test]
fn questions_about_an_order_are_found() {
    all_are(
        Intent::OrderStatus,
        &[
            "where is my order",
            "Where’s my package?",
            "order status",
            "track my order",
            "When will my order arrive?",
            "my parcel has not arrived",
            "I haven't received my order",
            "what is the status of my order",
            "has my order shipped yet?",
            "when do I get my parcel",
            "still waiting for my package",
            "I need the tracking number",
            "When will the package be delivered",
        ],
    );
    for text in ["I want to order a lamp", "change my order", "cancel the order when it arrives"] {
        assert_ne!(found(text), Intent::OrderStatus, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_said_to_be_so() {
    for text in ["", "   ", "👍", "hello", "4711", "do you sell lamps?", "ありがとう", "?!"]
    {
        let detection = Rules::embedded().unwrap().find(text);
        assert_eq!(detection.intent, Intent::NoneOfThese, "{text}");
        assert_eq!(detection.confidence_permille, 0);
    }
}

#[test]
fn the_words_that_the_demo_brand_promises_are_understood() {
    let brand: toml::Table =
        toml::from_str(include_str!("../../../../content/brands/demo.toml")).unwrap();
    for (word, intent) in [
        ("person_word", Intent::TalkToPerson),
        ("stop_word", Intent::Stop),
        ("data_word", Intent::MyData),
    ] {
        assert_eq!(found(brand["contact"][word].as_str().unwrap()), intent, "{word}");
    }
}

#[test]
fn a_message_that_is_nothing_but_a_phrase_is_told_apart() {
    let rules = Rules::embedded().unwrap();
    for (text, is_whole_message) in [
        ("STOP", true),
        ("stop stop!", true),
        ("where is my order, please?", false),
        ("hello", false),
    ] {
        assert_eq!(rules.find(text).is_whole_message, is_whole_message, "{text}");
    }
}

#[test]
fn the_port_answers_as_the_rules_do() {
    let rules = Rules::embedded().unwrap();
    let (brand, text) = ("demo".parse().unwrap(), "order status".into());
    let asked = Asked { brand: &brand, text: &text, machine_may_answer: true };
    let detection = rules.detect(asked).now_or_never().unwrap().unwrap();
    assert_eq!(detection, rules.find("order status"));
    assert_eq!(detection.detector, DETECTOR);
}

#[test]
fn a_file_that_could_opt_out_by_mistake_is_refused() {
    let rule = |intent: &str, kind: &str, phrase: &str| {
        format!("[[rules]]\nintent = \"{intent}\"\nmatch = \"{kind}\"\nphrases = [\"{phrase}\"]\n")
    };
    let others: String = ["talk_to_person", "my_data", "refund", "order_status"]
        .map(|intent| rule(intent, "contains_phrase", "x"))
        .concat();
    let parse = |more: String| Rules::parse(&format!("{others}{more}")).map(|_| ());
    assert_eq!(parse(rule("stop", "whole_message", "stop")), Ok(()));
    for (wrong, says) in [
        (String::new(), "`stop` has no rule"),
        (rule("stop", "contains_phrase", "stop"), "whole message"),
        (rule("stop", "whole_message", "Stop!"), "write it as `stop`"),
        (rule("none_of_these", "whole_message", "x"), "`stop` has no rule"),
        (rule("stop", "whole_message", "stop") + "guess = 1", "unknown field"),
    ] {
        let error = parse(wrong).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// Twice the text may take about twice as long: a quadratic way would take minutes for either.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about the time that passes")]
fn a_message_of_a_megabyte_is_read_in_linear_time() {
    let rules = Rules::embedded().unwrap();
    for unit in ["where is my ", "stop ", "a", "\u{301}", "🛑", "delete my personal are you a "] {
        let text = unit.repeat(1_000_000 / unit.len());
        let start = std::time::Instant::now();
        rules.find(&text);
        assert!(start.elapsed() < Duration::from_secs(10), "{unit}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", any_text in any::<String>()) {
        let rules = Rules::embedded().unwrap();
        rules.find(&text);
        rules.find(&any_text);
    }

    #[test]
    fn looks_do_not_matter_to_an_opt_out(before in "[ .!\"“”🛑\n\t]{0,5}", after in "[ .!?🙏\n]{0,5}") {
        prop_assert_eq!(found(&format!("{before}StOp{after}")), Intent::Stop);
    }
}
