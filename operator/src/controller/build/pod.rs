//! What the pods of server and clients have in common: they satisfy the Pod Security level `restricted`, answer
//! probes, and hold a token that says who they are when they report.

use std::collections::BTreeMap;

use crds::contract::{REPORT_AUDIENCE, RUN_ANNOTATION};
use crds::{PodIdentity, PodSettings, SeccompType, Variable, Video};
use k8s_openapi::api::core::v1::{
    Affinity, Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction,
    ObjectFieldSelector, PodSecurityContext, PodSpec, PodTemplateSpec, Probe, ProjectedVolumeSource,
    SeccompProfile, SecurityContext, ServiceAccountTokenProjection, Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::controller::build::common::HTTP_PORT;
use crate::controller::build::platform;
use crate::controller::build::reporting;
use crate::controller::build::requests::Needs;
use crate::session::Session;
use crate::session::labels::{self, Component};
use crate::settings::Settings;

/// How long a token is valid. The kubelet writes a new one after 80 % of it.
const TOKEN_SECONDS: i64 = 3600;
const TOKEN_VOLUME: &str = "report-token";
const TOKEN_FOLDER: &str = "/var/run/secrets/ballsession.dev";
const TOKEN_FILE: &str = "token";
/// What a pod may take to drain and to send its last report. A second of it is for the container's end.
const GRACE_SECONDS: i64 = 10;

/// The file whose contents Kubernetes shows with the end of a container by default.
const TERMINATION_MESSAGE: &str = "/dev/termination-log";

/// What distinguishes a pod from others of its kind.
pub(super) struct Workload<'a> {
    /// Which part of the session it is.
    pub(super) component: Component,
    /// The image it runs unless its settings say otherwise.
    pub(super) image: &'a str,
    /// The settings for it: the session's own, and the operator's where it has none.
    pub(super) settings: &'a PodSettings,
    /// Its arguments, those for health and reports apart.
    pub(super) args: Vec<String>,
    /// Ports beside that of health, by name.
    pub(super) ports: Vec<ContainerPort>,
    /// CPU and memory that it was measured to need, unless its settings say otherwise.
    pub(super) needs: Needs,
    /// Where it may or should run.
    pub(super) affinity: Option<Affinity>,
    /// When its container is started again.
    pub(super) restart_policy: &'static str,
    /// The run that it serves, if another run needs another pod.
    pub(super) run: Option<&'a str>,
}

/// The pod of a part of a session.
pub(super) fn template(session: &Session, operator: &Settings, workload: Workload<'_>) -> PodTemplateSpec {
    let (component, settings) = (workload.component, workload.settings);
    // The session's own labels come last: its pods could not be found under others.
    let mut labels = settings.pod_labels.clone();
    labels.extend(labels::of(&session.name, component));
    let mut annotations = settings.pod_annotations.clone();
    annotations.extend(workload.run.map(|hash| (RUN_ANNOTATION.to_owned(), hash.to_owned())));
    let spec = PodSpec {
        containers: vec![container(session.spec.video, operator, &workload)],
        volumes: Some([token_volume()].into_iter().chain(reporting::volume(session, operator)).collect()),
        restart_policy: Some(workload.restart_policy.into()),
        service_account_name: Some(session.child_name(Component::Workload)),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(GRACE_SECONDS),
        security_context: Some(pod_security(&settings.security_context)),
        affinity: platform::affinity(settings, &operator.architectures, workload.affinity),
        image_pull_secrets: some(&settings.image_pull_secrets),
        node_selector: Some(platform::node_selector(settings)),
        tolerations: some(&settings.tolerations),
        topology_spread_constraints: some(&settings.topology_spread_constraints),
        priority_class_name: settings.priority_class_name.clone(),
        runtime_class_name: settings.runtime_class_name.clone(),
        scheduler_name: settings.scheduler_name.clone(),
        ..PodSpec::default()
    };
    let metadata =
        ObjectMeta { labels: Some(labels), annotations: some_map(&annotations), ..ObjectMeta::default() };
    PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
}

/// Every address of the pod, of whichever family the cluster gives it.
pub(super) fn listening_on(port: i32) -> String {
    format!("[::]:{port}")
}

/// A TCP port of a container.
pub(super) fn port(name: &str, port: i32) -> ContainerPort {
    container_port(name, port, "TCP")
}

/// A UDP port of a container.
pub(super) fn udp_port(name: &str, port: i32) -> ContainerPort {
    container_port(name, port, "UDP")
}

fn container_port(name: &str, port: i32, protocol: &str) -> ContainerPort {
    ContainerPort {
        name: Some(name.into()),
        container_port: port,
        protocol: Some(protocol.into()),
        ..ContainerPort::default()
    }
}

