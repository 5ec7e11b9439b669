//! An API server that says what a test wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::api::authorization::v1::SubjectAccessReviewSpec;
use serde_json::{Value, json};

use crate::api_call::CallError;
use crate::cluster::Guard;
use crate::http::api_server::ApiServer;

/// It knows users by tokens that are called like them, and their rights.
#[derive(Default)]
pub(super) struct FakeApiServer {
    users: BTreeSet<&'static str>,
    rights: Mutex<BTreeSet<String>>,
    stored: Mutex<BTreeMap<(String, String), Value>>,
    is_down: AtomicBool,
    hangs_on_rights: AtomicBool,
    pub(super) knows_audiences: AtomicBool,
    pub(super) token_reviews: AtomicUsize,
    pub(super) right_reviews: AtomicUsize,
    pub(super) look_ups: AtomicUsize,
}

impl FakeApiServer {
    pub(super) fn new(users: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { users: users.iter().copied().collect(), ..Self::default() })
    }

    /// As in `keeper list lighthouse`, `keeper list *`, `keeper get lighthouse/harbor` and `keeper get /metrics`.
    pub(super) fn grant(&self, right: &str) {
        self.rights.lock().unwrap().insert(right.to_owned());
    }

    pub(super) fn withdraw(&self, right: &str) {
        self.rights.lock().unwrap().remove(right);
    }

    /// Has this session.
    pub(super) fn store(&self, session: &Value) {
        let name = |key: &str| session["metadata"][key].as_str().unwrap().to_owned();
        self.stored.lock().unwrap().insert((name("namespace"), name("name")), session.clone());
    }

    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    pub(super) fn set_hangs_on_rights(&self, hangs: bool) {
        self.hangs_on_rights.store(hangs, Ordering::Relaxed);
    }

    /// What was asked so far: about tokens, rights and sessions.
    pub(super) fn asked(&self) -> [usize; 3] {
        [&self.token_reviews, &self.right_reviews, &self.look_ups].map(|count| count.load(Ordering::Relaxed))
    }

    fn answer<T: Send + 'static>(
        &self,
        count: &AtomicUsize,
        answer: T,
    ) -> BoxFuture<'static, Result<T, CallError>> {
        count.fetch_add(1, Ordering::Relaxed);
        let is_down = self.is_down.load(Ordering::Relaxed);
        Box::pin(
            async move { if is_down { Err(CallError::Late(Duration::from_secs(3))) } else { Ok(answer) } },
        )
    }
}

impl ApiServer for FakeApiServer {
    fn review_token<'a>(
        &'a self,
        token: &'a str,
        audience: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        let mut status = match self.users.get(token) {
            Some(user) => json!({"authenticated": true, "user": {"username": user, "groups": ["g"]}}),
            None => json!({"authenticated": false, "error": "invalid bearer token"}),
        };
        // An authenticator that knows nothing of audiences answers without any.
        if self.knows_audiences.load(Ordering::Relaxed) {
            status["audiences"] = json!([audience.unwrap_or("https://kubernetes.default.svc")]);
        }
        self.answer(&self.token_reviews, serde_json::from_value(status).unwrap())
    }

    fn is_allowed(&self, question: SubjectAccessReviewSpec) -> BoxFuture<'_, Result<bool, CallError>> {
        assert_eq!(question.groups.as_deref(), Some(["g".to_owned()].as_slice()), "who asks is in groups");
        let user = question.user.unwrap();
        let right = match (question.resource_attributes, question.non_resource_attributes) {
            (Some(resource), None) => {
                let place = resource.namespace.unwrap_or_else(|| "*".into());
                let name = resource.name.map(|name| format!("/{name}")).unwrap_or_default();
                format!("{user} {} {place}{name}", resource.verb.unwrap())
            }
            (None, Some(path)) => format!("{user} {} {}", path.verb.unwrap(), path.path.unwrap()),
            other => panic!("{other:?}"),
        };
        if self.hangs_on_rights.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        let is_allowed = self.rights.lock().unwrap().contains(&right);
        self.answer(&self.right_reviews, is_allowed)
    }

    fn stored<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Guard>, CallError>> {
        let stored = self.stored.lock().unwrap().get(&(namespace.to_owned(), name.to_owned())).cloned();
        self.answer(&self.look_ups, stored.map(|stored| serde_json::from_value(stored).unwrap()))
    }
}
