//! What is answered to whom, by all that is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, header};
use axum::{Extension, Router};
use kube::runtime::{reflector, watcher};
use process::Endpoints;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::routes;
use crate::http::access::{Access, HttpAccess};
use crate::http::site::Site;
use crate::http::testing::FakeApiServer;
use crate::http::{Doubt, Metrics, Need, Overview};
use crate::session::validate;

mod gates;

const GATE: &str = "/v1/namespaces/a/ballsessions/pier/gate";
const VERDICT: &str = "/v1/namespaces/a/ballsessions/pier/verdict";

fn session(namespace: &str, name: &str, met: &str) -> Value {
    let mut stored = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "spec": {},
        "metadata": {"namespace": namespace, "name": name, "uid": format!("{namespace}-{name}"), "generation": 2}
    });
    let hash = validate(&serde_json::from_value(stored.clone()).unwrap()).unwrap().run_hash;
    stored["status"] = json!({
        "conditions": [{"type": "ObjectivesMet", "status": met, "reason": "R", "message": "", "observedGeneration": 2, "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        "run": {"hash": hash}
    });
    stored
}

fn served_with(
    access: HttpAccess,
    server: &Arc<FakeApiServer>,
    needs: Vec<Need>,
    sessions: &[Value],
) -> Router {
    served_by(access, server, needs, sessions, Box::new(|_| None))
}

fn served_by(
    access: HttpAccess,
    server: &Arc<FakeApiServer>,
    needs: Vec<Need>,
    sessions: &[Value],
    doubt: Doubt,
) -> Router {
    let (store, mut writer) = reflector::store();
    for stored in sessions {
        writer.apply_watcher_event(&watcher::Event::Apply(serde_json::from_value(stored.clone()).unwrap()));
    }
    let registry = Registry::with_prefix("ballsession_operator");
    let overview =
        Overview::new(needs, Box::new(|| None), store, Box::new(|_| Some(Duration::ZERO)), registry);
    let now = Instant::now();
    let checks = Access::new(access, Arc::clone(server) as _, Metrics::default(), now);
    routes(&Site::new(Arc::new(overview), checks, doubt, Arc::clone(server) as _, now))
}

fn served(server: &Arc<FakeApiServer>) -> Router {
    served_with(
        HttpAccess::Local,
        server,
        vec![],
        &[session("a", "pier", "True"), session("b", "harbor", "False")],
    )
}

async fn send(
    router: &Router,
    method: Method,
    from: &str,
    token: Option<&str>,
    path: &str,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).header("Host", "operator:8081");
    if from == "127.0.0.1" {
        request = Request::builder().uri(path).header("Host", "127.0.0.1:8081");
    }
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let peer = format!("{from}:4711").parse().unwrap();
    let ends = Endpoints { local: "10.0.0.1:8081".parse().unwrap(), peer };
    router.clone().layer(Extension(ends)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

async fn get(router: &Router, token: Option<&str>, path: &str) -> (u16, String) {
    let response = send(router, Method::GET, "10.1.1.1", token, path).await;
    (response.status().as_u16(), text(response).await)
}

#[tokio::test]
async fn health_is_for_everybody_and_all_else_is_not() {
    let server = FakeApiServer::new(&[]);
    let router = served(&server);
    for (path, code) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/", 401),
        ("/sessions.js", 401),
        ("/style.css", 401),
        ("/status", 401),
        ("/metrics", 401),
        (VERDICT, 401),
        (GATE, 401),
        ("/nothing", 404),
    ] {
        assert_eq!(get(&router, None, path).await.0, code, "{path}");
        let local = send(&router, Method::GET, "127.0.0.1", None, path).await.status().as_u16();
        assert!(local != 401 && local != 403, "{path} from loopback: {local}");
        if code == 401 {
            assert_eq!(get(&router, Some("junk"), path).await.0, 401, "{path} with junk");
        }
    }
}

#[tokio::test]
async fn each_right_opens_what_it_is_for_and_nothing_else() {
    let server = FakeApiServer::new(&["prometheus", "admin", "keeper", "pipeline"]);
    for right in ["prometheus get /metrics", "admin list *", "keeper list b", "pipeline get a/pier"] {
        server.grant(right);
    }
    server.store(&session("a", "pier", "True"));
    let router = served(&server);
    for (who, opened) in [
        ("prometheus", ["/metrics"].as_slice()),
        ("admin", &["/", "/status"]),
        ("keeper", &["/", "/status"]),
        ("pipeline", &[VERDICT, GATE]),
    ] {
        assert_eq!(get(&router, Some(who), "/table.js").await.0, 200, "a file of the page, for {who}");
        for path in ["/metrics", "/", "/status", VERDICT, GATE] {
            let (code, said) = get(&router, Some(who), path).await;
            assert_eq!(code, if opened.contains(&path) { 200 } else { 403 }, "{who} {path}: {said}");
        }
    }
    let status =
        async |who| -> Value { serde_json::from_str(&get(&router, Some(who), "/status").await.1).unwrap() };
    let (all, own) = (status("admin").await, status("keeper").await);
    assert_eq!((&all["watched"], all["sessions"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!((&own["watched"], &own["sessions"][0]["namespace"]), (&json!(1), &json!("b")));
    assert_eq!((own["sessions"].as_array().unwrap().len(), &own["incomplete"]), (1, &json!(false)));
    // One namespace is for who may see that one, and nothing else is shown to who may see all.
    assert_eq!(get(&router, Some("keeper"), "/status?namespace=b").await.0, 200);
    assert_eq!(get(&router, Some("keeper"), "/status?namespace=a").await.0, 403);
    assert_eq!(get(&router, Some("admin"), "/status?namespace=").await.0, 400);
    let local = send(&router, Method::GET, "127.0.0.1", None, "/status?namespace=a").await;
    let local: Value = serde_json::from_str(&text(local).await).unwrap();
    assert_eq!((&local["watched"], &local["sessions"][0]["namespace"]), (&json!(1), &json!("a")));
}

#[tokio::test]
async fn metrics_are_text_unless_open_metrics_is_asked_for() {
    let router = served(&FakeApiServer::new(&[]));
    let response = send(&router, Method::GET, "127.0.0.1", None, "/metrics").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text(response).await.contains("session_ready{namespace=\"a\",session=\"pier\"} 0.0\n"));
}

#[tokio::test]
async fn a_gate_says_by_its_code_what_the_verdict_says() {
    let server = FakeApiServer::new(&[]);
    for (met, code, retry) in [("True", 200, None), ("False", 412, None), ("Unknown", 425, Some("5"))] {
        server.store(&session("a", "pier", met));
        let router = served_with(HttpAccess::Open, &server, vec![], &[session("a", "pier", met)]);
        // A pipeline's webhook posts.
        for method in [Method::GET, Method::POST] {
            let response = send(&router, method, "10.1.1.1", None, GATE).await;
            assert_eq!(response.status(), code, "{met}");
            let header = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(header, retry, "{met}");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
        let (code, said) = get(&router, None, VERDICT).await;
        let said: Value = serde_json::from_str(&said).unwrap();
        let verdict = match met {
            "True" => "Met",
            "False" => "Missed",
            _ => "Inconclusive",
        };
        assert_eq!((code, &said["verdict"], &said["generation"]), (200, &json!(verdict), &json!(2)));
    }
}

/// A pipeline has just created it: that is no error that it should end with.
#[tokio::test]
async fn a_session_that_is_too_new_to_be_known_is_not_known_yet() {
    let server = FakeApiServer::new(&[]);
    let mut new = session("a", "quay", "True");
    (new["status"], new["metadata"]["generation"]) = (json!(null), json!(1));
    server.store(&new);
    let router = served_with(HttpAccess::Open, &server, vec![], &[]);
    let (code, said) = get(&router, None, "/v1/namespaces/a/ballsessions/quay/gate").await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["reason"], &said["generation"]), (425, &json!("NotObserved"), &json!(1)));
    assert_eq!(get(&router, None, GATE).await.0, 404);
}

/// The watch is behind: a pipeline has just changed the spec, or a verdict has turned, and nobody must go on by the former one.
#[tokio::test]
async fn a_verdict_is_that_of_what_is_stored_whatever_is_watched() {
    let server = FakeApiServer::new(&[]);
    let watched = session("a", "pier", "True");
    let router = served_with(HttpAccess::Open, &server, vec![], std::slice::from_ref(&watched));
    let gate = async || get(&router, None, GATE).await;
    assert_eq!(gate().await.0, 404, "it is deleted");
    let mut changed = watched.clone();
    changed["metadata"]["generation"] = json!(3);
    server.store(&changed);
    let (code, said) = gate().await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["reason"], &said["generation"]), (425, &json!("NotObserved"), &json!(3)));
    let mut another = watched.clone();
    (another["metadata"]["uid"], another["status"]) = (json!("another"), json!(null));
    server.store(&another);
    assert_eq!(gate().await.0, 425, "another one of the same name");
    server.store(&watched);
    assert_eq!(gate().await.0, 200);
    for (met, code) in [("False", 412), ("Unknown", 425)] {
        server.store(&session("a", "pier", met));
        assert_eq!(gate().await.0, code, "of the same generation {met} is stored");
    }
    server.set_down(true);
    assert_eq!(gate().await.0, 503);
    assert_eq!(get(&router, None, VERDICT).await.0, 503);
}

