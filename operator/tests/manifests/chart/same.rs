//! Object by object it is the same as without helm.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::chart::{find, rendered};
use crate::files;
use crate::kustomize;

/// What helm's objects have beside what the manifests have, in selectors too: `instance` keeps two releases in a namespace apart.
const OF_HELM: [&str; 5] = [
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
    "helm.sh/resource-policy",
];

/// An object without that; but for the operator's own label on the pods of sessions.
fn without_helm(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| {
                !OF_HELM.contains(&name.as_str()) || **value == *"ballsession-operator"
            });
            kept.map(|(name, value)| (name.clone(), without_helm(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_helm).collect(),
        other => other.clone(),
    }
}

fn by_title(objects: &[Value]) -> BTreeMap<String, Value> {
    objects.iter().map(|object| (files::title(object), without_helm(object))).collect()
}

/// The resource is in a chart of its own, which names itself in labels, and is kept.
fn take_resource(objects: &mut BTreeMap<String, Value>) -> Value {
    let mut resource = objects.remove("CustomResourceDefinition ballsessions.ballsession.dev").unwrap();
    let metadata = resource["metadata"].as_object_mut().unwrap();
    metadata.remove("labels");
    metadata.remove("annotations");
    resource
}

fn assert_same(mut chart: BTreeMap<String, Value>, mut manifests: BTreeMap<String, Value>) {
    assert!(
        take_resource(&mut chart) == take_resource(&mut manifests),
        "the resource differs: `make manifests`"
    );
    // That is made by `helm install --create-namespace`, or is there.
    manifests.remove("Namespace ballsession-system");
    assert_eq!(chart.keys().collect::<Vec<_>>(), manifests.keys().collect::<Vec<_>>());
    for (title, object) in &chart {
        assert_eq!(object, &manifests[title], "{title}");
    }
}

#[test]
fn what_is_generated_is_up_to_date() {
    let output = Command::new(files::path("scripts/chart-templates")).arg("--check").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn by_default_it_is_the_file_to_install() {
    let test = "by_default_it_is_the_file_to_install";
    let Some(chart) = rendered(test, "ballsession", "ballsession-system", &[]) else { return };
    let resource = find(&chart, "CustomResourceDefinition ballsessions.ballsession.dev");
    assert_eq!(resource["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    assert_same(by_title(&chart), by_title(&files::install()));
}

#[test]
fn for_one_namespace_it_is_the_overlay() {
    let test = "for_one_namespace_it_is_the_overlay";
    let values = ["watchNamespace=media"];
    let Some(chart) = rendered(test, "ballsession", "ballsession-system", &values) else { return };
    let folder = files::path("deploy/overlays/single-namespace");
    let Some(overlay) = kustomize::rendered(test, &folder) else { return };
    assert_same(by_title(&chart), by_title(&overlay));
}

#[test]
fn monitoring_is_that_of_the_folder() {
    let test = "monitoring_is_that_of_the_folder";
    let values = ["podMonitors", "rules", "dashboards"].map(|part| format!("monitoring.{part}.enabled=true"));
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some(with) = rendered(test, "ballsession", "ballsession-system", &values) else { return };
    let Some(without) = rendered(test, "ballsession", "ballsession-system", &[]) else { return };
    let Some(folder) = kustomize::rendered(test, &files::path("deploy/monitoring")) else { return };
    let (mut with, without) = (by_title(&with), by_title(&without));
    with.retain(|title, _| !without.contains_key(title));
    let mut folder = by_title(&folder);
    // What the folder has for who scrapes is installed with the chart, wanted or not.
    folder.retain(|title, _| !without.contains_key(title));
    for object in with.values_mut().chain(folder.values_mut()) {
        // helm puts what names no namespace into that of the release.
        object["metadata"].as_object_mut().unwrap().remove("namespace");
    }
    assert_eq!(with.keys().collect::<Vec<_>>(), folder.keys().collect::<Vec<_>>());
    for (title, object) in &with {
        assert!(*object == folder[title], "{title} differs: {object:#}");
    }
}

/// O19: ids are the platform's unless they are named.
#[test]
fn ids_can_be_pinned_as_the_component_does() {
    let test = "ids_can_be_pinned_as_the_component_does";
    let ids = r#"{"runAsUser":65532,"runAsGroup":65532,"fsGroup":65532}"#;
    let values = [format!("podSecurityContext={ids}"), format!("podDefaults.all.securityContext={ids}")];
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let Some(chart) = rendered(test, "ballsession", "ballsession-system", &values) else { return };
    let pod = &find(&chart, "Deployment ballsession-operator")["spec"]["template"];
    for id in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_eq!(pod["spec"]["securityContext"][id], 65532, "{id}");
    }
    assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    let map = find(&chart, "ConfigMap ballsession-operator-pod-defaults");
    assert_eq!(pod["spec"]["volumes"][0]["configMap"]["name"], map["metadata"]["name"]);
    let read = |text: &str| ballsession_operator::settings::parse(text).unwrap();
    let component = files::text("deploy/components/pinned-ids/pod-defaults.yaml");
    assert_eq!(read(map["data"]["pod-defaults.yaml"].as_str().unwrap()), read(&component));
    // They are read once: others are other pods.
    let annotation = &pod["metadata"]["annotations"]["ballsession.dev/pod-defaults"];
    let Some(other) =
        rendered(test, "ballsession", "ballsession-system", &["podDefaults.all.priorityClassName=canaries"])
    else {
        return;
    };
    let other = &find(&other, "Deployment ballsession-operator")["spec"]["template"]["metadata"];
    assert!(annotation.is_string() && other["annotations"]["ballsession.dev/pod-defaults"] != *annotation);
}
