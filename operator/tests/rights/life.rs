//! The life of sessions, with everything that the operator ever has to do, as far as a test can bring it about.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster::eventually;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::post;
use crate::replica::{Replica, code};
use crate::used::{PATIENCE, Right, granted, needed, session_is};
use crate::world::{World, former_job, name};

/// Nobody else contends for it.
const LEASE: Duration = Duration::from_secs(60);

const KEYS: &str = "ballsession-operator-reports";

/// What is needed in other circumstances alone: each with why, and the test that is about it.
const OTHERWISE: &[(&str, &str, &str)] = &[
    // Asked for by the plug-in OwnerReferencesPermissionEnforcement of who names a session as an owner that waits for its parts, as
    // policies of a cluster may have it. No request names it: the suite manifests asks whether it is granted.
    ("ballsession.dev", "ballsessions/finalizers", "update"),
];

/// What it is told wherever it watches.
const OF_NO_NAMESPACE: [&str; 3] = [
    "/openid/v1/jwks",
    "/apis/authentication.k8s.io/v1/tokenreviews",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_uses_its_rights_and_needs_no_others() {
    let test = "the_operator_uses_its_rights_and_needs_no_others";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    own_pods(&world).await;
    let former = world.session("quay", &json!({"clients": 2, "placement": "Any"})).await;
    world.store(&former_job(&former)).await;
    let replica = Replica::start(&world.installation, "replica-a", LEASE).await;

    let authorities = authorities(&world).await;
    a_run_to_its_end(&world, &replica, &authorities).await;
    changes(&world).await;
    strangers(&world, &replica, &authorities).await;
    a_stray(&world).await;
    let otherwise: BTreeSet<Right> = OTHERWISE
        .iter()
        .map(|(group, resource, verb)| ((*group).into(), (*resource).into(), (*verb).into()))
        .collect();
    assert!(otherwise.is_subset(&granted()), "{otherwise:?}");
    let unused = || {
        let answered = replica.proxy.answered();
        let refused: Vec<_> = answered.iter().filter(|request| request.code == 403).collect();
        assert!(refused.is_empty(), "{refused:?}");
        let used: BTreeSet<Right> = answered.iter().flat_map(needed).collect();
        &(&granted() - &otherwise) - &used
    };
    eventually(PATIENCE, "all rights in use", async || {
        let unused = unused();
        if unused.is_empty() { Ok(()) } else { Err(unused) }
    })
    .await;
    drop(replica);
    world.delete().await;
}

/// With rights in one namespace it does all there, and asks for nothing anywhere else, but for nodes, which it does without, and
/// for what belongs to no namespace: whose tokens it is shown, and what these may see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_for_one_namespace_needs_nothing_elsewhere() {
    let test = "an_operator_for_one_namespace_needs_nothing_elsewhere";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create_for_one_namespace(&client).await;
    own_pods(&world).await;
    let replica = Replica::start(&world.installation, "replica-a", LEASE).await;
    let authorities = authorities(&world).await;
    a_run_to_its_end(&world, &replica, &authorities).await;
    let inside = format!("/namespaces/{}/", world.scratch.name);
    let mut refused_nodes = 0;
    for request in replica.proxy.answered() {
        let path = request.uri.path();
        if path == "/api/v1/nodes" {
            assert_eq!(request.code, 403, "{request:?}");
            refused_nodes += 1;
        } else {
            assert_ne!(request.code, 403, "{request:?}");
            assert!(path.contains(&inside) || OF_NO_NAMESPACE.contains(&path), "{request:?}");
        }
    }
    assert!(refused_nodes > 0);
    drop(replica);
    world.delete().await;
}

/// Two of the operator's own, of which the other one led before.
async fn own_pods(world: &World) {
    for (name, labels) in
        [("replica-a", json!({})), ("replica-b", json!({"ballsession.dev/leader": "ballsession-operator"}))]
    {
        world
            .store(&json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
                "spec": {"serviceAccountName": "ballsession-operator", "automountServiceAccountToken": false,
                         "containers": [{"name": "operator", "image": "none:1"}]}
            }))
            .await;
    }
}

