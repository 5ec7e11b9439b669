//! An API server in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::contract::REPORT_AUDIENCE;
use crds::{BallSession, BallSessionStatus};
use futures_util::future::{BoxFuture, ready};
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::Status;
use serde_json::{Value, json};

use crate::lease::Fence;
use crate::reports::api_server::{ApiServer, CallError, Kind};
use crate::reports::stores::SessionKey;
use crate::reports::testing::objects::{NAMESPACE, stored as stored_session, uid};

/// When all tokens of tests expire.
const EXPIRES: i64 = 4_000_000_000;

/// An API server in memory. Every object has the UID `<name>-uid`.
#[derive(Default)]
pub(in crate::reports) struct FakeApiServer {
    objects: Mutex<HashMap<(Kind, String, String), ObjectMeta>>,
    tokens: Mutex<HashMap<String, TokenReviewStatus>>,
    applied: Mutex<Vec<(SessionKey, BallSessionStatus)>>,
    /// Fields of the status that somebody else owns as well: an apply that leaves them out lets them be.
    pub(in crate::reports) co_owned: Mutex<Value>,
    /// What was merged to take such fields away.
    pub(in crate::reports) removed: Mutex<Vec<Value>>,
    pub(in crate::reports) is_down: AtomicBool,
    /// It takes no status.
    pub(in crate::reports) is_strict: AtomicBool,
    /// It takes no status with numbers.
    pub(in crate::reports) refuses_numbers: AtomicBool,
    /// What ends while it reviews a token.
    pub(in crate::reports) ends_during_review: Mutex<Option<Fence>>,
    pub(in crate::reports) reviews: AtomicUsize,
    pub(in crate::reports) look_ups: AtomicUsize,
}

impl FakeApiServer {
    /// With the session, its children and pods.
    pub(in crate::reports) fn with_session() -> Self {
        let api_server = Self::default();
        api_server.add(Kind::BallSession, "harbor", None);
        let session = Some(("ballsession.dev/v1alpha1", "BallSession", "harbor"));
        api_server.add(Kind::Deployment, "harbor-server", session);
        api_server.add(
            Kind::ReplicaSet,
            "harbor-server-5d",
            Some(("apps/v1", "Deployment", "harbor-server")),
        );
        api_server.add(Kind::Pod, "server", Some(("apps/v1", "ReplicaSet", "harbor-server-5d")));
        api_server.add(Kind::Pod, "client", session);
        api_server
    }

    /// An object, controlled by another one (its API version, kind and name).
    pub(in crate::reports) fn add(&self, kind: Kind, name: &str, owner: Option<(&str, &str, &str)>) {
        let owners = owner.map(|(api_version, kind, name)| {
            json!([{"apiVersion": api_version, "kind": kind, "name": name, "uid": uid(name), "controller": true}])
        });
        let metadata = json!({"name": name, "uid": uid(name), "ownerReferences": owners});
        let metadata = serde_json::from_value(metadata).unwrap();
        self.objects.lock().unwrap().insert((kind, NAMESPACE.into(), name.into()), metadata);
    }

    pub(in crate::reports) fn change(&self, kind: Kind, name: &str, change: impl FnOnce(&mut ObjectMeta)) {
        let key = (kind, NAMESPACE.to_owned(), name.to_owned());
        change(self.objects.lock().unwrap().get_mut(&key).unwrap());
    }

    pub(in crate::reports) fn remove(&self, kind: Kind, name: &str) {
        self.objects.lock().unwrap().remove(&(kind, NAMESPACE.into(), name.into()));
    }

    /// A token of a pod that the API server accepts.
    pub(in crate::reports) fn issue(&self, pod: &str, account: &str, namespace: &str) -> String {
        let token = forged(pod, namespace, |_| ());
        let review = json!({
            "authenticated": true, "audiences": [REPORT_AUDIENCE],
            "user": {"username": format!("system:serviceaccount:{namespace}:{account}"), "extra": {
                "authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [uid(pod)]
            }}
        });
        self.tokens.lock().unwrap().insert(token.clone(), serde_json::from_value(review).unwrap());
        token
    }

