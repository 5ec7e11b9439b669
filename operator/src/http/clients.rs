//! The clients of a session as JSON: between which nodes how well.

use crds::{BallSession, ClientStatus};
use serde::Serialize;

use crate::http::outcomes::{Outcome, outcomes};

/// What there is of a client to place it between two nodes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientRow<'a> {
    id: &'a str,
    node: Option<&'a str>,
    state: Option<&'a str>,
    outcome: Outcome,
    loss_percent: Option<&'a str>,
    #[serde(rename = "latencyMillisecondsP95")]
    latency_milliseconds_p95: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
}

impl<'a> ClientRow<'a> {
    /// Those that the status has.
    pub(super) fn all(session: &'a BallSession) -> Vec<Self> {
        let clients = session.status.iter().flat_map(|status| &status.clients);
        clients.zip(outcomes(session)).map(|(client, outcome)| Self::of(client, outcome)).collect()
    }

    fn of(client: &'a ClientStatus, outcome: Outcome) -> Self {
        Self {
            id: &client.id,
            node: client.node.as_deref(),
            state: client.state.as_deref(),
            outcome,
            loss_percent: client.loss_percent.as_deref(),
            latency_milliseconds_p95: client.latency_milliseconds_p95.as_deref(),
            zone: client.zone.as_deref(),
        }
    }
}
