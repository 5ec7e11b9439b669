//! What the pods of sessions report, and the part of their status that is made of it.
//!
//! ```text
//! pod --POST /v1/reports--> api -> auth
//!                            '-> ledger (aggregate -> status) -> writer --apply--> BallSession status
//!                                   '-> view ---------> controller
//! ```
//!
//! [`serve`] takes reports while the operator leads, by the keys that [`follow_keys`] keeps, and [`write`] writes status; all share
//! [`Reports`], which the controller asks as its [`ReportSource`]. Session and role of a report come from the identity of its
//! sender alone: nothing in its body or URL says whose it is. Everything is kept in memory and comes back after a restart with
//! the next reports, because these hold totals, not differences.
//!
//! Imports point downwards only: leaves (`moment`, `stores`, `refusal`, `post`, `metrics`, `api_server`), then `auth` and
//! `status`, then `aggregate`, then `ledger`, then `writer` and `api`, then what is wired together here.

mod aggregate;
mod api;
mod api_server;
mod auth;
mod ledger;
mod metrics;
mod moment;
mod post;
mod refusal;
mod status;
mod stores;
#[cfg(test)]
mod testing;
pub mod untrusted;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crds::BallSession;
use kube::Client;
use kube::runtime::reflector::ObjectRef;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use api::Endpoint;
pub use metrics::Metrics;

use crate::cluster;
use crate::lease::Fence;
use crate::report_source::{Expectation, ReportSource, View};
use crate::reports::api::Intake;
use crate::reports::api_server::ApiServer;
use crate::reports::auth::Authenticator;
use crate::reports::ledger::Ledger;
use crate::reports::moment::Moment;
use crate::reports::stores::Stores;
use crate::reports::writer::Writer;
use crate::run::{End, Progress};
use crate::session::Session;

/// The reports of all sessions.
pub struct Reports {
    api_server: Arc<dyn ApiServer>,
    authenticator: Arc<Authenticator>,
    ledger: Arc<Ledger>,
    metrics: Metrics,
    fence: Fence,
}

impl Reports {
    /// Reports of the watched sessions and their pods, which are taken while `fence` is open.
    pub fn new(client: Client, fence: Fence, watched: cluster::Stores, metrics: Metrics) -> Arc<Self> {
        Self::with(Arc::new(client), Stores { watched }, metrics, fence)
    }

    fn with(api_server: Arc<dyn ApiServer>, stores: Stores, metrics: Metrics, fence: Fence) -> Arc<Self> {
        let (stores, now) = (Arc::new(stores), Instant::now());
        let ledger = Arc::new(Ledger::new(Arc::clone(&stores), metrics.clone(), now));
        let authenticator = Authenticator::new(Arc::clone(&api_server), stores, metrics.clone(), now);
        Arc::new(Self { api_server, authenticator: Arc::new(authenticator), ledger, metrics, fence })
    }

    /// How long ago the server of the session with this UID reported last, if it did since the operator began.
    pub fn last_report(&self, uid: &str) -> Option<Duration> {
        self.ledger.since_last_report(uid, Instant::now())
    }

    /// For how long the server of the session with this UID has not reported, as far as this process could hear it.
    pub fn silence(&self, uid: &str) -> Duration {
        self.ledger.silence(uid, Instant::now())
    }

    /// Takes note that reports can arrive from now on: what is silent has been so since then at the earliest.
    pub fn listen(&self) {
        self.ledger.listen(Instant::now());
    }

    fn intake(&self) -> Arc<Intake> {
        let (authenticator, ledger) = (Arc::clone(&self.authenticator), Arc::clone(&self.ledger));
        Arc::new(Intake::new(authenticator, ledger, self.metrics.clone(), self.fence.clone()))
    }

    fn writer(&self) -> Writer {
        Writer::new(Arc::clone(&self.ledger), Arc::clone(&self.api_server), self.metrics.clone())
    }
}

impl ReportSource for Reports {
    fn view(&self, session: &str) -> View {
        self.ledger.view(session)
    }

    fn expect(&self, session: &Session, expectation: Expectation) {
        self.ledger.expect(session, expectation, Moment::present());
    }

    fn begin_run(&self, session: &Session) -> Progress {
        progress(self.ledger.begin_run(session, Moment::present()))
    }

    fn finish_run(&self, session: &Session, end: End, now: Instant) -> Progress {
        progress(self.ledger.finish_run(session, end, Moment { now, ..Moment::present() }))
    }

    fn continue_run(&self, session: &Session) -> Progress {
        progress(self.ledger.continue_run(session, Moment::present()))
    }

    fn changes(&self) -> Option<mpsc::Receiver<ObjectRef<BallSession>>> {
        self.ledger.changes()
    }
}

fn progress(is_done: bool) -> Progress {
    if is_done { Progress::Done } else { Progress::Pending }
}

/// Answers reports at `endpoint` until `stop`, and takes them while the operator leads; those under way at the end are still
/// answered, for a moment.
pub async fn serve(endpoint: Endpoint, reports: Arc<Reports>, stop: CancellationToken) {
    api::serve(endpoint, reports.intake(), reports.metrics.clone(), stop).await;
}

/// Keeps the keys by which the senders of reports are verified up to date until `stop`. Until the first answer, no report is
/// taken.
pub async fn follow_keys(reports: Arc<Reports>, stop: CancellationToken) {
    reports.authenticator.follow_keys(&stop).await;
}

/// Writes status until `stop`. Each write has a time limit of its own; those in flight at the end are awaited.
///
/// Only for the operator that holds the lease: two would write against each other.
pub async fn write(reports: Arc<Reports>, stop: CancellationToken) {
    reports.listen();
    reports.writer().run(stop).await;
}
