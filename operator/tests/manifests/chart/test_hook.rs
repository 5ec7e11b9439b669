//! What `helm test` does: a run across nodes, and a pod that waits for its verdict.

use crds::BallSessionSpec;
use crds::limits::MAX_NAME;
use serde_json::{Value, json};

use crate::chart::{find, rendered_with};
use crate::files;

fn hooks(test: &str, values: &[&str]) -> Option<Vec<Value>> {
    let all = rendered_with(test, "canary", "tower", values, &[])?;
    let is_hook = |object: &Value| object["metadata"]["annotations"]["helm.sh/hook"] == "test";
    Some(all.into_iter().filter(is_hook).collect())
}

#[test]
fn it_runs_a_bounded_session_and_waits_for_it_in_this_order() {
    let test = "it_runs_a_bounded_session_and_waits_for_it_in_this_order";
    let Some(hooks) = hooks(test, &["watchNamespace=media", "images.registry=registry.example"]) else {
        return;
    };
    let weight = |title: &str| {
        let weight = &find(&hooks, title)["metadata"]["annotations"]["helm.sh/hook-weight"];
        weight.as_str().unwrap().parse::<i32>().unwrap()
    };
    let name = "canary-ballsession-test";
    let [account, role, binding, session, pod] =
        ["ServiceAccount", "Role", "RoleBinding", "BallSession", "Pod"].map(|kind| format!("{kind} {name}"));
    assert_eq!(hooks.len(), 5);
    assert!(weight(&account).max(weight(&role)) < weight(&binding), "a binding refers to both");
    assert!(weight(&binding) < weight(&session) && weight(&session) < weight(&pod));

    let session = find(&hooks, &session);
    assert_eq!(session["metadata"]["namespace"], "media", "the operator watches no other one");
    let spec: BallSessionSpec = serde_json::from_value(session["spec"].clone()).unwrap();
    assert_eq!(serde_json::to_value(&spec).unwrap()["placement"], "CrossNode");
    assert_eq!(spec.duration.as_deref(), Some("20s"));
    assert!(spec.ttl_after_finished.is_some(), "one that fails does not stay for ever");

    let pod = find(&hooks, &pod);
    assert_eq!(pod["metadata"]["namespace"], "tower");
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["args"], json!(["wait", name, "--namespace", "media", "--timeout", "4m"]));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(container["image"], format!("registry.example/ballsession-operator:{version}"));
    assert_eq!(pod["spec"]["serviceAccountName"], name);
    // As restricted as the operator itself.
    let [operator] = files::objects(&files::text("deploy/base/deployment.yaml")).try_into().unwrap();
    let operator = &operator["spec"]["template"]["spec"];
    assert_eq!(pod["spec"]["securityContext"], operator["securityContext"]);
    assert_eq!(container["securityContext"], operator["containers"][0]["securityContext"]);
}

#[test]
fn it_may_read_that_session_and_nothing_else() {
    let Some(hooks) = hooks("it_may_read_that_session_and_nothing_else", &[]) else { return };
    let name = "canary-ballsession-test";
    let role = find(&hooks, &format!("Role {name}"));
    assert_eq!(
        role["rules"],
        json!([{"apiGroups": ["ballsession.dev"], "resources": ["ballsessions"], "resourceNames": [name], "verbs": ["get"]}])
    );
    let binding = find(&hooks, &format!("RoleBinding {name}"));
    assert_eq!(binding["subjects"], json!([{"kind": "ServiceAccount", "name": name, "namespace": "tower"}]));
    assert_eq!(role["metadata"]["namespace"], "tower");
}

/// Sessions have shorter names than other objects.
#[test]
fn its_session_has_a_name_that_the_resource_takes() {
    let test = "its_session_has_a_name_that_the_resource_takes";
    // The longest; and one that is cut behind a dash.
    for fullname in [format!("a{}", "b".repeat(39)), format!("{}-bcde", "a".repeat(34))] {
        let Some(hooks) = hooks(test, &[&format!("fullnameOverride={fullname}")]) else { return };
        let session = hooks.iter().find(|object| object["kind"] == "BallSession").unwrap();
        let name = session["metadata"]["name"].as_str().unwrap();
        assert!(name.len() <= MAX_NAME && name.ends_with("-test") && !name.contains("--"), "{name}");
        assert!(fullname.starts_with(name.trim_end_matches("-test")), "{name}");
    }
}

#[test]
fn it_can_be_left_out() {
    let Some(hooks) = hooks("it_can_be_left_out", &["test.enabled=false"]) else { return };
    assert!(hooks.is_empty(), "{hooks:?}");
}
