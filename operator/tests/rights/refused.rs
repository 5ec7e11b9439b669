//! What the roles of the operator would allow, and the policies on it refuse.

use ballsession_operator::settings::PodDefaults;
use serde_json::{Value, json};

use crate::attempt::{Attempt, Verb};
use crate::world::{World, of_kind, parts, settings};

/// Of something that several of them refuse.
const ANY: (&str, &str) = ("", "");
const BELONGS: (&str, &str) =
    ("parts", "what the operator makes belongs to a BallSession, which controls it");
const LABELS: (&str, &str) = ("parts", "what the operator makes has the labels of a part of its session");
const NAMES: (&str, &str) = ("parts", "what the operator makes is called as a part of its session is");
const FOREIGN: (&str, &str) =
    ("parts", "the operator changes and deletes only what belongs to a BallSession");
const GIVEN: (&str, &str) = ("parts", "what belongs to a BallSession is not given to another one");
const SERVICE: (&str, &str) = (
    "parts",
    "the Service of a session is of type ClusterIP, without external addresses, and leads to the session's pods",
);
const ANNOTATIONS: (&str, &str) =
    ("parts", "the ServiceAccount of a session gets no annotations but the operator's own");
const SELECTS: (&str, &str) = ("parts", "the NetworkPolicies of a session select its own pods");
const POD_LABELS: (&str, &str) = ("pods", "the pods of a session have its labels");
const ACCOUNT: (&str, &str) = (
    "pods",
    "the pods of a session run as its own ServiceAccount, without that one's token for the API server",
);
const VOLUMES: (&str, &str) = ("pods", "the pods of a session have no volumes of this kind: more");
const TOKENS: (&str, &str) =
    ("pods", "the pods of a session have tokens for the audience ballsession.dev/report alone");
const NODE: (&str, &str) = ("pods", "the pods of a session use no namespace and no port of their node");
const PRIVILEGES: (&str, &str) =
    ("pods", "the containers of a session are not privileged, and get no capabilities");
const CONFINED: (&str, &str) =
    ("pods", "the pods of a session do not run as root, and have a seccomp profile");
const PLACED: (&str, &str) =
    ("pods", "the pods of a session are placed by the scheduler, and claim no devices");
const OWN_PODS: (&str, &str) = ("own-pods", "of all pods the operator changes its own");
const LEADER: (&str, &str) =
    ("own-pods", "of its own pods the operator changes nothing but the label ballsession.dev/leader");
const SESSIONS: (&str, &str) = (
    "sessions",
    "of sessions the operator deletes those with spec.ttlAfterFinished, and changes none but their status",
);

