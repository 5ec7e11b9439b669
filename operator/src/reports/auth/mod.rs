//! Whose report it is. In this order, so that whoever sends junk costs next to nothing:
//!
//! 1. [`claims`]: what the token says of itself, for free;
//! 2. [`token_cache`]: what was found out about it before;
//! 3. [`rate_buckets`]: whether the API server may be asked now;
//! 4. [`identity`]: whether it vouches for the token, and whose it is;
//! 5. [`owner_chain`]: whether that pod belongs to a session, and as what.

mod claims;
mod identity;
mod owner_chain;
mod rate_buckets;
mod token_cache;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;

use crate::controller::labels::{self, Component};
use crate::reports::api_server::{ApiServer, Kind};
use crate::reports::auth::claims::Claims;
use crate::reports::auth::rate_buckets::RateBuckets;
use crate::reports::auth::token_cache::{TokenCache, TokenHash};
use crate::reports::metrics::{CacheAnswer, Metrics, ReviewOutcome};
use crate::reports::refusal::Refusal;
use crate::reports::service::Moment;
use crate::reports::stores::{PodKey, SessionKey, Stores};

/// For whom the tokens are that come with reports. The API server itself accepts none of them.
pub(super) const AUDIENCE: &str = "ballsession.dev/report";

/// What a pod is in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
}

/// Who reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reporter {
    pub(super) session: SessionKey,
    pub(super) role: Role,
    pub(super) pod: PodKey,
}

/// Tells whose report it is, by its token.
pub(super) struct Authenticator {
    api_server: Arc<dyn ApiServer>,
    memory: Mutex<Memory>,
    metrics: Metrics,
}

struct Memory {
    cache: TokenCache<Reporter, Refusal>,
    buckets: RateBuckets,
}

impl Authenticator {
    pub(super) fn new(api_server: Arc<dyn ApiServer>, metrics: Metrics, now: Instant) -> Self {
        let memory = Memory { cache: TokenCache::new(), buckets: RateBuckets::new(now) };
        Self { api_server, memory: Mutex::new(memory), metrics }
    }

    /// Who sends `token`.
    pub(super) async fn reporter(
        &self,
        token: &str,
        stores: &Stores,
        Moment { now, wall }: Moment,
    ) -> Result<Reporter, Refusal> {
        let claims = claims::read(token, wall).map_err(|error| Refusal::Unauthorized(error.to_string()))?;
        let token_hash = TokenHash::of(token);
        match self.remembered(&token_hash, stores, now) {
            Some(answer) => {
                self.metrics.cache(CacheAnswer::Hit);
                return answer;
            }
            None => self.metrics.cache(CacheAnswer::Miss),
        }

        if let Err(refusal) = self.spend(&claims, stores, now).await {
            return self.last_accepted(&token_hash, stores, now).ok_or(refusal);
        }
        let answer = self.ask(token, &claims).await;
        if let Ok(_) | Err(Refusal::Unauthorized(_) | Refusal::Forbidden(_)) = &answer {
            let remaining = claims.expires.duration_since(wall);
            let mut memory = self.memory();
            let remaining = Duration::try_from(remaining).unwrap_or_default();
            memory.cache.insert(token_hash, answer.clone(), remaining, now);
            self.metrics.cache_entries(memory.cache.len());
        }
        let reporter = answer?;
        // The API server knows both, so the watches are about to.
        if !is_known(&reporter, stores) {
            return Err(Refusal::Unavailable("the pod or its session is too new to be known".into()));
        }
        Ok(reporter)
    }

    /// What was found out before, as long as the pod and its session are there.
    fn remembered(
        &self,
        token: &TokenHash,
        stores: &Stores,
        now: Instant,
    ) -> Option<Result<Reporter, Refusal>> {
        let answer = self.memory().cache.get(token, now)?;
        let holds = answer.as_ref().map_or(true, |reporter| is_known(reporter, stores));
        holds.then_some(answer)
    }

    /// Who had this token when the API server was asked last: what pods are due to be asked about again, and more of
    /// them than can be, still counts. A pod that is gone does not.
    fn last_accepted(&self, token: &TokenHash, stores: &Stores, now: Instant) -> Option<Reporter> {
        let reporter = self.memory().cache.last_accepted(token, now)?;
        is_known(&reporter, stores).then(|| {
            self.metrics.cache(CacheAnswer::Stale);
            reporter
        })
    }

    /// Pays for questions to the API server.
    async fn spend(&self, claims: &Claims, stores: &Stores, now: Instant) -> Result<(), Refusal> {
        let pod = &claims.pod;
        let is_server = match stores.pod(pod) {
            Some(known) => is_server(&known.metadata),
            None => {
                self.memory().buckets.look_up(now).map_err(Refusal::TooMany)?;
                let found = self.api_server.metadata(Kind::Pod, &pod.namespace, &pod.name).await?;
                let found = found.filter(|metadata| metadata.uid.as_ref() == Some(&pod.uid));
                is_server(
                    &found
                        .ok_or_else(|| Refusal::Unauthorized("the pod of the token does not exist".into()))?,
                )
            }
        };
        self.memory().buckets.review(&pod.uid, is_server, now).map_err(Refusal::TooMany)
    }

    /// Asks the API server whose token it is, and whether that pod belongs to a session.
    async fn ask(&self, token: &str, claims: &Claims) -> Result<Reporter, Refusal> {
        let review = self.api_server.review(token).await.inspect_err(|_| {
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

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session whose server `token` claims to be of. Nobody vouches for that.
pub(super) fn claimed_server(token: &str, stores: &Stores, wall: Timestamp) -> Option<SessionKey> {
    let pod = stores.pod(&claims::read(token, wall).ok()?.pod)?;
    if !is_server(&pod.metadata) {
        return None;
    }
    let session = pod.labels().get(labels::INSTANCE)?;
    stores.session_named(pod.metadata.namespace.as_deref()?, session)
}

/// Whether a pod is labelled as a server. Labels prove nothing: what follows from them is only who is asked about first,
/// and some patience.
fn is_server(pod: &ObjectMeta) -> bool {
    let component = pod.labels.as_ref().and_then(|labels| labels.get(labels::COMPONENT));
    component.is_some_and(|component| component == Component::Server.as_str())
}

fn is_known(reporter: &Reporter, stores: &Stores) -> bool {
    stores.pod(&reporter.pod).is_some() && stores.session(&reporter.session).is_some()
}

#[cfg(test)]
mod tests;
