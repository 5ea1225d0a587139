//! Every input that is kept for the fuzz targets, through its check, without a fuzzer.

use std::{fs, path::Path};

use forthright_tests::CHECKS;

#[test]
fn every_check_holds_for_every_input_that_is_kept() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut folders: Vec<_> = fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let names: Vec<_> = CHECKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(folders, names, "each check has a folder of inputs, and each folder a check");
    for (name, check) in CHECKS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpus.join(name)).unwrap() {
            let path = entry.unwrap().path();
            println!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
            check(&fs::read(&path).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 16, "{name} has few inputs");
    }
}
