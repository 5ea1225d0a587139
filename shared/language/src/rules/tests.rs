use super::*;

fn rule(intent: &str, kind: &str, phrase: &str) -> String {
    format!("[[rules]]\nintent = \"{intent}\"\nmatch = \"{kind}\"\nphrases = \"{phrase}\"\n")
}

fn trigger(trigger: &str) -> String {
    format!("[[triggers]]\ntrigger = \"{trigger}\"\nmatch = \"contains_phrase\"\nphrases = \"x\"\n")
}

fn parse(more: &str) -> Result<(), String> {
    let others =
        ["talk_to_person", "are_you_a_machine", "copy_my_data", "erase_my_data", "my_data"]
            .map(|intent| rule(intent, "contains_phrase", "x"))
            .concat();
    let triggers: String = Trigger::ALL.iter().map(|one| trigger(one.name())).collect();
    let text = format!("{others}{triggers}{more}");
    Rules::parse([(Language::ENGLISH, text.as_str())]).map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_file_that_could_opt_out_by_mistake_is_refused() {
    assert_eq!(parse(&rule("stop", "whole_message", "stop")), Ok(()));
    for (wrong, says) in [
        (String::new(), "`stop` has no rule"),
        (rule("stop", "contains_phrase", "stop"), "whole message"),
        (rule("stop", "whole_message", "Stop!"), "write it as `stop`"),
        (rule("none_of_these", "whole_message", "x"), "has no rule"),
        (rule("stop", "whole_message", "stop") + "guess = 1", "unknown field"),
    ] {
        let error = parse(&wrong).unwrap_err();
        assert!(error.starts_with("intents/en/rules.toml: ") && error.contains(says), "{error}");
    }
}

#[test]
fn a_file_in_which_something_must_be_guessed_is_refused() {
    let whole = rule("stop", "whole_message", "stop");
    let file = format!("triggers = []\n{whole}");
    let error = Rules::parse([(Language::GERMAN, file.as_str())]).unwrap_err();
    assert_eq!(error.to_string(), "intents/de/rules.toml: `are_you_a_machine` has no rule");
}
