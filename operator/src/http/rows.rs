//! The sessions as JSON.

use crds::Display;
use crds::contract::OBJECTIVES_MET;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde::Serialize;

use crate::cluster::Guard;
use crate::conditions::find;
use crate::display::culprit;
use crate::http::clients::ClientRow;

/// A line of `kubectl get ballsessions`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    created: Option<&'a Time>,
    conditions: Vec<ConditionRow<'a>>,
    #[serde(flatten)]
    display: Option<&'a Display>,
    errors: Option<i64>,
    /// Who decides that the objectives are not met, where one client does, such as `demo-client-1 on worker-2; cause Network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    client_rows: Vec<ClientRow<'a>>,
}

/// A condition without its times.
#[derive(Serialize)]
struct ConditionRow<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
}

/// A session whose stored form the operator does not understand.
#[derive(Serialize)]
pub(super) struct Undecodable<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    error: &'a str,
}

impl<'a> Row<'a> {
    pub(super) fn of(session: &'a Guard) -> Option<Self> {
        let session = session.0.as_ref().ok()?;
        let status = session.status.as_ref();
        let row = |condition: &'a Condition| ConditionRow {
            kind: &condition.type_,
            status: &condition.status,
            reason: &condition.reason,
        };
        let missed = status.and_then(|status| find(&status.conditions, OBJECTIVES_MET));
        let missed = missed.filter(|met| met.status == "False");
        Some(Self {
            namespace: session.metadata.namespace.as_deref(),
            name: session.metadata.name.as_deref(),
            created: session.metadata.creation_timestamp.as_ref(),
            conditions: status.iter().flat_map(|status| &status.conditions).map(row).collect(),
            display: status.and_then(|status| status.display.as_ref()),
            errors: status.and_then(|status| status.error_count),
            decided_by: missed.and_then(|missed| culprit(&missed.message)),
            client_rows: ClientRow::all(session),
        })
    }
}

impl<'a> Undecodable<'a> {
    pub(super) fn of(session: &'a Guard) -> Option<Self> {
        let invalid = session.0.as_ref().err()?;
        Some(Self {
            namespace: invalid.metadata.namespace.as_deref(),
            name: invalid.metadata.name.as_deref(),
            error: &invalid.error,
        })
    }
}
