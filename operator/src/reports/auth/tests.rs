//! Who is authenticated, and what it costs the API server to find out.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crds::contract::REPORT_AUDIENCE;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};

use super::reporter::Reporter;
use super::*;
use crate::reports::api_server::Kind;
use crate::reports::moment::Moment;
use crate::reports::refusal::Refusal;
use crate::reports::testing::{FakeApiServer, Issuer, NAMESPACE, World, forged, payload, stored, unsigned};

const ACCOUNT: &str = "harbor-workload";

fn wall() -> Timestamp {
    "2026-01-01T00:05:00Z".parse().unwrap()
}

struct Fixture {
    world: World,
    start: Instant,
}

impl Fixture {
    fn new() -> Self {
        Self::of(World::new())
    }

    fn of(world: World) -> Self {
        Self { world, start: Instant::now() }
    }

    /// Authenticates `token` so many milliseconds after the start.
    async fn authenticate(&self, token: &str, milliseconds: u64) -> Result<Reporter, Refusal> {
        let now = self.start + Duration::from_millis(milliseconds);
        self.world.fetch_keys(now);
        self.world.reports.authenticator.authenticate(token, Moment { now, wall: wall() }).await
    }

    /// A token that the API server has signed, of a pod of the session.
    fn token(&self, pod: &str) -> String {
        self.world.api_server.issue(pod, ACCOUNT, NAMESPACE)
    }

    /// The same with something else in it.
    fn changed(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut payload = payload("server", ACCOUNT, NAMESPACE);
        change(&mut payload);
        self.world.api_server.issuer.sign(&payload)
    }

    /// Questions for keys, about tokens and about objects.
    fn calls(&self) -> [usize; 3] {
        self.world.api_server.calls()
    }
}

fn unauthorized(answer: &Result<Reporter, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Unauthorized(_)))
}

fn unavailable(answer: &Result<Reporter, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Unavailable(_)))
}

fn unknown_key(answer: &Result<Reporter, Refusal>) -> bool {
    matches!(answer, Err(Refusal::UnknownKey(_)))
}