    /// All statuses that were applied, the last one last.
    pub(in crate::reports) fn applied(&self) -> Vec<(SessionKey, BallSessionStatus)> {
        self.applied.lock().unwrap().clone()
    }

    /// A status that was applied, as it is stored.
    pub(in crate::reports) fn with_co_owned(&self, status: &BallSessionStatus) -> Value {
        let mut stored = serde_json::to_value(status).unwrap();
        add_missing(&mut stored, &self.co_owned.lock().unwrap());
        stored
    }

    fn answer<T>(&self, answer: T) -> Result<T, CallError> {
        if self.is_down.load(Ordering::Relaxed) { Err(CallError::Late) } else { Ok(answer) }
    }
}

impl ApiServer for FakeApiServer {
    fn review<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<TokenReviewStatus, CallError>> {
        self.reviews.fetch_add(1, Ordering::Relaxed);
        if let Some(fence) = self.ends_during_review.lock().unwrap().take() {
            fence.close();
        }
        let review = self.tokens.lock().unwrap().get(token).cloned().unwrap_or_default();
        Box::pin(ready(self.answer(review)))
    }

    fn metadata<'a>(
        &'a self,
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<ObjectMeta>, CallError>> {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
        let key = (kind, namespace.to_owned(), name.to_owned());
        Box::pin(ready(self.answer(self.objects.lock().unwrap().get(&key).cloned())))
    }

    fn apply_status<'a>(
        &'a self,
        session: &'a SessionKey,
        _resource_version: &'a str,
        status: &'a BallSessionStatus,
    ) -> BoxFuture<'a, Result<BallSession, CallError>> {
        let mut answer = self.answer(stored_session(&json!({}), &self.with_co_owned(status)));
        let refuses_it = self.refuses_numbers.load(Ordering::Relaxed) && status.measurements.is_some();
        if self.is_strict.load(Ordering::Relaxed) || refuses_it {
            let status = Status { code: 422, reason: "Invalid".into(), ..Status::default() };
            answer = Err(CallError::Failed(kube::Error::Api(Box::new(status))));
        }
        if answer.is_ok() {
            self.applied.lock().unwrap().push((session.clone(), status.clone()));
        }
        Box::pin(ready(answer))
    }

    fn remove_from_status<'a>(
        &'a self,
        _session: &'a SessionKey,
        _stored: &'a BallSession,
        removals: &'a Value,
    ) -> BoxFuture<'a, Result<(), CallError>> {
        self.removed.lock().unwrap().push(removals.clone());
        remove(&mut self.co_owned.lock().unwrap(), removals);
        Box::pin(ready(self.answer(())))
    }
}

/// Adds what `to` has not.
fn add_missing(to: &mut Value, from: &Value) {
    for (field, value) in from.as_object().into_iter().flatten() {
        match to.get_mut(field) {
            Some(known) => add_missing(known, value),
            None => to[field] = value.clone(),
        }
    }
}

/// Removes what is null in `removals`.
fn remove(from: &mut Value, removals: &Value) {
    for (field, removal) in removals.as_object().into_iter().flatten() {
        if removal.is_null() {
            from.as_object_mut().map(|fields| fields.remove(field));
        } else if let Some(inner) = from.get_mut(field) {
            remove(inner, removal);
        }
    }
}

/// A token that the API server does not accept, with a changed payload.
pub(in crate::reports) fn forged(pod: &str, namespace: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut payload = json!({
        "aud": [REPORT_AUDIENCE], "exp": EXPIRES,
        "kubernetes.io": {"namespace": namespace, "pod": {"name": pod, "uid": uid(pod)}}
    });
    change(&mut payload);
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.to_string()))
}
