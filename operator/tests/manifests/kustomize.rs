//! What `kubectl kustomize` makes of the folders, where there is a kubectl.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::files;

/// The objects by kind and name; `None`, and a line that says so, without kubectl.
fn kustomize(test: &str, folder: &str) -> Option<BTreeMap<String, Value>> {
    rendered(test, &files::path(folder)).map(by_title)
}

/// The same in their order.
pub(crate) fn rendered(test: &str, folder: &Path) -> Option<Vec<Value>> {
    let output = match Command::new("kubectl").arg("kustomize").arg(folder).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Not eprintln: the test runner would keep it to itself.
            let line = format!("SKIPPED {test}: it needs kubectl\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            return None;
        }
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(files::objects(&String::from_utf8(output.stdout).unwrap()))
}

fn by_title(objects: Vec<Value>) -> BTreeMap<String, Value> {
    objects.into_iter().map(|object| (files::title(&object), object)).collect()
}

#[test]
fn the_base_is_the_file_to_install() {
    let Some(base) = kustomize("the_base_is_the_file_to_install", "deploy/base") else { return };
    assert!(base == by_title(files::install()));
}

#[test]
fn an_operator_for_one_namespace_has_no_rights_elsewhere() {
    let test = "an_operator_for_one_namespace_has_no_rights_elsewhere";
    let Some(mut overlay) = kustomize(test, "deploy/overlays/single-namespace") else { return };
    let binding = overlay.remove("RoleBinding ballsession-operator").unwrap();
    assert_eq!(binding["metadata"]["namespace"], "media");
    let deployment = overlay.get_mut("Deployment ballsession-operator").unwrap();
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array_mut().unwrap();
    assert_eq!(env.pop().unwrap(), json!({"name": "BALLSESSION_WATCH_NAMESPACE", "value": "media"}));

    let mut base = by_title(files::install());
    let everywhere = base.remove("ClusterRoleBinding ballsession-operator").unwrap();
    assert_eq!(
        (&binding["roleRef"], &binding["subjects"]),
        (&everywhere["roleRef"], &everywhere["subjects"])
    );
    assert!(overlay == base, "something else differs");
}

/// O9: the second of two installations took the first one's ClusterRoleBinding.
#[test]
fn operators_of_their_own_namespaces_have_nothing_in_common() {
    let test = "operators_of_their_own_namespaces_have_nothing_in_common";
    let Some(overlay) = kustomize(test, "deploy/overlays/own-namespace") else { return };
    let base = by_title(files::install());
    for (title, object) in &overlay {
        let (_, name) = title.split_once(' ').unwrap();
        assert!(!base.contains_key(title) && name.starts_with("media-"), "{title} is of both");
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("media");
        assert_eq!(namespace, "media", "{title}");
        // Each of them refers to its own.
        for subject in object["subjects"].as_array().into_iter().flatten() {
            assert_eq!(
                (&subject["name"], &subject["namespace"]),
                (&json!("media-ballsession-operator"), &json!("media")),
                "{title}"
            );
        }
        if let Some(kind) = object["roleRef"]["kind"].as_str() {
            let name = object["roleRef"]["name"].as_str().unwrap();
            // Kubernetes' own are everybody's.
            let is_there = name.starts_with("system:") || overlay.contains_key(&format!("{kind} {name}"));
            assert!(is_there, "{title} binds {kind} {name}");
        }
    }
    assert!(
        !overlay.keys().any(|title| title.starts_with("CustomResourceDefinition ")),
        "it is all of theirs"
    );
    assert!(
        !overlay.contains_key("ClusterRoleBinding media-ballsession-operator"),
        "it has rights elsewhere"
    );
    let pod = &overlay["Deployment media-ballsession-operator"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(files::variable(container, "BALLSESSION_WATCH_NAMESPACE"), "media");
    let secret = "media-ballsession-operator-reports";
    let told = json!(["--service", "media-ballsession-operator", "--report-secret", secret]);
    assert_eq!(container["args"], told);
    assert!(overlay.contains_key("Service media-ballsession-operator"));
    // Its keys, and the right to no other Secret.
    assert!(overlay.contains_key(&format!("Secret {secret}")));
    let role = &overlay["Role media-ballsession-operator-report-keys"];
    assert_eq!(role["rules"][0]["resourceNames"], json!([secret]));
    assert_eq!(pod["serviceAccountName"], "media-ballsession-operator");
}