/// What pods are given to know the operator by, once the leader has made it.
async fn authorities(world: &World) -> String {
    let secrets: Api<Secret> = Api::namespaced(world.admin.clone(), &world.scratch.name);
    eventually(PATIENCE, "the operator's authorities", async || {
        let keys = secrets.get(KEYS).await.map_err(|error| error.to_string())?;
        let bundle = keys.data.and_then(|mut data| data.remove("ca.crt")).ok_or("none yet")?;
        String::from_utf8(bundle.0).map_err(|error| error.to_string())
    })
    .await
}

/// A pod of a part of a session.
async fn pod(world: &World, session: &str, component: &str) -> Pod {
    let selector = format!("app.kubernetes.io/instance={session},app.kubernetes.io/component={component}");
    let (pods, of_part) = (pods(&world.admin, world), ListParams::default().labels(&selector));
    eventually(PATIENCE, &format!("a pod of {session}: {component}"), async || {
        let found = pods.list(&of_part).await.map_err(|error| error.to_string())?;
        let is_there = |pod: &Pod| pod.metadata.deletion_timestamp.is_none();
        found.items.into_iter().find(is_there).ok_or_else(|| "none".to_owned())
    })
    .await
}

fn pods(client: &Client, world: &World) -> Api<Pod> {
    Api::namespaced(client.clone(), &world.scratch.name)
}

async fn set_pod(world: &World, pod: &Pod, status: &Value) {
    let patch = Patch::Merge(json!({"status": status}));
    pods(&world.admin, world).patch_status(&pod.name_any(), &PatchParams::default(), &patch).await.unwrap();
}

/// Has a pod's server or client report until that is taken, or refused for good.
async fn report(replica: &Replica, authorities: &str, token: &str) -> u16 {
    eventually(PATIENCE, "an answer to a report", async || {
        let answer = replica.post(authorities, token, &post::server(0, 1, 100, 0)).await;
        match answer.as_deref().and_then(code) {
            Some(code) if code != 503 && code != 429 => Ok(code),
            _ => Err(format!("{answer:?}: {}", replica.log())),
        }
    })
    .await
}

/// It measures, is looked at, ends and is deleted.
async fn a_run_to_its_end(world: &World, replica: &Replica, authorities: &str) {
    let spec = json!({"clients": 1, "placement": "Any", "networkPolicy": "Isolated", "duration": "5s",
                      "ttlAfterFinished": "1s"});
    world.session("harbor", &spec).await;
    let server = pod(world, "harbor", "server").await;
    set_pod(world, &server, &running()).await;
    let token = cluster::pod_token(&world.admin, &server, "ballsession.dev/report").await;
    assert_eq!(report(replica, authorities, &token).await, 202);
    is_seen(world, replica).await;
    let client = pod(world, "harbor", "client").await;
    set_pod(world, &client, &json!({"phase": "Succeeded"})).await;
    let session = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession"});
    let sessions = world.place(&world.admin, &session);
    eventually(PATIENCE, "the end of a session whose time is over", async || {
        match sessions.get_opt("harbor").await.map_err(|error| error.to_string())? {
            None => Ok(()),
            Some(still) => Err(format!("{}: {}", json!(still.data), replica.log())),
        }
    })
    .await;
}

/// Who may list sessions sees them over HTTP: the operator's own account will do.
async fn is_seen(world: &World, replica: &Replica) {
    let (admin, namespace) = (&world.admin, &world.scratch.name);
    let token = cluster::account_token(admin, namespace, "ballsession-operator", None).await;
    eventually(PATIENCE, "a look at the sessions", async || {
        match replica.get("/status", Some(&token)).await {
            Some(200) => Ok(()),
            answer => Err(format!("{answer:?}: {}", replica.log())),
        }
    })
    .await;
}

