//! The keys that count now, and the task that keeps them up to date.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use crate::reports::api_server::ApiServer;
use crate::reports::auth::keys::schedule::Schedule;
use crate::reports::auth::keys::set::KeySet;
use crate::reports::metrics::{FetchOutcome, Metrics};

/// By what tokens are verified.
#[derive(Debug)]
pub(in crate::reports::auth) enum Trust {
    /// Nobody has asked yet.
    Awaited,
    /// By these.
    Keys(KeySet),
    /// The API server does not give its keys away: it has to be asked about each token.
    Reviews,
}

/// The keys that count now.
pub(in crate::reports::auth) struct CurrentKeys {
    /// Held for moments only, never across a call.
    state: Mutex<State>,
    wanted: Notify,
    metrics: Metrics,
}

struct State {
    trust: Arc<Trust>,
    schedule: Schedule,
}

impl CurrentKeys {
    /// None yet.
    pub(in crate::reports::auth) fn new(metrics: Metrics, now: Instant) -> Self {
        let state = State { trust: Arc::new(Trust::Awaited), schedule: Schedule::new(now) };
        Self { state: Mutex::new(state), wanted: Notify::new(), metrics }
    }

    /// By what tokens are verified now.
    pub(in crate::reports::auth) fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.state().trust)
    }

    /// A token names a key that is not among them. How long until the API server is asked again.
    pub(in crate::reports::auth) fn want(&self, now: Instant) -> Duration {
        let wait = self.state().schedule.want(now);
        self.wanted.notify_one();
        wait
    }

    /// Keeps them up to date until `stop`.
    pub(in crate::reports::auth) async fn follow(
        &self,
        api_server: &dyn ApiServer,
        stop: &CancellationToken,
    ) {
        let fetch_when_due = async || {
            self.due().await;
            self.fetch(api_server, Instant::now()).await;
        };
        while stop.run_until_cancelled(fetch_when_due()).await.is_some() {}
    }

    /// Waits until it is time to ask.
    async fn due(&self) {
        loop {
            let due = self.state().schedule.due();
            if due <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(due.into()) => {}
                () = self.wanted.notified() => {}
            }
        }
    }

    /// Asks for them, whether it is time or not.
    async fn fetch(&self, api_server: &dyn ApiServer, now: Instant) {
        self.state().schedule.begin(now);
        let answer = match api_server.keys().await {
            Ok(text) => KeySet::parse(&text).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let usable = match answer {
            Ok(set) => {
                self.metrics.key_fetch(FetchOutcome::Fetched);
                self.fetched(set, now)
            }
            Err(error) => {
                self.metrics.key_fetch(FetchOutcome::Failed);
                self.failed(&error, now)
            }
        };
        self.metrics.keys(usable);
    }

    /// Takes over the keys that there are. How many.
    fn fetched(&self, set: KeySet, now: Instant) -> usize {
        let mut state = self.state();
        state.schedule.fetched(now);
        let usable = set.usable();
        if !matches!(&*state.trust, Trust::Keys(known) if *known == set) {
            tracing::info!(keys = usable, "tokens of reports are verified by the API server's keys");
            state.trust = Arc::new(Trust::Keys(set));
        }
        usable
    }

    /// There was no answer of use. How many keys still count.
    fn failed(&self, error: &str, now: Instant) -> usize {
        let mut state = self.state();
        let still_count = state.schedule.failed(now);
        match &*state.trust {
            Trust::Keys(known) if still_count => {
                tracing::debug!(error, "the API server's keys cannot be read again");
                return known.usable();
            }
            Trust::Reviews => tracing::debug!(error, "the API server's keys still cannot be read"),
            Trust::Awaited | Trust::Keys(_) => {
                tracing::warn!(
                    error,
                    "the API server's keys (/openid/v1/jwks) cannot be read: it is asked about each token instead, a bounded \
                     number of times a second. The ClusterRole system:service-account-issuer-discovery lets the operator read them"
                );
                state.trust = Arc::new(Trust::Reviews);
            }
        }
        0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl CurrentKeys {
    /// Asks for them where it is time to.
    pub(in crate::reports::auth) async fn fetch_due(&self, api_server: &dyn ApiServer, now: Instant) {
        let due = self.state().schedule.due();
        if due <= now {
            self.fetch(api_server, now).await;
        }
    }
}
