//! An installation under other names, in another namespace, of other images: whatever refers to what kustomize has changed follows.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::kustomize::rendered;

/// An overlay with everything that users change, and `more`.
fn overlay(more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = std::fs::canonicalize(folder.path()).unwrap();
    let base = relative(&own, &std::fs::canonicalize(files::path("deploy")).unwrap());
    let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
    let list = format!(
        "namespace: tower\nnamePrefix: a-\nnameSuffix: -b\nresources: [{base}/base]\n{}images:\n\
         - {{name: ballsession-operator, newName: registry.example:5000/x/o, newTag: \"1\"}}\n\
         - {{name: ballsession-server, newName: registry.example:5000/x/s, newTag: \"2\"}}\n\
         - {{name: ballsession-client, newName: mirror/c, digest: {digest}}}\n",
        more.replace("DEPLOY", &base)
    );
    std::fs::write(folder.path().join("kustomization.yaml"), list).unwrap();
    folder
}

/// kustomize takes no absolute paths.
fn relative(from: &Path, to: &Path) -> String {
    let up = from.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| "..");
    let down = to.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// All texts of an object, with the names of the fields that they are in.
pub(crate) fn texts<'a>(path: &mut Vec<&'a str>, value: &'a Value, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((path.join(" "), text)),
        Value::Array(items) => items.iter().for_each(|item| texts(path, item, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(name);
                texts(path, field, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// O17: the report URL had the Service's first name in it, and images were arguments that kustomize does not know.
#[test]
fn nothing_refers_to_a_name_that_was_changed() {
    let folder = overlay("");
    let Some(objects) = rendered("nothing_refers_to_a_name_that_was_changed", folder.path()) else { return };
    let before = files::install();
    let names: BTreeSet<&str> =
        before.iter().filter(|object| object["kind"] != "CustomResourceDefinition").map(name).collect();
    // Those of labels and of the lease are no objects' names.
    let is_fixed = |path: &str| {
        path.ends_with("app.kubernetes.io/name")
            || path.ends_with("app.kubernetes.io/part-of")
            || path.ends_with("ballsession.dev/leader")
    };
    let mut still = Vec::new();
    for object in &objects {
        let mut found = Vec::new();
        texts(&mut Vec::new(), object, &mut found);
        for (path, text) in found {
            let refers = names.contains(text) || text.contains("ballsession-system");
            if refers && !is_fixed(&path) && object["kind"] != "CustomResourceDefinition" {
                still.push(format!("{}: {path}: {text}", files::title(object)));
            }
        }
    }
    assert_eq!(still, ["Role a-ballsession-operator-lease-b: rules resourceNames: ballsession-operator"]);
    let titles: BTreeSet<String> = objects.iter().map(files::title).collect();
    for binding in objects.iter().filter(|object| object["roleRef"].is_object()) {
        let (kind, name) = (&binding["roleRef"]["kind"], binding["roleRef"]["name"].as_str().unwrap());
        let role = format!("{} {name}", kind.as_str().unwrap());
        // Kubernetes' own ones are there without us.
        let is_there = name.starts_with("system:") || titles.contains(&role);
        assert!(is_there, "{}: there is no {role}", files::title(binding));
        let account =
            json!({"kind": "ServiceAccount", "name": "a-ballsession-operator-b", "namespace": "tower"});
        assert_eq!(binding["subjects"], json!([account]), "{}", files::title(binding));
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// A binding that led elsewhere would bind nobody, and nothing would say so.
#[test]
fn the_policies_on_what_the_operator_does_find_it() {
    let folder = overlay("");
    let Some(objects) = rendered("the_policies_on_what_the_operator_does_find_it", folder.path()) else {
        return;
    };
    let of_kind = |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
    let policies: BTreeSet<&str> = of_kind("ValidatingAdmissionPolicy").map(name).collect();
    let bound: BTreeSet<&str> = of_kind("ValidatingAdmissionPolicyBinding")
        .map(|binding| {
            let parameters = &binding["spec"]["paramRef"];
            assert_eq!(
                (&parameters["name"], &parameters["namespace"]),
                (&json!("a-ballsession-operator-b"), &json!("tower")),
                "{}",
                name(binding)
            );
            binding["spec"]["policyName"].as_str().unwrap()
        })
        .collect();
    assert_eq!(bound, policies);
    assert_eq!(policies.len(), 4);
    let account = of_kind("ServiceAccount").next().unwrap();
    assert_eq!(
        (name(account), &account["metadata"]["namespace"]),
        ("a-ballsession-operator-b", &json!("tower"))
    );
}

#[test]
fn the_policies_can_be_left_out_and_nothing_else_goes() {
    let test = "the_policies_can_be_left_out_and_nothing_else_goes";
    let (with, without) = (overlay(""), overlay("components: [DEPLOY/components/without-admission]\n"));
    let (Some(with), Some(without)) = (rendered(test, with.path()), rendered(test, without.path())) else {
        return;
    };
    let is_policy =
        |object: &&Value| object["kind"].as_str().unwrap().starts_with("ValidatingAdmissionPolicy");
    assert_eq!(with.iter().filter(is_policy).count(), 8);
    let others: Vec<_> = with.iter().filter(|object| !is_policy(object)).cloned().collect();
    assert!(without == others, "{:?}", without.iter().map(files::title).collect::<Vec<_>>());
}

#[test]
fn the_operator_is_told_its_service_and_the_images_of_sessions() {
    let folder = overlay("");
    let test = "the_operator_is_told_its_service_and_the_images_of_sessions";
    let Some(objects) = rendered(test, folder.path()) else { return };
    let of_kind = |kind: &str| objects.iter().find(|object| object["kind"] == kind).unwrap();
    assert_eq!(name(of_kind("Namespace")), "tower");
    let pod = &of_kind("Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "registry.example:5000/x/o:1");
    let secret = name(of_kind("Secret"));
    assert_eq!(container["args"], json!(["--service", name(of_kind("Service")), "--report-secret", secret]));
    let role = objects.iter().find(|object| name(object) == "a-ballsession-operator-report-keys-b").unwrap();
    assert_eq!(role["rules"][0]["resourceNames"], json!([secret]), "and no other one");
    assert_eq!(files::variable(container, "BALLSESSION_SERVER_IMAGE"), "registry.example:5000/x/s:2");
    let client = files::variable(container, "BALLSESSION_CLIENT_IMAGE");
    assert!(client.as_str().unwrap().starts_with("mirror/c@sha256:0123"), "{client}");
    assert_eq!(pod["serviceAccountName"], "a-ballsession-operator-b");
    // Who wants defaults for pods can bring them by another name, or under this one without kustomize.
    assert_eq!(pod["volumes"][0]["configMap"]["name"], "ballsession-operator-pod-defaults");
    let selector = &of_kind("Service")["spec"]["selector"];
    for (key, value) in selector.as_object().unwrap() {
        let label = &of_kind("Deployment")["spec"]["template"]["metadata"]["labels"][key];
        assert!(key == "ballsession.dev/leader" || label == value, "{key}");
    }
}

/// O19: platforms with ids of their own refuse all others, and some want ids to be named.
#[test]
fn ids_are_the_platforms_unless_they_are_pinned() {
    let test = "ids_are_the_platforms_unless_they_are_pinned";
    let folder = overlay("components: [DEPLOY/components/pinned-ids]\n");
    let Some(objects) = rendered(test, folder.path()) else { return };
    let pod = |objects: &[Value]| {
        let deployment = objects.iter().find(|object| object["kind"] == "Deployment").unwrap();
        deployment["spec"]["template"]["spec"].clone()
    };
    let base = files::install();
    assert_eq!(
        pod(&base)["securityContext"],
        json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})
    );
    let pinned = pod(&objects);
    for id in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_eq!(pinned["securityContext"][id], 65532, "{id}");
    }
    let defaults = objects.iter().find(|object| object["kind"] == "ConfigMap").unwrap();
    assert_eq!(defaults["metadata"]["namespace"], "tower");
    assert_eq!(
        pinned["volumes"][0]["configMap"]["name"], defaults["metadata"]["name"],
        "another text is another pod"
    );
    let text = defaults["data"]["pod-defaults.yaml"].as_str().unwrap();
    let defaults = ballsession_operator::settings::parse(text).unwrap();
    assert_eq!(defaults.server.security_context.run_as_user, Some(65532));
    assert_eq!(defaults.client.security_context.fs_group, Some(65532));
}
