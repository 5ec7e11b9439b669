//! From a pod's report to the status of its session.

use ballsession_operator::report_source::ReportSource;
use ballsession_operator::run::{End, Outcome, Progress};
use ballsession_operator::session::validate;
use cluster::client;
use crds::BallSession;
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::post::{self, post};
use crate::world::{AUDIENCE, NAME, Operator, World, eventually};

fn met(session: &BallSession) -> Option<String> {
    let conditions = &session.status.as_ref()?.conditions;
    let condition = conditions.iter().find(|condition| condition.type_ == "ObjectivesMet")?;
    Some(format!("{}/{}", condition.status, condition.reason))
}

fn matched(session: &BallSession) -> i64 {
    let measurements = session.status.as_ref().and_then(|status| status.measurements.clone());
    measurements.and_then(|measurements| measurements.frames).map_or(0, |frames| frames.matched)
}

fn errors(session: &BallSession) -> i64 {
    session.status.as_ref().and_then(|status| status.error_count).unwrap_or(0)
}

#[tokio::test]
async fn reports_of_server_and_client_end_up_in_status() {
    let Some(client) = client("reports_of_server_and_client_end_up_in_status").await else { return };
    let world = World::create(&client).await;
    let operator = Operator::start(&world).await;
    world.wait("a first condition", |session| met(session).as_deref() == Some("Unknown/NoReports")).await;

    let server = world.token(&world.pod("server").await, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &server, &post::server(0, 1, 900, 2)).await, 202);
    let from_client = world.token(&world.pod("client").await, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &from_client, &post::client(1, 3)).await, 202);

    let session = world.wait("numbers", |session| errors(session) == 5).await;
    assert_eq!(met(&session).as_deref(), Some("True/Met"));
    assert_eq!(matched(&session), 900);
    let status = session.status.as_ref().unwrap();
    let display = status.display.as_ref().unwrap();
    assert_eq!(
        (display.error_p95.as_deref(), display.latency_p95.as_deref(), display.loss.as_deref()),
        (Some("0.012px"), Some("7.5ms"), Some("0.00%"))
    );
    assert_eq!((status.clients[0].id.as_str(), status.server_restarts), ("beacon-client-0", Some(0)));
    assert_eq!(status.errors[1].message.as_deref(), Some("gone\\u{1b}[2J"));
    assert!(status.run.is_some(), "the other writer's fields stay");
    let managers: Vec<_> =
        session.managed_fields().iter().filter_map(|field| field.manager.clone()).collect();
    assert!(managers.contains(&"ballsession-reports".to_owned()), "{managers:?}");

    // What the API server gives back is what was meant, so it is not written again, however long one waits: here a
    // little longer than writes of a session are apart.
    let version = session.resource_version();
    assert_eq!(post(&operator.endpoint, &server, &post::server(0, 2, 900, 2)).await, 202);
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    assert_eq!(world.sessions.get(NAME).await.unwrap().resource_version(), version);
    world.namespace.delete().await;
}

/// It stayed, and the writer wrote against it every ten seconds.
#[tokio::test]
async fn what_somebody_else_says_of_the_numbers_is_taken_away() {
    let Some(client) = client("what_somebody_else_says_of_the_numbers_is_taken_away").await else { return };
    let world = World::create(&client).await;
    let operator = Operator::start(&world).await;
    let server = world.token(&world.pod("server").await, AUDIENCE).await;
    assert_eq!(post(&operator.endpoint, &server, &post::server(0, 1, 900, 0)).await, 202);
    world.wait("numbers", |session| matched(session) == 900).await;
    world.apply_status("somebody", &json!({"display": {"cause": "Network"}, "readyClients": 1})).await;
    let cause = |session: &BallSession| session.status.as_ref()?.display.as_ref()?.cause.clone();
    let session = world.wait("no cause", |session| cause(session).is_none()).await;
    let status = session.status.as_ref().unwrap();
    assert!(status.ready_clients == Some(1) && status.run.is_some(), "what is none of its own stays");
    world.namespace.delete().await;
}

