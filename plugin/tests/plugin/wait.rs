//! `wait`.

use serde_json::json;

use crate::harness::{World, ended, numbers};

#[tokio::test]
async fn what_is_missed_may_become_good() {
    let Some(world) = World::new("what_is_missed_may_become_good").await else { return };
    let ready = ("Ready", "True", "Ready");
    world.create("harbor", &json!({})).await;
    world.say("harbor", &[ready, ("ObjectivesMet", "False", "LatencyTooHigh")], &numbers(false)).await;
    let end = world.plugin(&["wait", "harbor"]).await;
    assert_eq!(end.code, Some(3), "{}", end.stderr);
    assert_eq!(end.stdout, "harbor: missed so far, LatencyTooHigh: LatencyTooHigh in words\n");

    let waiting = world.start(&["wait", "harbor", "--for", "met"]);
    world.say("harbor", &[ready, ("ObjectivesMet", "True", "Met")], &numbers(true)).await;
    let end = ended(waiting).await;
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert_eq!(end.stdout, "harbor: met so far, Met: Met in words\n");
    world.finish().await;
}

#[tokio::test]
async fn a_verdict_about_an_earlier_spec_is_waited_out() {
    let Some(world) = World::new("a_verdict_about_an_earlier_spec_is_waited_out").await else { return };
    world.create("harbor", &json!({})).await;
    world
        .say("harbor", &[("Ready", "True", "Ready"), ("ObjectivesMet", "True", "Met")], &numbers(true))
        .await;
    let patch = kube::api::Patch::Merge(json!({"spec": {"video": {"framesPerSecond": 60}}}));
    world
        .api::<crds::BallSession>()
        .patch("harbor", &kube::api::PatchParams::default(), &patch)
        .await
        .unwrap();
    let end = world.plugin(&["wait", "harbor", "--timeout", "5s"]).await;
    assert_eq!(end.code, Some(5), "{}", end.stdout);
    assert_eq!(
        end.stdout,
        "harbor: timed out after 5s, NotObserved: no operator has looked at generation 2 of the session\n"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_session_that_is_not_there_is_not_waited_for() {
    let Some(world) = World::new("a_session_that_is_not_there_is_not_waited_for").await else { return };
    let end = world.plugin(&["wait", "harbor"]).await;
    assert_eq!(end.code, Some(1));
    assert_eq!(
        end.stderr,
        format!("error: there is no session harbor in namespace {}\n", world.namespace.name)
    );
    world.finish().await;
}