fn container(video: Video, operator: &Settings, workload: &Workload<'_>) -> Container {
    let settings = workload.settings;
    let mut args = workload.args.clone();
    args.extend(["--http".into(), listening_on(HTTP_PORT)]);
    args.extend(reporting::args(operator));
    args.extend(["--report-token-file".into(), format!("{TOKEN_FOLDER}/{TOKEN_FILE}")]);
    let mut ports = workload.ports.clone();
    ports.push(port("http", HTTP_PORT));
    let pull_policy = settings.image_pull_policy.or(operator.image_pull_policy);
    Container {
        name: workload.component.as_str().into(),
        image: Some(settings.image.clone().unwrap_or_else(|| workload.image.to_owned())),
        image_pull_policy: pull_policy.map(|policy| policy.as_str().into()),
        args: Some(args),
        env: Some(
            settings
                .env
                .iter()
                .map(variable)
                .chain([node_name(), termination_message()])
                .chain(reporting::env(operator))
                .collect(),
        ),
        ports: Some(ports),
        resources: Some(settings.resources.clone().unwrap_or_else(|| workload.needs.of(video))),
        volume_mounts: Some([token_mount()].into_iter().chain(reporting::mount(operator)).collect()),
        // Ready soon after media flows, and unready soon after it stopped; but not killed for a slow moment.
        readiness_probe: Some(probe("/readyz", 2, 2)),
        liveness_probe: Some(probe("/healthz", 10, 6)),
        // The last lines of the log stand in where a crash left no message.
        termination_message_policy: Some("FallbackToLogsOnError".into()),
        security_context: Some(container_security()),
        ..Container::default()
    }
}

fn variable(variable: &Variable) -> EnvVar {
    EnvVar {
        name: variable.name.clone(),
        // Empty is what the API server stores as none.
        value: Some(variable.value.clone()).filter(|value| !value.is_empty()),
        ..EnvVar::default()
    }
}

/// Gives the process its node, which it cannot find out by itself.
fn node_name() -> EnvVar {
    let field = ObjectFieldSelector { field_path: "spec.nodeName".into(), ..ObjectFieldSelector::default() };
    EnvVar {
        name: "BALLSESSION_NODE".into(),
        value_from: Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() }),
        ..EnvVar::default()
    }
}

/// Where the process keeps what to say if it ends at once: killed for its memory, it could not say it then.
fn termination_message() -> EnvVar {
    EnvVar {
        name: "BALLSESSION_TERMINATION_MESSAGE".into(),
        value: Some(TERMINATION_MESSAGE.into()),
        ..EnvVar::default()
    }
}

fn probe(path: &str, period_seconds: i32, failure_threshold: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.into()),
            port: IntOrString::Int(HTTP_PORT),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        timeout_seconds: Some(2),
        failure_threshold: Some(failure_threshold),
        ..Probe::default()
    }
}

/// Its file can be read by whatever user the platform gives the pod. Without a mode it is everybody's in the container, and where
/// user or group are set the kubelet makes it theirs; with a narrower one a user of whom the pod's spec says nothing could not.
fn token_volume() -> Volume {
    let token = ServiceAccountTokenProjection {
        audience: Some(REPORT_AUDIENCE.into()),
        expiration_seconds: Some(TOKEN_SECONDS),
        path: TOKEN_FILE.into(),
        ..ServiceAccountTokenProjection::default()
    };
    let source = VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() };
    Volume {
        name: TOKEN_VOLUME.into(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(vec![source]),
            ..ProjectedVolumeSource::default()
        }),
        ..Volume::default()
    }
}

fn token_mount() -> VolumeMount {
    VolumeMount {
        name: TOKEN_VOLUME.into(),
        mount_path: TOKEN_FOLDER.into(),
        read_only: Some(true),
        ..VolumeMount::default()
    }
}

/// As whom it runs is up to the platform, which may want ids of its own and refuse any other, else to the image, whose user is a
/// number: of a name Kubernetes does not know whether it is root.
fn pod_security(identity: &PodIdentity) -> PodSecurityContext {
    let PodIdentity {
        run_as_user,
        run_as_group,
        fs_group,
        supplemental_groups,
        se_linux_options,
        seccomp_profile,
    } = identity.clone();
    let seccomp_profile = seccomp_profile.map_or_else(
        || SeccompProfile { type_: SeccompType::RuntimeDefault.as_str().into(), localhost_profile: None },
        |profile| SeccompProfile {
            type_: profile.type_.as_str().into(),
            localhost_profile: profile.localhost_profile,
        },
    );
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user,
        run_as_group,
        fs_group,
        supplemental_groups: some(&supplemental_groups),
        se_linux_options,
        seccomp_profile: Some(seccomp_profile),
        ..PodSecurityContext::default()
    }
}

fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".into()]), ..Capabilities::default() }),
        ..SecurityContext::default()
    }
}

/// An empty list is the same as none, and reads back as none.
fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn some_map(map: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.clone())
}
