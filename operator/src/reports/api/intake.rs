//! Takes a report in, or says why not. Knows nothing of HTTP.

use std::sync::Arc;
use std::time::Duration;

use report::post::Answer;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::lease::Fence;
use crate::reports::auth::{Authenticator, Role};
use crate::reports::ledger::{Accepted, Ledger};
use crate::reports::metrics::Metrics;
use crate::reports::moment::Moment;
use crate::reports::post::Post;
use crate::reports::refusal::Refusal;

/// How long it may take to find out whose report it is: where the watches do not know its pod, some questions to the API server.
const AUTHENTICATION_LIMIT: Duration = Duration::from_secs(10);
/// Reports that are taken in at a time.
const IN_FLIGHT: usize = 256;
/// How long the last report of a pod waits until it is stored: its sender gives a post up after 3 s.
const STORED_WITHIN: Duration = Duration::from_secs(2);

/// A report that was taken in.
pub(super) struct Taken {
    /// Of the sender.
    pub(super) role: Role,
    /// For the sender, if there is something to say.
    pub(super) answer: Option<Answer>,
}

/// The way from a token and a body into the ledger.
pub(in crate::reports) struct Intake {
    authenticator: Arc<Authenticator>,
    ledger: Arc<Ledger>,
    metrics: Metrics,
    fence: Fence,
    permits: Semaphore,
}

impl Intake {
    pub(in crate::reports) fn new(
        authenticator: Arc<Authenticator>,
        ledger: Arc<Ledger>,
        metrics: Metrics,
        fence: Fence,
    ) -> Self {
        Self { authenticator, ledger, metrics, fence, permits: Semaphore::new(IN_FLIGHT) }
    }

    /// Takes in the report `body` of whoever sends `token`.
    ///
    /// # Errors
    /// Where it is not taken.
    pub(super) async fn take(&self, token: &str, body: &[u8]) -> Result<Taken, Refusal> {
        // It would never be written.
        if !self.fence.is_open() {
            return Err(Refusal::Standby);
        }
        self.authenticate_and_accept(token, body).await
    }

    /// Counts what became of a request.
    pub(super) fn count(&self, taken: &Result<Taken, Refusal>) {
        match taken {
            Ok(taken) => self.metrics.accepted(taken.role.as_str()),
            Err(refusal) => self.metrics.rejected(refusal.reason()),
        }
    }

    async fn authenticate_and_accept(&self, token: &str, body: &[u8]) -> Result<Taken, Refusal> {
        let (role, Accepted { answer, awaited }) = self.accept(token, body).await?;
        // Another operator would not know of it, and nobody would send it again.
        if let Some(awaited) = awaited {
            timeout(STORED_WITHIN, self.ledger.stored(&awaited))
                .await
                .map_err(|_| Refusal::Unavailable("it cannot be stored now".into()))?;
        }
        // Who reads that it was taken relies on it.
        if !self.fence.is_open() {
            return Err(Refusal::Standby);
        }
        Ok(Taken { role, answer })
    }

    async fn accept(&self, token: &str, body: &[u8]) -> Result<(Role, Accepted), Refusal> {
        // Not before all of it has arrived: whoever sends slowly takes up a connection, and nothing else.
        let _permit = self
            .permits
            .try_acquire()
            .map_err(|_| Refusal::Unavailable("too many reports at once".into()))?;
        let reporter =
            timeout(AUTHENTICATION_LIMIT, self.authenticator.authenticate(token, Moment::present()))
                .await
                .map_err(|_| Refusal::Unavailable("cannot tell now whose report it is".into()))??;

        let post = Post::parse(body).map_err(Refusal::Malformed)?;
        match (&post, reporter.role) {
            (Post::Server(_), Role::Server) | (Post::Client(_), Role::Client) => {}
            (Post::Server(_), Role::Client) => return Err(Refusal::Forbidden("a client measures nothing")),
            (Post::Client(_), Role::Server) => return Err(Refusal::Forbidden("a server is no client")),
        }
        let accepted = self.ledger.accept(&reporter.session, &reporter.pod, post, Moment::present())?;
        Ok((reporter.role, accepted))
    }
}
