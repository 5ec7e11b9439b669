//! What HTTP shows of a running operator: what it waits for, and the sessions it watches with the numbers that
//! `kubectl get ballsessions` has.

use std::collections::BTreeSet;
use std::fmt::Error;
use std::sync::Arc;

use process::{Readiness, StatusSource};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Serialize;

use crate::cluster::{Guard, Key};
use crate::http::access::Visible;
use crate::http::gauges::Gauges;
use crate::http::parts::{LastReport, Need, Parts, Sessions, Standby, Watched};
use crate::http::rows::{Row, Undecodable};

/// An overview of the running operator.
pub struct Overview {
    parts: Arc<Parts>,
    registry: Registry,
}

impl Overview {
    /// `registry` is that of all parts; the metrics of the sessions are added to it, while the operator does not stand by.
    pub fn new(
        needs: Vec<Need>,
        standby: Standby,
        sessions: Sessions,
        last_report: LastReport,
        mut registry: Registry,
    ) -> Self {
        let parts = Arc::new(Parts { needs, standby, sessions, last_report });
        registry.register_collector(Box::new(Gauges(Arc::clone(&parts))));
        Self { parts, registry }
    }
}

impl StatusSource for Overview {
    fn readiness(&self) -> Readiness {
        let missing = self.parts.missing();
        if missing.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Waiting(format!("waiting for {}", missing.join("; for ")))
        }
    }

    fn status(&self) -> serde_json::Result<String> {
        self.status_for(&Visible::All)
    }

    fn metrics(&self) -> Result<String, Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Overview {
    /// The status as far as somebody may see it.
    pub(super) fn status_for(&self, visible: &Visible) -> serde_json::Result<String> {
        let missing = self.parts.missing();
        let Watched { shown, omitted } = self.parts.watched_in(visible);
        serde_json::to_string(&Body {
            version: env!("CARGO_PKG_VERSION"),
            ready: missing.is_empty(),
            waiting_for: missing,
            standby: (self.parts.standby)(),
            watched: shown.len() + omitted.len(),
            omitted: omitted.len(),
            sessions: shown.iter().filter_map(|session| Row::of(session)).collect(),
            undecodable: shown.iter().filter_map(|session| Undecodable::of(session)).collect(),
            incomplete: visible.is_cut(),
        })
    }

    /// The namespaces of all sessions.
    pub(super) fn namespaces(&self) -> BTreeSet<String> {
        self.parts.namespaces()
    }

    /// A session as the watch has it.
    pub(super) fn session(&self, key: &Key) -> Option<Arc<Guard>> {
        self.parts.sessions.get(key)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    version: &'static str,
    ready: bool,
    waiting_for: Vec<String>,
    /// Why this replica is not the one that writes.
    standby: Option<String>,
    watched: usize,
    /// Sessions that are left out below.
    omitted: usize,
    sessions: Vec<Row<'a>>,
    undecodable: Vec<Undecodable<'a>>,
    /// Sessions may be left out because there are more namespaces than somebody is asked about who may not see all.
    incomplete: bool,
}
