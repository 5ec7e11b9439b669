//! What the program is asked for.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::case::Case;
use crate::cases::{SELECTION, all};

/// Injects faults into a cluster with an installed operator, and compares what sessions say of themselves with what was
/// done to them. Exits with 1 unless all came as expected.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// Only cases whose names have one of these words; `selection` stands for a few that are over soon
    words: Vec<String>,
    /// Lists the cases and ends
    #[arg(long)]
    pub(crate) list: bool,
    /// A document with a mark below which the table is written
    #[arg(long)]
    pub(crate) table: Option<PathBuf>,
    /// Cases that go on side by side
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) at_once: u8,
    /// On a machine that does other things too: how many times as long all may take as is expected
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    patience: u8,
}

impl Arguments {
    /// The cases that are asked for.
    pub(crate) fn cases(&self) -> Result<Vec<Case>> {
        let mut cases = all();
        for word in &self.words {
            let known = word == "selection" || cases.iter().any(|case| case.name.contains(word));
            ensure!(known, "no case has {word:?} in its name; --list has all names");
        }
        cases.retain(|case| self.words.is_empty() || self.words.iter().any(|word| is_meant(case.name, word)));
        for subject in cases.iter_mut().flat_map(|case| &mut case.subjects) {
            subject.expected = subject.expected.within(self.patience.into());
        }
        Ok(cases)
    }
}

fn is_meant(case: &str, word: &str) -> bool {
    if word == "selection" { SELECTION.contains(&case) } else { case.contains(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(words: &[&str]) -> Result<Vec<&'static str>> {
        let arguments = Arguments::try_parse_from([&["detection"], words].concat()).unwrap();
        Ok(arguments.cases()?.iter().map(|case| case.name).collect())
    }

    #[test]
    fn words_choose() {
        assert_eq!(chosen(&[]).unwrap().len(), all().len());
        assert_eq!(chosen(&["selection"]).unwrap().len(), SELECTION.len());
        assert_eq!(chosen(&["frozen", "webhook"]).unwrap(), ["webhook that does not answer", "node frozen"]);
        let limit = |words: &[&str]| {
            let arguments = Arguments::try_parse_from([&["detection"], words].concat()).unwrap();
            arguments.cases().unwrap()[0].subjects[0].expected.limit()
        };
        assert_eq!(limit(&["frozen", "--patience", "3"]), 3 * limit(&["frozen"]));
        let error = chosen(&["nothing like it"]).unwrap_err().to_string();
        assert_eq!(error, "no case has \"nothing like it\" in its name; --list has all names");
    }
}
