//! What HTTP shows of a running operator: what it waits for, and the sessions it watches with the numbers that
//! `kubectl get ballsessions` has.

use std::fmt::Error;

use crds::{BallSession, Display};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::Store;
use process::{Readiness, StatusSource};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde::Serialize;

/// Sessions in `/status`; for more there is the API server, which has pages.
const MAX_SESSIONS: usize = 500;

/// The sessions as the watch brings them; one that cannot be decoded is an error in its place.
pub type Sessions = Store<DeserializeGuard<BallSession>>;

/// Something the operator is of no use without: what is missing, in words, such as `the first list of sessions`; `None`
/// once it is there. Called for every request, so it must be quick.
pub type Need = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Looks at the parts of the operator.
pub struct Status {
    needs: Vec<Need>,
    sessions: Sessions,
    registry: Registry,
}

impl Status {
    /// `registry` is that of all parts; what is to be said of the sessions is added to it.
    pub fn new(needs: Vec<Need>, sessions: Sessions, mut registry: Registry) -> Self {
        registry.register_collector(Box::new(Gauges(sessions.clone())));
        Self { needs, sessions, registry }
    }

    fn missing(&self) -> Vec<String> {
        self.needs.iter().filter_map(|need| need()).collect()
    }
}

impl StatusSource for Status {
    fn readiness(&self) -> Readiness {
        let missing = self.missing();
        if missing.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Waiting(format!("waiting for {}", missing.join("; for ")))
        }
    }

    fn status(&self) -> serde_json::Result<String> {
        let missing = self.missing();
        let mut watched = self.sessions.state();
        watched.sort_by_cached_key(|session| (session.namespace(), session.name_any()));
        let shown = &watched[..watched.len().min(MAX_SESSIONS)];
        serde_json::to_string(&Body {
            version: env!("CARGO_PKG_VERSION"),
            ready: missing.is_empty(),
            waiting_for: missing,
            watched: watched.len(),
            omitted: watched.len() - shown.len(),
            sessions: shown.iter().filter_map(|session| Row::of(session)).collect(),
            undecodable: shown.iter().filter_map(|session| Undecodable::of(session)).collect(),
        })
    }

    fn metrics(&self) -> Result<String, Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    version: &'static str,
    ready: bool,
    waiting_for: Vec<String>,
    watched: usize,
    /// Sessions that are left out below.
    omitted: usize,
    sessions: Vec<Row<'a>>,
    undecodable: Vec<Undecodable<'a>>,
}

/// A line of `kubectl get ballsessions`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    conditions: Vec<Verdict<'a>>,
    #[serde(flatten)]
    display: Option<&'a Display>,
    errors: Option<i64>,
}

/// A condition without its times.
#[derive(Serialize)]
struct Verdict<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    status: &'a str,
    reason: &'a str,
}

/// A session whose stored form the operator does not understand.
#[derive(Serialize)]
struct Undecodable<'a> {
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    error: &'a str,
}

impl<'a> Row<'a> {
    fn of(session: &'a DeserializeGuard<BallSession>) -> Option<Self> {
        let session = session.0.as_ref().ok()?;
        let status = session.status.as_ref();
        let verdict = |condition: &'a Condition| Verdict {
            kind: &condition.type_,
            status: &condition.status,
            reason: &condition.reason,
        };
        Some(Self {
            namespace: session.metadata.namespace.as_deref(),
            name: session.metadata.name.as_deref(),
            conditions: status.iter().flat_map(|status| &status.conditions).map(verdict).collect(),
            display: status.and_then(|status| status.display.as_ref()),
            errors: status.and_then(|status| status.error_count),
        })
    }
}

impl<'a> Undecodable<'a> {
    fn of(session: &'a DeserializeGuard<BallSession>) -> Option<Self> {
        let invalid = session.0.as_ref().err()?;
        Some(Self {
            namespace: invalid.metadata.namespace.as_deref(),
            name: invalid.metadata.name.as_deref(),
            error: &invalid.error,
        })
    }
}

/// Counts the sessions at every scrape.
#[derive(Debug)]
struct Gauges(Sessions);

impl Gauges {
    /// The values of the label: those of the condition Ready, and where there is no such condition.
    const READY: [&str; 4] = ["True", "False", "Unknown", "Undecodable"];

    fn ready(session: &DeserializeGuard<BallSession>) -> &'static str {
        let Ok(session) = &session.0 else { return "Undecodable" };
        let conditions = session.status.iter().flat_map(|status| &status.conditions);
        let ready = conditions.into_iter().find(|condition| condition.type_ == "Ready");
        match ready.map(|condition| condition.status.as_str()) {
            Some("True") => "True",
            Some("False") => "False",
            _ => "Unknown",
        }
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let family = Family::<[(&'static str, &'static str); 1], Gauge>::default();
        for ready in Self::READY {
            family.get_or_create(&[("ready", ready)]).set(0);
        }
        for session in self.0.state() {
            family.get_or_create(&[("ready", Self::ready(&session))]).inc();
        }
        let help = "Sessions watched, by the status of their condition Ready.";
        let gauges = encoder.encode_descriptor("sessions", help, None, EncodeMetric::metric_type(&family))?;
        family.encode(gauges)
    }
}

#[cfg(test)]
mod tests;
