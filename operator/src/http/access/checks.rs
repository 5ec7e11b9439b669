//! Who asks, and whether he may see it: by what is known from before, else by questions to the API server.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use k8s_openapi::api::authentication::v1::{TokenReviewStatus, UserInfo};
use tokio::sync::Semaphore;

use crate::api_call::CallError;
use crate::http::access::admission::{Admission, HttpAccess, admission};
use crate::http::access::audience::audience;
use crate::http::access::memory::{Memory, Validity};
use crate::http::access::rate::{Limited, Pace, Rate};
use crate::http::access::refusal::Refusal;
use crate::http::access::right::Right;
use crate::http::access::visitor::{User, Visible, Visitor};
use crate::http::api_server::ApiServer;
use crate::http::metrics::{Metrics, Outcome, Review};
use crate::token_hash::TokenHash;

/// How long a yes counts: so long may somebody go on whose right is withdrawn.
pub(super) const ACCEPTED: Duration = Duration::from_secs(60);
/// How long it counts while others ask so much that it cannot be asked for anew.
pub(super) const ACCEPTED_AT_MOST: Duration = Duration::from_secs(300);
/// How long a no counts: so long does it take until a right that is granted helps.
pub(super) const REFUSED: Duration = Duration::from_secs(10);

/// Tokens that are remembered, and rights.
const TOKENS: usize = 1024;
const RIGHTS: usize = 4096;

/// Questions about tokens, by each source and in all.
const OF_TOKENS: [Pace; 2] = [(Duration::from_millis(500), 10), (Duration::from_millis(100), 40)];
/// Questions about rights: somebody with rights in some namespaces needs several.
const OF_RIGHTS: [Pace; 2] = [(Duration::from_millis(50), 130), (Duration::from_millis(10), 520)];

/// Namespaces that somebody is asked about who may not see all.
pub(super) const NAMESPACES: usize = 64;

/// Questions of either kind at a time: who floods one of them leaves the other its own.
const AT_A_TIME: usize = 16;

/// How long whoever asks waits for all answers together.
const LIMIT: Duration = Duration::from_secs(5);

/// Finds out who asks, and what that one may see.
pub(in crate::http) struct Access {
    access: HttpAccess,
    api_server: Arc<dyn ApiServer>,
    /// Locked for moments only, never across a call.
    known: Mutex<Known>,
    token_permits: Semaphore,
    right_permits: Semaphore,
    metrics: Metrics,
}

/// What the API server said, and when it may be asked again.
struct Known {
    /// `None`: of nobody.
    tokens: Memory<TokenHash, Option<UserInfo>>,
    rights: Memory<(TokenHash, Right), bool>,
    of_tokens: Rate,
    of_rights: Rate,
}

impl Access {
    pub(in crate::http) fn new(
        access: HttpAccess,
        api_server: Arc<dyn ApiServer>,
        metrics: Metrics,
        now: Instant,
    ) -> Self {
        let rate = |[of_each, of_all]: [Pace; 2]| Rate::new(of_each, of_all, now);
        let known = Known {
            tokens: Memory::new(TOKENS),
            rights: Memory::new(RIGHTS),
            of_tokens: rate(OF_TOKENS),
            of_rights: rate(OF_RIGHTS),
        };
        Self {
            access,
            api_server,
            known: Mutex::new(known),
            token_permits: Semaphore::new(AT_A_TIME),
            right_permits: Semaphore::new(AT_A_TIME),
            metrics,
        }
    }

    /// Who asks, from `source`.
    ///
    /// # Errors
    /// Where that is nobody who is known, or cannot be found out now.
    pub(in crate::http) async fn visitor(
        &self,
        source: IpAddr,
        headers: &HeaderMap,
        now: Instant,
    ) -> Result<Visitor, Refusal> {
        let token = match admission(self.access, source, headers) {
            Admission::Trusted => return Ok(Visitor::Trusted),
            Admission::NoToken => return Err(Refusal::NoToken),
            Admission::Token(token) => token,
        };
        let hash = TokenHash::of(token);
        let known = self.with_known(|known| known.tokens.get(&hash, now));
        let info = match known {
            Some(info) => info,
            None => in_time(self.review_token(token, hash, source, now)).await?,
        };
        let info = info.ok_or(Refusal::BadToken)?;
        Ok(Visitor::User(Arc::new(User { token: hash, info, source })))
    }

    /// Lets somebody through who has a right.
    ///
    /// # Errors
    /// Where he has not, or it cannot be found out now.
    pub(in crate::http) async fn require(
        &self,
        visitor: &Visitor,
        right: Right,
        now: Instant,
    ) -> Result<(), Refusal> {
        let Visitor::User(user) = visitor else { return Ok(()) };
        match in_time(self.has(user, &right, now)).await? {
            true => Ok(()),
            false => Err(user.forbidden(right.to_string())),
        }
    }

    /// Which sessions somebody may list: all, else those of some of `namespaces`.
    ///
    /// # Errors
    /// Where that is none, or it cannot be found out now.
    pub(in crate::http) async fn visible(
        &self,
        visitor: &Visitor,
        namespaces: impl FnOnce() -> Arc<BTreeSet<String>>,
        now: Instant,
    ) -> Result<Visible, Refusal> {
        let Visitor::User(user) = visitor else { return Ok(Visible::All) };
        in_time(self.listable(user, namespaces, now)).await
    }

    /// The sessions of one namespace, where somebody may list these.
    ///
    /// # Errors
    /// Where he may not, or it cannot be found out now.
    pub(in crate::http) async fn visible_in(
        &self,
        visitor: &Visitor,
        namespace: String,
        now: Instant,
    ) -> Result<Visible, Refusal> {
        self.require(visitor, Right::ListSessions(Some(namespace.clone())), now).await?;
        Ok(Visible::In { namespaces: [namespace].into(), is_cut: false })
    }

