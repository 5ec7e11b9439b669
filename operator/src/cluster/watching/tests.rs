use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use http::Request;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::client::Body;
use kube::runtime::WatchStreamExt;
use serde_json::json;
use tower::service_fn;

use super::*;

/// An API server that has one object, and answers `code` to whoever wants to watch from there.
fn api(asked: &Arc<Mutex<Vec<&'static str>>>, code: u16) -> Api<ConfigMap> {
    let asked = Arc::clone(asked);
    let service = service_fn(move |request: Request<Body>| {
        let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        asked.lock().unwrap().push(if is_watch { "watch" } else { "list" });
        let body = match is_watch {
            true => json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                           "reason": "Expired", "message": "too old resource version"}),
            false => {
                json!({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"},
                            "items": [{"metadata": {"name": "a", "namespace": "n", "resourceVersion": "5"}}]})
            }
        };
        let status = if is_watch { code } else { 200 };
        let answer = Response::builder().status(status).body(Body::from(body.to_string().into_bytes()));
        std::future::ready(Ok::<_, Infallible>(answer.unwrap()))
    });
    Api::namespaced(Client::new(service, "n"), "n")
}

/// What is asked until there were so many failures.
async fn asked_until(failures: usize, code: u16) -> Vec<&'static str> {
    let asked = Arc::default();
    let mut events = pin!(watched(api(&asked, code), config()).backoff(Pauses::default()));
    let mut failed = 0;
    while failed < failures {
        failed += usize::from(events.next().await.unwrap().is_err());
    }
    asked.lock().unwrap().clone()
}

/// Kube went on to ask for the version that is gone, and nothing was ever heard again.
#[tokio::test(start_paused = true)]
async fn a_version_that_is_gone_is_followed_by_another_list() {
    assert_eq!(asked_until(3, 410).await, ["list", "watch", "list", "watch", "list", "watch"]);
    assert_eq!(
        asked_until(3, 500).await,
        ["list", "watch", "watch", "watch"],
        "all else is no reason for one"
    );
}

#[test]
fn pauses_grow_although_each_attempt_begins_well() {
    let (mut pauses, start) = (Pauses::default(), Instant::now());
    let mut after = |second: u64| {
        utils::Backoff::reset(&mut pauses);
        pauses.after(start + Duration::from_secs(second), 1.0).as_secs()
    };
    assert_eq!([0, 1, 3, 7, 15, 25].map(&mut after), [1, 2, 4, 8, 10, 10]);
    assert_eq!([85, 146].map(&mut after), [10, 1], "after a calm of more than a minute");
}

#[test]
fn the_api_server_is_left_alone_for_as_long_as_it_asks_but_not_for_ever() {
    let asks = |code: u16, value: &str| {
        let answer = Response::builder().status(code).header(RETRY_AFTER, value).body(()).unwrap();
        retry_after(&answer).map(|patience| patience.as_secs())
    };
    assert_eq!([asks(429, "3"), asks(503, "1"), asks(429, "3600")], [Some(3), Some(1), Some(30)]);
    assert_eq!([asks(200, "3"), asks(429, "Wed, 21 Oct 2026 07:28:00 GMT"), asks(429, "-1")], [None; 3]);
}
