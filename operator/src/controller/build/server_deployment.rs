//! Runs the server.

use crds::Video;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy};
use k8s_openapi::api::core::v1::{EnvVar, PodTemplateSpec, Toleration};

use crate::controller::build::common::{
    LOST_TAINTS, MEDIA_PORT, SIGNALING_PORT, SIGNALING_PORT_NAME, metadata, staying,
};
use crate::controller::build::pod::{self, Workload};
use crate::controller::build::{requests, told_path};
use crate::run::RunStage;
use crate::session::Session;
use crate::session::labels::{self, Component};
use crate::settings::{Settings, with_defaults};

/// How long a server stays on a node that is lost: as long as clients do. Unless a pod says otherwise it stays there for 300 s.
const LOST_SECONDS: i64 = 30;

/// Where the server takes media. Not by its flag: a run may be pinned to an image that does not know that.
const MEDIA_PORTS_VARIABLE: &str = "BALLSESSION_MEDIA_PORTS";
/// How large its packets are, for the same reason.
const PACKET_BYTES_VARIABLE: &str = "BALLSESSION_PACKET_BYTES";

/// One server while the session is active, none otherwise.
pub(super) fn build(session: &Session, settings: &Settings) -> Deployment {
    let pod_settings = with_defaults(&session.spec.server, &settings.pod_defaults.server);
    let mut template = pod::template(
        session,
        settings,
        Workload {
            component: Component::Server,
            image: &settings.server_image,
            settings: &pod_settings,
            args: args(session),
            ports: vec![pod::port(SIGNALING_PORT_NAME, SIGNALING_PORT), pod::udp_port("media", MEDIA_PORT)],
            needs: requests::SERVER,
            affinity: pod_settings.affinity.clone(),
            restart_policy: "Always",
            run: Some(&session.run_hash),
        },
    );
    leave_lost_nodes(&mut template);
    take_media(&mut template);
    size_packets(&mut template, session);
    told_path::tell(&mut template, session);
    Deployment {
        metadata: metadata(session, Component::Server),
        spec: DeploymentSpec {
            replicas: Some(i32::from(session.stage == RunStage::Active)),
            selector: labels::selector(&session.name, Component::Server),
            // Two servers at once would share the clients out between them.
            strategy: Some(DeploymentStrategy {
                type_: Some("Recreate".into()),
                ..DeploymentStrategy::default()
            }),
            // Nobody rolls a server back: the operator would roll it forward again.
            revision_history_limit: Some(0),
            template,
            ..DeploymentSpec::default()
        },
        ..Deployment::default()
    }
}

/// Has the pod leave a node that is lost, except as the session's own settings say. One without a key is about every taint.
fn leave_lost_nodes(template: &mut PodTemplateSpec) {
    let Some(spec) = &mut template.spec else { return };
    let tolerations = spec.tolerations.get_or_insert_default();
    for taint in LOST_TAINTS {
        let is_about =
            |known: &Toleration| known.key.as_deref().is_none_or(|key| key.is_empty() || key == taint);
        let concerns_leaving = |known: &Toleration| {
            known.effect.as_deref().is_none_or(|effect| effect.is_empty() || effect == "NoExecute")
        };
        if !tolerations.iter().any(|known| is_about(known) && concerns_leaving(known)) {
            tolerations.push(staying(taint, Some(LOST_SECONDS)));
        }
    }
}

/// Has the server take media at the port that NetworkPolicies name.
fn take_media(template: &mut PodTemplateSpec) {
    for container in template.spec.iter_mut().flat_map(|spec| &mut spec.containers) {
        container.env.get_or_insert_default().push(EnvVar {
            name: MEDIA_PORTS_VARIABLE.to_owned(),
            value: Some(MEDIA_PORT.to_string()),
            ..EnvVar::default()
        });
    }
}

