//! All that the operator does the policies on it let through.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ballsession_operator::settings::{PodDefaults, Settings, parse};
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::node::v1::RuntimeClass;
use k8s_openapi::api::scheduling::v1::PriorityClass;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::attempt::{Attempt, Verb, soon};
use crate::refusal::FOREIGN;
use crate::world::{World, former_job, name, of_kind, parts, settings};

/// Defaults for pods with all that they can have, but for what the sessions' own settings are tested with.
const DEFAULTS: &str = "\
all: {imagePullSecrets: [{name: mirror}], nodeSelector: {pool: media},
      tolerations: [{operator: Exists}], podLabels: {cost: c}, podAnnotations: {sidecar.example.com/inject: 'false'},
      resources: {limits: {cpu: 1, memory: 1Gi}}, priorityClassName: canaries, runtimeClassName: sandboxed,
      schedulerName: packing, env: [{name: LANG, value: C}],
      securityContext: {runAsUser: 7, runAsGroup: 8, fsGroup: 9, supplementalGroups: [10], seLinuxOptions: {level: 's0:c1'},
        seccompProfile: {type: Localhost, localhostProfile: media.json}},
      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm:
        {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: x}}}}]}},
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}
";

fn folder(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(relative)
}

/// The specs of the sessions that users are shown, and of more, by name.
fn sessions() -> BTreeMap<String, Value> {
    let mut sessions = BTreeMap::new();
    for file in std::fs::read_dir(folder("samples")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let samples: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        for mut sample in samples {
            // Whether the cluster has it is the API server's to say.
            sample["spec"].as_object_mut().unwrap().remove("ipFamily");
            sessions.insert(name(&sample).to_owned(), sample["spec"].clone());
        }
    }
    for placement in ["Any", "SameNode", "CrossNode", "CrossZone", "EachNode"] {
        sessions
            .insert(placement.to_lowercase(), json!({"placement": placement, "networkPolicy": "Isolated"}));
    }
    sessions
}

fn defaults() -> [PodDefaults; 3] {
    let pinned = std::fs::read_to_string(folder("components/pinned-ids/pod-defaults.yaml")).unwrap();
    ["", &pinned, DEFAULTS].map(|text| parse(text).unwrap())
}

/// The classes that samples name: without them no pod of theirs is made.
struct Classes {
    priorities: Api<PriorityClass>,
    runtimes: Api<RuntimeClass>,
}

impl Classes {
    async fn create(world: &World) -> Self {
        let apply = PatchParams::apply("tests").force();
        let (priorities, runtimes) = (Api::all(world.admin.clone()), Api::all(world.admin.clone()));
        let canaries = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                              "metadata": {"name": "canaries"}, "value": 1});
        priorities.patch("canaries", &apply, &Patch::Apply(&canaries)).await.unwrap();
        let sandboxed = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
                               "metadata": {"name": "sandboxed"}, "handler": "sandboxed"});
        runtimes.patch("sandboxed", &apply, &Patch::Apply(&sandboxed)).await.unwrap();
        Self { priorities, runtimes }
    }

    async fn delete(self) {
        self.priorities.delete("canaries", &DeleteParams::default()).await.unwrap();
        self.runtimes.delete("sandboxed", &DeleteParams::default()).await.unwrap();
    }
}

#[tokio::test]
async fn all_that_the_operator_makes_is_admitted() {
    let Some(client) = cluster::client("all_that_the_operator_makes_is_admitted").await else { return };
    let world = World::create(&client).await;
    let classes = Classes::create(&world).await;
    for (session, spec) in sessions() {
        let session = world.session(&session, &spec).await;
        for (round, defaults) in defaults().into_iter().enumerate() {
            // Plain reports as well: without the authorities that pods mount otherwise.
            let encrypted = settings(defaults);
            let plain = Settings { report_url: encrypted.plain_report_url.clone(), ..encrypted.clone() };
            for settings in [encrypted, plain] {
                for mut part in parts(&session, &settings) {
                    if part["kind"] == "Pod" {
                        part["metadata"]["name"] = json!(
                            format!("{}-{round}{}", name(&part), &settings.report_url[..5]).replace(':', "x")
                        );
                    }
                    let made = world.make(&part).await;
                    made.unwrap_or_else(|error| panic!("{} of {spec}: {error}", part["kind"]));
                }
            }
        }
    }
    classes.delete().await;
    world.delete().await;
}