/// The status of a pod that works.
fn running() -> Value {
    let now = jiff::Timestamp::now();
    json!({"phase": "Running", "podIP": "10.244.1.7",
           "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}]})
}

/// Policies, a Service for media and pods come and go, and the same happens twice.
async fn changes(world: &World) {
    let session = json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "pier"}});
    let spec = json!({"clients": 1, "placement": "Any", "networkPolicy": "Isolated", "path": "NodePort"});
    world.session("pier", &spec).await;
    pod(world, "pier", "client").await;
    let sessions = world.place(&world.admin, &session);
    for (spec, reason) in [
        (json!({"networkPolicy": "None", "path": "PodIP", "suspend": true}), "Suspended"),
        (json!({"suspend": false}), "ServerNotReady"),
        (json!({"suspend": true}), "Suspended"),
        (json!({"suspend": false}), "ServerNotReady"),
    ] {
        let patch = Patch::Merge(json!({"spec": spec}));
        sessions.patch(name(&session), &PatchParams::default(), &patch).await.unwrap();
        session_is(world, "pier", reason, |session| {
            let conditions = session["status"]["conditions"].as_array();
            conditions
                .into_iter()
                .flatten()
                .any(|known| known["type"] == "Ready" && known["reason"] == reason)
        })
        .await;
    }
    // The kubelet, whose pod does not start, has said why in events, if anywhere.
    let long_ago = jiff::Timestamp::now() - Duration::from_secs(60);
    let scheduled = json!({"type": "PodScheduled", "status": "True", "lastTransitionTime": long_ago});
    let client = pod(world, "pier", "client").await;
    set_pod(world, &client, &json!({"phase": "Pending", "conditions": [scheduled]})).await;
}

/// Pods that nobody watches report, of which the API server is asked whose they are.
async fn strangers(world: &World, replica: &Replica, authorities: &str) {
    // Each makes a pod of its own, without our labels.
    let template = json!({"metadata": {"labels": {"app": "crane"}}, "spec": {
        "serviceAccountName": "pier-workload", "automountServiceAccountToken": false, "restartPolicy": "Always",
        "containers": [{"name": "a", "image": "none:1"}]
    }});
    let mut once = template.clone();
    once["spec"]["restartPolicy"] = json!("Never");
    let selector = json!({"matchLabels": {"app": "crane"}});
    for owner in [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": selector, "template": template}}),
        json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": once}}),
    ] {
        let mut owner = owner;
        owner["metadata"] = json!({"name": "crane"});
        world.store(&owner).await;
        let is_its_own = |pod: &Pod| {
            let of = pod.owner_references().first().map(|owner| owner.kind.clone());
            of.as_deref() == Some(if owner["kind"] == "Job" { "Job" } else { "ReplicaSet" })
        };
        let stranger = eventually(PATIENCE, "a pod of somebody else's", async || {
            let found = pods(&world.admin, world).list(&ListParams::default().labels("app=crane")).await;
            let found = found.map_err(|error| error.to_string())?.items;
            found.into_iter().find(is_its_own).ok_or_else(|| "none".to_owned())
        })
        .await;
        let token = cluster::pod_token(&world.admin, &stranger, "ballsession.dev/report").await;
        assert_eq!(report(replica, authorities, &token).await, 403, "{}", owner["kind"]);
    }
}

/// A pod of clients that its session left behind, which is deleted once the API server has been asked for that session.
async fn a_stray(world: &World) {
    let labels = json!({
        "app.kubernetes.io/name": "ballsession", "app.kubernetes.io/managed-by": "ballsession-operator",
        "app.kubernetes.io/component": "client", "app.kubernetes.io/instance": "pier",
        "ballsession.dev/session-uid": "before", "ballsession.dev/client-index": "0"
    });
    let stray = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stray", "labels": labels}, "spec": {
        "serviceAccountName": "pier-workload", "automountServiceAccountToken": false,
        "containers": [{"name": "client", "image": "none:1"}]
    }});
    world.store(&stray).await;
    let pods = pods(&world.admin, world);
    eventually(PATIENCE, "the end of a stray", async || {
        match pods.get_opt("stray").await.map_err(|error| error.to_string())? {
            None => Ok(()),
            Some(still) => Err(json!(still.metadata).to_string()),
        }
    })
    .await;
}