/// Has the server send packets of another size than by default, where the session has one.
fn size_packets(template: &mut PodTemplateSpec, session: &Session) {
    let bytes = session.spec.video.packet_bytes;
    if bytes == Video::PACKET_BYTES {
        return;
    }
    for container in template.spec.iter_mut().flat_map(|spec| &mut spec.containers) {
        container.env.get_or_insert_default().push(EnvVar {
            name: PACKET_BYTES_VARIABLE.to_owned(),
            value: Some(bytes.to_string()),
            ..EnvVar::default()
        });
    }
}

/// Without `--duration`: clients have it, each for itself, and the server outlasts them to take their last reports. Without
/// `--window`: the answer to each of its posts has it, so that another one restarts nothing.
fn args(session: &Session) -> Vec<String> {
    let (video, ball) = (&session.spec.video, &session.spec.ball);
    [
        ("--listen", pod::listening_on(SIGNALING_PORT)),
        ("--width", video.width.to_string()),
        ("--height", video.height.to_string()),
        ("--fps", video.frames_per_second.to_string()),
        ("--bitrate-kbps", video.bitrate_kbps.to_string()),
        ("--radius", ball.radius_pixels.to_string()),
        ("--speed", ball.speed_pixels_per_second.to_string()),
    ]
    .into_iter()
    .flat_map(|(flag, value)| [flag.to_owned(), value])
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;
    use crate::settings::parse;

    fn built(spec: &Value) -> Value {
        serde_json::to_value(build(&fixture::session(spec), &fixture::settings())).unwrap()
    }

    #[test]
    fn the_whole_object() {
        let spec = json!({
            "video": {"width": 320, "height": 200, "framesPerSecond": 15, "bitrateKbps": 400},
            "ball": {"radiusPixels": 11, "speedPixelsPerSecond": 120},
            "objectives": {"window": "90s"}
        });
        let run = fixture::session(&spec).run_hash;
        assert_eq!(
            built(&spec),
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": fixture::metadata("harbor-server", "server"),
                "spec": {
                    "replicas": 1,
                    "revisionHistoryLimit": 0,
                    "strategy": {"type": "Recreate"},
                    "selector": {"matchLabels": {
                        "app.kubernetes.io/component": "server",
                        "app.kubernetes.io/instance": "harbor",
                        "app.kubernetes.io/name": "ballsession"
                    }},
                    "template": {
                        "metadata": {
                            "labels": fixture::metadata("harbor-server", "server")["labels"],
                            "annotations": {"ballsession.dev/run": run}
                        },
                        "spec": {
                            "restartPolicy": "Always",
                            "serviceAccountName": "harbor-workload",
                            "automountServiceAccountToken": false,
                            "enableServiceLinks": false,
                            "nodeSelector": {"kubernetes.io/os": "linux"},
                            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [{"matchExpressions": [
                                    {"key": "kubernetes.io/arch", "operator": "In", "values": ["riscv64"]}
                                ]}]
                            }}},
                            "terminationGracePeriodSeconds": 10,
                            "tolerations": [
                                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
                                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
                            ],
                            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                            "volumes": [{"name": "report-token", "projected": {"sources": [{"serviceAccountToken": {
                                "audience": "ballsession.dev/report", "expirationSeconds": 3600, "path": "token"
                            }}]}}, {"name": "report-ca", "configMap": {"name": "harbor-report-ca", "optional": true}}],
                            "containers": [{
                                "name": "server",
                                "image": "registry.example/s:7",
                                "args": [
                                    "--listen", "[::]:8080", "--width", "320", "--height", "200", "--fps", "15",
                                    "--bitrate-kbps", "400", "--radius", "11", "--speed", "120",
                                    "--http", "[::]:8081",
                                    "--report-url", "http://ballsession-operator.tower:8080/v1/reports",
                                    "--report-token-file", "/var/run/secrets/ballsession.dev/token"
                                ],
                                "env": [
                                    {"name": "BALLSESSION_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                                    {"name": "BALLSESSION_TERMINATION_MESSAGE", "value": "/dev/termination-log"},
                                    {"name": "BALLSESSION_REPORT_TLS_URL", "value": "https://ballsession-operator.tower:8443/v1/reports"},
                                    {"name": "BALLSESSION_REPORT_CA_FILE", "value": "/var/run/ballsession.dev/report-ca/ca.crt"},
                                    {"name": "BALLSESSION_MEDIA_PORTS", "value": "8082"}
                                ],
                                "ports": [
                                    {"name": "tcp-signaling", "containerPort": 8080, "protocol": "TCP"},
                                    {"name": "media", "containerPort": 8082, "protocol": "UDP"},
                                    {"name": "http", "containerPort": 8081, "protocol": "TCP"}
                                ],
                                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
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
                    }
                }
            })
        );
    }

    /// O10: by default it is not even named, so that no pod is made anew.
    #[test]
    fn packets_of_another_size_are_asked_for_by_a_variable() {
        let variable = |spec: &Value| {
            let env = built(spec)["spec"]["template"]["spec"]["containers"][0]["env"].clone();
            let env: Vec<Value> = serde_json::from_value(env).unwrap();
            env.into_iter().find(|variable| variable["name"] == "BALLSESSION_PACKET_BYTES")
        };
        let small = variable(&json!({"video": {"packetBytes": 200}})).unwrap();
        assert_eq!(small, json!({"name": "BALLSESSION_PACKET_BYTES", "value": "200"}));
        let default = json!({"video": {"packetBytes": 1188}});
        assert_eq!(variable(&default), None);
        assert_eq!(built(&default), built(&json!({})));
    }

    /// The operator is told which way its pod takes, and the server whether the operator names addresses.
    #[test]
    fn a_server_is_told_the_path_where_it_is_not_its_pods_address() {
        let differing = |spec: &Value| {
            let (base, built) = (built(&json!({})), built(spec));
            let variables = |built: &Value| {
                built["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone()
            };
            let more = variables(&built)[variables(&base).len()..].to_vec();
            (more, built["spec"]["template"]["metadata"]["annotations"]["ballsession.dev/path"].clone())
        };
        assert_eq!(differing(&json!({"path": "PodIP"})), (vec![], Value::Null));
        let relay = json!({"uri": "turn:relay.test", "secretName": "s"});
        for (spec, variable, annotation) in [
            (json!({"path": "ClusterIP"}), "ClusterIP", "ClusterIP"),
            (json!({"path": "NodePort", "ipFamily": "IPv4"}), "NodePort", "NodePort IPv4"),
            (json!({"path": "Relay", "relay": relay}), "Relay", "Relay"),
            (json!({"ipFamily": "IPv6"}), "PodIP", "PodIP IPv6"),
        ] {
            let told = json!({"name": "BALLSESSION_PATH", "value": variable});
            assert_eq!(differing(&spec), (vec![told], json!(annotation)), "{spec}");
        }
    }

    /// Neither what counts as good nor over which time changes anything about the pod.
    #[test]
    fn objectives_restart_nothing() {
        let other = json!({"objectives": {"window": "5s", "lossPercent": "9", "deliveredPercent": "50"}});
        assert_eq!(built(&other), built(&json!({})));
    }

    #[test]
    fn the_sessions_settings_for_the_pod_win_except_over_its_labels() {
        let pod = json!({
            "image": "mine:1", "imagePullPolicy": "Never", "imagePullSecrets": [{"name": "mirror"}],
            "resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"disk": "ssd"},
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "tolerations": [{"key": "media", "operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "priorityClassName": "canaries", "runtimeClassName": "sandboxed", "schedulerName": "packing",
            "env": [{"name": "LANG", "value": "C"}, {"name": "EMPTY"}],
            "securityContext": {
                "runAsUser": 1001, "fsGroup": 1002,
                "seccompProfile": {"type": "Localhost", "localhostProfile": "media.json"}
            },
            "podLabels": {"team": "media", "app.kubernetes.io/instance": "stolen"}, "podAnnotations": {"note": "n"}
        });
        let template = built(&json!({"server": pod}))["spec"]["template"].clone();
        let (spec, container) = (&template["spec"], &template["spec"]["containers"][0]);
        assert_eq!(template["metadata"]["annotations"]["note"], "n");
        assert_eq!(template["metadata"]["labels"]["team"], "media");
        assert_eq!(template["metadata"]["labels"]["app.kubernetes.io/instance"], "harbor");
        for field in [
            "imagePullSecrets",
            "affinity",
            "topologySpreadConstraints",
            "priorityClassName",
            "runtimeClassName",
            "schedulerName",
        ] {
            assert_eq!(spec[field], pod[field], "{field}");
        }
        assert_eq!(spec["nodeSelector"], json!({"disk": "ssd", "kubernetes.io/os": "linux"}));
        assert_eq!(spec["tolerations"][0], pod["tolerations"][0]);
        assert_eq!(
            spec["securityContext"],
            json!({
                "runAsNonRoot": true, "runAsUser": 1001, "fsGroup": 1002,
                "seccompProfile": {"type": "Localhost", "localhostProfile": "media.json"}
            })
        );
        let env = container["env"].as_array().unwrap();
        assert_eq!(env[..2], pod["env"].as_array().unwrap()[..]);
        assert_eq!(env[2]["name"], "BALLSESSION_NODE", "the operator's own come last and win");
        for field in ["image", "imagePullPolicy", "resources"] {
            assert_eq!(container[field], pod[field], "{field}");
        }
    }

    /// O20: an admin had no way to say what the pods of all sessions need.
    #[test]
    fn what_the_session_leaves_out_is_as_the_operator_was_installed() {
        let defaults = "all: {imagePullSecrets: [{name: mirror}], tolerations: [{key: media, operator: Exists}]}\n\
                        server: {resources: {limits: {memory: 1Gi}}, nodeSelector: {pool: media}, podLabels: {cost: c}}\n\
                        client: {priorityClassName: never}";
        let settings = Settings { pod_defaults: parse(defaults).unwrap(), ..fixture::settings() };
        let spec = json!({"server": {"nodeSelector": {"disk": "ssd"}}});
        let built = serde_json::to_value(build(&fixture::session(&spec), &settings)).unwrap();
        let (template, spec) = (&built["spec"]["template"], &built["spec"]["template"]["spec"]);
        assert_eq!(spec["imagePullSecrets"], json!([{"name": "mirror"}]));
        assert_eq!(spec["tolerations"][0], json!({"key": "media", "operator": "Exists"}));
        assert_eq!(spec["tolerations"].as_array().unwrap().len(), 3, "and it leaves lost nodes");
        assert_eq!(
            spec["nodeSelector"],
            json!({"disk": "ssd", "pool": "media", "kubernetes.io/os": "linux"})
        );
        assert_eq!(spec["containers"][0]["resources"], json!({"limits": {"memory": "1Gi"}}));
        assert_eq!(template["metadata"]["labels"]["cost"], "c");
        assert_eq!(spec["priorityClassName"], Value::Null, "that is for clients");
    }

    #[test]
    fn a_server_leaves_a_lost_node_as_fast_as_its_session_says() {
        let seconds = |tolerations: Value| {
            let built = built(&json!({"server": {"tolerations": tolerations}}));
            let tolerations = built["spec"]["template"]["spec"]["tolerations"].clone();
            let seconds =
                tolerations.as_array().unwrap().iter().map(|known| known["tolerationSeconds"].as_i64());
            seconds.collect::<Vec<_>>()
        };
        let other = json!({"key": "media", "operator": "Exists"});
        assert_eq!(seconds(json!([other])), [None, Some(30), Some(30)]);
        let unready = json!({"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5});
        assert_eq!(seconds(json!([unready])), [Some(5), Some(30)]);
        let scheduling =
            json!({"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"});
        assert_eq!(seconds(json!([scheduling])), [None, Some(30), Some(30)]);
        assert_eq!(seconds(json!([{"operator": "Exists"}])), [None]);
    }
}
