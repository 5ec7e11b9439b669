//! What is answered to whom: real HTTP on loopback, before an API server in memory.

mod sources;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use process::connections::Limits;
use report::post::{Answer, MAX_BYTES};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::connections::{Endpoint, LIMITS, Times, serve_within};
use crate::report_source::{Expectation, ReportSource};
use crate::reports::api_server::Kind;
use crate::reports::moment::Moment;
use crate::reports::testing::{Issuer, NAMESPACE, World, client_post, forged, payload, server_post, stored};
use crate::session::validate;

const ACCOUNT: &str = "harbor-workload";

struct Served {
    world: World,
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Served {
    async fn new() -> Self {
        Self::within(Duration::from_secs(60)).await
    }

    /// Where a request has to arrive within `limit`.
    async fn within(limit: Duration) -> Self {
        let times = Times { head: limit, request: limit, ..Times::REPORTS };
        Self::serving(World::new(), (times, LIMITS), None).await
    }

    /// Before an API server that is asked about each token.
    async fn with_reviews() -> Self {
        Self::serving(World::with_reviews(), (Times::REPORTS, LIMITS), None).await
    }

    async fn limited(limits: (Times, Limits), tls: Option<TlsAcceptor>) -> Self {
        Self::serving(World::new(), limits, tls).await
    }

    async fn serving(world: World, limits: (Times, Limits), tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, endpoint) = (CancellationToken::new(), Endpoint { listener, tls });
        let (intake, metrics) = (world.reports.intake(), world.metrics.clone());
        let server = tokio::spawn(serve_within(limits, endpoint, intake, metrics, stop.clone()));
        Self { world, address, stop, server }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` and reads until the connection ends.
    async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        rest(&mut stream).await
    }

    async fn post(&self, token: &str, body: &Value) -> String {
        self.exchange(&request(token, body.to_string().as_bytes())).await
    }

    /// A token of one of the session's pods.
    fn token(&self, pod: &str) -> String {
        self.world.api_server.issue(pod, ACCOUNT, NAMESPACE)
    }
}

async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    // A connection that is reset after its answer still has answered. One that stays open has failed its test.
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(30), read).await.expect("the connection stays open");
    String::from_utf8(answer).unwrap()
}

fn request(token: &str, body: &[u8]) -> Vec<u8> {
    let mut request = head(token, body.len()).into_bytes();
    request.extend_from_slice(body);
    request
}

fn head(token: &str, length: usize) -> String {
    format!(
        "POST /v1/reports HTTP/1.1\r\nHost: operator\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

fn server_report(sequence: u64) -> Value {
    serde_json::to_value(server_post(sequence)).unwrap()
}

fn code(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn reports_of_server_and_client_are_taken() {
    let served = Served::new().await;
    let answer = served.post(&served.token("server"), &server_report(1)).await;
    assert_eq!(code(&answer), 202);
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    let client = serde_json::to_value(client_post(1)).unwrap();
    assert_eq!(code(&served.post(&served.token("client"), &client).await), 202);
    let view = served.world.reports.view("harbor-uid");
    assert_eq!(view.server.unwrap().connected_clients, 2);
    assert!(view.clients.contains_key("client"));
}

/// Nobody would send it again, and an operator that is killed now knows of it alone.
#[tokio::test]
async fn the_last_report_of_a_pod_is_taken_when_it_is_stored() {
    let mut served = Served::new().await;
    served.world.end_pod("server");
    let answer = served.post(&served.token("server"), &server_report(1)).await;
    assert_eq!(code(&answer), 503, "nobody writes: {answer}");
    let writing = tokio::spawn(served.world.reports.writer().run(served.stop.clone()));
    assert_eq!(code(&served.post(&served.token("server"), &server_report(2)).await), 202);
    served.stop.cancel();
    writing.await.unwrap();
}

#[tokio::test]
async fn a_server_is_answered_who_is_wanted_and_a_client_nothing() {
    let served = Served::new().await;
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let first = served.post(&served.token("server"), &server_report(1)).await;
    assert_eq!((code(&first), body(&first).as_str()), (202, ""), "the controller has said nothing yet");

    let session = validate(&stored(&json!({}), &json!({}))).unwrap();
    let expectation = Expectation { epoch: "e7".into(), ..Expectation::default() };
    served.world.reports.expect(&session, expectation);
    let second = served.post(&served.token("server"), &server_report(2)).await;
    assert_eq!(code(&second), 202);
    let answer = Answer::parse(body(&second).as_bytes()).unwrap();
    assert_eq!((answer.wanted_ids().unwrap(), answer.window_seconds), (vec!["harbor-client-0".into()], 60.0));
    assert_eq!(answer.epoch, "e7");
    // A post that comes twice is answered twice: its first answer may have been lost.
    let again = served.post(&served.token("server"), &server_report(2)).await;
    assert_eq!(Answer::parse(body(&again).as_bytes()), Some(answer));
    let client = serde_json::to_value(client_post(1)).unwrap();
    let of_client = served.post(&served.token("client"), &client).await;
    assert_eq!((code(&of_client), body(&of_client).as_str()), (202, ""));
}

#[tokio::test]
async fn a_replica_that_does_not_lead_asks_its_sender_to_come_again_and_nobody_else() {
    let served = Served::new().await;
    served.world.fence.close();
    for token in [served.token("server"), "not.a.token".to_owned()] {
        let answer = served.post(&token, &server_report(1)).await.to_ascii_lowercase();
        assert_eq!(code(&answer), 503);
        assert!(
            answer.contains("retry-after: 1\r\n") && answer.contains("connection: close\r\n"),
            "{answer}"
        );
    }
    assert_eq!(served.world.api_server.calls(), [1, 0, 0], "only for the keys, before");
    assert!(served.world.reports.view("harbor-uid").server.is_none());
}

/// A process that was stopped in between would write nothing of it any more.
#[tokio::test]
async fn nothing_is_answered_as_taken_by_a_replica_that_leads_no_more() {
    let served = Served::with_reviews().await;
    *served.world.api_server.ends_during_review.lock().unwrap() = Some(served.world.fence.clone());
    assert_eq!(code(&served.post(&served.token("server"), &server_report(1)).await), 503);
    assert_eq!(served.world.api_server.calls()[1], 1);
}

#[tokio::test]
async fn a_body_that_names_another_session_is_credited_to_the_tokens_own() {
    let served = Served::new().await;
    let mut body = server_report(1);
    (body["session"], body["namespace"], body["pod"]) =
        (json!("other"), json!("elsewhere"), json!("other-server"));
    assert_eq!(code(&served.post(&served.token("server"), &body).await), 202);
    assert!(served.world.reports.view("harbor-uid").server.is_some());
    assert!(served.world.reports.view("other-uid").server.is_none());
}

#[tokio::test]
async fn a_pod_reports_only_what_it_is() {
    let served = Served::new().await;
    assert_eq!(code(&served.post(&served.token("client"), &server_report(1)).await), 403);
    let client = serde_json::to_value(client_post(1)).unwrap();
    assert_eq!(code(&served.post(&served.token("server"), &client).await), 403);
    assert_eq!(served.world.reports.view("harbor-uid").server, None);
}

#[tokio::test]
async fn unknown_senders_are_refused() {
    let served = Served::new().await;
    let wrong =
        forged("server", NAMESPACE, |payload| payload["aud"] = json!("https://kubernetes.default.svc"));
    let expired = forged("server", NAMESPACE, |payload| payload["exp"] = json!(1));
    for token in [wrong.as_str(), expired.as_str(), "junk", ""] {
        assert_eq!(code(&served.post(token, &server_report(1)).await), 401, "{token}");
    }
    let body = server_report(1).to_string();
    for scheme in ["Basic YTpi", "Bearer", ""] {
        let request = format!(
            "POST /v1/reports HTTP/1.1\r\nHost: o\r\nAuthorization: {scheme}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(code(&served.exchange(request.as_bytes()).await), 401, "{scheme:?}");
    }
    served.world.api_server.add(Kind::Pod, "hand-made", None);
    assert_eq!(code(&served.post(&served.token("hand-made"), &server_report(1)).await), 403);
    assert_eq!(code(&served.exchange(b"GET /v1/reports HTTP/1.1\r\nHost: o\r\n\r\n").await), 405);
    assert_eq!(code(&served.exchange(b"GET /metrics HTTP/1.1\r\nHost: o\r\n\r\n").await), 404);
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_means_later() {
    let mut served = Served::new().await;
    served.world.unwatch_pod("server");
    served.world.api_server.is_down.store(true, Ordering::Relaxed);
    let answer = served.post(&served.token("server"), &server_report(1)).await;
    assert_eq!(code(&answer), 503);
    let answer = answer.to_ascii_lowercase();
    assert!(answer.contains("retry-after: 1\r\n") && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_key_that_is_not_known_yet_means_later() {
    let served = Served::new().await;
    let token = Issuer::new("second").sign(&payload("server", ACCOUNT, NAMESPACE));
    let wait = async || {
        let answer = served.post(&token, &server_report(1)).await.to_ascii_lowercase();
        assert_eq!(code(&answer), 503, "{answer}");
        let (_, wait) = answer.split_once("retry-after: ").unwrap();
        wait.lines().next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(wait().await, 1);
    served.world.fetch_keys(Instant::now());
    assert!((2..=30).contains(&wait().await), "it was asked for just now");
}

#[tokio::test]
async fn more_tokens_than_can_be_reviewed_mean_later() {
    let served = Served::with_reviews().await;
    // As many as there are reviews for, in a while to come: there are none left before.
    let later = Moment { now: Instant::now() + Duration::from_secs(3600), wall: Timestamp::now() };
    for number in 0..200 {
        let token = forged("server", NAMESPACE, |payload| payload["jti"] = json!(number));
        let _ = served.world.reports.authenticator.authenticate(&token, later).await;
    }
    let answer = served.post(&served.token("server"), &server_report(1)).await.to_ascii_lowercase();
    assert!(code(&answer) == 429 && answer.contains("retry-after: "), "{answer}");
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let served = Served::new().await;
    // Only the head is sent: the answer does not wait for the body.
    let answer = served.exchange(head(&served.token("server"), 10 << 20).as_bytes()).await;
    assert_eq!(code(&answer), 413);
    assert_eq!(served.world.api_server.calls(), [1, 0, 0]);

    let mut chunked = b"POST /v1/reports HTTP/1.1\r\nHost: o\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    chunked.extend_from_slice(format!("{:x}\r\n", MAX_BYTES + 1).as_bytes());
    chunked.extend_from_slice(&vec![b' '; MAX_BYTES + 1]);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    assert_eq!(code(&served.exchange(&chunked).await), 413);
}

#[tokio::test]
async fn a_body_that_is_no_report_is_malformed() {
    let served = Served::new().await;
    let token = served.token("server");
    for body in ["", "[]", "{\"schemaVersion\":1}", "\u{0}"] {
        assert_eq!(code(&served.exchange(&request(&token, body.as_bytes())).await), 400, "{body}");
    }
    let mut negative = server_report(1);
    negative["sequence"] = json!(-1);
    assert_eq!(code(&served.post(&token, &negative).await), 400);
}

#[tokio::test]
async fn numbers_beyond_all_bounds_do_no_harm() {
    let served = Served::new().await;
    let token = served.token("server");
    let mut body = server_report(1);
    let frames =
        json!({"sent": u64::MAX, "pending": 0, "matched": u64::MAX, "lost": u64::MAX, "late": u64::MAX});
    body["summary"]["recent"]["frames"] = frames.clone();
    body["summary"]["frames"] = frames;
    body["summary"]["recent"]["errorPixels"] =
        json!({"mean": 1e308, "p50": -1e308, "p95": 1e-308, "max": 1e308});
    assert_eq!(code(&served.post(&token, &body).await), 202);
    assert_eq!(code(&served.post(&token, &server_report(2)).await), 202);
}

#[tokio::test]
async fn a_replay_is_taken_and_ignored() {
    let served = Served::new().await;
    let token = served.token("server");
    for (sequence, connected) in [(2, 2), (1, 1), (2, 0)] {
        let mut body = server_report(sequence);
        body["connectedClients"] = json!(connected);
        assert_eq!(code(&served.post(&token, &body).await), 202);
    }
    assert_eq!(served.world.reports.view("harbor-uid").server.unwrap().connected_clients, 2);
}

#[tokio::test]
async fn who_is_too_slow_is_cut_off() {
    let served = Served::within(Duration::from_millis(300)).await;
    let mut idle = served.connect().await;
    assert_eq!(rest(&mut idle).await, "");
    let mut half_a_head = served.connect().await;
    half_a_head.write_all(b"POST /v1/reports HTTP/1.1\r\nHost: o\r\n").await.unwrap();
    let answer = rest(&mut half_a_head).await;
    assert!(answer.is_empty() || code(&answer) == 408, "{answer}");
    let mut half_a_body = served.connect().await;
    let report = request(&served.token("server"), server_report(1).to_string().as_bytes());
    half_a_body.write_all(&report[..report.len() - 1]).await.unwrap();
    assert_eq!(code(&rest(&mut half_a_body).await), 408);
    assert_eq!(served.world.reports.view("harbor-uid").server, None);
}

#[tokio::test]
async fn stopping_ends_the_endpoint() {
    let served = Served::new().await;
    let mut idle = served.connect().await;
    assert_eq!(code(&served.post(&served.token("server"), &server_report(1)).await), 202);
    served.stop.cancel();
    served.server.await.unwrap();
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(served.address).await.is_err());
}
