//! What belongs to somebody else, and what of the operator's own is not its business.

use ballsession_operator::settings::PodDefaults;
use serde_json::{Value, json};

use crate::attempt::{Attempt, Verb};
use crate::refusal::{ANY, FOREIGN, GIVEN, LEADER, NOT_TO_BE_OWNED, OWN_PODS, SESSIONS};
use crate::world::{World, parts, settings};

/// Objects of somebody else's, in the namespace of sessions.
fn foreign() -> Vec<Value> {
    let pod = json!({"serviceAccountName": "web", "containers": [{"name": "a", "image": "a:1"}]});
    let labelled = json!({"metadata": {"labels": {"app": "web"}}, "spec": pod});
    let job = json!({"metadata": {}, "spec": {"restartPolicy": "Never", "containers": pod["containers"]}});
    let ours = json!({"app.kubernetes.io/managed-by": "ballsession-operator", "app.kubernetes.io/component": "server"});
    let object = |version: &str, kind: &str, spec: &Value| {
        let mut object =
            json!({"apiVersion": version, "kind": kind, "metadata": {"name": "web", "labels": ours}});
        if !spec.is_null() {
            object["spec"] = spec.clone();
        }
        object
    };
    vec![
        object("v1", "ServiceAccount", &Value::Null),
        object("v1", "Pod", &pod),
        object(
            "apps/v1",
            "Deployment",
            &json!({"selector": {"matchLabels": {"app": "web"}}, "template": labelled}),
        ),
        object("batch/v1", "Job", &json!({"suspend": true, "template": job})),
        object("v1", "Service", &json!({"ports": [{"port": 80}], "selector": {"app": "web"}})),
        object("v1", "ConfigMap", &Value::Null),
        object("networking.k8s.io/v1", "NetworkPolicy", &json!({"podSelector": {}})),
    ]
}

#[tokio::test]
async fn what_is_somebody_elses_is_neither_changed_nor_deleted() {
    let test = "what_is_somebody_elses_is_neither_changed_nor_deleted";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    let (harbor, pier) = (world.session("harbor", &json!({})).await, world.session("pier", &json!({})).await);
    for part in parts(&harbor, &settings(PodDefaults::default())) {
        world.make(&part).await.unwrap();
    }
    let mut attempts = Vec::new();
    for object in foreign() {
        world.store(&object).await;
        let kind = object["kind"].as_str().unwrap().to_owned();
        let meddled =
            |metadata: Value| json!({"apiVersion": object["apiVersion"], "kind": kind, "metadata": metadata});
        // Those that its roles let it.
        if matches!(kind.as_str(), "Pod" | "Job" | "NetworkPolicy" | "Service") {
            let object = meddled(json!({"name": "web"}));
            attempts.push(Attempt {
                what: format!("a foreign {kind}"),
                verb: Verb::Delete,
                object,
                refusal: FOREIGN,
            });
        }
        if !matches!(kind.as_str(), "Pod" | "Job") {
            // As if it were a part of a session.
            let owner = json!([pier.owner]);
            let labels =
                json!({"app.kubernetes.io/name": "ballsession", "app.kubernetes.io/instance": "pier"});
            let object = meddled(json!({"name": "web", "labels": labels, "ownerReferences": owner}));
            attempts.push(Attempt {
                what: format!("a foreign {kind}"),
                verb: Verb::Merge,
                object,
                refusal: ANY.or(NOT_TO_BE_OWNED),
            });
        }
    }
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
        "name": "ballsession-operator", "annotations": {"ballsession.dev/admitted": "audience/vault"}
    }});
    attempts.push(Attempt {
        what: "its own ServiceAccount".into(),
        verb: Verb::Merge,
        object: account,
        refusal: ANY,
    });
    let mut owner = json!(harbor.owner);
    owner["uid"] = json!("another");
    let given = json!({"apiVersion": "v1", "kind": "ConfigMap",
                       "metadata": {"name": "harbor-report-ca", "ownerReferences": [owner]}});
    attempts.push(Attempt {
        what: "a part's owner".into(),
        verb: Verb::Merge,
        object: given,
        refusal: GIVEN.or(NOT_TO_BE_OWNED),
    });
    let session = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "harbor"}});
    attempts.push(Attempt {
        what: "a session that stays".into(),
        verb: Verb::Delete,
        object: session,
        refusal: SESSIONS,
    });
    for attempt in attempts {
        attempt.is_refused(&world).await;
    }
    world.delete().await;
}

#[tokio::test]
async fn of_the_operators_own_pods_nothing_else_is_changed() {
    let test = "of_the_operators_own_pods_nothing_else_is_changed";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    world.store(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}})).await;
    for (name, account) in [("replica-a", "ballsession-operator"), ("web", "web")] {
        world
            .store(&json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "x"}},
                "spec": {"serviceAccountName": account, "containers": [{"name": "a", "image": "a:1"}]}
            }))
            .await;
    }
    for (name, metadata, spec, refusal) in [
        ("web", json!({"labels": {"ballsession.dev/leader": "x"}}), json!({}), OWN_PODS),
        ("replica-a", json!({"labels": {"app": "y"}}), json!({}), LEADER),
        ("replica-a", json!({"labels": {"app": null}}), json!({}), LEADER),
        ("replica-a", json!({"labels": {"more": "x"}}), json!({}), LEADER),
        ("replica-a", json!({"annotations": {"a": "b"}}), json!({}), LEADER),
        ("replica-a", json!({"finalizers": ["example.com/a"]}), json!({}), LEADER),
        ("replica-a", json!({}), json!({"containers": [{"name": "a", "image": "b:1"}]}), LEADER),
    ] {
        let what = format!("{name}: {metadata} {spec}");
        let mut object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
        object["metadata"]["name"] = json!(name);
        Attempt { what, verb: Verb::Merge, object, refusal }.is_refused(&world).await;
    }
    world.delete().await;
}
