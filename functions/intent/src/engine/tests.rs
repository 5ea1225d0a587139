use forthright_core::Intent;

use super::*;

/// How sure the embedded engine must be.
const SURE_FROM: u16 = 700;

fn found(confidence_permille: u16, is_whole_message: bool) -> Detection {
    Detection { is_whole_message, ..Detection::bare(Intent::Refund, confidence_permille, "test") }
}

#[test]
fn the_brand_chooses_and_the_embedded_engine_goes_first() {
    use Engine::{Comprehend, Embedded, EmbeddedThenComprehend};
    let sure = found(SURE_FROM, false);
    let unsure = found(SURE_FROM - 1, false);
    for (engine, embedded, asks) in [
        (Embedded, &sure, false),
        (Embedded, &unsure, false),
        (Comprehend, &sure, true),
        (Comprehend, &unsure, true),
        (EmbeddedThenComprehend, &sure, false),
        (EmbeddedThenComprehend, &unsure, true),
    ] {
        assert_eq!(
            asks_comprehend(engine, SURE_FROM, true, embedded),
            asks,
            "{engine}: {embedded:?}"
        );
    }
}

#[test]
fn what_leaves_nothing_to_judge_or_to_answer_never_leaves() {
    for engine in Engine::ALL {
        for confidence_permille in [0, 950] {
            assert!(!asks_comprehend(engine, SURE_FROM, true, &found(confidence_permille, true)));
            assert!(!asks_comprehend(engine, SURE_FROM, false, &found(confidence_permille, false)));
        }
    }
}

#[test]
fn where_comprehend_cannot_be_reached_a_brand_that_chose_it_stops_the_start() {
    for engine in Engine::ALL {
        let mut files = Book::embedded_files().unwrap();
        let (_, brand) = files.iter_mut().find(|(path, _)| path == "brands/demo.toml").unwrap();
        *brand = brand.replace("engine = \"embedded\"", &format!("engine = \"{engine}\""));
        let refused = Engines::<_>::embedded(&Book::load(files).unwrap(), ()).err();
        let refused = refused.map(|error| error.to_string());
        let expected = (engine != Engine::Embedded).then(|| {
            format!(
                "brands/demo.toml: answering.engine: `{engine}` sends texts to Amazon Comprehend, which only the function \
                 on AWS can reach, if it is built with `--features comprehend`; build it so, or write `engine = \"embedded\"`"
            )
        });
        assert_eq!(refused, expected);
    }
}
