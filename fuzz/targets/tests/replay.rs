//! Replays the corpora, each input by itself: what a fuzzer once found, and what leads it on.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ballsession_fuzz_targets::{Target, all};

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_target_holds_for_its_corpus() {
    for (name, target) in all() {
        let folder = corpora().join(name);
        let inputs = names(&folder);
        assert!(inputs.len() >= 5, "the corpus of {name} has {} inputs", inputs.len());
        for input in inputs {
            let data = fs::read(folder.join(&input)).unwrap();
            // A panic says where, and not by what.
            eprintln!("{name}/{input}");
            target(&data);
        }
    }
}

#[test]
fn every_corpus_and_every_program_has_its_target() {
    let targets: BTreeSet<String> = all().map(|(name, _): &Target| (*name).to_owned()).collect();
    assert_eq!(names(&corpora()), targets);
    let programs = names(&corpora().join("../fuzz_targets"));
    let programs: BTreeSet<String> =
        programs.iter().filter_map(|name| name.strip_suffix(".rs")).map(str::to_owned).collect();
    assert_eq!(programs, targets);
}
