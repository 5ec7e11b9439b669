//! Both writers of a session's status at once, as in the operator: what a row of `kubectl get` shows explains itself.

use std::sync::{Arc, Mutex};

use ballsession_operator::cluster::{Scope, watch};
use ballsession_operator::controller::metrics::Metrics;
use ballsession_operator::controller::{Context, Pace, run};
use cluster::client;
use crds::BallSession;
use futures_util::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::post::{self, post};
use crate::world::{AUDIENCE, Operator, World, settings};

/// Status and reason of a condition.
fn condition(session: &BallSession, kind: &str) -> Option<(String, String)> {
    let conditions = session.status.iter().flat_map(|status| &status.conditions);
    let found = conditions.into_iter().find(|condition| condition.type_ == kind)?;
    Some((found.status.clone(), found.reason.clone()))
}

fn shown(session: &BallSession) -> String {
    let display = session.status.as_ref().and_then(|status| status.display.as_ref());
    display.and_then(|display| display.reason.clone()).unwrap_or_default()
}

/// The reason that a row with these conditions has.
fn expected(session: &BallSession) -> String {
    let not_true = |kind| condition(session, kind).filter(|(status, _)| status != "True");
    not_true("Ready").or_else(|| not_true("ObjectivesMet")).map(|(_, reason)| reason).unwrap_or_default()
}

/// What a kubelet would write.
async fn set_ready(world: &World, pod: &Pod, is_ready: bool) {
    let status = if is_ready { "True" } else { "False" };
    let condition = json!({"type": "Ready", "status": status, "lastTransitionTime": jiff::Timestamp::now()});
    let patch: Value =
        json!({"status": {"phase": "Running", "podIP": "10.244.1.7", "conditions": [condition]}});
    let (name, params) = (pod.name_any(), PatchParams::default());
    world.pods.patch_status(&name, &params, &Patch::Merge(patch)).await.unwrap();
}

/// O24: READY True, MET True, 544 frames, and NoReports, for as long as the second writer took.
#[tokio::test]
async fn no_version_of_a_session_contradicts_itself() {
    let Some(client) = client("no_version_of_a_session_contradicts_itself").await else { return };
    let world = World::create(&client).await;
    let versions: Arc<Mutex<Vec<BallSession>>> = Arc::default();
    let events = watcher(world.sessions.clone(), watcher::Config::default()).applied_objects();
    let watched = Arc::clone(&versions);
    let stop = CancellationToken::new();
    tokio::spawn(stop.clone().run_until_cancelled_owned(events.for_each(move |event| {
        watched.lock().unwrap().extend(event.ok());
        std::future::ready(())
    })));
    let operator = Operator::start(&world).await;
    let (watches, _) = watch(&client, &Scope::Namespace(world.namespace.name.clone()));
    let context = Context {
        client: client.clone(),
        settings: settings(),
        reports: Arc::clone(&operator.reports) as _,
        report_ca: tokio::sync::watch::channel(Some("authorities".into())).1,
        metrics: Metrics::register(&mut Registry::default()),
        pace: Pace::default(),
    };
    tokio::spawn(run(context, watches, stop.clone()));

    let (server, first_client) = (world.pod("server").await, world.pod("client").await);
    let token = world.token(&server, AUDIENCE).await;
    let mut sequence = 0;
    for (is_ready, matched) in [(true, 20), (true, 900), (false, 20), (true, 900), (false, 900), (true, 20)] {
        sequence += 1;
        let body = post::server(0, sequence, matched, 0);
        // Both writers have something to write at the same time.
        tokio::join!(set_ready(&world, &server, true), set_ready(&world, &first_client, is_ready), async {
            assert_eq!(post(&operator.endpoint, &token, &body).await, 202);
        });
        let met = if matched == 900 { "True" } else { "Unknown" };
        world
            .wait("what was posted and observed", |session| {
                let is = |kind, status: &str| condition(session, kind).is_some_and(|(is, _)| is == status);
                is("ObjectivesMet", met) && is("Ready", if is_ready { "True" } else { "False" })
            })
            .await;
    }
    stop.cancel();
    let versions = versions.lock().unwrap().clone();
    let rows: Vec<_> = versions.iter().map(|session| (shown(session), expected(session))).collect();
    assert!(rows.iter().all(|(shown, expected)| shown == expected), "{rows:#?}");
    for reason in ["", "WaitingForClients", "InsufficientSamples"] {
        assert!(rows.iter().any(|(shown, _)| shown == reason), "{reason:?} is not in {rows:#?}");
    }
    world.namespace.delete().await;
}
