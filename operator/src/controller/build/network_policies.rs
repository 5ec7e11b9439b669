//! What an isolated session's pods may exchange with whom. Everything else is refused, in both directions: that is
//! how Kubernetes treats pods that any policy selects.

use crds::MediaPath;
use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::controller::build::common::{HTTP_PORT, MEDIA_PORT, REPORT_PORTS, SIGNALING_PORT, metadata};
use crate::session::Session;
use crate::session::labels::{self, Component};
use crate::settings::Settings;

const DNS_PORT: i32 = 53;
/// The label that Kubernetes gives each namespace.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The server: signalling and media with its clients, HTTP for the cluster, reports to the operator.
///
/// By a node's port or a load balancer clients' media comes under the address of a node, and by a relay under the relay's: then it is
/// taken from anywhere, at the port of media alone.
pub(super) fn server(session: &Session, settings: &Settings) -> NetworkPolicy {
    let clients = || part(session, Component::Client);
    let media = match session.spec.path {
        MediaPath::PodIp | MediaPath::ClusterIp => from(clients(), port("UDP", MEDIA_PORT)),
        MediaPath::NodePort | MediaPath::LoadBalancer | MediaPath::Relay => {
            NetworkPolicyIngressRule { from: None, ports: Some(vec![port("UDP", MEDIA_PORT)]) }
        }
    };
    // A server checks the way to whatever address a client names; by the others it only answers.
    let back = match session.spec.path {
        MediaPath::Relay => to_anywhere(every_udp_port()),
        _ => to(clients(), every_udp_port()),
    };
    policy(
        session,
        Component::Server,
        vec![
            from(clients(), port("TCP", SIGNALING_PORT)),
            media,
            from(whole_cluster(), port("TCP", HTTP_PORT)),
        ],
        vec![back, dns(), reports(settings)],
    )
}

/// Clients: signalling to and media with their server, HTTP for the cluster, reports to the operator.
///
/// Ports of nodes and load balancers are no pods, and which port that is the API server decides: their media may go anywhere. To a
/// relay it goes at that one's port, and nowhere else.
pub(super) fn client(session: &Session, settings: &Settings) -> NetworkPolicy {
    let server = || part(session, Component::Server);
    let media = match session.spec.path {
        MediaPath::PodIp | MediaPath::ClusterIp => to(server(), port("UDP", MEDIA_PORT)),
        MediaPath::NodePort | MediaPath::LoadBalancer => to_anywhere(every_udp_port()),
        MediaPath::Relay => {
            let relay = session.relay.as_ref().map(|relay| port("UDP", relay.port.into()));
            to_anywhere(relay.unwrap_or_else(every_udp_port))
        }
    };
    policy(
        session,
        Component::Client,
        vec![from(server(), every_udp_port()), from(whole_cluster(), port("TCP", HTTP_PORT))],
        vec![to(server(), port("TCP", SIGNALING_PORT)), media, dns(), reports(settings)],
    )
}

fn policy(
    session: &Session,
    component: Component,
    ingress: Vec<NetworkPolicyIngressRule>,
    egress: Vec<NetworkPolicyEgressRule>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata: metadata(session, component),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(labels::selector(&session.name, component)),
            policy_types: Some(vec!["Ingress".into(), "Egress".into()]),
            ingress: Some(ingress),
            egress: Some(egress),
        }),
    }
}

/// Name servers may be pods, or listen on an address of the node that no selector names: so anywhere.
fn dns() -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: None, ports: Some(vec![port("UDP", DNS_PORT), port("TCP", DNS_PORT)]) }
}

fn reports(settings: &Settings) -> NetworkPolicyEgressRule {
    let operator = NetworkPolicyPeer {
        namespace_selector: Some(labelled(NAMESPACE_NAME, &settings.operator_namespace)),
        pod_selector: Some(labelled(labels::NAME, labels::OPERATOR)),
        ..NetworkPolicyPeer::default()
    };
    NetworkPolicyEgressRule {
        to: Some(vec![operator]),
        ports: Some(REPORT_PORTS.map(|number| port("TCP", number)).into()),
    }
}

