//! Another version of the operator, with other images or other pods: what runs moves to them a few at a time, and bounded runs not
//! at all.

use std::time::Duration;

use ballsession_operator::settings::Settings;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{Operator, client, condition, eventually, settings};

const OLD: &str = "registry.example/s:7";
const NEW: &str = "registry.example/s:8";

/// The names of the servers with this image.
async fn servers(operator: &Operator, image: &str) -> Vec<String> {
    let servers = operator.api::<Deployment>().list(&ListParams::default()).await.unwrap().items;
    let image_of = |server: &Deployment| {
        let pod = server.spec.template.spec.as_ref()?;
        pod.containers.first()?.image.clone()
    };
    servers
        .iter()
        .filter(|server| image_of(server).as_deref() == Some(image))
        .map(ResourceExt::name_any)
        .collect()
}

/// O11: an upgrade of the operator started all sessions anew at once.
#[tokio::test]
async fn sessions_move_to_the_images_of_another_operator_a_few_at_a_time() {
    let Some((client, _shared)) =
        client("sessions_move_to_the_images_of_another_operator_a_few_at_a_time").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let names: Vec<_> = (0..7).map(|number| format!("harbor-{number}")).collect();
    for name in &names {
        operator.create(name, &json!({"clients": 0})).await;
    }
    operator.create("bounded", &json!({"clients": 0, "duration": "5m"})).await;
    for name in names.iter().map(String::as_str).chain(["bounded"]) {
        operator.play_pods(name, 0).await;
        operator.wait_ready(name, "Ready").await;
    }
    operator.wait_for_quiet().await;
    assert_eq!(servers(&operator, OLD).await.len(), 8);

    let operator = operator.upgrade(Settings { server_image: NEW.into(), ..settings() }).await;
    eventually("five that move", async || match servers(&operator, NEW).await {
        moved if moved.len() == 5 => Ok(()),
        moved => Err(moved),
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let first = servers(&operator, NEW).await;
    assert_eq!(first.len(), 5, "others wait until these are ready again: {first:?}");
    for server in &first {
        let name = server.strip_suffix("-server").unwrap();
        operator.play_pods(name, 0).await;
        operator.wait_ready(name, "Ready").await;
    }
    eventually("the others", async || match servers(&operator, NEW).await {
        moved if moved.len() == 7 => Ok(()),
        moved => Err(moved),
    })
    .await;
    assert_eq!(
        servers(&operator, OLD).await,
        ["bounded-server"],
        "a run keeps the images that it began with"
    );
    let bounded = operator.api::<BallSession>().get("bounded").await.unwrap();
    assert_eq!(condition(&bounded, "Ready").0, "Ready");
    let images = bounded.status.unwrap().run.unwrap().images.unwrap();
    assert_eq!(images.server.as_deref(), Some(OLD));

    // Its next run has those of this operator.
    operator.change("bounded", &json!({"run": "again"})).await;
    eventually("no old one", async || match servers(&operator, OLD).await {
        old if old.is_empty() => Ok(()),
        old => Err(old),
    })
    .await;
    operator.finish().await;
}

/// An operator that makes pods otherwise, with the same images.
fn otherwise() -> Settings {
    Settings { report_url: "http://ballsession-operator.tower:8090/v1/reports".into(), ..settings() }
}

/// The names of the sessions whose server is made as [`otherwise`] says.
async fn moved(operator: &Operator) -> Vec<String> {
    let servers = operator.api::<Deployment>().list(&ListParams::default()).await.unwrap().items;
    let is_moved = |server: &&Deployment| {
        let pod = server.spec.template.spec.as_ref();
        let args = pod.and_then(|pod| pod.containers.first()).and_then(|container| container.args.as_ref());
        args.is_some_and(|args| args.contains(&otherwise().report_url))
    };
    let names = servers.iter().filter(is_moved).map(ResourceExt::name_any);
    names.map(|name| name.strip_suffix("-server").unwrap().to_owned()).collect()
}

/// Waits for so many sessions that have moved, and a while in which there are no more.
async fn wait_moved(operator: &Operator, count: usize) -> Vec<String> {
    eventually("sessions that move", async || match moved(operator).await {
        moved if moved.len() == count => Ok(()),
        moved => Err(moved),
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let moved = moved(operator).await;
    assert_eq!(moved.len(), count, "others wait until these are ready again: {moved:?}");
    moved
}

/// UIDs of the pods of a session.
async fn pods(operator: &Operator, session: &str) -> Vec<Option<String>> {
    let server = operator.wait_pods(session, "server", 1).await;
    let clients = operator.wait_pods(session, "client", 1).await;
    server.iter().chain(&clients).map(ResourceExt::uid).collect()
}

/// O11: requests, flags and variables of pods had them all start anew at once, and bounded runs with them.
#[tokio::test]
async fn sessions_move_to_the_pods_of_another_operator_a_few_at_a_time() {
    let Some((client, _shared)) =
        client("sessions_move_to_the_pods_of_another_operator_a_few_at_a_time").await
    else {
        return;
    };
    let operator = Operator::start(&client).await;
    let names: Vec<_> = (0..7).map(|number| format!("harbor-{number}")).collect();
    let all: Vec<_> = names.iter().map(String::as_str).chain(["bounded"]).collect();
    for name in &names {
        operator.create(name, &json!({"clients": 1})).await;
    }
    operator.create("bounded", &json!({"clients": 1, "duration": "5m"})).await;
    let mut before = std::collections::BTreeMap::new();
    for name in &all {
        operator.play_pods(name, 1).await;
        operator.wait_ready(name, "Ready").await;
        before.insert(*name, pods(&operator, name).await);
    }
    operator.wait_for_quiet().await;

    // The version before did not store what pods are made of.
    let operator = operator
        .upgrade_after(otherwise(), async |operator| {
            let none = Patch::Merge(json!({"status": {"run": {"podTemplates": null}}}));
            for name in &all {
                let sessions = operator.api::<BallSession>();
                sessions.patch_status(name, &PatchParams::default(), &none).await.unwrap();
            }
        })
        .await;
    let first = wait_moved(&operator, 5).await;
    let operator = operator.upgrade(otherwise()).await;
    assert_eq!(wait_moved(&operator, 5).await, first, "another process waits for the same");
    for name in all.iter().filter(|name| !first.iter().any(|moved| moved == *name)) {
        assert_eq!(pods(&operator, name).await, before[name], "{name}");
    }
    for name in &first {
        operator.play_pods(name, 1).await;
        operator.wait_ready(name, "Ready").await;
        let now = pods(&operator, name).await;
        assert!(now.iter().all(|pod| !before[name.as_str()].contains(pod)), "{name}");
    }
    eventually("the others", async || match moved(&operator).await {
        moved if moved.len() == 7 => Ok(()),
        moved => Err(moved),
    })
    .await;
    operator.wait_for_quiet().await;
    assert_eq!(pods(&operator, "bounded").await, before["bounded"], "a run stays as it began");

    // A client that failed is followed by what this operator makes, and stays so with the next version.
    let failed = operator.wait_pods("bounded", "client", 1).await.remove(0);
    operator.set_pod(&failed, &json!({"phase": "Failed", "reason": "Evicted"})).await;
    let follows = eventually("its replacement", async || {
        let pod = operator.wait_pods("bounded", "client", 1).await.remove(0);
        if pod.uid() == failed.uid() { Err(pod.name_any()) } else { Ok(pod) }
    })
    .await;
    let operator = operator.upgrade(settings()).await;
    let operator =
        operator.upgrade(Settings { image_pull_policy: Some(crds::PullPolicy::Never), ..settings() }).await;
    operator.wait_for_quiet().await;
    assert_eq!(pods(&operator, "bounded").await, [before["bounded"][0].clone(), follows.uid()]);

    // What is asked for otherwise is there at once, and the server is not touched by that.
    operator.change("bounded", &json!({"client": {"faults": ["drop=1%"]}})).await;
    operator.wait_gone::<Pod>(&follows.name_any(), None).await;
    assert_eq!(pods(&operator, "bounded").await[0], before["bounded"][0]);
    operator.change("bounded", &json!({"run": "again"})).await;
    eventually("another server", async || {
        let server = operator.wait_pods("bounded", "server", 1).await.remove(0);
        if server.uid() == before["bounded"][0] { Err(server.name_any()) } else { Ok(()) }
    })
    .await;
    operator.finish().await;
}
