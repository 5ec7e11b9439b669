//! Who is authenticated, and what it costs to find out.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use super::reporter::Reporter;
use super::*;
use crate::reports::api_server::Kind;
use crate::reports::moment::Moment;
use crate::reports::refusal::Refusal;
use crate::reports::testing::{NAMESPACE, World, forged, stored};

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
        let world = World::new();
        Self { world, start: Instant::now() }
    }

    /// Authenticates `token` so many milliseconds after the start.
    async fn authenticate(&self, token: &str, milliseconds: u64) -> Result<Reporter, Refusal> {
        let now = self.start + Duration::from_millis(milliseconds);
        self.world.reports.authenticator.authenticate(token, Moment { now, wall: wall() }).await
    }

    fn reviews(&self) -> usize {
        self.world.api_server.reviews.load(Ordering::Relaxed)
    }
}

fn unauthorized(answer: &Result<Reporter, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Unauthorized(_)))
}

#[tokio::test]
async fn session_and_role_come_from_the_identity() {
    let fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    let reporter = fixture.authenticate(&token, 0).await.unwrap();
    assert_eq!((reporter.session.name.as_str(), reporter.role), ("harbor", Role::Server));
    let token = fixture.world.api_server.issue("client", ACCOUNT, NAMESPACE);
    assert_eq!(fixture.authenticate(&token, 0).await.unwrap().role, Role::Client);
}

#[tokio::test]
async fn a_token_is_asked_about_once_in_five_minutes() {
    let fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    for second in 0..300 {
        fixture.authenticate(&token, second * 1000).await.unwrap();
    }
    assert_eq!(fixture.reviews(), 1);
    fixture.authenticate(&token, 300_000).await.unwrap();
    assert_eq!(fixture.reviews(), 2);
}

#[tokio::test]
async fn a_known_token_still_counts_when_there_is_no_asking_again() {
    let mut fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    fixture.authenticate(&token, 0).await.unwrap();
    for pod in 0..100 {
        fixture.world.watch_pod(&format!("server-{pod}"));
    }
    let flood = async |fixture: &Fixture, milliseconds: u64| {
        for pod in 0..100 {
            let _ = fixture
                .authenticate(&forged(&format!("server-{pod}"), NAMESPACE, |_| ()), milliseconds)
                .await;
        }
    };
    flood(&fixture, 300_000).await;
    let before = fixture.reviews();
    assert_eq!(fixture.authenticate(&token, 300_000).await.unwrap().role, Role::Server);
    assert_eq!(fixture.reviews(), before, "nobody was asked");

    // What is new has to wait, and a pod that is gone has nothing to report.
    let other = forged("server", NAMESPACE, |payload| payload["jti"] = json!("other"));
    assert!(matches!(fixture.authenticate(&other, 300_000).await, Err(Refusal::TooMany(_))));
    fixture.world.unwatch_pod("server");
    assert!(fixture.authenticate(&token, 300_000).await.is_err());
}

#[tokio::test]
async fn only_a_token_that_claims_to_be_a_servers_names_its_session() {
    let fixture = Fixture::new();
    let claimed = |pod: &str| {
        let token = forged(pod, NAMESPACE, |_| ());
        fixture.world.reports.authenticator.claimed_server(&token, wall())
    };
    assert_eq!(claimed("server").unwrap().name, "harbor");
    assert_eq!((claimed("client"), claimed("nobody")), (None, None));
}

