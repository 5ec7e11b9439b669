//! Which clients a session is to have, and since when: as the controller says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Instant;

use report::post::{Answer, index_ranges};

use crate::report_source::Expectation;
use crate::run::RunStage;
use crate::session::Session;

/// What the controller expects of a session.
#[derive(Debug)]
pub(super) struct Expected {
    finished: BTreeSet<u32>,
    epoch: String,
    is_ending: bool,
    advertise: Option<Vec<SocketAddr>>,
    /// When the epoch began; `None` where it began before this operator.
    since: Option<Instant>,
    /// By node.
    zones: BTreeMap<String, String>,
}

impl Expected {
    /// What is expected now, after `before`.
    pub(super) fn after(before: Option<&Self>, expectation: Expectation, now: Instant) -> Self {
        let Expectation { finished, epoch, is_disturbed, is_ending, advertise, drilled, zones } = expectation;
        let is_new = is_disturbed || before.is_some_and(|before| before.epoch != epoch);
        let since = if is_new { Some(now) } else { before.and_then(|before| before.since) };
        // Also where another operator did that.
        let since = since.max(drilled);
        Self { finished, epoch, is_ending, advertise, since, zones }
    }

    /// Seconds since the epoch began, where that is known.
    pub(super) fn epoch_age_seconds(&self, now: Instant) -> Option<f64> {
        self.since.map(|since| now.saturating_duration_since(since).as_secs_f64())
    }

    /// The zone of a node.
    pub(super) fn zone(&self, node: &str) -> Option<&str> {
        self.zones.get(node).map(String::as_str)
    }

    /// Whether the client with this index did what it was to do.
    fn is_finished(&self, index: u32) -> bool {
        self.finished.contains(&index)
    }

    /// The ids of the clients that are to be there.
    pub(super) fn ids(&self, session: &Session) -> BTreeSet<String> {
        self.indexes(session).into_iter().map(|index| id(session, index)).collect()
    }

    /// What is answered to a post of the server.
    pub(super) fn answer(&self, session: &Session) -> Answer {
        Answer {
            schema_version: Answer::SCHEMA_VERSION,
            window_seconds: session.window.as_secs_f64(),
            epoch: self.epoch.clone(),
            wanted_prefix: prefix(session),
            wanted: index_ranges(&self.indexes(session)),
            suspended: session.stage == RunStage::Suspended,
            advertise: self.advertise.clone(),
        }
    }

    fn indexes(&self, session: &Session) -> Vec<u32> {
        if session.stage != RunStage::Active || self.is_ending {
            return Vec::new();
        }
        session.clients.indexes().filter(|index| !self.is_finished(*index)).collect()
    }
}

/// The ids of all clients that a session is to have, whether they are done or not.
pub(super) fn all_ids(session: &Session) -> BTreeSet<String> {
    session.clients.indexes().map(|index| id(session, index)).collect()
}

/// The id of the client with this index, as its pod is given it.
pub(super) fn id(session: &Session, index: u32) -> String {
    format!("{}{index}", prefix(session))
}

fn prefix(session: &Session) -> String {
    format!("{}-", session.client_name())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::reports::testing::stored;
    use crate::session::validate;

    fn expectation(finished: &[u32], epoch: &str, is_disturbed: bool) -> Expectation {
        let finished = finished.iter().copied().collect();
        Expectation { finished, epoch: epoch.into(), is_disturbed, ..Expectation::default() }
    }

    #[test]
    fn the_answer_names_who_is_wanted_and_the_window() {
        let expected = Expected::after(None, expectation(&[1], "e1", false), Instant::now());
        let answer = |spec| expected.answer(&validate(&stored(&spec, &json!({}))).unwrap());
        let active = answer(json!({"clients": 4, "objectives": {"window": "90s"}}));
        assert_eq!(
            serde_json::to_value(&active).unwrap(),
            json!({"schemaVersion": 1, "windowSeconds": 90.0, "epoch": "e1", "wantedPrefix": "harbor-client-",
                   "wanted": "0,2-3", "suspended": false})
        );
        assert_eq!(active.wanted_ids().unwrap(), ["harbor-client-0", "harbor-client-2", "harbor-client-3"]);
        let each_node = json!({"placement": "EachNode", "clients": 9});
        let run = json!({"run": {"hash": "r", "nodes": ["a", "b", "", "d"]}});
        let each_node = expected.answer(&validate(&stored(&each_node, &run)).unwrap());
        assert_eq!(each_node.wanted, "0,3", "one on each node");
        let suspended = answer(json!({"clients": 4, "suspend": true}));
        assert_eq!((suspended.wanted.as_str(), suspended.suspended), ("", true));
    }

    #[test]
    fn the_answer_names_where_the_server_is_reached_by_others_than_its_own_addresses() {
        let session = validate(&stored(&json!({}), &json!({}))).unwrap();
        for advertise in [None, Some(vec![]), Some(vec!["10.96.0.7:8082".parse().unwrap()])] {
            let reached = Expectation { advertise: advertise.clone(), ..expectation(&[], "e1", false) };
            let answer = Expected::after(None, reached, Instant::now()).answer(&session);
            assert_eq!(answer.advertise, advertise);
        }
    }

    #[test]
    fn nobody_is_wanted_once_the_end_is_decided() {
        let ending = Expectation { is_ending: true, ..expectation(&[0], "e1", false) };
        let session = validate(&stored(&json!({"clients": 4, "duration": "5m"}), &json!({}))).unwrap();
        assert_eq!(Expected::after(None, ending, Instant::now()).answer(&session).wanted, "");
    }

    #[test]
    fn an_epoch_begins_with_what_the_operator_changes() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = Expected::after(None, expectation(&[], "e1", false), at(0));
        assert_eq!(first.epoch_age_seconds(at(5)), None, "it may be days old");
        let same = Expected::after(Some(&first), expectation(&[0], "e1", false), at(5));
        assert_eq!(same.epoch_age_seconds(at(6)), None);
        let other = Expected::after(Some(&same), expectation(&[0], "e2", false), at(10));
        assert_eq!(other.epoch_age_seconds(at(15)), Some(5.0));
        let kept = Expected::after(Some(&other), expectation(&[0], "e2", false), at(20));
        assert_eq!(kept.epoch_age_seconds(at(25)), Some(15.0));
        let upgraded = Expected::after(None, expectation(&[], "e2", true), at(0));
        assert_eq!(upgraded.epoch_age_seconds(at(3)), Some(3.0), "seen by the operator that does it");
        let drilled = Expectation { drilled: Some(at(20)), ..expectation(&[], "e2", false) };
        let drilled = Expected::after(None, drilled, at(27));
        assert_eq!(drilled.epoch_age_seconds(at(30)), Some(10.0), "by the operator before");
    }
}
