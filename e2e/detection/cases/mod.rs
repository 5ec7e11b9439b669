//! The table of cases: each fault, and what is expected of it, by kinds.

mod control_plane;
mod limits;
mod network;
mod nodes;
mod pods;
mod policies;
mod reasons;
mod spec;

use crate::case::Case;

/// All of them: those that others may go on beside first.
pub(crate) fn all() -> Vec<Case> {
    let kinds =
        [pods::cases, policies::cases, limits::cases, network::cases, control_plane::cases, nodes::cases];
    let mut cases: Vec<Case> = kinds.into_iter().flat_map(|kind| kind()).collect();
    cases.sort_by_key(|case| case.is_alone);
    cases
}

/// One or two of each kind, over soon and side by side: for every change.
pub(crate) const SELECTION: [&str; 8] = [
    "image that does not exist",
    "quota without pods",
    "webhook that does not answer",
    "all clients stand still",
    "client's pod deleted by hand",
    "server limited to 15m",
    "UDP cut both ways",
    "namespace that denies all",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::expected::{Answer, Since};

    #[test]
    fn rows_have_names_of_their_own_and_expect_something() {
        let cases = all();
        let rows: Vec<_> = cases
            .iter()
            .flat_map(|case| case.subjects.iter().map(|subject| case.row_name(subject)))
            .collect();
        let names: BTreeSet<_> = rows.iter().collect();
        assert_eq!(names.len(), rows.len());
        assert!(rows.len() >= 20, "{} rows", rows.len());
        for case in &cases {
            for subject in &case.subjects {
                let expected = &subject.expected;
                let judged = [expected.ready, expected.met].iter().any(|answer| *answer != Answer::Any);
                assert!(judged || expected.check.is_some() || expected.heals.is_some(), "{}", case.name);
            }
        }
    }

    #[test]
    fn the_selection_disturbs_nobody() {
        let cases = all();
        for name in SELECTION {
            let case = cases.iter().find(|case| case.name == name);
            assert!(case.is_some_and(|case| !case.is_alone), "{name}");
        }
    }

    #[test]
    fn only_faults_of_nodes_are_counted_from_their_loss() {
        for case in all() {
            let lost = |since| since == Since::NodeLost;
            let counted = case
                .subjects
                .iter()
                .any(|subject| subject.expected.heals.is_some_and(|heals| lost(heals.since)));
            assert!(!counted || !case.fault.lost_nodes().is_empty(), "{}", case.name);
        }
    }
}
