//! What is in deploy/gates refers to what is installed, and the API server takes it where it knows the kind. What it means is tried
//! with the tools' own engines, by deploy/gates/check/run.

use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::Value;

use crate::files;

/// Those with objects of Kubernetes' own kinds.
const OF_KUBERNETES: [&str; 3] = ["reader.yaml", "runner.yaml", "nightly/nightly.yaml"];
/// Those that lead to the operator's Service.
const LEADING: [&str; 2] = ["argo-rollouts/verdict.yaml", "flagger/canary-webhook.yaml"];

#[test]
fn they_lead_to_the_service_of_all_replicas() {
    let objects = files::install();
    let titled = |title: &str| objects.iter().find(|object| files::title(object) == title).unwrap();
    let service = titled("Service ballsession-operator-http");
    let pod = &titled("Deployment ballsession-operator")["spec"]["template"];
    let selector = service["spec"]["selector"].as_object().unwrap();
    assert!(selector.iter().all(|(label, value)| pod["metadata"]["labels"][label] == *value), "{service}");
    let [port] = service["spec"]["ports"].as_array().unwrap().as_slice() else { panic!("{service}") };
    let mut ports = pod["spec"]["containers"][0]["ports"].as_array().unwrap().iter();
    assert!(ports.any(|own| own["name"] == port["targetPort"]), "{port}");
    let metadata = &service["metadata"];
    let (name, namespace) = (metadata["name"].as_str().unwrap(), metadata["namespace"].as_str().unwrap());
    let address = format!("http://{name}.{namespace}:{}", port["port"]);
    for file in LEADING {
        assert!(files::text(&format!("deploy/gates/{file}")).contains(&address), "{file} has no {address}");
    }
}

#[tokio::test]
async fn the_api_server_takes_what_it_knows() {
    let Some(client) = cluster::client("the_api_server_takes_what_it_knows").await else { return };
    for file in OF_KUBERNETES {
        for object in files::objects(&files::text(&format!("deploy/gates/{file}"))) {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let version = text(&object["apiVersion"]);
            let (group, version) = version.split_once('/').unwrap_or(("", &version));
            let kind = GroupVersionKind::gvk(group, version, &text(&object["kind"]));
            let api =
                Api::<DynamicObject>::default_namespaced_with(client.clone(), &ApiResource::from_gvk(&kind));
            let dry = PatchParams::apply("tests").dry_run().validation_strict();
            api.patch(&text(&object["metadata"]["name"]), &dry, &Patch::Apply(&object))
                .await
                .unwrap_or_else(|error| panic!("{file}: {}: {error}", files::title(&object)));
        }
    }
}