/// One change of what the operator makes. Metadata and spec of a pod, or of the template of one, where it is about pods.
type Change = (&'static str, (&'static str, &'static str), fn(&mut Value));

fn add_volume(pod: &mut Value, mut volume: Value) {
    volume["name"] = json!("more");
    pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
}

fn project(pod: &mut Value, source: Value) {
    add_volume(pod, json!({"projected": {"sources": [source]}}));
}

fn add_variable(pod: &mut Value, source: Value) {
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
            pod["spec"]["automountServiceAccountToken"] = Value::Null
        }),
        ("a Secret", VOLUMES, |pod| add_volume(pod, json!({"secret": {"secretName": "s"}}))),
        ("a Secret among others", VOLUMES, |pod| project(pod, json!({"secret": {"name": "s"}}))),
        ("a ConfigMap", VOLUMES, |pod| add_volume(pod, json!({"configMap": {"name": "c"}}))),
        ("a ConfigMap among others", VOLUMES, |pod| project(pod, json!({"configMap": {"name": "c"}}))),
        ("a path of the node", VOLUMES, |pod| add_volume(pod, json!({"hostPath": {"path": "/"}}))),
        ("a claim", VOLUMES, |pod| add_volume(pod, json!({"persistentVolumeClaim": {"claimName": "c"}}))),
        ("a driver", VOLUMES, |pod| add_volume(pod, json!({"csi": {"driver": "secrets-store.csi.k8s.io"}}))),
        ("a file server", VOLUMES, |pod| add_volume(pod, json!({"nfs": {"server": "s", "path": "/"}}))),
        ("a new claim", VOLUMES, |pod| {
            let claim =
                json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
            add_volume(pod, json!({"ephemeral": {"volumeClaimTemplate": {"spec": claim}}}));
        }),
        ("the API server's token", TOKENS, |pod| project(pod, json!({"serviceAccountToken": {"path": "t"}}))),
        ("another audience's token", TOKENS, |pod| {
            project(pod, json!({"serviceAccountToken": {"path": "t", "audience": "vault"}}));
        }),
        (
            "a variable from a Secret",
            ("pods", "take no variables from Secrets, ConfigMaps or files: server.MORE"),
            |pod| add_variable(pod, json!({"secretKeyRef": {"name": "s", "key": "k"}})),
        ),
        (
            "a variable from a ConfigMap",
            ("pods", "take no variables from Secrets, ConfigMaps or files: server.MORE"),
            |pod| add_variable(pod, json!({"configMapKeyRef": {"name": "s", "key": "k"}})),
        ),
        (
            "variables from a Secret in a sidecar",
            ("pods", "take no variables from Secrets, ConfigMaps or files: sidecar.envFrom"),
            |pod| add_sidecar(pod, "containers", json!({"envFrom": [{"secretRef": {"name": "s"}}]})),
        ),
        (
            "a variable from a Secret in an init container",
            ("pods", "take no variables from Secrets, ConfigMaps or files: sidecar.A"),
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
        ("all privileges", PRIVILEGES, |pod| {
            pod["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
        }),
        ("privileges of an init container", PRIVILEGES, |pod| {
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
        ("a node past the scheduler", PLACED, |pod| pod["spec"]["nodeName"] = json!("worker-2")),
        ("a device", PLACED, |pod| {
            pod["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        }),
    ]
}

/// Of all that the operator makes.
fn of_parts() -> Vec<Change> {
    vec![
        ("without an owner", BELONGS, |part| part["metadata"]["ownerReferences"] = json!([])),
        ("with an owner that does not control it", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["controller"] = json!(false);
        }),
        ("with an owner of another kind", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["kind"] = json!("Ball");
        }),
        ("with an owner of another group", BELONGS, |part| {
            part["metadata"]["ownerReferences"][0]["apiVersion"] = json!("example.com/v1");
        }),
        ("without a label", LABELS, |part| {
            part["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("helm");
        }),
        ("with the label of another session", LABELS, |part| {
            part["metadata"]["labels"]["app.kubernetes.io/instance"] = json!("quay");
        }),
        ("with the label of another part", LABELS, |part| {
            let another = if part["kind"] == "Pod" { "server" } else { "proxy" };
            part["metadata"]["labels"]["app.kubernetes.io/component"] = json!(another);
        }),
        ("under another name", NAMES, |part| part["metadata"]["name"] = json!("kube-dns")),
    ]
}

fn created(change: &Change, mut object: Value, apply: impl FnOnce(&mut Value)) -> Attempt {
    apply(&mut object);
    let what = format!("{} with {}", object["kind"].as_str().unwrap(), change.0);
    Attempt { what, verb: Verb::Create, object, refusal: change.1 }
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

#[tokio::test]
async fn what_is_no_part_of_a_session_is_not_made() {
    let Some(client) = cluster::client("what_is_no_part_of_a_session_is_not_made").await else { return };
    let world = World::create(&client).await;
    let session = world.session("pier", &json!({"networkPolicy": "Isolated"})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    // Without it a pod is refused for another reason.
    world.make(&of_kind(&parts, "ServiceAccount")).await.unwrap();
    for part in &parts {
        for change in of_parts() {
            let mut attempt = created(&change, part.clone(), change.2);
            // Whose pods they are is another policy's as well, which goes by this label.
            let has_pods = matches!(part["kind"].as_str(), Some("Pod" | "Deployment"));
            if has_pods && change.0 == "with the label of another session" {
                attempt.refusal = ANY;
            }
            attempt.is_refused(&world).await;
        }
    }
    let others: [(&str, Change); 6] = [
        ("Service", ("another type", SERVICE, |service| service["spec"]["type"] = json!("NodePort"))),
        (
            "Service",
            ("an external address", SERVICE, |service| service["spec"]["externalIPs"] = json!(["192.0.2.1"])),
        ),
        (
            "Service",
            ("another name's address", SERVICE, |service| {
                service["spec"] = json!({"type": "ExternalName", "externalName": "example.com"});
            }),
        ),
        ("Service", ("other pods", SERVICE, |service| service["spec"]["selector"] = json!({"app": "web"}))),
        (
            "ServiceAccount",
            ("a role of a cloud", ANNOTATIONS, |account| {
                account["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": "admin"});
            }),
        ),
        ("NetworkPolicy", ("all pods", SELECTS, |policy| policy["spec"]["podSelector"] = json!({}))),
    ];
    for (kind, change) in others {
        created(&change, of_kind(&parts, kind), change.2).is_refused(&world).await;
    }
    world.delete().await;
}

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
        if matches!(kind.as_str(), "Pod" | "Job" | "NetworkPolicy") {
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
                refusal: ANY,
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
        refusal: GIVEN,
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
