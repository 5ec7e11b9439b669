//! What status still knows after a restart of the operator.

use std::collections::HashMap;

use crds::BallSessionStatus;
use jiff::Timestamp;
use report::post::ServerPost;

use crate::reports::status::{self, Opinion, seconds};

/// The server process that stored numbers are of.
pub(super) struct StoredProcess {
    started_at: Timestamp,
    /// Frames sent so far, by client.
    sent: HashMap<String, i64>,
}

impl StoredProcess {
    pub(super) fn of(stored: BallSessionStatus) -> Option<Self> {
        let started_at = seconds(stored.measurements?.started_at?.0);
        let sent = |client: crds::ClientStatus| Some((client.id, client.frames?.sent));
        Some(Self { started_at, sent: stored.clients.into_iter().filter_map(sent).collect() })
    }

    /// Whether it is the process that posts.
    pub(super) fn is_of(&self, post: &ServerPost) -> bool {
        self.started_at == seconds(post.summary.started_at)
    }

    /// Whether the stored numbers are from after `post`. Its sequence is not in status, but what a process counts only
    /// grows.
    pub(super) fn is_after(&self, post: &ServerPost) -> bool {
        let is_behind = |row: &report::ClientRow| {
            let sent = i64::try_from(row.frames.sent).unwrap_or(i64::MAX);
            self.sent.get(&row.id).is_some_and(|stored| sent < *stored)
        };
        self.is_of(post) && post.summary.clients.iter().any(is_behind)
    }
}

/// What the stored condition says, if it says True or False.
pub(super) fn verdict(stored: &BallSessionStatus) -> Option<Opinion> {
    let condition = status::condition(stored)?;
    let met = match condition.status.as_str() {
        "True" => true,
        "False" => false,
        _ => return None,
    };
    let (reason, message) = (condition.reason.clone(), condition.message.clone());
    Some(Opinion { met: Some(met), reason, message })
}
