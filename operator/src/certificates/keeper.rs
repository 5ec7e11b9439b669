//! Follows the stored keys, as every replica does, and makes, changes and stores them where this one leads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::ServerConfig;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::certificates::issuer::Issuer;
use crate::certificates::keyring::Keyring;
use crate::certificates::metrics::Metrics;
use crate::certificates::publication::Publication;
use crate::certificates::rotation::{Issue, Situation, Step, advance};
use crate::certificates::serving::{Serving, config};
use crate::certificates::store::{Store, StoreError, Stored};
use crate::lease::Fence;

/// How often the stored keys are read: a replica serves another certificate that much later than the one that leads.
const EVERY: Duration = Duration::from_secs(10);
/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// The authorities that senders are given, as PEM; `None` before there are any.
pub type Bundle = Option<Arc<str>>;

/// Names a session that has not been given this bundle yet.
pub type Lagging = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What others need of the keys.
pub struct Certificates {
    serving: Arc<Serving>,
    bundle: watch::Sender<Bundle>,
    problem: Mutex<Option<Problem>>,
    leads: Notify,
}

/// Why the stored keys were not read or not stored the last time.
struct Problem {
    text: String,
    /// Waiting does not help.
    is_lasting: bool,
}

impl Certificates {
    /// The configuration of the listener, which serves whatever certificate is served at the moment.
    ///
    /// # Errors
    /// Never, as ring has what TLS 1.3 needs.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, rustls::Error> {
        config(Arc::clone(&self.serving)).map(Arc::new)
    }

    /// The authorities that senders are to be given.
    pub fn bundle(&self) -> watch::Receiver<Bundle> {
        self.bundle.subscribe()
    }

    /// Why reports over TLS cannot be taken, now or after a restart; `None` while there is no reason for that.
    pub fn missing(&self) -> Option<String> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = problem.as_ref().filter(|problem| problem.is_lasting || !self.serving.is_any());
        problem.map(|problem| format!("the certificate for reports: {}", problem.text))
    }

    /// Takes note that this process leads from now on: what there is to do is done at once.
    pub fn lead(&self) {
        self.leads.notify_one();
    }
}

/// What follows and keeps them.
pub struct Keeper {
    certificates: Arc<Certificates>,
    store: Store,
    names: Vec<String>,
    fence: Fence,
    lagging: Lagging,
    metrics: Metrics,
    publication: Publication,
    served: Option<Keyring>,
}

impl Keeper {
    /// Keeps in `store` what proves to be `names`, while `fence` is open.
    pub fn new(store: Store, names: Vec<String>, fence: Fence, lagging: Lagging, metrics: Metrics) -> Self {
        let certificates = Arc::new(Certificates {
            serving: Arc::default(),
            bundle: watch::Sender::new(None),
            problem: Mutex::default(),
            leads: Notify::new(),
        });
        let publication = Publication::default();
        Self { certificates, store, names, fence, lagging, metrics, publication, served: None }
    }

    /// What others need of it.
    pub fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates)
    }

    /// Follows and keeps them until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                let kept = self.keep(Instant::now(), Timestamp::now()).await;
                let pause = if kept.is_ok() { EVERY } else { RETRY };
                self.record(kept);
                tokio::select! {
                    () = sleep(pause) => {}
                    () = self.certificates.leads.notified() => {}
                }
            }
        })
        .await;
    }

    async fn keep(&mut self, now: Instant, wall: Timestamp) -> Result<(), StoreError> {
        let stored = self.store.read().await?;
        let keyring =
            if self.fence.is_open() { Some(self.advance(stored, now, wall).await?) } else { stored.keyring };
        match keyring {
            // Whoever leads will make some. Those of before are as good as any until then.
            None => Ok(()),
            Some(keyring) => self.serve(keyring),
        }
    }

    /// Takes the steps that are due, and stores what came of them.
    async fn advance(
        &mut self,
        stored: Stored,
        now: Instant,
        wall: Timestamp,
    ) -> Result<Keyring, StoreError> {
        let mut lagging = None;
        if let Some(keyring) = &stored.keyring {
            let bundle = keyring.bundle();
            lagging = (self.lagging)(&bundle);
            self.publication.observe(&bundle, lagging.is_none(), now);
        }
        let situation = Situation {
            names: &self.names,
            request: stored.request(),
            published_for: self.publication.published_for(now),
            known_for: self.publication.known_for(now),
            now: wall,
        };
        let advanced = advance(stored.keyring.clone(), situation, &Issuer as &dyn Issue);
        let (keyring, steps) = advanced.map_err(|error| StoreError::Unusable(error.to_string()))?;
        if !steps.is_empty() {
            self.store.write(&keyring, stored).await?;
        }
        for step in steps {
            self.metrics.count(step);
            log(step, &keyring, lagging.as_deref());
        }
        Ok(keyring)
    }

    /// Only what is stored: another replica may have to go on with it.
    fn serve(&mut self, keyring: Keyring) -> Result<(), StoreError> {
        if self.served.as_ref() == Some(&keyring) {
            return Ok(());
        }
        let certificates = &self.certificates;
        certificates.serving.set(&keyring.current.issued).map_err(|error| {
            StoreError::Unusable(format!("the {} has {error}: empty it for new keys", self.store.title()))
        })?;
        let bundle: Arc<str> = keyring.bundle().into();
        certificates.bundle.send_if_modified(|known| {
            let is_new = known.as_ref() != Some(&bundle);
            if is_new {
                *known = Some(bundle);
            }
            is_new
        });
        self.metrics.serves(&keyring);
        self.served = Some(keyring);
        Ok(())
    }

    /// Logged when it changes.
    fn record(&self, kept: Result<(), StoreError>) {
        let problem = match kept {
            // It is read again at once.
            Ok(()) | Err(StoreError::Conflict(_)) => None,
            Err(error) => {
                let is_lasting = matches!(error, StoreError::Unusable(_));
                Some(Problem { text: error.to_string(), is_lasting })
            }
        };
        let mut known = self.certificates.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |problem: &Option<Problem>| problem.as_ref().map(|problem| problem.text.clone());
        if let Some(why) = text(&problem).filter(|why| text(&known).as_ref() != Some(why)) {
            tracing::warn!(why, "keys of the listener for reports not kept");
        }
        *known = problem;
    }
}

fn log(step: Step, keyring: &Keyring, lagging: Option<&str>) {
    let authority = &keyring.current.name;
    match step {
        Step::Begun => tracing::info!(
            authority,
            "reports are encrypted by new keys; posts of pods that run already fail until they have their authorities"
        ),
        Step::Prepared => {
            let next = keyring.next.as_ref().map(|next| next.name.as_str());
            tracing::info!(authority, next, "next authority for reports published");
        }
        Step::Switched => {
            if let Some(session) = lagging {
                tracing::warn!(
                    authority,
                    session,
                    "reports use an authority that not all sessions were given"
                );
            }
            tracing::info!(authority, "reports use the next authority");
        }
        Step::Forgotten => tracing::info!(authority, "former authority for reports forgotten"),
        Step::Renamed => {
            let names = keyring.current.issued.names.join(", ");
            tracing::info!(authority, names, "certificate for reports made for other names");
        }
    }
}

#[cfg(test)]
mod tests;
