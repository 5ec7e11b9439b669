//! The values: each is described, has a default, and any other is refused by name.

use crds::BallSession;
use kube::CustomResourceExt;
use serde_json::Value;

use crate::chart::template;
use crate::files;

fn schema() -> Value {
    serde_json::from_str(&files::text("charts/ballsession/values.schema.json")).unwrap()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// Those that helm itself puts there.
const OF_HELM: [&str; 2] = ["global", "ballsession-crds"];

#[test]
fn every_value_is_described_and_has_a_default_and_there_are_no_others() {
    fn check(path: &str, schema: &Value, default: &Value) {
        for (name, value) in properties(schema) {
            let path = format!("{path}.{name}");
            let description = value["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.') && !description.contains('\n'), "{path}: {description:?}");
            if OF_HELM.contains(&name.as_str()) {
                continue;
            }
            let default = default.get(name).unwrap_or_else(|| panic!("{path} has no default in values.yaml"));
            // What may be left out has no defaults in it.
            if path != ".podDefaults" {
                check(&path, value, default);
            }
        }
        if schema["properties"].is_object() {
            assert_eq!(schema["additionalProperties"], false, "{path}");
            for name in default.as_object().unwrap().keys() {
                assert!(schema["properties"].get(name).is_some(), "{path}.{name} is not in the schema");
            }
        }
    }
    let [defaults] = files::objects(&files::text("charts/ballsession/values.yaml")).try_into().unwrap();
    check("", &schema(), &defaults);
}

#[test]
fn the_defaults_of_session_pods_are_the_fields_of_the_resource() {
    let crd = serde_json::to_value(BallSession::crd()).unwrap();
    let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
    // These have values of their own.
    let is_elsewhere = |name: &String| ["image", "imagePullPolicy"].contains(&name.as_str());
    let names = |schema| properties(schema).map(|(name, _)| name.clone());
    let mut of_resource: Vec<_> = names(&spec["server"]).filter(|name| !is_elsewhere(name)).collect();
    let schema = schema();
    let mut of_chart: Vec<_> = names(&schema["definitions"]["pod"]).collect();
    of_chart.sort();
    of_resource.sort();
    assert_eq!(of_chart, of_resource);
    assert_eq!(schema["definitions"]["pod"]["additionalProperties"], false);
}

#[test]
fn what_is_misspelt_or_makes_no_sense_is_refused_by_name() {
    let test = "what_is_misspelt_or_makes_no_sense_is_refused_by_name";
    for (values, complaints) in [
        (&["watchNamespaces=media"][..], &["'watchNamespaces' not allowed"][..]),
        (&["images.server.tga=v1"], &["/images/server", "'tga' not allowed"]),
        (&["podDefaults.all.priorityClas=x"], &["/podDefaults/all", "'priorityClas' not allowed"]),
        (&["monitoring.podMonitors.enable=true"], &["/monitoring/podMonitors", "'enable' not allowed"]),
        (&["ballsession-crds.enabled=false"], &["/ballsession-crds", "'enabled' not allowed"]),
        (&["replicas=0"], &["/replicas"]),
        (&["images.pullPolicy=Sometimes"], &["/images/pullPolicy", "IfNotPresent"]),
        (&["images.client.digest=sha256:12"], &["/images/client/digest"]),
        (&["watchNamespace=Media"], &["/watchNamespace"]),
        (&["monitoring.runbookBaseUrl=docs.example"], &["/monitoring/runbookBaseUrl"]),
        (&["test.placement=Elsewhere"], &["/test/placement", "CrossNode"]),
        (&["podDisruptionBudget.maxUnavailable=many"], &["/podDisruptionBudget/maxUnavailable"]),
        (&["namespacedOnly=true"], &["namespacedOnly", "it must name a namespace"]),
        (&["namespacedOnly=true", "watchNamespace=media"], &["namespacedOnly", "crds.enabled must be false"]),
        (
            &["namespacedOnly=true", "watchNamespace=media", "crds.enabled=false"],
            &["namespacedOnly", "admissionPolicies=false says"],
        ),
        (
            &[
                "namespacedOnly=true",
                "watchNamespace=media",
                "crds.enabled=false",
                "admissionPolicies=false",
                "monitoring.podMonitors.enabled=true",
            ],
            &["monitoring.podMonitors.enabled", "--http-access=open"],
        ),
    ] {
        let Some(output) = template(test, "ballsession", "tower", values, &[]) else { return };
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{values:?} was taken");
        for complaint in complaints {
            assert!(said.contains(complaint), "{values:?}: {said}");
        }
    }
}
