//! The clients of a run, as far as its life depends on them.

use std::collections::BTreeSet;

use crate::run::wanted::WantedClients;

/// The clients of a run, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObservedClients {
    /// Those that are to be there.
    pub wanted: WantedClients,
    /// Those that measured for as long as they were to.
    pub finished: BTreeSet<u32>,
    /// Those that have, or have had, media.
    pub had_media: BTreeSet<u32>,
}

impl ObservedClients {
    /// Whether each of those that are to be there is done. Without any there is nothing to be done with.
    pub fn are_finished(&self) -> bool {
        !self.wanted.is_empty() && self.wanted.indexes().all(|index| self.finished.contains(&index))
    }

    /// Whether each of those that are to be there has had media.
    pub fn have_had_media(&self) -> bool {
        let has_had = |index| self.finished.contains(&index) || self.had_media.contains(&index);
        !self.wanted.is_empty() && self.wanted.indexes().all(has_had)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_that_are_wanted_count_and_without_any_nothing_is_done() {
        let of = |wanted, finished: &[u32], had_media: &[u32]| {
            let [finished, had_media] =
                [finished, had_media].map(|indexes| indexes.iter().copied().collect());
            let clients = ObservedClients { wanted: WantedClients::first(wanted), finished, had_media };
            (clients.are_finished(), clients.have_had_media())
        };
        assert_eq!(of(0, &[], &[]), (false, false));
        assert_eq!(of(0, &[0], &[0]), (false, false));
        assert_eq!(of(2, &[0], &[]), (false, false));
        assert_eq!(of(2, &[0], &[1]), (false, true), "who is done has had media");
        assert_eq!(of(2, &[0, 1, 7], &[]), (true, true));
    }
}