#[tokio::test]
async fn another_operator_never_lowers_numbers() {
    let Some(client) = client("another_operator_never_lowers_numbers").await else { return };
    let world = World::create(&client).await;
    let server = world.token(&world.pod("server").await, AUDIENCE).await;
    let from_client = world.token(&world.pod("client").await, AUDIENCE).await;
    let first = Operator::start(&world).await;
    assert_eq!(post(&first.endpoint, &from_client, &post::client(1, 3)).await, 202);
    assert_eq!(post(&first.endpoint, &server, &post::server(0, 8, 800, 4)).await, 202);
    let before = world.wait("numbers", |session| errors(session) == 7 && matched(session) == 800).await;
    drop(first);

    let second = Operator::start(&world).await;
    // A report that was under way for long, then one that is new.
    assert_eq!(post(&second.endpoint, &server, &post::server(0, 7, 700, 4)).await, 202);
    assert_eq!(post(&second.endpoint, &server, &post::server(0, 9, 900, 5)).await, 202);
    let after = world
        .wait("new numbers", |session| {
            assert!(matched(session) >= 800 && errors(session) >= 7, "lower than before the restart");
            matched(session) == 900
        })
        .await;
    assert_eq!(met(&after), met(&before));
    let restarts = |session: &BallSession| session.status.as_ref().and_then(|status| status.server_restarts);
    assert_eq!(restarts(&after), Some(0));

    assert_eq!(post(&second.endpoint, &server, &post::server(5, 1, 400, 0)).await, 202);
    let reset = world.wait("another process", |session| restarts(session) == Some(1)).await;
    assert_eq!(matched(&reset), 400);
    world.namespace.delete().await;
}

#[tokio::test]
async fn a_run_ends_and_another_begins() {
    let Some(client) = client("a_run_ends_and_another_begins").await else { return };
    let world = World::create(&client).await;
    let server = world.token(&world.pod("server").await, AUDIENCE).await;
    let operator = Operator::start(&world).await;
    let mut last = post::server(0, 1, 900, 0);
    last["connectedClients"] = json!(0);
    last["summary"]["errorPixels"]["p95"] = json!(0.5);
    assert_eq!(post(&operator.endpoint, &server, &last).await, 202);
    let stored = world.wait("numbers", |session| matched(session) == 900).await;
    let session = validate(&stored).unwrap();
    let end = End { since: std::time::Instant::now(), outcome: Outcome::Finished };
    eventually("the end of the run", async || {
        operator.reports.finish_run(&session, end, std::time::Instant::now()) == Progress::Done
    })
    .await;
    let ended = world.sessions.get(NAME).await.unwrap();
    let shown = |session: &BallSession| {
        session
            .status
            .as_ref()
            .and_then(|status| status.display.clone())
            .and_then(|display| display.error_p95)
    };
    assert_eq!(shown(&ended).as_deref(), Some("0.5px"), "of the whole run");

    let other = json!({"spec": {"video": {"width": 320}}});
    let changed = world.sessions.patch(NAME, &PatchParams::default(), &Patch::Merge(other)).await.unwrap();
    let past = json!([{"hash": session.run_hash, "verdict": "True", "reason": "Met"}]);
    let session = validate(&changed).unwrap();
    assert_eq!(
        operator.reports.begin_run(&session),
        Progress::Pending,
        "its numbers stay until the history has them"
    );
    let archived = Patch::Merge(json!({"status": {"history": past}}));
    world.sessions.patch_status(NAME, &PatchParams::default(), &archived).await.unwrap();
    eventually("room for another run", async || operator.reports.begin_run(&session) == Progress::Done).await;
    let cleared = world.sessions.get(NAME).await.unwrap();
    assert_eq!((shown(&cleared), matched(&cleared)), (None, 0));
    // The pod of the run before may say what it wants.
    assert_eq!(post(&operator.endpoint, &server, &post::server(0, 2, 1000, 0)).await, 202);
    assert_eq!(operator.reports.view(&session.owner.uid).server, None);
    world.namespace.delete().await;
}

#[tokio::test]
async fn numbers_never_go_to_another_session_of_the_same_name() {
    let Some(client) = client("numbers_never_go_to_another_session_of_the_same_name").await else { return };
    let world = World::create(&client).await;
    let before = world.sessions.get(NAME).await.unwrap();
    world.sessions.delete(NAME, &DeleteParams::default()).await.unwrap();
    eventually("the end of the session", async || world.sessions.get_opt(NAME).await.unwrap().is_none())
        .await;
    let successor = BallSession::new(NAME, before.spec.clone());
    world.sessions.create(&PostParams::default(), &successor).await.unwrap();
    // What the writer relies on: an apply that names a version is only for the object that has it.
    let patch = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession",
        "metadata": {"name": NAME, "resourceVersion": before.resource_version()}, "status": {"errorCount": 7}
    });
    let params = PatchParams::apply("ballsession-reports").force();
    let refused = world.sessions.patch_status(NAME, &params, &Patch::Apply(patch)).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.is_conflict()), "{refused}");
    world.namespace.delete().await;
}
