//! All sessions in one table, a line each.

use crds::BallSession;
use crds::contract::{OBJECTIVES_MET, READY};
use kube::ResourceExt;

use crate::session::{current, judge};
use crate::session_report::columns::columns;

/// The columns of `kubectl get`, with the verdict's reason and message behind them.
pub(crate) fn list(sessions: &[BallSession], with_namespaces: bool) -> String {
    let mut headings: Vec<String> = [
        "NAME",
        "READY",
        "MET",
        "CLIENTS",
        "ERROR P95",
        "LATENCY P95",
        "LOSS",
        "DELIVERED",
        "REASON",
        "MESSAGE",
    ]
    .map(str::to_owned)
    .into();
    if with_namespaces {
        headings.insert(0, "NAMESPACE".to_owned());
    }
    let rows = sessions.iter().map(|session| row(session, with_namespaces));
    columns(&std::iter::once(headings).chain(rows).collect::<Vec<_>>())
}

fn row(session: &BallSession, with_namespaces: bool) -> Vec<String> {
    let judgement = judge(session);
    let display = session.status.clone().and_then(|status| status.display).unwrap_or_default();
    let status = |kind| current(session, kind).map_or("-", |condition| condition.status.as_str()).to_owned();
    let or_none =
        |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned());
    let mut cells = vec![session.name_any(), status(READY), status(OBJECTIVES_MET)];
    cells.extend(
        [display.clients, display.error_p95, display.latency_p95, display.loss, display.delivered]
            .map(or_none),
    );
    cells.extend([judgement.reason, judgement.message]);
    if with_namespaces {
        cells.insert(0, session.namespace().unwrap_or_default());
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{condition, missed, session};

    #[test]
    fn a_line_for_each_session() {
        let new = session(&[condition("Ready", "False", "ServerNotReady", 2)]);
        assert_eq!(list(&[session(&missed()), new], true), include_str!("testdata/list.txt"));
    }
}
