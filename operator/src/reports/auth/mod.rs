//! Whose report it is. In this order, so that whoever sends junk costs next to nothing:
//!
//! 1. [`claims`]: what the token says of itself, for free;
//! 2. [`cache`]: what was found out about it before;
//! 3. [`buckets`]: whether the API server may be asked now;
//! 4. [`identity`]: whether it vouches for the token, and whose it is;
//! 5. [`owners`]: whether that pod belongs to a session, and as what.

mod buckets;
mod cache;
mod claims;
mod identity;
mod owners;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::reports::auth::buckets::Buckets;
use crate::reports::auth::cache::{Cache, TokenHash};
use crate::reports::auth::claims::Claims;
use crate::reports::cluster::{Cluster, Kind};
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
    cluster: Arc<dyn Cluster>,
    memory: Mutex<Memory>,
    metrics: Metrics,
}

struct Memory {
    cache: Cache<Reporter, Refusal>,
    buckets: Buckets,
}

impl Authenticator {
    pub(super) fn new(cluster: Arc<dyn Cluster>, metrics: Metrics, now: Instant) -> Self {
        let memory = Memory { cache: Cache::new(), buckets: Buckets::new(now) };
        Self { cluster, memory: Mutex::new(memory), metrics }
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

        self.spend(&claims, stores, now).await?;
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

    /// Pays for questions to the API server.
    async fn spend(&self, claims: &Claims, stores: &Stores, now: Instant) -> Result<(), Refusal> {
        let pod = &claims.pod;
        if stores.pod(pod).is_none() {
            self.memory().buckets.look_up(now).map_err(Refusal::TooMany)?;
            let found = self.cluster.metadata(Kind::Pod, &pod.namespace, &pod.name).await?;
            if found.and_then(|metadata| metadata.uid).as_ref() != Some(&pod.uid) {
                return Err(Refusal::Unauthorized("the pod of the token does not exist".into()));
            }
        }
        self.memory().buckets.review(&pod.uid, now).map_err(Refusal::TooMany)
    }

    /// Asks the API server whose token it is, and whether that pod belongs to a session.
    async fn ask(&self, token: &str, claims: &Claims) -> Result<Reporter, Refusal> {
        let review = self.cluster.review(token).await.inspect_err(|_| {
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
        match owners::session_of(self.cluster.as_ref(), &identity).await {
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

fn is_known(reporter: &Reporter, stores: &Stores) -> bool {
    stores.pod(&reporter.pod).is_some() && stores.session(&reporter.session).is_some()
}

#[cfg(test)]
mod tests;
