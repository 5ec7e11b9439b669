//! The pod of one client, in one attempt.

use std::time::Duration;

use crds::Placement;
use crds::contract::{
    ATTEMPT_ANNOTATION, ATTEMPT_VARIABLE, SERVER_NODE_ANNOTATION, TEMPLATE_HASH_ANNOTATION,
};
use k8s_openapi::api::core::v1::{EnvVar, Pod, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::clients::{Create, Identity, pod_name};
use crate::controller::build::common::SIGNALING_PORT;
use crate::controller::build::placement;
use crate::controller::build::pod::{self, Workload};
use crate::controller::build::{relay, requests};
use crate::session::Session;
use crate::session::labels::{CLIENT_INDEX, Component, SESSION_UID};
use crate::session::short_hash;
use crate::settings::{Settings, with_defaults};

/// The least that a client measures which takes the place of another one.
const LEAST: Duration = Duration::from_secs(1);

/// Where a pod is made to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Site<'a> {
    /// The node of its client, where that has one of its own.
    pub node: Option<&'a str>,
    /// The node of its server.
    pub server_node: Option<&'a str>,
}

/// What the pods of a session's clients are made of.
#[derive(Debug, Clone, Copy)]
pub struct ClientPods<'a> {
    session: &'a Session,
    settings: &'a Settings,
}

impl<'a> ClientPods<'a> {
    /// Those of a session.
    pub fn of(session: &'a Session, settings: &'a Settings) -> Self {
        Self { session, settings }
    }

    /// A hash of all that a pod cannot follow once it exists. Neither index nor attempt are in it, nor the client's own node.
    pub fn hash(self) -> String {
        let duration = self.session.spec.duration.as_deref();
        short_hash(&self.template(&self.session.client_name(), duration, Some("")))
    }

    /// What the scheduler goes by, of a pod that may be on any node that fits.
    pub fn scheduling(self) -> PodSpec {
        self.template("", None, None).spec.unwrap_or_default()
    }