#[tokio::test]
async fn nobody_goes_on_by_a_good_word_that_nobody_keeps_up_to_date() {
    let server = FakeApiServer::new(&[]);
    let doubt = |uid: &str| (uid == "a-pier").then(|| "the lease tower/operator: held by b".to_owned());
    let mut over = session("a", "quay", "True");
    over["spec"] = json!({"duration": "1m"});
    let run = validate(&serde_json::from_value(over.clone()).unwrap()).unwrap().run_hash;
    over["status"]["run"]["hash"] = json!(run);
    let mut complete = over["status"]["conditions"][0].clone();
    (complete["type"], complete["reason"]) = (json!("Complete"), json!("Finished"));
    over["status"]["conditions"].as_array_mut().unwrap().push(complete);
    for (stored, code) in [
        (session("a", "pier", "True"), 503),
        (session("a", "pier", "False"), 412),
        (session("a", "berth", "True"), 200),
        (over, 200),
    ] {
        server.store(&stored);
        let router =
            served_by(HttpAccess::Open, &server, vec![], std::slice::from_ref(&stored), Box::new(doubt));
        let path =
            format!("/v1/namespaces/a/ballsessions/{}/gate", stored["metadata"]["name"].as_str().unwrap());
        let (found, said) = get(&router, None, &path).await;
        assert_eq!(found, code, "{path}: {said}");
        let why = "what is stored may be old: the lease tower/operator: held by b\n";
        assert!(code != 503 || said == why, "{said}");
    }
}