#[tokio::test]
async fn a_wrong_audience_and_an_expired_token_cost_nothing() {
    let fixture = Fixture::new();
    let wrong =
        forged("server", NAMESPACE, |payload| payload["aud"] = json!(["https://kubernetes.default.svc"]));
    let expired = forged("server", NAMESPACE, |payload| payload["exp"] = json!(wall().as_second() - 1));
    for token in [wrong.as_str(), expired.as_str(), "junk", ""] {
        assert!(unauthorized(&fixture.authenticate(token, 0).await), "{token}");
    }
    assert_eq!(fixture.reviews(), 0);
    assert_eq!(fixture.world.api_server.look_ups.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_forged_token_of_a_pod_that_exists_is_reviewed_once_in_ten_seconds() {
    let fixture = Fixture::new();
    let token = forged("server", NAMESPACE, |_| ());
    assert!(unauthorized(&fixture.authenticate(&token, 0).await));
    assert!(unauthorized(&fixture.authenticate(&token, 9_999).await));
    assert_eq!(fixture.reviews(), 1);
    assert!(unauthorized(&fixture.authenticate(&token, 10_000).await));
    assert_eq!(fixture.reviews(), 2);
}

#[tokio::test]
async fn a_recreated_pod_makes_the_token_of_its_predecessor_worthless() {
    let mut fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    fixture.authenticate(&token, 0).await.unwrap();
    // The same name, another UID: for the API server, and for the watch.
    fixture.world.api_server.change(Kind::Pod, "server", |metadata| metadata.uid = Some("successor".into()));
    fixture.world.unwatch_pod("server");
    let answer = fixture.authenticate(&token, 5_000).await;
    assert!(unauthorized(&answer), "{answer:?}");
}

#[tokio::test]
async fn only_live_look_ups_forbid() {
    let fixture = Fixture::new();
    let api_server = &fixture.world.api_server;
    api_server.add(Kind::Pod, "hand-made", None);
    for (pod, account) in [("hand-made", ACCOUNT), ("server", "default")] {
        let token = api_server.issue(pod, account, NAMESPACE);
        let answer = fixture.authenticate(&token, 0).await;
        assert!(matches!(answer, Err(Refusal::Forbidden(_))), "{pod}: {answer:?}");
    }
    // The same names elsewhere lead nowhere.
    let elsewhere = api_server.issue("server", ACCOUNT, "elsewhere");
    assert!(unauthorized(&fixture.authenticate(&elsewhere, 0).await));
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_forbids_nothing() {
    let fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    fixture.world.api_server.is_down.store(true, Ordering::Relaxed);
    assert!(matches!(fixture.authenticate(&token, 0).await, Err(Refusal::Unavailable(_))));
    fixture.world.api_server.is_down.store(false, Ordering::Relaxed);
    assert!(fixture.authenticate(&token, 1_000).await.is_ok(), "and is not remembered");
}

#[tokio::test]
async fn what_the_watches_do_not_know_yet_has_to_come_again() {
    let mut fixture = Fixture::new();
    let token = fixture.world.api_server.issue("server", ACCOUNT, NAMESPACE);
    fixture.world.unwatch_pod("server");
    assert!(matches!(fixture.authenticate(&token, 0).await, Err(Refusal::Unavailable(_))));
    fixture.world.watch_pod("server");
    assert!(fixture.authenticate(&token, 100).await.is_ok());
    assert_eq!(fixture.reviews(), 1);

    // Another session of that name is known, but the pod is of the one before.
    let mut successor = stored(&json!({}), &json!({}));
    successor.metadata.uid = Some("successor".into());
    fixture.world.watch_session(&successor);
    assert!(matches!(fixture.authenticate(&token, 1_000).await, Err(Refusal::Unavailable(_))));
    fixture.world.api_server.remove(Kind::BallSession, "harbor");
    assert!(matches!(fixture.authenticate(&token, 2_000).await, Err(Refusal::Forbidden(_))));
}

#[tokio::test]
async fn ten_thousand_junk_tokens_lead_to_few_reviews() {
    let fixture = Fixture::new();
    let mut refused = [0; 2];
    for number in 0..10_000_u64 {
        // Half of them claim to be of a pod that exists, the others of as many that do not; each is another token.
        let pod = if number % 2 == 0 { "server".to_owned() } else { format!("pod-{number}") };
        let token = forged(&pod, NAMESPACE, |payload| payload["jti"] = json!(number));
        match fixture.authenticate(&token, number).await {
            Err(Refusal::Unauthorized(_)) => refused[0] += 1,
            Err(Refusal::TooMany(_)) => refused[1] += 1,
            answer => panic!("{answer:?}"),
        }
    }
    assert_eq!(refused[0] + refused[1], 10_000);
    assert!((1..=40 + 20 * 10).contains(&fixture.reviews()), "{}", fixture.reviews());
    let look_ups = fixture.world.api_server.look_ups.load(Ordering::Relaxed);
    assert!(look_ups <= 5 + 5 * 10, "{look_ups}");
}

#[tokio::test]
async fn junk_of_many_pods_that_exist_is_bound_as_well() {
    let mut fixture = Fixture::new();
    for pod in 0..1_000 {
        fixture.world.watch_pod(&format!("pod-{pod}"));
    }
    let mut pods_with_turns = 0;
    for number in 0..10_000_u64 {
        let pod = format!("pod-{}", number % 1_000);
        let token = forged(&pod, NAMESPACE, |payload| payload["jti"] = json!(number));
        pods_with_turns += usize::from(unauthorized(&fixture.authenticate(&token, number).await));
    }
    assert!(fixture.reviews() <= 40 + 20 * 10, "{}", fixture.reviews());
    assert_eq!(pods_with_turns, fixture.reviews());
}
