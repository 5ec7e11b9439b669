//! By which way media is to flow between clients and their server.

use kube::core::Rule;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::rule::add_rule;

/// The longest URI of a relay.
pub const MAX_RELAY_URI: usize = 300;

/// How a relay is written (RFC 7065), over UDP alone.
const RELAY_PATTERN: &str =
    r"^[tT][uU][rR][nN]:(\[[0-9A-Fa-f:.]+\]|[^\s:/?@\[\]]+)(:[0-9]{1,5})?(\?transport=udp)?$";

/// How the name of an object is written.
const OBJECT_NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";

/// By which way clients reach the server's media.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MediaPath {
    /// At the address of the server's pod.
    #[default]
    #[serde(rename = "PodIP")]
    PodIp,
    /// At the address that a Service has within the cluster.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// At a port of the server's node.
    NodePort,
    /// At the address that a load balancer is given.
    LoadBalancer,
    /// At the address of the server's pod, by way of a TURN server.
    Relay,
}

impl MediaPath {
    /// Its name in a spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PodIp => "PodIP",
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
            Self::Relay => "Relay",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PodIp, Self::ClusterIp, Self::NodePort, Self::LoadBalancer, Self::Relay];

    /// Whether a Service for media, of the type that is called the same, leads to the server.
    pub fn has_service(self) -> bool {
        matches!(self, Self::ClusterIp | Self::NodePort | Self::LoadBalancer)
    }
}

/// The family of addresses of signalling and media: IPv4 or IPv6. Without it that is the cluster's first one; with path PodIP
/// clients have both, where the cluster has both.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpFamily {
    /// Addresses such as 192.0.2.1.
    #[serde(rename = "IPv4")]
    Ipv4,
    /// Addresses such as 2001:db8::1.
    #[serde(rename = "IPv6")]
    Ipv6,
}

impl IpFamily {
    /// Its name in a spec, and in a Service.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }

    /// Whether an address is of it.
    pub fn has(self, address: std::net::IpAddr) -> bool {
        address.is_ipv6() == (self == Self::Ipv6)
    }
}

/// A TURN server that all media goes by.
#[derive(JsonSchema, Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Relay {
    /// Where it is, as clients reach it over UDP: turn:relay.example.org, turn:192.0.2.1:3478 or turn:[2001:db8::1]:3478. Without a
    /// port that is 3478.
    #[schemars(length(min = 6, max = MAX_RELAY_URI), regex(pattern = RELAY_PATTERN))]
    pub uri: String,
    /// A Secret in the session's namespace with the keys username and password. The clients' pods are given both, and the operator
    /// reads neither.
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME_PATTERN))]
    pub secret_name: String,
}

/// What is said of a relay that is missing, or too much.
pub const RELAY_GOES_WITH_PATH: &str = "set with spec.path Relay, and with no other";

/// The rule that a relay is set where it is needed, for the API server.
pub(crate) fn relay_goes_with_path(schema: &mut Schema) {
    let rule = Rule {
        field_path: Some(".relay".into()),
        ..Rule::new("has(self.relay) == (self.path == 'Relay')")
            .message(format!("relay must be {RELAY_GOES_WITH_PATH}").as_str())
    };
    add_rule(schema, rule);
}
