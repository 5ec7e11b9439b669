//! Pods that reach for more than a session needs, by themselves and in a Deployment.

use ballsession_operator::settings::PodDefaults;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::attempt::{Change, created};
use crate::refusal::{
    ACCOUNT, CONFINED, GAINS, NODE, NONE_PRIVILEGED, PLACED, POD_LABELS, PRIVILEGES, RELAY, RELAY_USER,
    Refusal, TOKENS, VOLUMES,
};
use crate::world::{World, of_kind, parts, settings};

fn add_volume(pod: &mut Value, mut volume: Value) {
    volume["name"] = json!("more");
    pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
}

fn project(pod: &mut Value, source: &Value) {
    add_volume(pod, json!({"projected": {"sources": [source]}}));
}

fn add_variable(pod: &mut Value, source: &Value) {
    let variable = json!({"name": "MORE", "valueFrom": source});
    pod["spec"]["containers"][0]["env"].as_array_mut().unwrap().push(variable);
}

fn add_sidecar(pod: &mut Value, list: &str, mut container: Value) {
    (container["name"], container["image"]) = (json!("sidecar"), json!("sidecar:1"));
    let containers = &mut pod["spec"][list];
    if containers.is_null() {
        *containers = json!([]);
    }
    containers.as_array_mut().unwrap().push(container);
}

