//! `wait`.

use std::fs;
use std::time::Duration;

use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::PostParams;
use kube::config::Kubeconfig;
use serde_json::json;

use crate::harness::{World, ended, numbers, start};

#[tokio::test]
async fn what_is_missed_may_become_good() {
    let Some(world) = World::new("what_is_missed_may_become_good").await else { return };
    let ready = ("Ready", "True", "Ready");
    world.lead("renamed-1_u_00", Duration::ZERO).await;
    world.create("harbor", &json!({})).await;
    world.say("harbor", &[ready, ("ObjectivesMet", "False", "LatencyTooHigh")], &numbers(false)).await;
    let end = world.plugin(&["wait", "harbor"]).await;
    assert_eq!(end.code, Some(3), "{}", end.stderr);
    assert_eq!(end.stdout, "harbor: missed so far, LatencyTooHigh: LatencyTooHigh in words\n");

    let waiting = world.start(&["wait", "harbor", "--for", "met"]);
    world.say("harbor", &[ready, ("ObjectivesMet", "True", "Met")], &numbers(true)).await;
    let end = ended(waiting).await;
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert_eq!(end.stdout, "harbor: met so far, Met: Met in words\n");
    world.finish().await;
}

/// By who may list leases in this namespace alone: tests beside this one have leases in theirs.
#[tokio::test]
async fn numbers_that_nobody_renews_are_no_verdict() {
    let Some(world) = World::new("numbers_that_nobody_renews_are_no_verdict").await else { return };
    let role = json!({"metadata": {"name": "harbor"}, "rules": [
        {"apiGroups": ["ballsession.dev"], "resources": ["ballsessions"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["list"]}
    ]});
    let binding = json!({
        "metadata": {"name": "harbor"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "harbor"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "harbour-master"}]
    });
    let (role, binding): (Role, RoleBinding) =
        (serde_json::from_value(role).unwrap(), serde_json::from_value(binding).unwrap());
    world.api().create(&PostParams::default(), &role).await.unwrap();
    world.api().create(&PostParams::default(), &binding).await.unwrap();
    let mut kubeconfig = Kubeconfig::read().unwrap();
    for user in &mut kubeconfig.auth_infos {
        user.auth_info.as_mut().unwrap().impersonate = Some("harbour-master".into());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    fs::write(&file, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
    let arguments =
        |command| ["--kubeconfig", file.to_str().unwrap(), "-n", &world.namespace.name, command, "harbor"];

    world.create("harbor", &json!({})).await;
    let met = [("Ready", "True", "Ready"), ("ObjectivesMet", "True", "Met")];
    world.say("harbor", &met, &numbers(true)).await;
    let unknown = ended(start(&arguments("wait"))).await;
    assert_eq!(unknown.code, Some(0), "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("warning: whether an operator is alive is not known"),
        "{}",
        unknown.stderr
    );

    world.lead("renamed-1_u_00", Duration::from_secs(600)).await;
    for command in ["wait", "status", "report"] {
        let dead = ended(start(&arguments(command))).await;
        assert_eq!(dead.code, Some(4), "{command}: {}", dead.stderr);
        assert!(
            dead.stdout.contains("undecided so far, NoOperator: no operator has renewed its lease for 6"),
            "{command}: {}",
            dead.stdout
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_verdict_about_an_earlier_spec_is_waited_out() {
    let Some(world) = World::new("a_verdict_about_an_earlier_spec_is_waited_out").await else { return };
    world.create("harbor", &json!({})).await;
    world
        .say("harbor", &[("Ready", "True", "Ready"), ("ObjectivesMet", "True", "Met")], &numbers(true))
        .await;
    let patch = kube::api::Patch::Merge(json!({"spec": {"video": {"framesPerSecond": 60}}}));
    world
        .api::<crds::BallSession>()
        .patch("harbor", &kube::api::PatchParams::default(), &patch)
        .await
        .unwrap();
    let end = world.plugin(&["wait", "harbor", "--timeout", "5s"]).await;
    assert_eq!(end.code, Some(5), "{}", end.stdout);
    assert_eq!(
        end.stdout,
        "harbor: timed out after 5s, NotObserved: no operator has looked at generation 2 of the session\n"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_session_that_is_not_there_is_not_waited_for() {
    let Some(world) = World::new("a_session_that_is_not_there_is_not_waited_for").await else { return };
    let end = world.plugin(&["wait", "harbor"]).await;
    assert_eq!(end.code, Some(1));
    assert_eq!(
        end.stderr,
        format!("error: there is no session harbor in namespace {}\n", world.namespace.name)
    );
    world.finish().await;
}
