//! What the controller works with.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube::Client;
use process::Bucket;
use tokio::sync::watch;

use crate::backoff::Backoff;
use crate::cluster::Watches;
use crate::controller::events::Events;
use crate::controller::memory::{Memories, Memory};
use crate::controller::metrics::Metrics;
use crate::controller::session_ref::SessionRef;
use crate::report_source::ReportSource;
use crate::run::Rollout;
use crate::settings::Settings;

/// What the controller needs from outside.
pub struct Context {
    /// The way to the API server.
    pub client: Client,
    /// What pods are made of.
    pub settings: Settings,
    /// The reports of all sessions.
    pub reports: Arc<dyn ReportSource>,
    /// The authorities by which pods know the operator, as PEM; `None` before there are any.
    pub report_ca: watch::Receiver<Option<Arc<str>>>,
    /// What it counts.
    pub metrics: Metrics,
    /// How eager it is.
    pub pace: Pace,
}

/// How eager the controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Sessions reconciled at a time.
    pub concurrency: u16,
    /// Between two reconciles of a session, unless it asks for one sooner: changes come in bursts, of which the first is
    /// not kept waiting, and the rest are one.
    pub pause: Duration,
    /// How long to wait after failures.
    pub retry: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self { concurrency: 16, pause: Duration::from_millis(250), retry: Backoff::default() }
    }
}

/// What every reconcile works with.
pub(super) struct Controller {
    pub(super) client: Client,
    pub(super) settings: Settings,
    pub(super) reports: Arc<dyn ReportSource>,
    pub(super) report_ca: watch::Receiver<Option<Arc<str>>>,
    pub(super) metrics: Metrics,
    pub(super) retry: Backoff,
    pub(super) watches: Watches,
    pub(super) memories: Memories,
    pub(super) events: Events,
    pub(super) started: Instant,
    /// Which sessions move to what this operator makes, by namespace and name.
    pub(super) rollout: Mutex<Rollout<(String, String)>>,
    /// Of all pods that it creates.
    pub(super) budget: Mutex<Bucket>,
}

impl Controller {
    /// Calls `f` with what is remembered of a session.
    pub(super) fn remember<T>(&self, session_ref: &SessionRef, f: impl FnOnce(&mut Memory) -> T) -> T {
        self.memories.with(&session_ref.key, &session_ref.uid, f)
    }
}