#[tokio::test]
async fn what_is_not_yet_known_costs_the_api_server_nothing() {
    let server = FakeApiServer::new(&[]);
    let router = served_with(HttpAccess::Open, &server, vec![], &[session("a", "pier", "Unknown")]);
    for _ in 0..1000 {
        assert_eq!(get(&router, None, GATE).await.0, 425);
    }
    assert_eq!(server.asked(), [0, 0, 0]);
    server.store(&session("a", "pier", "True"));
    let router = served_with(HttpAccess::Open, &server, vec![], &[session("a", "pier", "True")]);
    let mut codes = Vec::new();
    for _ in 0..500 {
        codes.push(get(&router, None, GATE).await.0);
    }
    // As many as asked at once, and what comes by while they ask.
    assert!(codes.contains(&200) && codes.contains(&429), "so many look-ups a second");
}

#[tokio::test]
async fn who_asks_wrongly_is_told_what_is_allowed() {
    let server = FakeApiServer::new(&[]);
    server.store(&session("a", "pier", "True"));
    let router = served_with(HttpAccess::Open, &server, vec![], &[session("a", "pier", "True")]);
    for (path, code, said) in [
        ("/v1/namespaces/a/ballsessions/quay/gate", 404, "there is no ballsession quay in the namespace a"),
        (
            "/v1/namespaces/b/ballsessions/pier/verdict",
            404,
            "there is no ballsession pier in the namespace b",
        ),
        ("/v1/namespaces/A%0A/ballsessions/pier/verdict", 404, "in the namespace A\\n that"),
        ("/v1/namespaces/a/ballsessions/pier/gate?since=1", 400, "there are run and newerThan"),
        ("/v1/namespaces/a/ballsessions/pier/gate?run=1", 425, "OtherRun"),
    ] {
        let (found, body) = get(&router, None, path).await;
        assert!(found == code && body.contains(said), "{path}: {found} {body}");
    }
    assert_eq!(send(&router, Method::POST, "10.1.1.1", None, VERDICT).await.status(), 405);
}

#[tokio::test]
async fn a_replica_that_is_not_ready_says_no_verdict() {
    let server = FakeApiServer::new(&[]);
    server.store(&session("a", "pier", "True"));
    let needs: Vec<Need> = vec![Box::new(|| Some("the first list of sessions".into()))];
    let router = served_with(HttpAccess::Open, &server, needs, &[session("a", "pier", "True")]);
    let (code, said) = get(&router, None, GATE).await;
    assert_eq!(
        (code, said.as_str()),
        (503, "the operator's replica is not ready: waiting for the first list of sessions\n")
    );
}

#[tokio::test]
async fn a_session_that_cannot_be_decoded_has_no_verdict() {
    let server = FakeApiServer::new(&[]);
    let mut broken = session("a", "pier", "True");
    broken["spec"] = json!({"clients": "many"});
    let router = served_with(HttpAccess::Open, &server, vec![], &[broken]);
    let (code, said) = get(&router, None, GATE).await;
    assert!(code == 425 && said.contains("Undecodable") && said.contains("many"), "{said}");
}
