//! Replicas of the operator before a Secret in memory.

use std::convert::Infallible;

use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::service_fn;

use super::*;

const NAME: &str = "operator.tower.svc";

/// A Secret, as an API server keeps it.
struct Server {
    secret: Mutex<Value>,
    version: Mutex<u64>,
    writes: Mutex<usize>,
    /// What it answers instead.
    answers: Mutex<Option<u16>>,
}

impl Server {
    fn with(data: &Value) -> Arc<Self> {
        let secret =
            json!({"metadata": {"name": "keys", "namespace": "tower"}, "type": "Opaque", "data": data});
        Arc::new(Self {
            secret: Mutex::new(secret),
            version: Mutex::new(1),
            writes: Mutex::default(),
            answers: Mutex::default(),
        })
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let sent: Value =
            serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap_or_default();
        let mut version = self.version.lock().unwrap();
        let is_write = head.method == Method::PUT;
        let refused = *self.answers.lock().unwrap();
        let code = match refused {
            Some(code) => code,
            None if is_write && sent["metadata"]["resourceVersion"] != version.to_string() => 409,
            None => 200,
        };
        if code != 200 {
            let reason = match code {
                403 => "Forbidden",
                404 => "NotFound",
                409 => "Conflict",
                _ => "R",
            };
            let status = json!({"kind": "Status", "code": code, "reason": reason, "message": "no"});
            return Response::builder()
                .status(code)
                .body(Body::from(status.to_string().into_bytes()))
                .unwrap();
        }
        let mut secret = self.secret.lock().unwrap();
        if is_write {
            *version += 1;
            *self.writes.lock().unwrap() += 1;
            *secret = sent;
        }
        secret["metadata"]["resourceVersion"] = json!(version.to_string());
        Response::new(Body::from(secret.to_string().into_bytes()))
    }

    /// A replica of the operator.
    fn replica(self: &Arc<Self>, fence: Fence) -> Keeper {
        let server = Arc::clone(self);
        let service = service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&server);
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        let client = Client::new(service, "default");
        let store = Store::new(client.clone(), client, "tower", "keys");
        Keeper::new(store, vec![NAME.to_owned()], fence, Box::new(|_| None), Metrics::default())
    }

    fn annotate(&self, request: &str) {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        self.secret.lock().unwrap()["metadata"]["annotations"]["ballsession.dev/rotate"] = json!(request);
    }

    fn writes(&self) -> usize {
        *self.writes.lock().unwrap()
    }
}

async fn keep(replica: &mut Keeper) {
    let kept = replica.keep(Instant::now(), Timestamp::now()).await;
    replica.record(kept);
}

fn bundle(replica: &Keeper) -> Option<String> {
    replica.certificates.bundle.borrow().as_deref().map(str::to_owned)
}

fn standby() -> Fence {
    let fence = Fence::open();
    fence.close();
    fence
}

#[tokio::test]
async fn who_leads_makes_keys_and_all_go_on_with_them() {
    let server = Server::with(&json!(null));
    let (mut leader, mut other) = (server.replica(Fence::open()), server.replica(standby()));
    keep(&mut other).await;
    assert_eq!((bundle(&other), server.writes()), (None, 0), "whoever stands by makes none");
    assert_eq!(other.certificates.missing(), None, "and is ready without");

    keep(&mut leader).await;
    keep(&mut leader).await;
    assert_eq!(server.writes(), 1, "once");
    let made = bundle(&leader).unwrap();
    assert!(made.starts_with("-----BEGIN CERTIFICATE-----"), "{made}");
    keep(&mut other).await;
    assert_eq!(bundle(&other).as_ref(), Some(&made));
    assert!(other.certificates.serving.is_any());
    // A process of later.
    let mut successor = server.replica(Fence::open());
    keep(&mut successor).await;
    assert_eq!((bundle(&successor).as_ref(), server.writes()), (Some(&made), 1));

    let secret = server.secret.lock().unwrap().clone();
    let data = secret["data"].as_object().unwrap();
    assert_eq!(data.keys().collect::<Vec<_>>(), ["ca.crt", "keys.json"]);
    assert_eq!(secret["type"], "Opaque");
}

