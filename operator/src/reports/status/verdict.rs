//! Whether the objectives are met, by a single report.

use measure::{Objectives, Verdict, verdict};
use report::post::{MAX_ROWS, ServerPost};

use crate::reports::status::numbers::Span;

/// What a condition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports) struct ObjectivesVerdict {
    /// `None` is Unknown.
    pub(in crate::reports) met: Option<bool>,
    pub(in crate::reports) reason: String,
    pub(in crate::reports) message: String,
}

impl ObjectivesVerdict {
    pub(in crate::reports) fn unknown(reason: &str, message: impl Into<String>) -> Self {
        Self { met: None, reason: reason.into(), message: message.into() }
    }

    /// What a server's report says by itself. `node` is the server's.
    pub(in crate::reports) fn of(
        post: &ServerPost,
        span: Span,
        objectives: &Objectives,
        node: Option<&str>,
    ) -> Self {
        if post.clients_without_media > 0 {
            let message = format!(
                "{} of {} clients signalled 10 s ago or more, and no frame of theirs has been counted",
                post.clients_without_media, post.connected_clients
            );
            return Self { met: Some(false), reason: "NoMedia".into(), message };
        }
        let verdict = verdict(&span.of(&post.summary), objectives);
        let (met, mut message) = match &verdict {
            Verdict::Met => (Some(true), "all numbers are within their objectives".to_owned()),
            Verdict::NotMet(failures) => {
                let messages: Vec<_> = failures.iter().map(measure::Failure::message).collect();
                (Some(false), messages.join("; "))
            }
            Verdict::InsufficientSamples { have, need } => {
                (None, format!("the fate of {have} frames is known, {need} are needed"))
            }
        };
        if met.is_some() && all_on(node, post) {
            message += "; every client shared the server's node: no network between nodes was measured";
        }
        Self { met, reason: verdict.as_str().into(), message }
    }
}

/// Whether every client ran on the server's node, as far as that is known: only the worst clients have rows.
fn all_on(node: Option<&str>, post: &ServerPost) -> bool {
    let clients = &post.summary.clients;
    let is_there = |of: Option<&str>| of.is_some() && of == node;
    !clients.is_empty()
        && clients.len() < MAX_ROWS
        && clients.iter().all(|client| is_there(client.node.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::testing::{row, server_post};

    fn objectives(text: &str) -> Objectives {
        text.parse().unwrap()
    }

    fn verdict_on(change: impl FnOnce(&mut ServerPost), limits: &str) -> ObjectivesVerdict {
        let mut post = server_post(1);
        change(&mut post);
        ObjectivesVerdict::of(&post, Span::Recent, &objectives(limits), Some("worker-1"))
    }

    #[test]
    fn reasons_in_their_order() {
        let met = verdict_on(|_| (), "error-p95=1,loss=1");
        assert_eq!((met.met, met.reason.as_str()), (Some(true), "Met"));

        let no_media = verdict_on(|post| post.clients_without_media = 1, "loss=0,frames=10000000");
        assert_eq!((no_media.met, no_media.reason.as_str()), (Some(false), "NoMedia"));
        assert!(no_media.message.starts_with("1 of 2 clients"), "{}", no_media.message);

        let few = verdict_on(|_| (), "loss=0,frames=1799");
        assert_eq!((few.met, few.reason.as_str()), (None, "InsufficientSamples"));
        assert_eq!(few.message, "the fate of 1798 frames is known, 1799 are needed");

        let bad = verdict_on(|_| (), "error-p95=0.01,latency-p95=5ms,loss=1");
        assert_eq!((bad.met, bad.reason.as_str()), (Some(false), "ErrorTooHigh"));
        assert_eq!(bad.message, "0.012 px error p95, 0.01 px allowed; 7.5 ms latency p95, 5 ms allowed");
    }

    #[test]
    fn the_whole_run_is_hysteresisd_by_its_own_numbers() {
        let post = server_post(1);
        let limits = objectives("error-p95=0.015");
        assert_eq!(ObjectivesVerdict::of(&post, Span::Recent, &limits, None).met, Some(true));
        assert_eq!(ObjectivesVerdict::of(&post, Span::Run, &limits, None).met, Some(false));
    }

    #[test]
    fn it_is_said_when_no_network_between_nodes_was_measured() {
        let shared = |nodes: &[&str]| {
            let rows = nodes.iter().map(|node| {
                let node = (!node.is_empty()).then(|| (*node).to_owned());
                report::ClientRow { node, ..row("a") }
            });
            let rows: Vec<_> = rows.collect();
            verdict_on(|post| post.summary.clients = rows, "loss=1")
                .message
                .contains("shared the server's node")
        };
        assert!(shared(&["worker-1", "worker-1"]));
        assert!(!shared(&["worker-1", "worker-2"]));
        assert!(!shared(&["worker-1", ""]));
        assert!(!shared(&[]));
        assert!(!shared(&["worker-1"; MAX_ROWS]));
    }
}
