//! A release under another name, in another namespace: whatever refers to a name follows, and nothing is another release's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::chart::{find, rendered};
use crate::files;
use crate::renamed::texts;

/// A release whose names have nothing in common with those of the manifests.
fn canary(test: &str, values: &[&str]) -> Option<Vec<Value>> {
    rendered(test, "canary", "tower", values)
}

#[test]
fn all_names_are_the_releases() {
    let test = "all_names_are_the_releases";
    let pod_defaults = "podDefaults.all.priorityClassName=canaries";
    let monitoring =
        ["podMonitors", "rules", "dashboards"].map(|part| format!("monitoring.{part}.enabled=true"));
    let mut values: Vec<&str> = monitoring.iter().map(String::as_str).collect();
    values.push(pod_defaults);
    let Some(objects) = canary(test, &values) else { return };
    let titles: BTreeSet<String> = objects.iter().map(files::title).collect();
    let before: BTreeSet<String> = files::install()
        .iter()
        .filter(|object| object["kind"] != "CustomResourceDefinition")
        .map(|object| object["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    // By these labels sessions and people find an operator, whatever its release is called.
    let is_fixed = |path: &str| path.ends_with("app.kubernetes.io/name") || path.ends_with("part-of");
    for object in objects.iter().filter(|object| object["kind"] != "CustomResourceDefinition") {
        let title = files::title(object);
        let name = object["metadata"]["name"].as_str().unwrap();
        assert!(name.starts_with("canary-ballsession"), "{title}");
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("tower");
        assert_eq!(namespace, "tower", "{title}");
        assert_eq!(object["metadata"]["labels"]["app.kubernetes.io/instance"], "canary", "{title}");
        let mut found = Vec::new();
        texts(&mut Vec::new(), object, &mut found);
        for (path, text) in found.iter().filter(|(path, _)| !is_fixed(path)) {
            let is_former = before.contains(*text) || text.contains("ballsession-system");
            // It is by whom the operator's children are managed.
            assert!(!is_former || path.ends_with("managed-by"), "{title}: {path}: {text}");
        }
        if let Some(kind) = object["roleRef"]["kind"].as_str() {
            let role = format!("{kind} {}", object["roleRef"]["name"].as_str().unwrap());
            assert!(role.contains(" system:") || titles.contains(&role), "{title}: there is no {role}");
            // Prometheus shows a token of an account of its own.
            let whose = if name.ends_with("-scraper") { "scraper" } else { "operator" };
            let account = format!("canary-ballsession-{whose}");
            assert!(titles.contains(&format!("ServiceAccount {account}")), "{title}: there is no {account}");
            let subject = json!({"kind": "ServiceAccount", "name": account, "namespace": "tower"});
            assert_eq!(object["subjects"], json!([subject]), "{title}");
        }
    }
    let pod = &find(&objects, "Deployment canary-ballsession-operator")["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], "canary-ballsession-operator");
    assert!(titles.contains("ConfigMap canary-ballsession-operator-pod-defaults"));
    assert_eq!(pod["volumes"][0]["configMap"]["name"], "canary-ballsession-operator-pod-defaults");
}

/// Of two releases in one namespace each has its lease, its Service leads to its leader, and it may write no other's lease and keys.
#[test]
fn the_operator_is_told_its_service_keys_and_lease() {
    let Some(objects) = canary("the_operator_is_told_its_service_keys_and_lease", &[]) else { return };
    let container = &find(&objects, "Deployment canary-ballsession-operator")["spec"]["template"]["spec"]["containers"]
        [0];
    let (service, secret) = ("canary-ballsession-operator", "canary-ballsession-operator-reports");
    assert_eq!(container["args"], json!(["--service", service, "--report-secret", secret]));
    find(&objects, &format!("Secret {secret}"));
    let lease = files::variable(container, "BALLSESSION_LEASE_NAME");
    let selector = &find(&objects, &format!("Service {service}"))["spec"]["selector"];
    assert_eq!(selector["ballsession.dev/leader"], lease);
    assert_eq!(selector["app.kubernetes.io/instance"], "canary");
    let rules = |title: &str| find(&objects, title)["rules"].as_array().unwrap().clone();
    let names = |rules: Vec<Value>| {
        rules.into_iter().filter_map(|rule| rule.get("resourceNames").cloned()).collect::<Vec<_>>()
    };
    assert_eq!(names(rules("Role canary-ballsession-operator-lease")), [json!([lease])]);
    assert_eq!(names(rules("Role canary-ballsession-operator-report-keys")), [json!([secret])]);
}

#[test]
fn every_selector_of_the_operator_selects_the_release_alone() {
    let test = "every_selector_of_the_operator_selects_the_release_alone";
    let Some(objects) = canary(test, &["monitoring.podMonitors.enabled=true"]) else { return };
    let spec = |title: &str| &find(&objects, title)["spec"];
    let operator = "canary-ballsession-operator";
    let labels = &spec(&format!("Deployment {operator}"))["template"]["metadata"]["labels"];
    for selector in [
        &spec(&format!("Deployment {operator}"))["selector"]["matchLabels"],
        &spec(&format!("Deployment {operator}"))["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"]
            ["matchLabels"],
        &spec(&format!("PodDisruptionBudget {operator}"))["selector"]["matchLabels"],
        &spec(&format!("NetworkPolicy {operator}"))["podSelector"]["matchLabels"],
        &spec(&format!("PodMonitor {operator}"))["selector"]["matchLabels"],
    ] {
        assert_eq!(selector["app.kubernetes.io/instance"], "canary");
        for (label, value) in selector.as_object().unwrap() {
            assert_eq!(labels[label], *value, "{label}");
        }
    }
}

#[test]
fn names_can_be_given_and_never_are_too_long() {
    let test = "names_can_be_given_and_never_are_too_long";
    for (release, values, name) in [
        ("media", &["fullnameOverride=tower"][..], "tower-operator".to_owned()),
        ("my-ballsession-2", &[], "my-ballsession-2-operator".to_owned()),
        (&*"x".repeat(53), &[], format!("{}-ballsession-operator", "x".repeat(28))),
    ] {
        let Some(objects) = rendered(test, release, "tower", values) else { return };
        find(&objects, &format!("Deployment {name}"));
        for object in &objects {
            let name = object["metadata"]["name"].as_str().unwrap();
            assert!(name.len() <= 63, "{name}");
        }
    }
}

#[test]
fn images_are_of_one_registry_by_tag_or_digest() {
    let test = "images_are_of_one_registry_by_tag_or_digest";
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let client = format!("images.client.digest={digest}");
    let values = [
        "images.registry=registry.example:5000/media/",
        "images.tag=v1",
        "images.server.tag=v2",
        "images.client.registry=mirror.example",
        &client,
        "images.pullSecrets[0].name=mirror",
        "images.sessionPullPolicy=Always",
    ];
    let Some(objects) = rendered(test, "ballsession", "tower", &values) else { return };
    let pod = &find(&objects, "Deployment ballsession-operator")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "registry.example:5000/media/ballsession-operator:v1");
    let of = |name: &str| files::variable(container, name);
    assert_eq!(of("BALLSESSION_SERVER_IMAGE"), "registry.example:5000/media/ballsession-server:v2");
    assert_eq!(of("BALLSESSION_CLIENT_IMAGE"), format!("mirror.example/ballsession-client@{digest}"));
    assert_eq!(of("BALLSESSION_IMAGE_PULL_POLICY"), "Always");
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "mirror"}]));
}

