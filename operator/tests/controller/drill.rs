//! Drills: the server is replaced while clients stream, once, whoever leads.

use std::time::Duration;

use crds::{BallSession, DrillRun};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::ResourceExt;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{Operator, client, condition, eventually, up};

/// What is stored of the drill.
fn drill(session: &BallSession) -> Option<DrillRun> {
    session.status.as_ref()?.run.as_ref()?.drill.clone()
}

async fn stored_drill(operator: &Operator) -> Option<DrillRun> {
    drill(&operator.api::<BallSession>().get("harbor").await.unwrap())
}

/// Waits until the drill is stored that took this pod's place.
async fn wait_drilled(operator: &Operator, server: &Pod) -> BallSession {
    let uid = server.uid();
    operator
        .wait("harbor", "a drill", |session: &BallSession| {
            drill(session).is_some_and(|drill| drill.started_at.is_some() && drill.pod == uid)
        })
        .await
}

/// Brings up the server that takes the place of one that is gone.
async fn play_successor(operator: &Operator, gone: &Pod) -> Pod {
    operator.wait_gone::<Pod>(&gone.name_any(), gone.uid().as_deref()).await;
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    assert_ne!(server.uid(), gone.uid());
    operator.set_pod(&server, &up()).await;
    // Its clients are ready by the media of the one before.
    operator.server_reports(&operator.api::<BallSession>().get("harbor").await.unwrap()).await;
    server
}

/// How often the session was said to be drilled.
async fn drilled_events(operator: &Operator) -> i32 {
    let events = operator.api::<Event>().list(&ListParams::default()).await.unwrap();
    let drilled = events.iter().filter(|event| event.reason.as_deref() == Some("Drilled"));
    drilled.map(|event| event.series.as_ref().map_or(1, |series| series.count)).sum()
}

/// Changes what is stored of the drill, as the operator does.
async fn set_drill(operator: &Operator, drill: &Value) {
    let live = operator.api::<BallSession>().get("harbor").await.unwrap();
    let mut status = serde_json::to_value(live.status).unwrap();
    status["run"]["drill"] = drill.clone();
    let patch = json!({
        "apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "harbor"}, "status": status
    });
    let params = PatchParams::apply("ballsession-operator").force();
    operator.api::<BallSession>().patch_status("harbor", &params, &Patch::Apply(&patch)).await.unwrap();
}

#[tokio::test]
async fn a_session_is_drilled_once_while_its_clients_stream() {
    let Some((client, _shared)) = client("a_session_is_drilled_once_while_its_clients_stream").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let session = operator.create("harbor", &json!({"clients": 1, "drill": {"after": "5s"}})).await;
    let uid = session.uid().unwrap();
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    operator.set_pod(&server, &up()).await;
    operator.server_reports(&session).await;

    // Nobody streams yet.
    operator.wait_for_quiet().await;
    let awaited = stored_drill(&operator).await.unwrap();
    assert_eq!((awaited.asked.as_str(), awaited.streaming_since), ("RestartServer after 5s", None));
    let before = operator.reports.expected(&uid).unwrap();
    assert_eq!(before.drilled, None);

    let pod = operator.wait_pods("harbor", "client", 1).await.remove(0);
    operator.set_pod(&pod, &up()).await;
    operator
        .wait("harbor", "clients that stream", |session: &BallSession| {
            drill(session).is_some_and(|drill| drill.streaming_since.is_some())
        })
        .await;
    let drilled = drill(&wait_drilled(&operator, &server).await).unwrap();
    let streamed = drilled.started_at.clone().unwrap().0.duration_since(drilled.streaming_since.unwrap().0);
    assert!(streamed.as_secs() >= 4, "{streamed:?} of 5 s, of which one may be rounded");
    let said = |session: &BallSession| {
        condition(session, "Ready").1.contains("; drilled: its server was replaced at ")
    };
    operator.wait("harbor", "a condition that says so", said).await;
    let after = operator.reports.expected(&uid).unwrap();
    assert!(after.epoch != before.epoch && after.drilled.is_some(), "{after:?}");

    // The next server is none that is to be replaced, whichever operator looks at it.
    let successor = play_successor(&operator, &server).await;
    operator.wait_ready("harbor", "Ready").await;
    let operator = operator.restart().await;
    operator.wait_for_quiet().await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let now = operator.wait_pods("harbor", "server", 1).await.remove(0);
    assert_eq!((now.uid(), stored_drill(&operator).await.unwrap().pod), (successor.uid(), server.uid()));
    assert_eq!(drilled_events(&operator).await, 1);

    // Asked for otherwise it is drilled again.
    operator.server_reports(&session).await;
    operator.change("harbor", &json!({"drill": {"after": "6s"}})).await;
    wait_drilled(&operator, &successor).await;
    play_successor(&operator, &successor).await;
    operator.finish().await;
}

/// An operator that stored a drill and ended before it deleted the pod.
#[tokio::test]
async fn what_is_stored_of_a_drill_is_done_by_whoever_comes_next() {
    let Some((client, _shared)) = client("what_is_stored_of_a_drill_is_done_by_whoever_comes_next").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    operator.create("harbor", &json!({"clients": 1, "drill": {"after": "24h"}})).await;
    operator.play_pods("harbor", 1).await;
    operator.wait_ready("harbor", "Ready").await;
    let server = operator.wait_pods("harbor", "server", 1).await.remove(0);
    let half = json!({"asked": "RestartServer after 86400s", "streamingSince": "2026-01-01T00:00:00Z",
                      "startedAt": "2026-01-02T00:00:00Z", "pod": server.uid()});
    let operator = operator.restart_after(async |operator| set_drill(operator, &half).await).await;
    play_successor(&operator, &server).await;
    operator.wait_for_quiet().await;
    assert_eq!(serde_json::to_value(stored_drill(&operator).await).unwrap(), half);
    operator.finish().await;
}

#[tokio::test]
async fn nothing_is_drilled_that_is_suspended_or_over() {
    let Some((client, _shared)) = client("nothing_is_drilled_that_is_suspended_or_over").await else {
        return;
    };
    let operator = Operator::start(&client).await;
    let drill = json!({"clients": 1, "duration": "24h", "drill": {"after": "5s"}});
    operator.create("harbor", &drill).await;
    operator.play_pods("harbor", 1).await;
    operator.change("harbor", &json!({"suspend": true})).await;
    operator.wait_ready("harbor", "Suspended").await;
    operator
        .wait("harbor", "a drill that does not wait", |session: &BallSession| {
            self::drill(session).is_some_and(|drill| drill.streaming_since.is_none())
        })
        .await;
    let first = operator.api::<BallSession>().get("harbor").await.unwrap();
    assert_eq!(stored_drill(&operator).await.unwrap().started_at, None);

    // Of a run that has an end another drill is another run.
    operator.change("harbor", &json!({"suspend": false, "drill": {"after": "23h"}})).await;
    let run = |session: &BallSession| session.status.as_ref()?.run.as_ref().map(|run| run.hash.clone());
    operator.wait("harbor", "another run", |session: &BallSession| run(session) != run(&first)).await;
    eventually("the drill of that run", async || {
        let drill = stored_drill(&operator).await;
        let is_asked = drill.as_ref().is_some_and(|drill| drill.asked == "RestartServer after 82800s");
        if is_asked { Ok(()) } else { Err(drill) }
    })
    .await;
    operator.finish().await;
}