    /// The pod of an attempt, at `site`.
    pub fn pod(self, create: &Create, site: Site<'_>) -> Pod {
        let (session, hash) = (self.session, self.hash());
        let &Create { index, attempt, measured } = create;
        let id = format!("{}-{index}", session.client_name());
        let remaining = session.duration.map(|duration| remaining(duration, measured));
        let full = session.spec.duration.clone();
        let duration = if measured.is_zero() { full } else { remaining };
        let template = self.template(&id, duration.as_deref(), site.node);
        let made = template.metadata.unwrap_or_default();
        let (mut labels, mut annotations) =
            (made.labels.unwrap_or_default(), made.annotations.unwrap_or_default());
        labels.insert(SESSION_UID.to_owned(), session.owner.uid.clone());
        labels.insert(CLIENT_INDEX.to_owned(), index.to_string());
        annotations.insert(ATTEMPT_ANNOTATION.to_owned(), attempt.to_string());
        annotations.insert(TEMPLATE_HASH_ANNOTATION.to_owned(), hash.clone());
        let server_node = site.server_node.filter(|_| session.spec.placement == Placement::CrossZone);
        annotations.extend(server_node.map(|node| (SERVER_NODE_ANNOTATION.to_owned(), node.to_owned())));
        let identity = Identity {
            session: &session.owner.uid,
            run: session.clients_run(),
            index,
            template: &hash,
            attempt,
        };
        let mut spec = template.spec.unwrap_or_default();
        for container in &mut spec.containers {
            container.env.get_or_insert_default().push(EnvVar {
                name: ATTEMPT_VARIABLE.to_owned(),
                value: Some(attempt.to_string()),
                ..EnvVar::default()
            });
        }
        Pod {
            metadata: ObjectMeta {
                name: Some(pod_name(&session.client_name(), identity)),
                namespace: Some(session.namespace.clone()),
                labels: Some(labels),
                annotations: Some(annotations),
                owner_references: Some(vec![session.owner.clone()]),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
            ..Pod::default()
        }
    }

    fn template(self, id: &str, duration: Option<&str>, node: Option<&str>) -> PodTemplateSpec {
        let session = self.session;
        let settings = with_defaults(&session.spec.client.pod, &self.settings.pod_defaults.client);
        let workload = Workload {
            component: Component::Client,
            image: &self.settings.client_image,
            settings: &settings,
            args: args(session, id, duration),
            ports: Vec::new(),
            needs: requests::CLIENT,
            affinity: placement::affinity(session, settings.affinity.clone(), node),
            // A client that ended is judged, and followed by another attempt on whatever node fits by then.
            restart_policy: "Never",
            run: session.clients_run(),
        };
        let mut template = pod::template(session, self.settings, workload);
        if let Some(by) = &session.spec.relay {
            relay::give(&mut template, by);
        }
        let tolerations = placement::tolerations(session);
        if let Some(spec) = template.spec.as_mut().filter(|_| !tolerations.is_empty()) {
            spec.tolerations.get_or_insert_default().extend(tolerations);
        }
        template
    }
}

/// What is left to measure for a client whose attempts before have measured for so long.
fn remaining(duration: Duration, measured: Duration) -> String {
    format!("{}ms", duration.saturating_sub(measured).max(LEAST).as_millis())
}

fn args(session: &Session, id: &str, duration: Option<&str>) -> Vec<String> {
    let mut args = vec![
        "--server".to_owned(),
        format!("{}:{SIGNALING_PORT}", session.server_name()),
        "--id".to_owned(),
        id.to_owned(),
        "--reconnect".to_owned(),
    ];
    let duration = duration.iter().flat_map(|duration| ["--duration", duration]);
    let faults = session.spec.client.faults.iter().flat_map(|fault| ["--fault", fault]);
    args.extend(duration.chain(faults).map(str::to_owned));
    args
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;
    use crate::settings::parse;

    fn built(spec: &Value, create: &Create) -> Value {
        built_at(spec, create, Site::default())
    }

    fn built_at(spec: &Value, create: &Create, site: Site<'_>) -> Value {
        let (session, settings) = (fixture::session(spec), fixture::settings());
        serde_json::to_value(ClientPods::of(&session, &settings).pod(create, site)).unwrap()
    }

    fn hash(spec: &Value) -> String {
        ClientPods::of(&fixture::session(spec), &fixture::settings()).hash()
    }

    const FIRST: Create = Create { index: 2, attempt: 1, measured: Duration::ZERO };

    /// What nodes have to be for the fixture's images.
    fn architecture() -> Value {
        json!({"key": "kubernetes.io/arch", "operator": "In", "values": ["riscv64"]})
    }

    fn args_of(pod: &Value) -> Vec<&str> {
        pod["spec"]["containers"][0]["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_str().unwrap())
            .collect()
    }

    #[test]
    fn the_whole_object() {
        let spec = json!({
            "clients": 3, "duration": "4m59.5s", "placement": "CrossNode", "client": {"faults": ["drop=2%", "offset=5px@7"]}
        });
        let (hash, run) = (hash(&spec), fixture::session(&spec).run_hash);
        let identity =
            Identity { session: "5e8d2c1a-uid", run: Some(&run), index: 2, template: &hash, attempt: 4 };
        let mut metadata = fixture::metadata(&pod_name("harbor-client", identity), "client");
        metadata["labels"]["ballsession.dev/session-uid"] = json!("5e8d2c1a-uid");
        metadata["labels"]["ballsession.dev/client-index"] = json!("2");
        metadata["annotations"] = json!({"ballsession.dev/run": run, "ballsession.dev/attempt": "4", "ballsession.dev/template-hash": hash});
        assert_eq!(
            built(&spec, &Create { attempt: 4, ..FIRST }),
            json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": metadata,
                "spec": {
                    "restartPolicy": "Never",
                    "serviceAccountName": "harbor-workload",
                    "automountServiceAccountToken": false,
                    "enableServiceLinks": false,
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "terminationGracePeriodSeconds": 10,
                    "affinity": {
                        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [architecture()]}]
                        }},
                        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
                            "labelSelector": {"matchLabels": {
                                "app.kubernetes.io/component": "server",
                                "app.kubernetes.io/instance": "harbor",
                                "app.kubernetes.io/name": "ballsession"
                            }},
                            "topologyKey": "kubernetes.io/hostname"
                        }]}
                    },
                    "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                    "volumes": [{"name": "report-token", "projected": {"sources": [{"serviceAccountToken": {
                        "audience": "ballsession.dev/report", "expirationSeconds": 3600, "path": "token"
                    }}]}}, {"name": "report-ca", "configMap": {"name": "harbor-report-ca", "optional": true}}],
                    "containers": [{
                        "name": "client",
                        "image": "registry.example/c:8",
                        "args": [
                            "--server", "harbor-server:8080", "--id", "harbor-client-2",
                            "--reconnect", "--duration", "4m59.5s", "--fault", "drop=2%", "--fault", "offset=5px@7",
                            "--http", "[::]:8081",
                            "--report-url", "http://ballsession-operator.tower:8080/v1/reports",
                            "--report-token-file", "/var/run/secrets/ballsession.dev/token"
                        ],
                        "env": [
                            {"name": "BALLSESSION_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                            {"name": "BALLSESSION_TERMINATION_MESSAGE", "value": "/dev/termination-log"},
                            {"name": "BALLSESSION_REPORT_TLS_URL", "value": "https://ballsession-operator.tower:8443/v1/reports"},
                            {"name": "BALLSESSION_REPORT_CA_FILE", "value": "/var/run/ballsession.dev/report-ca/ca.crt"},
                            {"name": "BALLSESSION_ATTEMPT", "value": "4"}
                        ],
                        "ports": [{"name": "http", "containerPort": 8081, "protocol": "TCP"}],
                        "resources": {"requests": {"cpu": "50m", "memory": "48Mi"}},
                        "readinessProbe": {
                            "httpGet": {"path": "/readyz", "port": 8081},
                            "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 2
                        },
                        "livenessProbe": {
                            "httpGet": {"path": "/healthz", "port": 8081},
                            "periodSeconds": 10, "timeoutSeconds": 2, "failureThreshold": 6
                        },
                        "securityContext": {
                            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                            "capabilities": {"drop": ["ALL"]}
                        },
                        "terminationMessagePolicy": "FallbackToLogsOnError",
                        "volumeMounts": [
                            {"name": "report-token", "mountPath": "/var/run/secrets/ballsession.dev", "readOnly": true},
                            {"name": "report-ca", "mountPath": "/var/run/ballsession.dev/report-ca", "readOnly": true}
                        ]
                    }]
                }
            })
        );
    }

    #[test]
    fn a_client_of_a_relay_is_given_what_it_is_known_by_and_others_nothing() {
        let spec =
            json!({"path": "Relay", "relay": {"uri": "turn:relay.test:53", "secretName": "harbor-relay"}});
        let pod = built(&spec, &FIRST);
        let (pod, container) = (&pod["spec"], &pod["spec"]["containers"][0]);
        let env = container["env"].as_array().unwrap();
        assert_eq!(
            env[env.len() - 4..],
            json!([
                {"name": "BALLSESSION_RELAY", "value": "turn:relay.test:53"},
                {"name": "BALLSESSION_RELAY_USER",
                 "valueFrom": {"secretKeyRef": {"name": "harbor-relay", "key": "username"}}},
                {"name": "BALLSESSION_RELAY_PASSWORD_FILE", "value": "/var/run/ballsession.dev/relay/password"},
                {"name": "BALLSESSION_ATTEMPT", "value": "1"}
            ])
            .as_array()
            .unwrap()[..]
        );
        assert_eq!(
            pod["volumes"][2],
            json!({"name": "relay", "secret": {
                "secretName": "harbor-relay", "defaultMode": 0o444, "items": [{"key": "password", "path": "password"}]
            }})
        );
        assert_eq!(
            container["volumeMounts"][2],
            json!({"name": "relay", "mountPath": "/var/run/ballsession.dev/relay", "readOnly": true})
        );
        assert_eq!(hash(&json!({"path": "ClusterIP"})), hash(&json!({})), "it only comes by another address");
    }

    #[test]
    fn an_unbounded_run_has_no_end() {
        let pod = built(&json!({}), &FIRST);
        let args = args_of(&pod);
        assert!(!args.contains(&"--duration") && !args.contains(&"--fault"));
    }

    #[test]
    fn a_client_of_each_node_is_pinned_and_stays_when_it_is_lost() {
        let spec = json!({"placement": "EachNode", "client": {"tolerations": [{"key": "gpu", "operator": "Exists"}]}});
        let at = |node| built_at(&spec, &FIRST, Site { node: Some(node), server_node: Some("s") });
        let (pod, other) = (at("a"), at("b"));
        assert_eq!(
            pod["spec"]["affinity"],
            json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [architecture()], "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}
            ]}}})
        );
        let lost = |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute"});
        assert_eq!(
            pod["spec"]["tolerations"],
            json!([
                {"key": "gpu", "operator": "Exists"},
                lost("node.kubernetes.io/not-ready"),
                lost("node.kubernetes.io/unreachable")
            ])
        );
        assert_eq!(pod["metadata"], other["metadata"], "one that goes to another node is made of the same");
        let (session, settings) = (fixture::session(&spec), fixture::settings());
        let scheduling = serde_json::to_value(ClientPods::of(&session, &settings).scheduling()).unwrap();
        let required =
            &scheduling["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
        assert_eq!(
            (&required["nodeSelectorTerms"], &scheduling["tolerations"]),
            (&json!([{"matchExpressions": [architecture()]}]), &pod["spec"]["tolerations"])
        );
    }

    #[test]
    fn a_client_in_another_zone_knows_where_its_server_was() {
        let site = Site { node: None, server_node: Some("s") };
        let annotated = |placement: &str| {
            let pod = built_at(&json!({"placement": placement}), &FIRST, site);
            pod["metadata"]["annotations"]["ballsession.dev/server-node"].clone()
        };
        assert_eq!((annotated("CrossZone"), annotated("CrossNode")), (json!("s"), Value::Null));
    }

    /// O20, and that other defaults make other pods.
    #[test]
    fn what_the_session_leaves_out_is_as_the_operator_was_installed() {
        let defaults = "all: {tolerations: [{key: media, operator: Exists}], priorityClassName: all}\n\
                        client: {priorityClassName: canaries, affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}}";
        let settings = Settings { pod_defaults: parse(defaults).unwrap(), ..fixture::settings() };
        let session = fixture::session(&json!({"placement": "SameNode"}));
        let clients = ClientPods::of(&session, &settings);
        let spec = serde_json::to_value(clients.pod(&FIRST, Site::default())).unwrap()["spec"].clone();
        assert_eq!(spec["tolerations"], json!([{"key": "media", "operator": "Exists"}]));
        assert_eq!(spec["priorityClassName"], "canaries");
        let affinity = &spec["affinity"];
        assert!(affinity["podAffinity"].is_object(), "what follows from the placement");
        assert_eq!(affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"], json!([]));
        assert_ne!(clients.hash(), ClientPods::of(&session, &fixture::settings()).hash());
        assert_eq!(
            clients.scheduling().tolerations.map(|all| all.len()),
            Some(1),
            "nodes fit by them as well"
        );
    }

    /// Another hash would replace the pods of every session at an upgrade.
    #[test]
    fn the_hash_of_a_placement_is_its_own() {
        let placements = ["Spread", "CrossNode", "SameNode", "Any", "CrossZone", "EachNode"];
        let hashes = placements.map(|placement| hash(&json!({"placement": placement})));
        let all: std::collections::BTreeSet<_> = hashes.iter().collect();
        assert_eq!(all.len(), placements.len(), "{hashes:?}");
    }

    #[test]
    fn a_replacement_measures_what_is_left() {
        let duration = |measured: u64| {
            let create = Create { measured: Duration::from_millis(measured), ..FIRST };
            let pod = built(&json!({"duration": "5m"}), &create);
            let args = args_of(&pod);
            let flag = args.iter().position(|arg| *arg == "--duration").unwrap();
            (
                args[flag + 1].to_owned(),
                pod["metadata"]["annotations"]["ballsession.dev/template-hash"].clone(),
            )
        };
        let full = duration(0);
        assert_eq!(full.0, "5m");
        assert_eq!(duration(100_250), ("199750ms".into(), full.1.clone()));
        assert_eq!(duration(400_000), ("1000ms".into(), full.1));
    }

    #[test]
    fn the_hash_tells_what_a_pod_cannot_follow() {
        let base = hash(&json!({"clients": 1}));
        for followed in
            [json!({"clients": 9}), json!({"clients": 1, "suspend": true}), json!({"video": {"width": 320}})]
        {
            assert_eq!(hash(&followed), base, "{followed}");
        }
        for anew in [
            json!({"duration": "5m"}),
            json!({"placement": "Any"}),
            json!({"client": {"image": "mine:1"}}),
            json!({"client": {"faults": ["drop=1%"]}}),
        ] {
            assert_ne!(hash(&anew), base, "{anew}");
        }
        // A bounded run that measures something else begins again.
        let bounded = json!({"duration": "5m"});
        let other = json!({"duration": "5m", "video": {"width": 320}});
        assert_ne!(hash(&other), hash(&bounded));
    }
}
