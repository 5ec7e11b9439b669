//! Runs the clients.

use crds::contract::JOB_HASH_ANNOTATION;
use k8s_openapi::api::batch::v1::{Job, JobSpec};

use crate::controller::build::common::{SIGNALING_PORT, metadata};
use crate::controller::build::placement;
use crate::controller::build::pod::{self, Workload};
use crate::run::RunStage;
use crate::session::Session;
use crate::session::labels::Component;
use crate::session::short_hash;
use crate::settings::Settings;

/// Twice the memory and a little more than the CPU that a client of the default format takes.
const REQUESTS: [(&str, &str); 2] = [("cpu", "50m"), ("memory", "48Mi")];

/// What a bounded run may take beyond its duration: to be scheduled, pull the image and decode a first frame.
const DEADLINE_SLACK_SECONDS: u64 = 120;

/// One pod a client, each with an index of its own as long as it takes.
pub(super) fn build(session: &Session, settings: &Settings) -> Job {
    let unscaled = JobSpec {
        completion_mode: Some("Indexed".into()),
        // A client that crashes is started again, however often: that is for the conditions to show.
        backoff_limit: Some(i32::MAX),
        // Only when a pod is gone comes the next: two at once would share an index, and with it an id.
        pod_replacement_policy: Some("Failed".into()),
        active_deadline_seconds: deadline_seconds(session),
        template: pod::template(
            session,
            settings,
            Workload {
                component: Component::Client,
                image: &settings.client_image,
                settings: &session.spec.client.pod,
                args: args(session),
                ports: Vec::new(),
                requests: REQUESTS,
                affinity: placement::affinity(session),
                restart_policy: "OnFailure",
                // Without an end to the run, clients just connect to its next server.
                run: session.duration.map(|_| session.run_hash.as_str()),
            },
        ),
        ..JobSpec::default()
    };
    let mut metadata = metadata(session, Component::Client);
    metadata.annotations = Some([(JOB_HASH_ANNOTATION.to_owned(), short_hash(&unscaled))].into());
    // The rest may change while the Job runs, completions only together with parallelism.
    let spec = JobSpec {
        parallelism: Some(session.spec.clients),
        completions: Some(session.spec.clients),
        suspend: Some(session.stage == RunStage::Suspended),
        ..unscaled
    };
    Job { metadata, spec: Some(spec), ..Job::default() }
}

/// When a bounded run is given up.
fn deadline_seconds(session: &Session) -> Option<i64> {
    let duration = session.duration?.as_millis().div_ceil(1000);
    // At most the longest duration that a session can have, and the slack.
    i64::try_from(duration).ok()?.checked_add_unsigned(DEADLINE_SLACK_SECONDS)
}

