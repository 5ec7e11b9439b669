//! An API server in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crds::contract::REPORT_AUDIENCE;
use crds::{BallSession, BallSessionStatus};
use futures_util::future::{BoxFuture, ready};
use k8s_openapi::api::authentication::v1::TokenReviewStatus;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::Status;
use serde_json::{Value, json};

use crate::api_call::CallError;
use crate::lease::Fence;
use crate::reports::api_server::{ApiServer, Kind};
use crate::reports::stores::SessionKey;
use crate::reports::testing::issuer::{Issuer, payload, unsigned};
use crate::reports::testing::objects::{NAMESPACE, stored as stored_session, uid};

/// The id of the key by which tokens are signed.
const KEY: &str = "first";

/// An API server in memory. Every object has the UID `<name>-uid`.
pub(in crate::reports) struct FakeApiServer {
    /// Signs tokens.
    pub(in crate::reports) issuer: Issuer,
    /// The keys that it publishes; it gives none away where this is `None`.
    pub(in crate::reports) published: Mutex<Option<Vec<Value>>>,
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
    key_fetches: AtomicUsize,
    reviews: AtomicUsize,
    look_ups: AtomicUsize,
}

impl FakeApiServer {
    /// With the session, its children and pods.
    pub(in crate::reports) fn with_session() -> Self {
        let issuer = Issuer::new(KEY);
        let api_server = Self {
            published: Mutex::new(Some(vec![issuer.public_key()])),
            issuer,
            objects: Mutex::default(),
            tokens: Mutex::default(),
            applied: Mutex::default(),
            co_owned: Mutex::default(),
            removed: Mutex::default(),
            is_down: AtomicBool::new(false),
            is_strict: AtomicBool::new(false),
            refuses_numbers: AtomicBool::new(false),
            ends_during_review: Mutex::default(),
            key_fetches: AtomicUsize::new(0),
            reviews: AtomicUsize::new(0),
            look_ups: AtomicUsize::new(0),
        };
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
        let metadata =
            json!({"name": name, "namespace": NAMESPACE, "uid": uid(name), "ownerReferences": owners});
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
        let token = self.issuer.sign(&payload(pod, account, namespace));
        let review = accepted(pod, account, namespace);
        self.tokens.lock().unwrap().insert(token.clone(), review);
        token
    }

    /// Has a token reviewed as that of another pod.
    pub(in crate::reports) fn review_as(&self, token: &str, pod: &str) {
        let review = accepted(pod, "harbor-workload", NAMESPACE);
        self.tokens.lock().unwrap().insert(token.to_owned(), review);
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

    /// How often it was asked for its keys, about tokens, and about objects.
    pub(in crate::reports) fn calls(&self) -> [usize; 3] {
        [&self.key_fetches, &self.reviews, &self.look_ups].map(|count| count.load(Ordering::Relaxed))
    }

    /// The metadata of an object.
    pub(in crate::reports) fn stored(&self, kind: Kind, name: &str) -> Option<ObjectMeta> {
        self.objects.lock().unwrap().get(&(kind, NAMESPACE.into(), name.into())).cloned()
    }

    fn answer<T>(&self, answer: T) -> Result<T, CallError> {
        if self.is_down.load(Ordering::Relaxed) {
            Err(CallError::Late(Duration::from_secs(3)))
        } else {
            Ok(answer)
        }
    }
}

impl ApiServer for FakeApiServer {
    fn keys(&self) -> BoxFuture<'_, Result<String, CallError>> {
        self.key_fetches.fetch_add(1, Ordering::Relaxed);
        let published = self.published.lock().unwrap().clone();
        let answer = published.map(|keys| json!({"keys": keys}).to_string()).ok_or_else(|| {
            let status = Status { code: 403, reason: "Forbidden".into(), ..Status::default() };
            CallError::Failed(kube::Error::Api(Box::new(status)))
        });
        Box::pin(ready(answer.and_then(|keys| self.answer(keys))))
    }

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

/// The review of a token that is accepted.
fn accepted(pod: &str, account: &str, namespace: &str) -> TokenReviewStatus {
    serde_json::from_value(json!({
        "authenticated": true, "audiences": [REPORT_AUDIENCE],
        "user": {"username": format!("system:serviceaccount:{namespace}:{account}"), "extra": {
            "authentication.kubernetes.io/pod-name": [pod], "authentication.kubernetes.io/pod-uid": [uid(pod)]
        }}
    }))
    .unwrap()
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

/// A token of a pod that says to be of the API server's key, and is not.
pub(in crate::reports) fn forged(pod: &str, namespace: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut payload = payload(pod, "harbor-workload", namespace);
    change(&mut payload);
    format!("{}.{}", unsigned(&json!({"alg": "ES256", "kid": KEY}), &payload), "A".repeat(86))
}
