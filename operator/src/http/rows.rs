//! The sessions as JSON.

use crds::Display;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde::Serialize;

use crate::cluster::Guard;

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
        Some(Self {
            namespace: session.metadata.namespace.as_deref(),
            name: session.metadata.name.as_deref(),
            created: session.metadata.creation_timestamp.as_ref(),
            conditions: status.iter().flat_map(|status| &status.conditions).map(row).collect(),
            display: status.and_then(|status| status.display.as_ref()),
            errors: status.and_then(|status| status.error_count),
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