fn args(session: &Session) -> Vec<String> {
    let spec = &session.spec;
    let mut args = vec![
        "--server".to_owned(),
        format!("{}:{SIGNALING_PORT}", session.server_name()),
        "--id".to_owned(),
        // Kubernetes sets the variable in the pods of an Indexed Job, and fills it in here.
        format!("{}-$(JOB_COMPLETION_INDEX)", session.client_name()),
        "--reconnect".to_owned(),
    ];
    let duration = spec.duration.iter().flat_map(|duration| ["--duration", duration]);
    let faults = spec.client.faults.iter().flat_map(|fault| ["--fault", fault]);
    args.extend(duration.chain(faults).map(str::to_owned));
    args
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn built(spec: &Value) -> Value {
        serde_json::to_value(build(&fixture::session(spec), &fixture::settings())).unwrap()
    }

    fn hash(job: &Value) -> &str {
        job["metadata"]["annotations"][JOB_HASH_ANNOTATION].as_str().unwrap()
    }

    #[test]
    fn the_whole_object() {
        let spec = json!({
            "clients": 3, "duration": "4m59.5s", "placement": "CrossNode", "client": {"faults": ["drop=2%", "offset=5px@7"]}
        });
        let (job, run) = (built(&spec), fixture::session(&spec).run_hash);
        let mut metadata = fixture::metadata("harbor-client", "client");
        metadata["annotations"] = json!({"ballsession.dev/job-hash": hash(&job)});
        assert_eq!(
            job,
            json!({
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": metadata,
                "spec": {
                    "completionMode": "Indexed",
                    "parallelism": 3,
                    "completions": 3,
                    "suspend": false,
                    "backoffLimit": 2_147_483_647,
                    "podReplacementPolicy": "Failed",
                    "activeDeadlineSeconds": 420,
                    "template": {
                        "metadata": {
                            "labels": fixture::metadata("harbor-client", "client")["labels"],
                            "annotations": {"ballsession.dev/run": run}
                        },
                        "spec": {
                            "restartPolicy": "OnFailure",
                            "serviceAccountName": "harbor-workload",
                            "automountServiceAccountToken": false,
                            "enableServiceLinks": false,
                            "nodeSelector": {"kubernetes.io/os": "linux"},
                            "terminationGracePeriodSeconds": 10,
                            "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
                                "labelSelector": {"matchLabels": {
                                    "app.kubernetes.io/component": "server",
                                    "app.kubernetes.io/instance": "harbor",
                                    "app.kubernetes.io/name": "ballsession"
                                }},
                                "topologyKey": "kubernetes.io/hostname"
                            }]}},
                            "securityContext": {
                                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                                "seccompProfile": {"type": "RuntimeDefault"}
                            },
                            "volumes": [{"name": "report-token", "projected": {"sources": [{"serviceAccountToken": {
                                "audience": "ballsession.dev/report", "expirationSeconds": 3600, "path": "token"
                            }}]}}],
                            "containers": [{
                                "name": "client",
                                "image": "registry.example/c:8",
                                "args": [
                                    "--server", "harbor-server:8080", "--id", "harbor-client-$(JOB_COMPLETION_INDEX)",
                                    "--reconnect", "--duration", "4m59.5s", "--fault", "drop=2%", "--fault", "offset=5px@7",
                                    "--http", "[::]:8081",
                                    "--report-url", "http://ballsession-operator.tower:8080/v1/reports",
                                    "--report-token-file", "/var/run/secrets/ballsession.dev/token"
                                ],
                                "env": [
                                    {"name": "BALLSESSION_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                                    {"name": "BALLSESSION_TERMINATION_MESSAGE", "value": "/dev/termination-log"}
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
                                    {"name": "report-token", "mountPath": "/var/run/secrets/ballsession.dev", "readOnly": true}
                                ]
                            }]
                        }
                    }
                }
            })
        );
    }

    #[test]
    fn an_unbounded_run_has_no_end() {
        let job = built(&json!({}));
        assert_eq!(job["spec"].get("activeDeadlineSeconds"), None);
        let args = job["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
        assert!(!args.contains(&json!("--duration")) && !args.contains(&json!("--fault")));
    }

    #[test]
    fn the_hash_tells_what_a_job_cannot_follow() {
        let base = built(&json!({"clients": 1}));
        for followed in
            [json!({"clients": 9}), json!({"clients": 1, "suspend": true}), json!({"video": {"width": 320}})]
        {
            assert_eq!(hash(&built(&followed)), hash(&base), "{followed}");
        }
        for anew in [
            json!({"duration": "5m"}),
            json!({"placement": "Any"}),
            json!({"client": {"image": "mine:1"}}),
            json!({"client": {"faults": ["drop=1%"]}}),
        ] {
            assert_ne!(hash(&built(&anew)), hash(&base), "{anew}");
        }
        // A bounded run that measures something else begins again.
        let bounded = json!({"duration": "5m"});
        let other = json!({"duration": "5m", "video": {"width": 320}});
        assert_ne!(hash(&built(&other)), hash(&built(&bounded)));
    }
}
