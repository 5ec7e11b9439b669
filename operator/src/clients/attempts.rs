//! How often each client was tried, and the text of it.

use std::collections::BTreeMap;

use crate::clients::create::Create;
use crate::clients::index_runs;

/// The last attempt of each client, from 1. None is ever taken back: a later pod of a client always has a higher one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attempts(BTreeMap<u32, u32>);

impl Attempts {
    /// Reads a text such as `0-3:1,4:2`. What is none says nothing: the pods that there are say the rest.
    pub fn parse(text: &str) -> Self {
        Self(index_runs::parse(text, |attempt| attempt.parse().ok()).unwrap_or_default())
    }

    /// The text.
    pub fn text(&self) -> String {
        index_runs::text(&self.0, |attempt| attempt.to_string())
    }

    /// The last attempt of a client; 0 before the first.
    pub fn of(&self, index: u32) -> u32 {
        self.0.get(&index).copied().unwrap_or_default()
    }

    /// These, and with them the attempts that are about to be made.
    #[must_use]
    pub fn with(mut self, creates: &[Create]) -> Self {
        self.0.extend(creates.iter().map(|create| (create.index, create.attempt)));
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_are_told_together() {
        let attempts = Attempts::parse("0-3:1,4:2,7:2");
        assert_eq!([0, 3, 4, 5, 7].map(|index| attempts.of(index)), [1, 1, 2, 0, 2]);
        assert_eq!(attempts.text(), "0-3:1,4:2,7:2");
        assert_eq!(Attempts::default().text(), "");
    }

    #[test]
    fn what_is_no_text_of_attempts_says_nothing() {
        for text in ["", "a", "1", "3-1:1", "0-4294967295:1", "100:1", "0:-1", "0:4294967296"] {
            assert_eq!(Attempts::parse(text), Attempts::default(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(attempts in prop::collection::btree_map(0_u32..100, any::<u32>(), 0..=100)) {
            let attempts = Attempts(attempts);
            prop_assert!(attempts.text().len() <= crds::MAX_ATTEMPTS);
            prop_assert_eq!(Attempts::parse(&attempts.text()), attempts);
        }
    }
}