#[tokio::test]
async fn other_keys_are_trusted_before_they_are_used() {
    let server = Server::with(&json!(null));
    let mut leader = server.replica(Fence::open());
    keep(&mut leader).await;
    let first = bundle(&leader).unwrap();
    server.annotate("somebody left");
    keep(&mut leader).await;
    let both = bundle(&leader).unwrap();
    assert!(both.starts_with(&first) && both.len() > first.len(), "{both}");
    let served = |leader: &Keeper| leader.served.as_ref().unwrap().current.certificate.clone();
    keep(&mut leader).await;
    assert_eq!((served(&leader), server.writes()), (first, 2));
    let later = Instant::now() + Duration::from_secs(601);
    leader.keep(later, Timestamp::now()).await.unwrap();
    assert!(both.ends_with(&served(&leader)));
    assert_eq!(bundle(&leader), Some(both), "nobody is told anything else");
}

#[tokio::test]
async fn a_replica_that_leads_no_more_overwrites_nothing() {
    let server = Server::with(&json!(null));
    let mut leader = server.replica(Fence::open());
    let stored = leader.store.read().await.unwrap();
    keep(&mut server.replica(Fence::open())).await;
    let late = leader.advance(stored, Instant::now(), Timestamp::now()).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    keep(&mut leader).await;
    assert_eq!(server.writes(), 1);
}

#[tokio::test]
async fn what_is_missing_is_named_and_what_was_known_goes_on() {
    let server = Server::with(&json!(null));
    let mut leader = server.replica(Fence::open());
    let missing = |leader: &Keeper| leader.certificates.missing();
    *server.answers.lock().unwrap() = Some(503);
    keep(&mut leader).await;
    assert_eq!(
        missing(&leader).as_deref(),
        Some("the certificate for reports: the Secret tower/keys: no (503 R)")
    );
    *server.answers.lock().unwrap() = None;
    keep(&mut leader).await;
    assert_eq!(missing(&leader), None);

    // Of these one passes by itself.
    for (code, words) in
        [(503, None), (404, Some("the manifests bring: apply them again")), (403, Some("403"))]
    {
        *server.answers.lock().unwrap() = Some(code);
        keep(&mut leader).await;
        let missing = missing(&leader);
        assert_eq!(missing.is_some(), words.is_some(), "{code}");
        assert!(missing.is_none_or(|missing| missing.contains(words.unwrap())), "{code}");
        assert!(leader.certificates.serving.is_any() && bundle(&leader).is_some());
    }
}

#[tokio::test]
async fn keys_that_make_no_sense_are_not_thrown_away() {
    let keyring = |certificate: &str| {
        let made = Issuer.authority(&[NAME.to_owned()], Timestamp::now()).unwrap();
        let mut current = serde_json::to_value(made).unwrap();
        current["issued"]["certificate"] = json!(certificate);
        json!({"former": null, "current": current, "next": null})
    };
    for (keys, words) in
        [(json!({"current": 1}), "cannot be read"), (keyring("gone"), "empty it for new keys")]
    {
        let keys = k8s_openapi::ByteString(keys.to_string().into_bytes());
        let server = Server::with(&json!({"keys.json": keys}));
        let mut leader = server.replica(Fence::open());
        keep(&mut leader).await;
        let missing = leader.certificates.missing().unwrap();
        assert!(missing.contains(words) && missing.contains("Secret tower/keys"), "{missing}");
        assert_eq!(server.writes(), 0);
        // What somebody does who has read that.
        server.secret.lock().unwrap()["data"] = json!({});
        keep(&mut leader).await;
        assert_eq!((leader.certificates.missing(), server.writes()), (None, 1));
    }
}
