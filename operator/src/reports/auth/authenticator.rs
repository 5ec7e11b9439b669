//! The order in which a token is verified, so that whoever sends junk costs next to nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use crate::reports::api_server::{ApiServer, Kind};
use crate::reports::auth::claims::{self, Claims};
use crate::reports::auth::rate_buckets::RateBuckets;
use crate::reports::auth::reporter::Reporter;
use crate::reports::auth::token_cache::{TokenCache, TokenHash};
use crate::reports::auth::{identity, live, owner_chain};
use crate::reports::metrics::{CacheAnswer, Metrics, ReviewOutcome};
use crate::reports::moment::Moment;
use crate::reports::refusal::Refusal;
use crate::reports::stores::{SessionKey, Stores};
use crate::session::labels::{self, Component};

/// Finds out whose report it is, by its token.
pub(in crate::reports) struct Authenticator {
    api_server: Arc<dyn ApiServer>,
    stores: Arc<Stores>,
    remembered: Mutex<Remembered>,
    metrics: Metrics,
}

/// What bounds the questions to the API server. Locked for moments only, never across a call.
struct Remembered {
    cache: TokenCache<Reporter, Refusal>,
    buckets: RateBuckets,
}

impl Authenticator {
    pub(in crate::reports) fn new(
        api_server: Arc<dyn ApiServer>,
        stores: Arc<Stores>,
        metrics: Metrics,
        now: Instant,
    ) -> Self {
        let remembered = Remembered { cache: TokenCache::new(), buckets: RateBuckets::new(now) };
        Self { api_server, stores, remembered: Mutex::new(remembered), metrics }
    }

    /// Who sends `token`.
    ///
    /// # Errors
    /// Where that cannot be found out now, or nobody may report with it.
    pub(in crate::reports) async fn authenticate(
        &self,
        token: &str,
        Moment { now, wall }: Moment,
    ) -> Result<Reporter, Refusal> {
        let claims = claims::read(token, wall).map_err(|error| Refusal::Unauthorized(error.to_string()))?;
        let token_hash = TokenHash::of(token);
        match self.cached(&token_hash, now) {
            Some(answer) => {
                self.metrics.cache(CacheAnswer::Hit);
                return answer;
            }
            None => self.metrics.cache(CacheAnswer::Miss),
        }

        if let Err(refusal) = self.take_review(&claims, now).await {
            return self.last_accepted(&token_hash, now).ok_or(refusal);
        }
        let answer = self.review(token, &claims).await;
        if let Ok(_) | Err(Refusal::Unauthorized(_) | Refusal::Forbidden(_)) = &answer {
            let remaining = claims.expires.duration_since(wall);
            let mut remembered = self.remembered();
            let remaining = Duration::try_from(remaining).unwrap_or_default();
            remembered.cache.insert(token_hash, answer.clone(), remaining, now);
            self.metrics.cache_entries(remembered.cache.len());
        }
        let reporter = answer?;
        // The API server knows both, so the watches are about to.
        if !self.is_known(&reporter) {
            return Err(Refusal::Unavailable("the pod or its session is too new to be known".into()));
        }
        Ok(reporter)
    }

    /// The session whose server `token` claims to be of. Neither unverified claims nor labels prove anything: no more
    /// may follow from this than a grace period.
    pub(in crate::reports) fn claimed_server(&self, token: &str, wall: Timestamp) -> Option<SessionKey> {
        let pod = self.stores.pod(&claims::read(token, wall).ok()?.pod)?;
        if !is_server(&pod.metadata) {
            return None;
        }
        let session = pod.labels().get(labels::INSTANCE)?;
        self.stores.session_named(pod.metadata.namespace.as_deref()?, session)
    }

    /// What was found out before, as long as the pod and its session are there.
    fn cached(&self, token: &TokenHash, now: Instant) -> Option<Result<Reporter, Refusal>> {
        let answer = self.remembered().cache.get(token, now)?;
        let holds = answer.as_ref().map_or(true, |reporter| self.is_known(reporter));
        holds.then_some(answer)
    }

    /// Who had this token when the API server was asked last. That still counts where more pods are due to be asked about
    /// again than can be; a pod that is gone does not.
    fn last_accepted(&self, token: &TokenHash, now: Instant) -> Option<Reporter> {
        let reporter = self.remembered().cache.last_accepted(token, now)?;
        self.is_known(&reporter).then(|| {
            self.metrics.cache(CacheAnswer::Stale);
            reporter
        })
    }

    /// Takes a review out of the rate buckets, or says when to come again.
    async fn take_review(&self, claims: &Claims, now: Instant) -> Result<(), Refusal> {
        let pod = &claims.pod;
        let is_server = match self.stores.pod(pod) {
            Some(known) => is_server(&known.metadata),
            None => {
                self.remembered().buckets.look_up(now).map_err(Refusal::TooMany)?;
                let api_server = self.api_server.as_ref();
                let found =
                    live::metadata(api_server, Kind::Pod, &pod.namespace, &pod.name, &pod.uid).await?;
                let gone = || Refusal::Unauthorized("the pod of the token does not exist".into());
                is_server(&found.ok_or_else(gone)?)
            }
        };
        self.remembered().buckets.review(&pod.uid, is_server, now).map_err(Refusal::TooMany)
    }

    /// Asks the API server whose token it is, and whether that pod belongs to a session.
    async fn review(&self, token: &str, claims: &Claims) -> Result<Reporter, Refusal> {
        let review = live::review(self.api_server.as_ref(), token).await.inspect_err(|_| {
            self.metrics.review(ReviewOutcome::Failed);
        })?;
        let identity = match identity::read(&review) {
            Ok(identity) if identity.pod == claims.pod => identity,
            Ok(_) => {
                self.metrics.review(ReviewOutcome::Refused);
                return Err(Refusal::Unauthorized("the token is of another pod than it says".into()));
            }
            Err(error) => {
                self.metrics.review(ReviewOutcome::Refused);
                tracing::info!(claimed = ?claims.pod, found = ?review.user, %error, "token refused");
                return Err(Refusal::Unauthorized(error.to_string()));
            }
        };
        self.metrics.review(ReviewOutcome::Accepted);
        match owner_chain::session_of(self.api_server.as_ref(), &identity).await {
            Ok((session, role)) => Ok(Reporter { session, role, pod: identity.pod }),
            Err(refusal) => {
                tracing::info!(?identity, %refusal, "report refused");
                Err(refusal)
            }
        }
    }

    fn is_known(&self, reporter: &Reporter) -> bool {
        self.stores.pod(&reporter.pod).is_some() && self.stores.session(&reporter.session).is_some()
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a pod is labelled as a server.
fn is_server(pod: &ObjectMeta) -> bool {
    let component = pod.labels.as_ref().and_then(|labels| labels.get(labels::COMPONENT));
    component.is_some_and(|component| component == Component::Server.as_str())
}
