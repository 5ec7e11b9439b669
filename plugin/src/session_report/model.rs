//! What a report says, whatever its form.

use crds::{Frames, IpFamily, MediaPath, PathMtu};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::session::Outcome;
use crate::session_report::quantity::Quantity;

/// The version of the JSON form.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// A session at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// [`SCHEMA_VERSION`].
    pub(crate) schema_version: u32,
    /// Of the session.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) namespace: String,
    /// Its conditions in one word.
    pub(crate) outcome: Outcome,
    /// Whether that is so for good.
    pub(crate) is_final: bool,
    /// Why.
    pub(crate) reason: String,
    /// In words, with numbers.
    pub(crate) message: String,
    /// What the evidence points at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// What is measured, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) measured: Option<String>,
    /// When its run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<Timestamp>,
    /// When its run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Timestamp>,
    /// Where clients are relative to the server.
    pub(crate) placement: String,
    /// The node of the server's pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_node: Option<String>,
    /// Ready clients of those asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ready_clients: Option<String>,
    /// Its conditions about the spec as it stands.
    pub(crate) conditions: Vec<ConditionRow>,
    /// Over all clients together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frames: Option<Frames>,
    /// Over all clients together.
    pub(crate) quantities: Vec<Measured>,
    /// The worst first; the status has at most 16 of them.
    pub(crate) clients: Vec<ClientReport>,
    /// By code.
    pub(crate) errors: Vec<ErrorRow>,
    /// By which way media is to flow.
    #[serde(default)]
    pub(crate) media_path: MediaPath,
    /// The same in words, with the addresses at which clients reach the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// The family of addresses, where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ip_family: Option<IpFamily>,
    /// The zone of the server's node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server_zone: Option<String>,
    /// What was done to the server on purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drill: Option<DrillReport>,
}

/// A drill that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DrillReport {
    /// Such as RestartServer after 30s.
    pub(crate) asked: String,
    /// When the server's pod was deleted; `None` before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<Timestamp>,
    /// The frames that the frame rate promises all clients for their times without pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lost_frames: Option<i64>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConditionRow {
    /// Ready, ObjectivesMet, Complete or Stalled.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// True, False or Unknown.
    pub(crate) status: String,
    /// One word.
    pub(crate) reason: String,
    /// A sentence.
    pub(crate) message: String,
}

/// A number, what is required of it, and whether that is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    /// What.
    pub(crate) quantity: Quantity,
    /// Of value and limit.
    pub(crate) unit: String,
    /// `None` without samples.
    pub(crate) value: Option<f64>,
    /// `None` where nothing is required, or what it was judged by is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<f64>,
    /// `None` where one of both is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_met: Option<bool>,
}

/// One client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientReport {
    /// Its name.
    pub(crate) id: String,
    /// Where it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,
    /// Connecting, Connected, Ended, Lost or Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// What the evidence points at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// Its frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frames: Option<Frames>,
    /// Its numbers.
    pub(crate) quantities: Vec<Measured>,
    /// The zone of its node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<String>,
    /// The way that its media takes, from its own address to the one at which it reaches the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// How large packets may be to and from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path_mtu: Option<PathMtu>,
    /// The frames that the frame rate promises it for its time without pictures when the server was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lost_frames: Option<i64>,
}

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorRow {
    /// What went wrong.
    pub(crate) code: String,
    /// How often.
    pub(crate) count: i64,
    /// The last one in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

impl Measured {
    /// A number and what is required of it.
    pub(crate) fn new(quantity: Quantity, value: Option<f64>, limit: Option<f64>) -> Self {
        let is_met = value.zip(limit).map(|(value, limit)| quantity.is_within(value, limit));
        Self { quantity, unit: quantity.unit().to_owned(), value, limit, is_met }
    }
}

impl Report {
    /// The way that media is to take, without addresses.
    pub(crate) fn path_name(&self) -> String {
        let names = [Some(self.media_path.as_str()), self.ip_family.map(IpFamily::as_str)];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The number of a quantity over all clients together.
    pub(crate) fn value(&self, quantity: Quantity) -> Option<f64> {
        value(&self.quantities, quantity)
    }
}

impl ClientReport {
    /// Its number of a quantity.
    pub(crate) fn value(&self, quantity: Quantity) -> Option<f64> {
        value(&self.quantities, quantity)
    }
}

fn value(of: &[Measured], quantity: Quantity) -> Option<f64> {
    of.iter().find(|measured| measured.quantity == quantity)?.value
}