#[tokio::test]
async fn what_the_operator_made_it_may_change_and_delete() {
    let test = "what_the_operator_made_it_may_change_and_delete";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    let session =
        world.session("harbor", &json!({"networkPolicy": "Isolated", "ttlAfterFinished": "1h"})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    for part in &parts {
        world.make(part).await.unwrap();
    }
    // Somebody took its labels, which the operator puts back, and gave it annotations, which stay.
    let merge = Patch::Merge(json!({"metadata": {"labels": null, "annotations": {"example.com/role": "r"}}}));
    for part in parts.iter().filter(|part| part["kind"] != "Pod") {
        let place = world.place(&world.admin, part);
        place.patch(name(part), &PatchParams::default(), &merge).await.unwrap();
        let restored = world.make(part).await.unwrap();
        let labels = restored.metadata.labels.unwrap();
        assert_eq!(labels["app.kubernetes.io/managed-by"], "ballsession-operator", "{}", part["kind"]);
    }
    let job = former_job(&session);
    let job_uid = world.store(&job).await["metadata"]["uid"].clone();
    let mut deleted: Vec<Value> = vec![of_kind(&parts, "NetworkPolicy"), of_kind(&parts, "Pod"), job];
    for (name, owner) in [
        (
            "of-its-job",
            Some(json!({"apiVersion": "batch/v1", "kind": "Job", "name": "harbor-client", "uid": job_uid})),
        ),
        ("left-behind", None),
    ] {
        let mut pod = of_kind(&parts, "Pod");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["ownerReferences"] = json!(owner.into_iter().collect::<Vec<_>>());
        for owner in pod["metadata"]["ownerReferences"].as_array_mut().unwrap() {
            owner["controller"] = json!(true);
        }
        world.store(&pod).await;
        deleted.push(pod);
    }
    deleted.push(json!({"apiVersion": "ballsession.dev/v1alpha1", "kind": "BallSession", "metadata": {"name": "harbor"}}));
    let dry = DeleteParams { dry_run: true, ..DeleteParams::default() };
    for object in deleted {
        let answer = world.place(&world.operator, &object).delete(name(&object), &dry).await;
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", object["kind"], name(&object)));
    }
    world.delete().await;
}

/// A drill deletes the pod that the Deployment of a server makes.
#[tokio::test]
async fn the_pod_of_a_server_may_be_deleted_and_no_other_that_a_replica_set_runs() {
    let test = "the_pod_of_a_server_may_be_deleted_and_no_other_that_a_replica_set_runs";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    world.session("harbor", &json!({})).await;
    for (set, component, is_a_servers) in [
        ("harbor-server-5d", "server", true),
        ("web-5d", "server", false),
        ("pier-server-5d", "server", false),
        ("harbor-server-6e", "web", false),
    ] {
        let labels = json!({
            "app.kubernetes.io/managed-by": "ballsession-operator", "app.kubernetes.io/name": "ballsession",
            "app.kubernetes.io/instance": "harbor", "app.kubernetes.io/component": component, "set": set
        });
        let containers = json!([{"name": "server", "image": "none:1"}]);
        world
            .store(&json!({
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": set},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"set": set}},
                         "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}}}
            }))
            .await;
        let pods: Api<Pod> = Api::namespaced(world.admin.clone(), &world.scratch.name);
        let of_set = ListParams::default().labels(&format!("set={set}"));
        let pod = soon("its pod", async || {
            pods.list(&of_set)
                .await
                .map_err(|error| error.to_string())?
                .items
                .pop()
                .ok_or_else(|| "none".to_owned())
        })
        .await;
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod.name_any()}});
        if is_a_servers {
            let dry = DeleteParams { dry_run: true, ..DeleteParams::default() };
            world.place(&world.operator, &object).delete(name(&object), &dry).await.unwrap();
        } else {
            let what = format!("a pod of {set}");
            Attempt { what, verb: Verb::Delete, object, refusal: FOREIGN }.is_refused(&world).await;
        }
    }
    world.delete().await;
}

#[tokio::test]
async fn the_operator_moves_the_leaders_label_of_its_pods() {
    let test = "the_operator_moves_the_leaders_label_of_its_pods";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "replica-a", "labels": {"app": "operator"}},
                     "spec": {"serviceAccountName": "ballsession-operator", "containers": [{"name": "operator", "image": "none:1"}]}});
    world.store(&pod).await;
    for label in [json!("ballsession-operator"), Value::Null] {
        let patch = Patch::Merge(json!({"metadata": {"labels": {"ballsession.dev/leader": label}}}));
        let place = world.place(&world.operator, &pod);
        let patched = place.patch("replica-a", &PatchParams::default(), &patch).await.unwrap();
        assert_eq!(
            patched.metadata.labels.unwrap().contains_key("ballsession.dev/leader"),
            label.is_string()
        );
    }
    world.delete().await;
}

