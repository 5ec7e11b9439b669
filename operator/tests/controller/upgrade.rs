//! Another version of the operator, with other images: what runs moves to them a few at a time, and bounded runs not at all.

use std::time::Duration;

use ballsession_operator::settings::Settings;
use crds::BallSession;
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use kube::api::ListParams;
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
