//! Prometheus gets the metrics with what deploy/monitoring gives it.

use std::path::Path;

use ballsession_operator::http::HttpAccess;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use crate::requests::get;
use crate::world::{Operator, World, eventually};

/// An object of deploy/monitoring.
fn object(file: &str, kind: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/monitoring").join(file);
    let objects: Vec<Value> = serde_saphyr::from_multiple(&std::fs::read_to_string(path).unwrap()).unwrap();
    objects.into_iter().find(|object| object["kind"] == kind).unwrap()
}

#[tokio::test]
async fn the_scrapers_token_opens_metrics_and_nothing_else() {
    let Some(client) = cluster::client("the_scrapers_token_opens_metrics_and_nothing_else").await else {
        return;
    };
    let world = World::create(&client).await;
    let account = object("scraper.yaml", "ServiceAccount")["metadata"]["name"].as_str().unwrap().to_owned();
    world.accounts.create(&account).await;
    world.accounts.grant_role_of("monitoring/scraper.yaml", &account).await;
    let mut secret = object("scraper.yaml", "Secret");
    secret["metadata"]["namespace"] = json!(world.namespace.name);
    let secrets = Api::<Secret>::namespaced(client.clone(), &world.namespace.name);
    secrets.create(&PostParams::default(), &serde_json::from_value(secret).unwrap()).await.unwrap();

    let monitor = object("operator-pods.yaml", "PodMonitor");
    let credentials = &monitor["spec"]["podMetricsEndpoints"][0]["authorization"]["credentials"];
    let (name, key) = (credentials["name"].as_str().unwrap(), credentials["key"].as_str().unwrap());
    let mut token = String::new();
    eventually("the scraper's token", async || {
        let stored = secrets.get(name).await.unwrap();
        token = stored
            .data
            .and_then(|data| Some(String::from_utf8(data.get(key)?.0.clone()).unwrap()))
            .unwrap_or_default();
        !token.is_empty()
    })
    .await;

    let operator = Operator::start(&world, HttpAccess::Token).await;
    eventually("metrics", async || get(operator.address, "/metrics", Some(&token)).await.code == 200).await;
    let metrics = get(operator.address, "/metrics", Some(&token)).await;
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"), "{metrics:?}");
    let series = format!(
        "ballsession_operator_session_ready{{namespace=\"{}\",session=\"harbor\"}} 0.0",
        world.namespace.name
    );
    assert!(metrics.body.contains(&series), "{metrics:?}");
    // Next to nothing was asked for that.
    let reviews = "ballsession_operator_http_access_reviews_total{review=\"token\",outcome=\"accepted\"} 1\n";
    assert!(metrics.body.contains(reviews), "{metrics:?}");
    assert_eq!(get(operator.address, "/status", Some(&token)).await.code, 403);
    world.delete().await;
}