/// A token that is signed with HMAC, by what everybody knows: the public key.
fn hmac_with_the_public_key(issuer: &Issuer) -> String {
    let signed =
        unsigned(&json!({"alg": "HS256", "kid": issuer.key_id}), &payload("server", ACCOUNT, NAMESPACE));
    let public_key = URL_SAFE_NO_PAD.decode(issuer.public_key()["x"].as_str().unwrap()).unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public_key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

#[tokio::test]
async fn session_and_role_come_from_the_identity_and_cost_nothing() {
    let fixture = Fixture::new();
    let reporter = fixture.authenticate(&fixture.token("server"), 0).await.unwrap();
    assert_eq!((reporter.session.name.as_str(), reporter.role), ("harbor", Role::Server));
    let reporter = fixture.authenticate(&fixture.token("client"), 0).await.unwrap();
    assert_eq!((reporter.session.uid.as_str(), reporter.role), ("harbor-uid", Role::Client));
    assert_eq!(fixture.calls(), [1, 0, 0]);
}

#[tokio::test]
async fn what_the_watches_know_is_enough_where_the_api_server_does_not_answer() {
    let fixture = Fixture::new();
    fixture.world.api_server.is_down.store(true, Ordering::Relaxed);
    assert!(fixture.authenticate(&fixture.token("server"), 1000).await.is_ok());
}

#[tokio::test]
async fn junk_costs_nothing() {
    let fixture = Fixture::new();
    let api_server = &fixture.world.api_server;
    let stranger = Issuer::new(&api_server.issuer.key_id);
    let payload = payload("server", ACCOUNT, NAMESPACE);
    for (what, token) in [
        ("nothing", String::new()),
        ("no token", "junk".to_owned()),
        ("oversize", "a".repeat(12 * 1024)),
        (
            "oversize, and good in all else",
            fixture.changed(|payload| payload["jti"] = json!("a".repeat(8 * 1024))),
        ),
        ("no signature", forged("server", NAMESPACE, |_| ())),
        ("alg none", format!("{}.", unsigned(&json!({"alg": "none", "kid": "first"}), &payload))),
        ("HMAC", hmac_with_the_public_key(&api_server.issuer)),
        ("another issuer's key", stranger.sign(&payload)),
        ("expired", fixture.changed(|payload| payload["exp"] = json!(wall().as_second() - 3600))),
        (
            "another audience",
            fixture.changed(|payload| payload["aud"] = json!(["https://kubernetes.default.svc"])),
        ),
        ("bound to no pod", fixture.changed(|payload| payload["kubernetes.io"]["pod"] = Value::Null)),
    ] {
        assert!(unauthorized(&fixture.authenticate(&token, 0).await), "{what}");
    }
    assert_eq!(fixture.calls(), [1, 0, 0]);
}

#[tokio::test]
async fn ten_thousand_junk_tokens_cost_one_question_for_keys_in_thirty_seconds() {
    let fixture = Fixture::new();
    let stranger = Issuer::new("unknown");
    let wrong = Issuer::new(&fixture.world.api_server.issuer.key_id);
    let public = hmac_with_the_public_key(&fixture.world.api_server.issuer);
    for number in 0..10_000_u64 {
        // Each is another token, of a pod that exists or of one that does not.
        let pod = if number % 2 == 0 { "server".to_owned() } else { format!("pod-{number}") };
        let mut payload = payload(&pod, ACCOUNT, NAMESPACE);
        payload["jti"] = json!(number);
        let token = match number / 2 % 8 {
            0 => stranger.sign(&payload),
            1 => wrong.sign(&payload),
            2 => format!("{}.", unsigned(&json!({"alg": "none", "kid": "first"}), &payload)),
            3 => public.clone(),
            4 => fixture.changed(|payload| payload["exp"] = json!(number)),
            5 => fixture.changed(|payload| payload["aud"] = json!([number.to_string()])),
            6 => fixture.changed(|payload| payload["jti"] = json!("a".repeat(8 * 1024))),
            _ => forged(&pod, NAMESPACE, |payload| payload["jti"] = json!(number)),
        };
        // In 95 s.
        let answer = fixture.authenticate(&token, number * 95 / 10).await;
        assert!(unauthorized(&answer) || unknown_key(&answer), "{answer:?}");
    }
    assert_eq!(fixture.calls(), [1 + 4, 0, 0]);
}

#[tokio::test]
async fn a_new_key_is_asked_for_when_a_token_names_it() {
    let fixture = Fixture::new();
    let second = Issuer::new("second");
    let token = second.sign(&payload("server", ACCOUNT, NAMESPACE));
    let both = vec![fixture.world.api_server.issuer.public_key(), second.public_key()];
    *fixture.world.api_server.published.lock().unwrap() = Some(both);
    assert_eq!(fixture.authenticate(&token, 60_000).await, Err(Refusal::UnknownKey(Duration::ZERO)));
    assert!(fixture.authenticate(&token, 60_100).await.is_ok());
    assert!(fixture.authenticate(&fixture.token("server"), 60_100).await.is_ok());
    assert_eq!(fixture.calls(), [2, 0, 0]);
}

#[tokio::test]
async fn a_key_that_nobody_publishes_is_asked_for_once_in_thirty_seconds() {
    let fixture = Fixture::new();
    let token = Issuer::new("second").sign(&payload("server", ACCOUNT, NAMESPACE));
    let second = Duration::from_secs(1);
    // It is asked for after 1 and 31 s.
    let waits = [(0, 0), (1, 30), (30, 1), (31, 30), (60, 1)];
    for (at, wait) in waits {
        let answer = fixture.authenticate(&token, at * 1000).await;
        assert_eq!(answer, Err(Refusal::UnknownKey(second * wait)), "after {at} s");
    }
    // Nor is it worth a question what a token says of a pod that nobody knows.
    let unknown = Issuer::new("third").sign(&payload("elsewhere", ACCOUNT, NAMESPACE));
    fixture.world.fetch_keys(fixture.start + Duration::from_secs(100));
    let before = fixture.calls();
    assert!(unknown_key(&fixture.authenticate(&unknown, 200_000).await));
    fixture.world.fetch_keys(fixture.start + Duration::from_secs(201));
    assert_eq!(fixture.calls(), before);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_counts_for_ten_minutes_at_most() {
    let fixture = Fixture::new();
    let token = fixture.token("server");
    *fixture.world.api_server.published.lock().unwrap() = Some(vec![Issuer::new("second").public_key()]);
    assert!(fixture.authenticate(&token, 599_000).await.is_ok());
    assert!(unknown_key(&fixture.authenticate(&token, 601_000).await));
    assert_eq!(fixture.calls(), [2, 0, 0]);
}

#[tokio::test]
async fn keys_that_cannot_be_read_again_count_for_a_while_and_then_tokens_are_reviewed() {
    let fixture = Fixture::new();
    let token = fixture.token("server");
    *fixture.world.api_server.published.lock().unwrap() = None;
    assert!(fixture.authenticate(&token, 1_190_000).await.is_ok());
    assert_eq!(fixture.calls()[1], 0);
    assert!(fixture.authenticate(&token, 1_210_000).await.is_ok());
    assert_eq!(fixture.calls()[1], 1);
}

#[tokio::test]
async fn before_the_first_keys_senders_have_to_come_again() {
    let world = World::unsynced(FakeApiServer::with_session());
    let (token, at) =
        (world.api_server.issue("server", ACCOUNT, NAMESPACE), Moment { now: Instant::now(), wall: wall() });
    assert!(unavailable(&world.reports.authenticator.authenticate(&token, at).await));
    // Then nothing is asked about pods before the watches have seen all that there are.
    world.fetch_keys(Instant::now());
    assert!(unavailable(&world.reports.authenticator.authenticate(&token, at).await));
    assert_eq!(world.api_server.calls(), [1, 0, 0]);
}

#[tokio::test]
async fn a_recreated_pod_makes_the_token_of_its_predecessor_worthless() {
    let mut fixture = Fixture::new();
    let token = fixture.token("server");
    fixture.authenticate(&token, 0).await.unwrap();
    // The same name, another UID: for the API server, and for the watch.
    fixture.world.api_server.change(Kind::Pod, "server", |metadata| metadata.uid = Some("successor".into()));
    fixture.world.unwatch_pod("server");
    for milliseconds in [5_000, 6_000, 64_000] {
        let answer = fixture.authenticate(&token, milliseconds).await;
        assert!(unauthorized(&answer), "{answer:?}");
    }
    assert_eq!(fixture.calls(), [1, 0, 1], "one question in a minute");
}

#[tokio::test]
async fn only_live_look_ups_forbid() {
    let fixture = Fixture::new();
    let api_server = &fixture.world.api_server;
    api_server.add(Kind::Pod, "hand-made", None);
    for (pod, account) in [("hand-made", ACCOUNT), ("server", "default")] {
        let token = api_server.issue(pod, account, NAMESPACE);
        for milliseconds in [0, 59_000] {
            let answer = fixture.authenticate(&token, milliseconds).await;
            assert!(matches!(answer, Err(Refusal::Forbidden(_))), "{pod}: {answer:?}");
        }
    }
    assert_eq!(fixture.calls(), [1, 0, 1 + 4]);
    // The same names elsewhere lead nowhere.
    let mut elsewhere = payload("server", ACCOUNT, "elsewhere");
    elsewhere["kubernetes.io"]["pod"]["uid"] = json!("another");
    assert!(unauthorized(&fixture.authenticate(&api_server.issuer.sign(&elsewhere), 0).await));
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_forbids_nothing() {
    let mut fixture = Fixture::new();
    let token = fixture.token("server");
    fixture.world.unwatch_pod("server");
    fixture.world.api_server.is_down.store(true, Ordering::Relaxed);
    assert!(unavailable(&fixture.authenticate(&token, 0).await));
    fixture.world.api_server.is_down.store(false, Ordering::Relaxed);
    assert!(unavailable(&fixture.authenticate(&token, 1_000).await), "it was asked a second ago");
    fixture.world.watch_pod("server");
    assert!(fixture.authenticate(&token, 2_000).await.is_ok());
}

#[tokio::test]
async fn what_the_watches_do_not_know_yet_has_to_come_again() {
    let mut fixture = Fixture::new();
    let token = fixture.token("server");
    fixture.world.unwatch_pod("server");
    assert!(unavailable(&fixture.authenticate(&token, 0).await));
    fixture.world.watch_pod("server");
    assert!(fixture.authenticate(&token, 100).await.is_ok());

    // Another session of that name is known, but the pod is of the one before.
    let mut successor = stored(&json!({}), &json!({}));
    successor.metadata.uid = Some("successor".into());
    fixture.world.watch_session(&successor);
    assert!(unavailable(&fixture.authenticate(&token, 60_000).await));
    fixture.world.api_server.remove(Kind::BallSession, "harbor");
    assert!(matches!(fixture.authenticate(&token, 120_000).await, Err(Refusal::Forbidden(_))));
}

#[tokio::test]
async fn so_many_pods_of_nobody_are_looked_up_and_no_more() {
    let fixture = Fixture::new();
    let mut gone = 0;
    for number in 0..5_000_u64 {
        let token = fixture.token(&format!("pod-{number}"));
        gone += usize::from(unauthorized(&fixture.authenticate(&token, number * 10).await));
    }
    assert_eq!((gone, fixture.calls()), (1024, [1, 0, 1024]));
}

#[tokio::test]
async fn where_there_are_no_keys_a_token_is_reviewed_once() {
    let mut fixture = Fixture::of(World::with_reviews());
    let token = fixture.token("server");
    for second in 0..3000 {
        assert_eq!(fixture.authenticate(&token, second * 1000).await.unwrap().role, Role::Server);
    }
    assert_eq!(fixture.calls()[1..], [1, 0]);
    // Its pod still has to be there.
    fixture.world.unwatch_pod("server");
    fixture.world.api_server.remove(Kind::Pod, "server");
    assert!(unauthorized(&fixture.authenticate(&token, 3_000_000).await));
    // What is wrong by what it says of itself is not worth a review.
    let expired = fixture.changed(|payload| payload["exp"] = json!(1));
    let other = fixture.changed(|payload| payload["aud"] = json!([format!("{REPORT_AUDIENCE}/other")]));
    for token in [expired, other, "junk".into()] {
        assert!(unauthorized(&fixture.authenticate(&token, 0).await));
    }
    assert_eq!(fixture.calls()[1], 1);
}

#[tokio::test]
async fn where_there_are_no_keys_junk_is_bound_and_a_known_token_still_counts() {
    let fixture = Fixture::of(World::with_reviews());
    let token = fixture.token("server");
    assert!(fixture.authenticate(&token, 0).await.is_ok());
    for number in 0..10_000_u64 {
        let junk = forged("server", NAMESPACE, |payload| payload["jti"] = json!(number));
        let answer = fixture.authenticate(&junk, number).await;
        assert!(unauthorized(&answer) || matches!(answer, Err(Refusal::TooMany(_))), "{answer:?}");
    }
    assert!((1..=100 + 50 * 10).contains(&fixture.calls()[1]), "{:?}", fixture.calls());
    assert!(fixture.authenticate(&token, 10_000).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_reviewed_as_somebody_elses_is_refused() {
    let fixture = Fixture::of(World::with_reviews());
    let token = fixture.token("client");
    fixture.world.api_server.review_as(&token, "server");
    assert!(unauthorized(&fixture.authenticate(&token, 0).await));
}

#[tokio::test]
async fn a_key_of_a_kind_that_is_not_verified_here_means_a_review() {
    let fixture = Fixture::new();
    let mut jwk = fixture.world.api_server.issuer.public_key();
    (jwk["crv"], jwk["alg"]) = (json!("P-521"), json!("ES512"));
    *fixture.world.api_server.published.lock().unwrap() = Some(vec![jwk]);
    fixture.world.fetch_keys(fixture.start + Duration::from_secs(600));
    assert!(fixture.authenticate(&fixture.token("server"), 600_000).await.is_ok());
    assert_eq!(fixture.calls(), [2, 1, 0]);
}

/// The API server would refuse to say anything of such a pod, for ever.
#[tokio::test]
async fn a_pod_of_a_namespace_that_is_not_watched_is_told_so_without_a_question() {
    let fixture = Fixture::of(World::of_another_namespace());
    let refusal = fixture.authenticate(&fixture.token("server"), 0).await.unwrap_err();
    assert_eq!(refusal, Refusal::Forbidden("the operator runs no sessions in the pod's namespace"));
    let [_, reviews, objects] = fixture.calls();
    assert_eq!((reviews, objects), (0, 0));
}
