use forthright_core::Intent;
use forthright_policy::CONFIDENCE_PERMILLE_MIN;

use super::*;

const fn found(confidence_permille: u16, is_whole_message: bool) -> Detection {
    Detection {
        intent: Intent::Refund,
        confidence_permille,
        is_whole_message,
        language: None,
        trigger: None,
        detector: "test",
    }
}

#[test]
fn the_brand_chooses_and_the_embedded_engine_goes_first() {
    use Engine::{Comprehend, Embedded, EmbeddedThenComprehend};
    let sure = found(CONFIDENCE_PERMILLE_MIN, false);
    let unsure = found(CONFIDENCE_PERMILLE_MIN - 1, false);
    for (engine, embedded, asks) in [
        (Embedded, &sure, false),
        (Embedded, &unsure, false),
        (Comprehend, &sure, true),
        (Comprehend, &unsure, true),
        (EmbeddedThenComprehend, &sure, false),
        (EmbeddedThenComprehend, &unsure, true),
    ] {
        assert_eq!(asks_comprehend(engine, true, embedded), asks, "{engine}: {embedded:?}");
    }
}

#[test]
fn what_leaves_nothing_to_judge_or_to_answer_never_leaves() {
    for engine in Engine::ALL {
        for confidence_permille in [0, 950] {
            assert!(!asks_comprehend(engine, true, &found(confidence_permille, true)));
            assert!(!asks_comprehend(engine, false, &found(confidence_permille, false)));
        }
    }
}

#[test]
fn without_a_redactor_a_brand_that_chose_comprehend_stops_the_start() {
    for engine in Engine::ALL {
        let mut files = Book::embedded_files().unwrap();
        let (_, brand) = files.iter_mut().find(|(path, _)| path == "brands/demo.toml").unwrap();
        *brand = brand.replace("engine = \"embedded\"", &format!("engine = \"{engine}\""));
        let refused = Engines::<_>::embedded(&Book::load(files).unwrap(), ()).err();
        let refused = refused.map(|error| error.to_string());
        let expected = (engine != Engine::Embedded).then(|| {
            format!(
                "brands/demo.toml: answering.engine: `{engine}` sends texts to Amazon Comprehend, and this build has \
                 nothing that takes personal data out of them first; write `engine = \"embedded\"`"
            )
        });
        assert_eq!(refused, expected);
    }
}
