//! How the pods of a session differ from what the operator would make by itself.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Affinity, LocalObjectReference, ResourceRequirements, SELinuxOptions, Toleration,
    TopologySpreadConstraint,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::{
    annotations, embedded, faults, groups, labels, own_variable, pod_labels, profile_file, variables,
};

/// Settings of a pod. Everything left out is up to the operator.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSettings {
    /// The container image, instead of the one the operator was installed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub image: Option<String>,

    /// When the image is pulled. (The schema shows the text of the type.)
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<PullPolicy>,

    /// Secrets in the session's namespace to pull the image with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = embedded)]
    pub image_pull_secrets: Vec<LocalObjectReference>,

    /// CPU and memory of the container. Without it the operator requests what a picture of its size was measured to
    /// need, and sets no limits. A CPU limit adds latency: the container is stopped whenever it is used
    /// up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub resources: Option<ResourceRequirements>,

    /// Labels that a node must have to run the pod.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(transform = labels)]
    pub node_selector: BTreeMap<String, String>,

    /// Where the pod may or should run. What follows from spec.placement is added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub affinity: Option<Affinity>,

    /// Taints of nodes that do not keep the pod away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = embedded)]
    pub tolerations: Vec<Toleration>,

    /// How pods are spread over zones, nodes or other domains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = embedded)]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,

    /// The pod's priority class, which must exist in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub priority_class_name: Option<String>,

    /// The runtime class, which must exist in the cluster: what runs the pod's containers, and what that costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub runtime_class_name: Option<String>,

    /// The scheduler that finds a node for the pod, instead of the cluster's default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub scheduler_name: Option<String>,

    /// Environment variables of the container. Those that begin with BALLSESSION_ are the operator's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), transform = variables)]
    pub env: Vec<Variable>,

    /// As whom the pod runs. Without it that is up to the platform, and where that has no opinion, to the image. Never as root.
    #[serde(skip_serializing_if = "PodIdentity::is_empty")]
    pub security_context: PodIdentity,

    /// Labels for the pod beside the operator's own, which begin with app.kubernetes.io/ and ballsession.dev/.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(transform = pod_labels)]
    pub pod_labels: BTreeMap<String, String>,

    /// Annotations for the pod.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(transform = annotations)]
    pub pod_annotations: BTreeMap<String, String>,
}

/// As whom a pod runs. Everything left out is up to the platform.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct PodIdentity {
    /// The user's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub run_as_user: Option<i64>,

    /// The number of the user's group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub run_as_group: Option<i64>,

    /// The number of the group that volumes belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647))]
    pub fs_group: Option<i64>,

    /// The numbers of further groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), transform = groups)]
    pub supplemental_groups: Vec<i64>,

    /// The SELinux context.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(transform = embedded)]
    pub se_linux_options: Option<SELinuxOptions>,

    /// Which system calls its processes may make. Without it those that the container runtime allows by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<SeccompProfile>,
}

/// Which system calls a pod's processes may make. Pods without any profile are refused at the Pod Security level restricted, so
/// that is no choice.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = profile_file)]
pub struct SeccompProfile {
    /// Whose profile it is. (The schema shows the text of the type.)
    #[serde(rename = "type")]
    pub type_: SeccompType,

    /// The profile's file, below the kubelet's folder for such profiles on each node. Only with Localhost, and needed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub localhost_profile: Option<String>,
}

/// Whose profile it is: that of the container runtime, RuntimeDefault, or Localhost, a file on the node.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeccompType {
    /// That of the container runtime.
    RuntimeDefault,
    /// A file on the node.
    Localhost,
}

impl SeccompType {
    /// The name in a pod.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RuntimeDefault => "RuntimeDefault",
            Self::Localhost => "Localhost",
        }
    }
}

/// A variable with its value.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[schemars(transform = own_variable)]
pub struct Variable {
    /// Its name, of letters, digits and '_'.
    #[schemars(length(min = 1, max = 128), regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub name: String,
    /// Its value. As in any pod, $(NAME) stands for another variable, and $$ for a dollar sign.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub value: String,
}

impl PodIdentity {
    /// Whether all of it is up to the platform.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Settings of the clients' pods.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Default, PartialEq)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientSettings {
    /// What can be set for the server's pod as well.
    #[serde(flatten)]
    pub pod: PodSettings,

    /// Lies that every client tells, to see that the session notices: offset=5px (positions are off), drop=2%
    /// (reports are left out), delay=300ms (reports are late), freeze=1s (nothing is decoded for so long, every
    /// 5s). A seed may follow, as in drop=2%@7.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), transform = faults)]
    pub faults: Vec<String>,
}

/// When the image is pulled: Always, IfNotPresent or Never. Without it: as the operator was installed with, else
/// Always for the tag latest and IfNotPresent for any other.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    /// Whenever a container starts.
    Always,
    /// When the node does not have it.
    IfNotPresent,
    /// It must be on the node.
    Never,
}

impl PullPolicy {
    /// The name in a pod.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}