/// Of pods, and of the pods of a Deployment.
fn of_pods() -> Vec<Change> {
    vec![
        ("another ServiceAccount", ACCOUNT, |pod| pod["spec"]["serviceAccountName"] = json!("default")),
        ("the account's token", ACCOUNT, |pod| pod["spec"]["automountServiceAccountToken"] = json!(true)),
        ("the account's token by default", ACCOUNT, |pod| {
            pod["spec"]["automountServiceAccountToken"] = Value::Null;
        }),
        ("a Secret", VOLUMES, |pod| add_volume(pod, json!({"secret": {"secretName": "s"}}))),
        ("a Secret among others", VOLUMES, |pod| project(pod, &json!({"secret": {"name": "s"}}))),
        ("a ConfigMap", VOLUMES, |pod| add_volume(pod, json!({"configMap": {"name": "c"}}))),
        ("a ConfigMap among others", VOLUMES, |pod| project(pod, &json!({"configMap": {"name": "c"}}))),
        ("a path of the node", VOLUMES, |pod| add_volume(pod, json!({"hostPath": {"path": "/"}}))),
        ("a claim", VOLUMES, |pod| add_volume(pod, json!({"persistentVolumeClaim": {"claimName": "c"}}))),
        ("a driver", VOLUMES, |pod| add_volume(pod, json!({"csi": {"driver": "secrets-store.csi.k8s.io"}}))),
        ("a file server", VOLUMES, |pod| add_volume(pod, json!({"nfs": {"server": "s", "path": "/"}}))),
        ("a new claim", VOLUMES, |pod| {
            let claim =
                json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
            add_volume(pod, json!({"ephemeral": {"volumeClaimTemplate": {"spec": claim}}}));
        }),
        ("the API server's token", TOKENS, |pod| {
            project(pod, &json!({"serviceAccountToken": {"path": "t"}}));
        }),
        ("another audience's token", TOKENS, |pod| {
            project(pod, &json!({"serviceAccountToken": {"path": "t", "audience": "vault"}}));
        }),
        (
            "a variable from a Secret",
            Refusal::of("pods", "take no variables from Secrets, ConfigMaps or files: server.MORE"),
            |pod| add_variable(pod, &json!({"secretKeyRef": {"name": "s", "key": "k"}})),
        ),
        (
            "a variable from a ConfigMap",
            Refusal::of("pods", "take no variables from Secrets, ConfigMaps or files: server.MORE"),
            |pod| add_variable(pod, &json!({"configMapKeyRef": {"name": "s", "key": "k"}})),
        ),
        (
            "variables from a Secret in a sidecar",
            Refusal::of("pods", "take no variables from Secrets, ConfigMaps or files: sidecar.envFrom"),
            |pod| add_sidecar(pod, "containers", json!({"envFrom": [{"secretRef": {"name": "s"}}]})),
        ),
        (
            "a variable from a Secret in an init container",
            Refusal::of("pods", "take no variables from Secrets, ConfigMaps or files: sidecar.A"),
            |pod| {
                let source = json!({"secretKeyRef": {"name": "s", "key": "k"}});
                add_sidecar(pod, "initContainers", json!({"env": [{"name": "A", "valueFrom": source}]}));
            },
        ),
        ("the node's network", NODE, |pod| pod["spec"]["hostNetwork"] = json!(true)),
        ("the node's processes", NODE, |pod| pod["spec"]["hostPID"] = json!(true)),
        ("the node's IPC", NODE, |pod| pod["spec"]["hostIPC"] = json!(true)),
        ("a port of the node", NODE, |pod| {
            pod["spec"]["containers"][0]["ports"][0]["hostPort"] =
                pod["spec"]["containers"][0]["ports"][0]["containerPort"].clone();
        }),
        ("all privileges", PRIVILEGES.or(NONE_PRIVILEGED), |pod| {
            pod["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
        }),
        ("privileges of an init container", PRIVILEGES.or(NONE_PRIVILEGED), |pod| {
            add_sidecar(pod, "initContainers", json!({"securityContext": {"privileged": true}}));
        }),
        ("a capability", PRIVILEGES, |pod| {
            pod["spec"]["containers"][0]["securityContext"]["capabilities"] = json!({"add": ["SYS_ADMIN"]});
        }),
        ("an unmasked /proc", PRIVILEGES, |pod| {
            pod["spec"]["hostUsers"] = json!(false);
            pod["spec"]["containers"][0]["securityContext"] = json!({"procMount": "Unmasked"});
        }),
        ("root as its user", CONFINED, |pod| pod["spec"]["securityContext"]["runAsNonRoot"] = json!(false)),
        ("root by its image", CONFINED, |pod| pod["spec"]["securityContext"]["runAsNonRoot"] = Value::Null),
        ("root in an init container", CONFINED, |pod| {
            add_sidecar(pod, "initContainers", json!({"securityContext": {"runAsNonRoot": false}}));
        }),
        ("all system calls", CONFINED, |pod| {
            pod["spec"]["securityContext"]["seccompProfile"]["type"] = json!("Unconfined");
        }),
        ("all system calls by default", CONFINED, |pod| {
            pod["spec"]["securityContext"]["seccompProfile"] = Value::Null;
        }),
        ("all system calls in a sidecar", CONFINED, |pod| {
            let profile = json!({"type": "Unconfined"});
            add_sidecar(pod, "containers", json!({"securityContext": {"seccompProfile": profile}}));
        }),
        ("privileges that a program gains", GAINS, |pod| {
            pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
        }),
        ("privileges that a program gains by default", GAINS, |pod| {
            pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = Value::Null;
        }),
        ("capabilities by default", GAINS, |pod| {
            pod["spec"]["containers"][0]["securityContext"]["capabilities"] = Value::Null;
        }),
        ("some capabilities left", GAINS, |pod| {
            pod["spec"]["containers"][0]["securityContext"]["capabilities"]["drop"] = json!(["NET_RAW"]);
        }),
        ("a sidecar with what is the default", GAINS, |pod| add_sidecar(pod, "containers", json!({}))),
        ("an init container with what is the default", GAINS, |pod| {
            add_sidecar(pod, "initContainers", json!({}));
        }),
        ("a node past the scheduler", PLACED, |pod| pod["spec"]["nodeName"] = json!("worker-2")),
        ("a device", PLACED, |pod| {
            pod["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        }),
    ]
}

#[tokio::test]
async fn pods_that_reach_for_more_are_refused() {
    let Some(client) = cluster::client("pods_that_reach_for_more_are_refused").await else { return };
    let world = World::create(&client).await;
    let session = world.session("pier", &json!({})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    // Without it a pod is refused for another reason.
    world.make(&of_kind(&parts, "ServiceAccount")).await.unwrap();
    for change in of_pods() {
        let mut pod = of_kind(&parts, "Pod");
        // Called as in the other one, so that they are refused in the same words.
        pod["spec"]["containers"][0]["name"] = json!("server");
        created(&change, pod, change.2).is_refused(&world).await;
        let deployment = of_kind(&parts, "Deployment");
        let of_template = |deployment: &mut Value| (change.2)(&mut deployment["spec"]["template"]);
        created(&change, deployment, of_template).is_refused(&world).await;
    }
    let template_labels: Change = ("other labels of its pods", POD_LABELS, |deployment| {
        deployment["spec"]["selector"]["matchLabels"] = json!({"app": "x"});
        deployment["spec"]["template"]["metadata"]["labels"] = json!({"app": "x"});
    });
    let deployment = of_kind(&parts, "Deployment");
    created(&template_labels, deployment, template_labels.2).is_refused(&world).await;
    world.delete().await;
}

/// The user of a client's relay.
fn user(pod: &mut Value) -> &mut Value {
    let env = pod["spec"]["containers"][0]["env"].as_array_mut().unwrap();
    env.iter_mut().find(|variable| variable["name"] == "BALLSESSION_RELAY_USER").unwrap()
}

/// The Secret of its password.
fn secret(pod: &mut Value) -> &mut Value {
    let volumes = pod["spec"]["volumes"].as_array_mut().unwrap();
    &mut volumes.iter_mut().find(|volume| volume["name"] == "relay").unwrap()["secret"]
}

/// What a client is given of the Secret of a relay could be any Secret's.
#[tokio::test]
async fn of_a_relay_clients_get_user_and_password_and_nothing_else() {
    let Some(client) = cluster::client("of_a_relay_clients_get_user_and_password_and_nothing_else").await
    else {
        return;
    };
    let world = World::create(&client).await;
    let relay = json!({"uri": "turn:relay.test", "secretName": "pier-relay"});
    let session = world.session("pier", &json!({"path": "Relay", "relay": relay})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    world.make(&of_kind(&parts, "ServiceAccount")).await.unwrap();
    let pod = of_kind(&parts, "Pod");
    let changes: [Change; 7] = [
        ("another Secret", RELAY, |pod| secret(pod)["secretName"] = json!("payroll")),
        ("another key", RELAY, |pod| secret(pod)["items"][0]["key"] = json!("token")),
        ("two keys", RELAY, |pod| {
            secret(pod)["items"].as_array_mut().unwrap().push(json!({"key": "token", "path": "token"}));
        }),
        ("all keys", RELAY, |pod| secret(pod)["items"] = Value::Null),
        ("another key as its user", RELAY_USER, |pod| {
            user(pod)["valueFrom"]["secretKeyRef"]["key"] = json!("token");
        }),
        ("another Secret's user", RELAY_USER, |pod| {
            user(pod)["valueFrom"]["secretKeyRef"]["name"] = json!("quay-relay");
        }),
        // As it is, in the pods of its Deployment.
        ("a relay of the server's", RELAY, |_| ()),
    ];
    for change in &changes[..6] {
        created(change, pod.clone(), change.2).is_refused(&world).await;
    }
    let deployment = of_kind(&parts, "Deployment");
    let of_template = |deployment: &mut Value| {
        deployment["spec"]["template"]["spec"]["volumes"] = pod["spec"]["volumes"].clone();
    };
    created(&changes[6], deployment, of_template).is_refused(&world).await;

    // An admin may name others.
    let mut other = pod.clone();
    secret(&mut other)["secretName"] = json!("turn");
    user(&mut other)["valueFrom"]["secretKeyRef"]["name"] = json!("turn");
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ballsession-operator"}});
    let patch =
        Patch::Merge(json!({"metadata": {"annotations": {"ballsession.dev/admitted": "secret/turn"}}}));
    let place = world.place(&world.admin, &account);
    place.patch("ballsession-operator", &PatchParams::default(), &patch).await.unwrap();
    let (pods, other) = (world.place(&world.operator, &other), serde_json::from_value(other).unwrap());
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let tried = async || pods.create(&dry, &other).await.map(drop).map_err(|error| error.to_string());
    crate::attempt::soon("the relay that an admin named", tried).await;
    world.delete().await;
}