/// For who may not make anything that belongs to no namespace.
#[test]
fn a_release_can_do_without_rights_in_the_cluster() {
    let test = "a_release_can_do_without_rights_in_the_cluster";
    let values =
        ["namespacedOnly=true", "watchNamespace=media", "crds.enabled=false", "admissionPolicies=false"];
    let Some(objects) = canary(test, &values) else { return };
    for object in &objects {
        let kind = object["kind"].as_str().unwrap();
        assert!(
            object["metadata"]["namespace"].is_string() && !kind.starts_with("Cluster"),
            "{}",
            files::title(object)
        );
    }
    let role = find(&objects, "Role canary-ballsession-operator");
    let everywhere = files::install();
    assert_eq!(role["rules"], find(&everywhere, "ClusterRole ballsession-operator")["rules"]);
    let binding = find(&objects, "RoleBinding canary-ballsession-operator");
    assert_eq!(
        (&role["metadata"]["namespace"], &binding["metadata"]["namespace"]),
        (&json!("media"), &json!("media"))
    );
    assert_eq!(binding["roleRef"]["kind"], "Role");
    // Metrics are for Prometheus only where they are for all.
    for open in [
        r#"extraEnv=[{"name": "BALLSESSION_HTTP_ACCESS", "value": "open"}]"#,
        r#"extraArgs=["--http-access=open"]"#,
    ] {
        let values = [&values[..], &["monitoring.podMonitors.enabled=true", open]].concat();
        let Some(objects) = canary(test, &values) else { return };
        find(&objects, "PodMonitor canary-ballsession-operator");
    }
}