/// What a webhook is to put into pods an admin names at the operator's ServiceAccount.
#[tokio::test]
async fn what_an_admin_names_is_admitted_in_sidecars() {
    let Some(client) = cluster::client("what_an_admin_names_is_admitted_in_sidecars").await else { return };
    let world = World::create(&client).await;
    let session = world.session("harbor", &json!({})).await;
    let parts = parts(&session, &settings(PodDefaults::default()));
    world.make(&of_kind(&parts, "ServiceAccount")).await.unwrap();
    let mut pod = of_kind(&parts, "Pod");
    let projected = |source: Value| json!({"projected": {"sources": [source]}});
    let mut volumes = [
        projected(json!({"serviceAccountToken": {"path": "t", "audience": "istio-ca"}})),
        projected(json!({"configMap": {"name": "istio-ca-root-cert"}})),
        json!({"configMap": {"name": "istio-ca-root-cert"}}),
        projected(
            json!({"downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}}),
        ),
        json!({"emptyDir": {}}),
        json!({"hostPath": {"path": "/run/agent"}}),
        json!({"csi": {"driver": "csi.spiffe.io", "readOnly": true}}),
        json!({"secret": {"secretName": "agent"}}),
    ];
    for (number, volume) in volumes.iter_mut().enumerate() {
        volume["name"] = json!(format!("mesh-{number}"));
    }
    pod["spec"]["volumes"].as_array_mut().unwrap().extend(volumes);
    pod["spec"]["initContainers"] = json!([{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always",
        "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}, "runAsNonRoot": false},
        "env": [{"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "agent", "key": "key"}}}],
        "envFrom": [{"configMapRef": {"name": "agent"}}]}]);

    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ballsession-operator"}});
    let place = world.place(&world.admin, &account);
    // Without storing anything: policies take effect one after the other.
    let (pods, pod) = (world.place(&world.operator, &pod), serde_json::from_value(pod).unwrap());
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let tried = async || pods.create(&dry, &pod).await;
    // One after the other, with what is refused as long as the next is not named.
    let mut admitted = String::new();
    for (words, refused) in [
        ("configmap/istio-ca-root-cert", "no volumes of this kind: mesh-1, mesh-2, mesh-5, mesh-6, mesh-7"),
        ("volume/mesh-5 volume/mesh-6 volume/mesh-7", "no volumes of this kind: mesh-5, mesh-6, mesh-7"),
        ("audience/istio-ca", "tokens for the audience ballsession.dev/report alone"),
        ("env/mesh", "take no variables from Secrets, ConfigMaps or files: mesh.KEY, mesh.envFrom"),
        ("capability/NET_ADMIN", "are not privileged, and get no capabilities"),
        ("root/mesh", "do not run as root, and have a seccomp profile"),
    ] {
        crate::attempt::soon(refused, async || match tried().await {
            Err(kube::Error::Api(status)) if status.message.ends_with(refused) => Ok(()),
            answer => Err(format!("{answer:?}")),
        })
        .await;
        admitted = format!("{admitted} {words}");
        let patch =
            Patch::Merge(json!({"metadata": {"annotations": {"ballsession.dev/admitted": admitted}}}));
        place.patch("ballsession-operator", &PatchParams::default(), &patch).await.unwrap();
    }
    crate::attempt::soon("the pod", async || tried().await.map_err(|error| error.to_string())).await;
    world.delete().await;
}

/// The API server's own check of the expressions, against the schemas of what they are about.
#[tokio::test]
async fn the_expressions_fit_the_kinds_that_they_are_about() {
    let test = "the_expressions_fit_the_kinds_that_they_are_about";
    let Some(client) = cluster::client(test).await else { return };
    let world = World::create(&client).await;
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client);
    for policy in ["parts", "pods", "own-pods", "sessions"] {
        let policy = world.installation.policy(policy);
        let warnings = crate::attempt::soon("a check of its types", async || {
            let status = policies.get(&policy).await.unwrap().status;
            let checked = status.and_then(|status| status.type_checking).ok_or("none yet")?;
            Ok::<_, &str>(checked.expression_warnings.unwrap_or_default())
        })
        .await;
        assert!(warnings.is_empty(), "{policy}: {warnings:#?}");
    }
    world.delete().await;
}