    async fn listable(
        &self,
        user: &User,
        namespaces: impl FnOnce() -> Arc<BTreeSet<String>>,
        now: Instant,
    ) -> Result<Visible, Refusal> {
        let all = Right::ListSessions(None);
        if self.has(user, &all, now).await? {
            return Ok(Visible::All);
        }
        let asked = namespaces();
        let is_cut = asked.len() > NAMESPACES;
        let mut allowed = BTreeSet::new();
        for namespace in asked.iter().take(NAMESPACES) {
            if self.has(user, &Right::ListSessions(Some(namespace.clone())), now).await? {
                allowed.insert(namespace.clone());
            }
        }
        if allowed.is_empty() {
            let looked_into = match is_cut {
                false => "one that has any".to_owned(),
                true => format!(
                    "the first {NAMESPACES} of the {} that have any, and no further one was looked into: ?namespace=NAME asks for one",
                    asked.len()
                ),
            };
            return Err(user.forbidden(format!("{all}, nor in {looked_into}")));
        }
        Ok(Visible::In { namespaces: allowed, is_cut })
    }

    async fn has(&self, user: &User, right: &Right, now: Instant) -> Result<bool, Refusal> {
        let key = (user.token, right.clone());
        if let Some(known) = self.with_known(|known| known.rights.get(&key, now)) {
            return Ok(known);
        }
        let limited = self.with_known(|known| {
            let limited = known.of_rights.take(user.source, now).err()?;
            Some((limited, known.rights.get_old(&key, now)))
        });
        if let Some((limited, former)) = limited {
            return self.limited(Review::Right, limited, former);
        }
        let answer = ask(&self.right_permits, self.api_server.is_allowed(right.question(&user.info))).await;
        let is_allowed = self.answered(Review::Right, answer, |allowed| *allowed)?;
        self.with_known(|known| known.rights.keep(key, is_allowed, validity(is_allowed), now));
        Ok(is_allowed)
    }

    async fn review_token(
        &self,
        token: &str,
        hash: TokenHash,
        source: IpAddr,
        now: Instant,
    ) -> Result<Option<UserInfo>, Refusal> {
        let limited = self.with_known(|known| {
            let limited = known.of_tokens.take(source, now).err()?;
            Some((limited, known.tokens.get_old(&hash, now)))
        });
        if let Some((limited, former)) = limited {
            return self.limited(Review::Token, limited, former);
        }
        let audience = audience(token);
        let answer = ask(&self.token_permits, self.api_server.review_token(token, audience)).await;
        let answer = answer.map(|review| user_of(review, audience));
        let user = self.answered(Review::Token, answer, Option::is_some)?;
        self.with_known(|known| known.tokens.keep(hash, user.clone(), validity(user.is_some()), now));
        Ok(user)
    }

    /// Where others have asked too much, the former answer counts; not where somebody has himself, who may know that he would
    /// not be given the same one again.
    fn limited<T>(&self, review: Review, limited: Limited, former: Option<T>) -> Result<T, Refusal> {
        self.metrics.count(review, Outcome::Limited);
        match (limited, former) {
            (Limited::All(_), Some(former)) => Ok(former),
            (Limited::Source(wait) | Limited::All(wait), _) => Err(Refusal::TooMany(wait)),
        }
    }

    fn answered<T>(
        &self,
        review: Review,
        answer: Result<T, CallError>,
        is_yes: impl FnOnce(&T) -> bool,
    ) -> Result<T, Refusal> {
        match answer {
            Ok(answer) => {
                self.metrics
                    .count(review, if is_yes(&answer) { Outcome::Accepted } else { Outcome::Refused });
                Ok(answer)
            }
            Err(error) => {
                self.metrics.count(review, Outcome::Failed);
                tracing::debug!(%error, ?review, "a review failed");
                Err(Refusal::Unavailable("the API server cannot be asked now who may see this".into()))
            }
        }
    }

    fn with_known<T>(&self, use_known: impl FnOnce(&mut Known) -> T) -> T {
        use_known(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl User {
    fn forbidden(&self, missing: String) -> Refusal {
        Refusal::Forbidden { user: self.info.username.clone().unwrap_or_default(), missing }
    }
}

/// Few at a time: each of them is over within seconds.
async fn ask<T>(
    permits: &Semaphore,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    // The semaphore is never closed.
    let _permit = permits.acquire().await;
    call.await
}

/// Not longer than somebody waits: some of it may be questions one after the other, and each may have to queue.
async fn in_time<T>(answer: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::time::timeout(LIMIT, answer).await.unwrap_or_else(|_| {
        let seconds = LIMIT.as_secs();
        Err(Refusal::Unavailable(format!("the API server has not said within {seconds} s who may see this")))
    })
}

fn validity(is_yes: bool) -> Validity {
    match is_yes {
        true => Validity { fresh: ACCEPTED, at_most: ACCEPTED_AT_MOST },
        false => Validity { fresh: REFUSED, at_most: REFUSED },
    }
}

/// Whose token it is, by the answer to its review for an audience. Somebody without a name has no rights that could be asked about.
fn user_of(review: TokenReviewStatus, audience: Option<&str>) -> Option<UserInfo> {
    let is_somebody = |user: &UserInfo| user.username.as_ref().is_some_and(|name| !name.is_empty());
    // An authenticator that knows nothing of audiences answers without any: that does not prove that the token is for us.
    let is_for = |audience: &str| review.audiences.iter().flatten().any(|answered| answered == audience);
    let is_meant = audience.is_none_or(is_for) && review.authenticated == Some(true);
    review.user.filter(|user| is_meant && is_somebody(user))
}
