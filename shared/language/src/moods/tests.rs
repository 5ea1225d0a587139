use forthright_classifier::measures::tallies;
use forthright_core::detect::Trigger;
use proptest::prelude::*;

use super::*;
use crate::detector::tests::DETECTOR_OF_ALL;

fn found(text: &str) -> Vec<&'static str> {
    let reading = DETECTOR_OF_ALL.read(text);
    let mut found: Vec<_> = reading.triggers.iter().map(|trigger| trigger.name()).collect();
    let feels_angry = reading.detection.sentiment == Sentiment::Angry
        || reading.triggers.contains(&Trigger::Anger);
    found.extend(feels_angry.then_some("angry"));
    found.extend((reading.detection.sentiment == Sentiment::Sad).then_some("sad"));
    found.extend(reading.detection.is_urgent.then_some("urgent"));
    found
}

/// The sets were written apart from the phrases, and nothing is tuned on them.
#[test]
fn feelings_are_told_well_enough_to_order_a_queue() {
    let mut weak = Vec::new();
    for (language, set) in [
        ("de", include_str!("../../evaluation/moods/de.tsv")),
        ("en", include_str!("../../evaluation/moods/en.tsv")),
        ("es", include_str!("../../evaluation/moods/es.tsv")),
        ("fr", include_str!("../../evaluation/moods/fr.tsv")),
        ("it", include_str!("../../evaluation/moods/it.tsv")),
        ("nl", include_str!("../../evaluation/moods/nl.tsv")),
    ] {
        assert!(set.lines().count() >= 150, "{language}");
        let labels = ["angry", "sad", "urgent", "safety", "legal_threat", "fraud"];
        for label in labels {
            let pairs = set.lines().map(|line| {
                let (wanted, text) = line.split_once('\t').unwrap();
                let is_wanted = wanted.split(',').any(|one| one == label);
                (usize::from(is_wanted), usize::from(found(text).contains(&label)))
            });
            let tally = tallies(pairs)[&1];
            let (precision, recall) = (tally.precision(), tally.recall());
            println!(
                "{language} {label:<13} precision {precision:.2} recall {recall:.2} {tally:?}"
            );
            if precision < 0.7 || recall < 0.6 {
                weak.push((language, label, precision, recall));
            }
        }
    }
    assert!(weak.is_empty(), "{weak:?}");
}

fn strengths(text: &str) -> Strengths {
    const FILE: &str = r#"
        [[moods]]
        mood = "angry"
        strength = 2
        phrases = "furious, fed up, unaccept*"
        [[moods]]
        mood = "sad"
        strength = 1
        phrases = "sad"
        [[moods]]
        mood = "pleased"
        strength = 2
        phrases = "happy, not bad"
        [[moods]]
        mood = "urgent"
        strength = 2
        phrases = "urgent, today"
        [marks]
        angry = ["😡"]
        sad = ["😢"]
        pleased = ["❤️"]
        urgent = ["🚨"]
        [negation]
        before = "not, isnt, no"
        after = "nicht"
        no_effect = "not only"
        [emphasis]
        words = "very"
    "#;
    let moods = Moods::parse(Language::ENGLISH, FILE).unwrap();
    moods.read_message(text, &Clauses::of(text))
}

#[test]
fn words_have_strengths_and_negations_turn_them_around() {
    for (text, sentiment, is_urgent) in [
        ("I am furious", Sentiment::Angry, false),
        ("I'm not furious", Sentiment::Neutral, false),
        ("No, I am furious", Sentiment::Angry, false),
        ("not only furious", Sentiment::Angry, false),
        ("furious nicht", Sentiment::Neutral, false),
        ("this is UNACCEPTABLE", Sentiment::Angry, false),
        ("sad", Sentiment::Neutral, false),
        ("very sad", Sentiment::Sad, false),
        ("sad, so sad", Sentiment::Sad, false),
        ("happy ❤", Sentiment::Pleased, false),
        ("not happy", Sentiment::Neutral, false),
        ("not happy, not happy", Sentiment::Angry, false),
        ("not bad", Sentiment::Pleased, false),
        ("it is urgent", Sentiment::Neutral, true),
        ("it isn't urgent", Sentiment::Neutral, false),
        ("😡", Sentiment::Angry, false),
        ("🚨🚨", Sentiment::Neutral, true),
        ("", Sentiment::Neutral, false),
    ] {
        let strengths = strengths(text);
        assert_eq!(
            (strengths.sentiment(), strengths.is_urgent()),
            (sentiment, is_urgent),
            "{text}"
        );
    }
}

#[test]
fn a_file_with_what_never_matches_is_refused() {
    for (wrong, says) in [
        ("Furious", "`Furious` never matches"),
        ("fu*", "`fu*` never matches"),
        ("so! bad", "`so! bad` never matches"),
        ("", "no phrases of the mood angry"),
    ] {
        let file = format!(
            "[[moods]]\nmood = \"angry\"\nstrength = 2\nphrases = \"{wrong}\"\n[marks]\nangry = []\nsad = []\n\
             pleased = []\nurgent = []\n[negation]\nbefore = \"\"\nafter = \"\"\nno_effect = \"\"\n[emphasis]\nwords = \"\"\n"
        );
        let error = Moods::parse(Language::GERMAN, &file).unwrap_err().to_string();
        assert!(error.starts_with("intents/de/moods.toml: ") && error.contains(says), "{error}");
    }
}

proptest! {
    #[test]
    fn whatever_ends_a_clause_ends_a_word(text in "\\PC*", any_text in any::<String>()) {
        for text in [text, any_text] {
            prop_assert_eq!(Clauses::of(&text).words, words(&text));
        }
    }
}
