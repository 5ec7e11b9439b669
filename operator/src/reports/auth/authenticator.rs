//! The order in which a sender is found out, so that whoever sends junk costs the API server nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::reports::api_server::ApiServer;
use crate::reports::auth::claims::{self, Claims};
use crate::reports::auth::identity::Identity;
use crate::reports::auth::keys::{CurrentKeys, Signature, Trust};
use crate::reports::auth::look_ups::LookUps;
use crate::reports::auth::objects::Live;
use crate::reports::auth::reporter::Reporter;
use crate::reports::auth::reviews::{Reviews, TokenHash};
use crate::reports::auth::token::Token;
use crate::reports::auth::{owner_chain, review_status};
use crate::reports::metrics::{LookUpOutcome, Metrics, ReviewOutcome};
use crate::reports::moment::Moment;
use crate::reports::refusal::Refusal;
use crate::reports::stores::Stores;

/// Pods that are looked up at a time: the rest of the reports does not wait for those of strangers.
const LOOK_UPS: usize = 16;

/// Finds out whose report it is, by its token.
pub(in crate::reports) struct Authenticator {
    api_server: Arc<dyn ApiServer>,
    stores: Arc<Stores>,
    keys: CurrentKeys,
    /// Locked for moments only, never across a call; so is `look_ups`.
    reviews: Mutex<Reviews>,
    look_ups: Mutex<LookUps>,
    look_up_permits: Semaphore,
    metrics: Metrics,
}

impl Authenticator {
    pub(in crate::reports) fn new(
        api_server: Arc<dyn ApiServer>,
        stores: Arc<Stores>,
        metrics: Metrics,
        now: Instant,
    ) -> Self {
        Self {
            api_server,
            stores,
            keys: CurrentKeys::new(metrics.clone(), now),
            reviews: Mutex::new(Reviews::new(now)),
            look_ups: Mutex::default(),
            look_up_permits: Semaphore::new(LOOK_UPS),
            metrics,
        }
    }

    /// Keeps the keys by which tokens are verified up to date until `stop`.
    pub(in crate::reports) async fn follow_keys(&self, stop: &CancellationToken) {
        self.keys.follow(self.api_server.as_ref(), stop).await;
    }

    /// Who sends `token`.
    ///
    /// # Errors
    /// Where that cannot be found out now, or nobody may report with it.
    pub(in crate::reports) async fn authenticate(
        &self,
        token: &str,
        at: Moment,
    ) -> Result<Reporter, Refusal> {
        let identity = self.identify(token, at).await?;
        match owner_chain::reporter(self.stores.as_ref(), &identity).await {
            Ok(reporter) => Ok(reporter),
            // The watches may be behind, so that is no answer yet.
            Err(_) => Err(self.look_up(&identity, at.now).await),
        }
    }

    /// The pod whose token it is.
    async fn identify(&self, text: &str, at: Moment) -> Result<Identity, Refusal> {
        let token = Token::parse(text).map_err(|error| Refusal::Unauthorized(error.to_string()))?;
        let claims = claims::read(&token.payload, at.wall)
            .map_err(|error| Refusal::Unauthorized(error.to_string()))?;
        let signature = match &*self.keys.trust() {
            Trust::Awaited => {
                return Err(Refusal::Unavailable(
                    "the API server has not been asked for its keys yet".into(),
                ));
            }
            Trust::Keys(keys) => keys.verify(&token),
            Trust::Reviews => Signature::KeyUnusable,
        };
        match signature {
            Signature::Valid => Ok(claims.identity),
            Signature::Invalid => {
                Err(Refusal::Unauthorized("the token is not signed by the key that it names".into()))
            }
            Signature::KeyUnknown => Err(self.unknown_key(&claims.identity, at.now)),
            Signature::KeyUnusable => self.review(text, claims, at).await,
        }
    }

    /// The API server may have begun to sign with a new key. That is worth a question only where the token fits a pod of a
    /// session in all else.
    fn unknown_key(&self, claimed: &Identity, now: Instant) -> Refusal {
        let is_of_a_session = self.stores.has_pod(&claimed.pod);
        let wait = if is_of_a_session { self.keys.want(now) } else { Duration::ZERO };
        Refusal::UnknownKey(wait)
    }

    /// Has the API server say whose token it is, unless it has done so before.
    async fn review(
        &self,
        token: &str,
        claims: Claims,
        Moment { now, wall }: Moment,
    ) -> Result<Identity, Refusal> {
        let hash = TokenHash::of(token);
        if let Some(identity) = self.reviews().accepted(&hash) {
            return Ok(identity);
        }
        self.reviews().take(now).map_err(Refusal::TooMany)?;
        let status = self.api_server.review(token).await.map_err(|error| {
            self.metrics.review(ReviewOutcome::Failed);
            tracing::debug!(%error, "TokenReview failed");
            Refusal::Unavailable("cannot tell now whose report it is".into())
        })?;
        let refused = match review_status::read(&status) {
            Ok(identity) if identity == claims.identity => None,
            Ok(_) => Some("the token is of another pod than it says".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        if let Some(reason) = refused {
            self.metrics.review(ReviewOutcome::Refused);
            return Err(Refusal::Unauthorized(reason));
        }
        self.metrics.review(ReviewOutcome::Accepted);
        let identity = claims.identity.clone();
        self.reviews().accept(hash, claims, wall);
        Ok(identity)
    }

    /// Why nothing is taken of a pod from which the watches lead to no session: it is too new for them, or it is gone, or
    /// not of a session.
    async fn look_up(&self, identity: &Identity, now: Instant) -> Refusal {
        if !self.stores.watched.are_synced() {
            return Refusal::Unavailable("the operator does not know all pods yet".into());
        }
        let uid = &identity.pod.uid;
        let begun = self.look_ups().begin(uid, || self.look_up_permits.try_acquire().ok(), now);
        let _permit = match begun {
            Ok(permit) => permit,
            Err(known) => return known,
        };
        let refusal = match owner_chain::reporter(&Live(self.api_server.as_ref()), identity).await {
            // The API server knows both, so the watches are about to.
            Ok(_) => Refusal::Unavailable("the pod or its session is too new to be known".into()),
            Err(refusal) => refusal,
        };
        self.metrics.look_up(match refusal {
            Refusal::Unauthorized(_) => LookUpOutcome::Gone,
            Refusal::Forbidden(_) => LookUpOutcome::Foreign,
            _ => LookUpOutcome::Pending,
        });
        if !refusal.is_transient() {
            tracing::info!(?identity, %refusal, "report refused");
        }
        self.look_ups().end(uid, refusal.clone());
        refusal
    }

    fn reviews(&self) -> MutexGuard<'_, Reviews> {
        self.reviews.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_ups(&self) -> MutexGuard<'_, LookUps> {
        self.look_ups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
impl Authenticator {
    /// Asks for the keys, where it is time to.
    pub(in crate::reports) async fn fetch_due_keys(&self, now: Instant) {
        self.keys.fetch_due(self.api_server.as_ref(), now).await;
    }
}
