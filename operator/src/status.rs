//! What HTTP shows of a running operator: what it waits for, and the sessions it watches with the numbers that
//! `kubectl get ballsessions` has.

mod gauges;
mod rows;

use std::fmt::{Debug, Error, Formatter};
use std::sync::Arc;
use std::time::Duration;

use crds::BallSession;
use kube::ResourceExt;
use kube::core::DeserializeGuard;
use kube::runtime::reflector::Store;
use process::{Readiness, StatusSource};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Serialize;

use self::gauges::Gauges;
use self::rows::{Row, Undecodable};

/// Sessions that are shown one by one; for more there is the API server, which has pages.
const MAX_SESSIONS: usize = 500;

/// The sessions as the watch brings them; one that cannot be decoded is an error in its place.
pub type Sessions = Store<DeserializeGuard<BallSession>>;

/// Something the operator is of no use without: what is missing, in words, such as `the first list of sessions`; `None`
/// once it is there. Called for every request, so it must be quick.
pub type Need = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// How long ago the server of the session with this UID reported last; `None` before it did. Called for every session
/// at every scrape, so it must be quick.
pub type LastReport = Box<dyn Fn(&str) -> Option<Duration> + Send + Sync>;

/// Looks at the parts of the operator.
pub struct Status {
    parts: Arc<Parts>,
    registry: Registry,
}

/// What is looked at.
struct Parts {
    needs: Vec<Need>,
    sessions: Sessions,
    last_report: LastReport,
}

/// The sessions at some moment.
struct Watched {
    /// The first by namespace and name.
    shown: Vec<Arc<DeserializeGuard<BallSession>>>,
    /// All others.
    omitted: Vec<Arc<DeserializeGuard<BallSession>>>,
}

impl Status {
    /// `registry` is that of all parts; what is to be said of the sessions is added to it.
    pub fn new(
        needs: Vec<Need>,
        sessions: Sessions,
        last_report: LastReport,
        mut registry: Registry,
    ) -> Self {
        let parts = Arc::new(Parts { needs, sessions, last_report });
        registry.register_collector(Box::new(Gauges(Arc::clone(&parts))));
        Self { parts, registry }
    }
}

impl Parts {
    fn missing(&self) -> Vec<String> {
        self.needs.iter().filter_map(|need| need()).collect()
    }

    fn watched(&self) -> Watched {
        let mut shown = self.sessions.state();
        shown.sort_by_cached_key(|session| (session.namespace(), session.name_any()));
        let omitted = shown.split_off(shown.len().min(MAX_SESSIONS));
        Watched { shown, omitted }
    }
}

impl Debug for Parts {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result<(), Error> {
        formatter.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl StatusSource for Status {
    fn readiness(&self) -> Readiness {
        let missing = self.parts.missing();
        if missing.is_empty() {
            Readiness::Ready
        } else {
            Readiness::Waiting(format!("waiting for {}", missing.join("; for ")))
        }
    }

    fn status(&self) -> serde_json::Result<String> {
        let missing = self.parts.missing();
        let Watched { shown, omitted } = self.parts.watched();
        serde_json::to_string(&Body {
            version: env!("CARGO_PKG_VERSION"),
            ready: missing.is_empty(),
            waiting_for: missing,
            watched: shown.len() + omitted.len(),
            omitted: omitted.len(),
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

#[cfg(test)]
mod tests;
