//! What status still says about a server process after a restart of the operator.

use std::collections::HashMap;
use std::time::Duration;

use crds::BallSessionStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use report::post::ServerPost;

use crate::timestamps::stored_time;

/// How long a report may be on its way; at least one more comes before the server counts as unresponsive.
const ON_ITS_WAY: Duration = Duration::from_secs(15);

/// The server process that stored numbers are of.
pub(super) struct StoredProcess {
    started_at: Time,
    /// Frames sent so far, by client.
    sent: HashMap<String, i64>,
}

impl StoredProcess {
    pub(super) fn of(stored: BallSessionStatus) -> Option<Self> {
        let started_at = stored_time(stored.measurements?.started_at?.0);
        let sent = |client: crds::ClientStatus| Some((client.id, client.frames?.sent));
        Some(Self { started_at, sent: stored.clients.into_iter().filter_map(sent).collect() })
    }

    /// Whether it is the process that posts.
    pub(super) fn is_of(&self, post: &ServerPost) -> bool {
        self.started_at == stored_time(post.summary.started_at)
    }

    /// Whether the stored numbers are from after `post`, which came so long after the operator's start. Its sequence is
    /// not in status, but what a process counts for a client only grows, unless that client was gone for so long that it
    /// is counted anew. So all clients have to be behind, and only as long as an old report can be on its way.
    pub(super) fn is_after(&self, post: &ServerPost, elapsed: Duration) -> bool {
        if elapsed >= ON_ITS_WAY || !self.is_of(post) {
            return false;
        }
        let mut behind = post.summary.clients.iter().filter_map(|row| {
            let sent = i64::try_from(row.frames.sent).unwrap_or(i64::MAX);
            self.sent.get(&row.id).map(|stored| sent < *stored)
        });
        behind.next().is_some_and(|first| first) && behind.all(|other| other)
    }
}
