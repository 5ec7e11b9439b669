//! Pods that reach for more than a session needs, by themselves and in a Deployment.

use ballsession_operator::settings::PodDefaults;
use serde_json::{Value, json};

use crate::attempt::{Change, created};
use crate::refusal::{
    ACCOUNT, CONFINED, GAINS, NODE, NONE_PRIVILEGED, PLACED, POD_LABELS, PRIVILEGES, Refusal, TOKENS, VOLUMES,
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