fn from(peer: NetworkPolicyPeer, port: NetworkPolicyPort) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: Some(vec![peer]), ports: Some(vec![port]) }
}

fn to(peer: NetworkPolicyPeer, port: NetworkPolicyPort) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: Some(vec![peer]), ports: Some(vec![port]) }
}

fn to_anywhere(port: NetworkPolicyPort) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: None, ports: Some(vec![port]) }
}

/// Ports are those of pods: a Service's address is translated before policies apply.
fn port(protocol: &str, port: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.into()),
        port: Some(IntOrString::Int(port)),
        ..NetworkPolicyPort::default()
    }
}

/// A client's media takes whatever port the system gives.
fn every_udp_port() -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some("UDP".into()), ..NetworkPolicyPort::default() }
}

fn part(session: &Session, component: Component) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(labels::selector(&session.name, component)),
        ..NetworkPolicyPeer::default()
    }
}

fn whole_cluster() -> NetworkPolicyPeer {
    NetworkPolicyPeer { namespace_selector: Some(LabelSelector::default()), ..NetworkPolicyPeer::default() }
}

fn labelled(key: &str, value: &str) -> LabelSelector {
    LabelSelector {
        match_labels: Some([(key.to_owned(), value.to_owned())].into()),
        ..LabelSelector::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn selector(component: &str) -> Value {
        json!({"matchLabels": {
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/instance": "harbor",
            "app.kubernetes.io/name": "ballsession"
        }})
    }

    fn operator() -> Value {
        json!({
            "to": [{
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tower"}},
                "podSelector": {"matchLabels": {"app.kubernetes.io/name": "ballsession-operator"}}
            }],
            "ports": [{"protocol": "TCP", "port": 8443}, {"protocol": "TCP", "port": 8080}]
        })
    }

    fn dns() -> Value {
        json!({"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]})
    }

    #[test]
    fn the_whole_object_of_the_server() {
        let session = fixture::session(&json!({"networkPolicy": "Isolated"}));
        let clients = json!([{"podSelector": selector("client")}]);
        assert_eq!(
            serde_json::to_value(server(&session, &fixture::settings())).unwrap(),
            json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": fixture::metadata("harbor-server", "server"),
                "spec": {
                    "podSelector": selector("server"),
                    "policyTypes": ["Ingress", "Egress"],
                    "ingress": [
                        {"from": clients, "ports": [{"protocol": "TCP", "port": 8080}]},
                        {"from": clients, "ports": [{"protocol": "UDP", "port": 8082}]},
                        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 8081}]}
                    ],
                    "egress": [{"to": clients, "ports": [{"protocol": "UDP"}]}, dns(), operator()]
                }
            })
        );
    }

    #[test]
    fn the_whole_object_of_the_clients() {
        let session = fixture::session(&json!({"networkPolicy": "Isolated"}));
        let server = json!([{"podSelector": selector("server")}]);
        assert_eq!(
            serde_json::to_value(client(&session, &fixture::settings())).unwrap(),
            json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": fixture::metadata("harbor-client", "client"),
                "spec": {
                    "podSelector": selector("client"),
                    "policyTypes": ["Ingress", "Egress"],
                    "ingress": [
                        {"from": server, "ports": [{"protocol": "UDP"}]},
                        {"from": [{"namespaceSelector": {}}], "ports": [{"protocol": "TCP", "port": 8081}]}
                    ],
                    "egress": [
                        {"to": server, "ports": [{"protocol": "TCP", "port": 8080}]},
                        {"to": server, "ports": [{"protocol": "UDP", "port": 8082}]},
                        dns(),
                        operator()
                    ]
                }
            })
        );
    }
}
