//! Which connections the generated policies let through, evaluated as Kubernetes documents them: where no policy
//! selects a pod for a direction everything is allowed, otherwise what any rule of any of them allows.
//!
//! Test clusters seldom enforce policies, so this is where it shows that a session works under its own.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};

use super::build;
use super::common::{HTTP_PORT, MEDIA_PORT, REPORT_PORTS, SIGNALING_PORT};
use super::fixture::{session, settings};
use crate::controller::resources::{Desired, Resources};
use crate::session::labels::{self, Component};

/// One end of a connection.
struct End {
    namespace: &'static str,
    labels: BTreeMap<String, String>,
    /// Whether it is a pod; selectors see nothing else.
    is_pod: bool,
}

fn pod(namespace: &'static str, labels: BTreeMap<String, String>) -> End {
    End { namespace, labels, is_pod: true }
}

fn part(session: &str, component: Component) -> End {
    pod("lighthouse", labels::of(session, component))
}

fn named(namespace: &'static str, name: &str) -> End {
    pod(namespace, [(labels::NAME.to_owned(), name.to_owned())].into())
}

fn outside() -> End {
    End { namespace: "", labels: BTreeMap::new(), is_pod: false }
}

/// The policies of an isolated session `harbor` in `lighthouse`.
struct Policies(Vec<NetworkPolicy>);

impl Policies {
    fn of_isolated_session() -> Self {
        Self::of_path(&json!({}))
    }

    /// Of one whose media takes a path of its own.
    fn of_path(path: &Value) -> Self {
        let mut spec = path.clone();
        spec["networkPolicy"] = json!("Isolated");
        let resources = build(&session(&spec), &Resources::nothing(), &settings(), None);
        let policies = [resources.server_network_policy, resources.client_network_policy];
        Self(
            policies
                .map(|policy| match policy {
                    Desired::Present(policy) => policy,
                    other => panic!("{other:?}"),
                })
                .into(),
        )
    }

    fn allow(&self, from: &End, to: &End, protocol: &str, port: i32) -> bool {
        self.allow_egress(from, to, protocol, port) && self.allow_ingress(from, to, protocol, port)
    }

    fn allow_egress(&self, from: &End, to: &End, protocol: &str, port: i32) -> bool {
        let mut policies = self.selecting(from, "Egress").peekable();
        policies.peek().is_none()
            || policies.any(|policy| {
                let rules = policy.spec.as_ref().and_then(|spec| spec.egress.as_ref());
                rules.into_iter().flatten().any(|rule| {
                    peers_match(policy, rule.to.as_deref(), to)
                        && ports_match(rule.ports.as_deref(), protocol, port)
                })
            })
    }

    fn allow_ingress(&self, from: &End, to: &End, protocol: &str, port: i32) -> bool {
        let mut policies = self.selecting(to, "Ingress").peekable();
        policies.peek().is_none()
            || policies.any(|policy| {
                let rules = policy.spec.as_ref().and_then(|spec| spec.ingress.as_ref());
                rules.into_iter().flatten().any(|rule| {
                    peers_match(policy, rule.from.as_deref(), from)
                        && ports_match(rule.ports.as_deref(), protocol, port)
                })
            })
    }

    fn selecting<'a>(&'a self, end: &'a End, direction: &'a str) -> impl Iterator<Item = &'a NetworkPolicy> {
        self.0.iter().filter(move |policy| {
            let spec = policy.spec.as_ref().unwrap();
            end.is_pod
                && policy.metadata.namespace.as_deref() == Some(end.namespace)
                && spec.policy_types.as_ref().unwrap().iter().any(|kind| kind == direction)
                && selects(spec.pod_selector.as_ref().unwrap(), &end.labels)
        })
    }
}

/// No list, or an empty one, stands for everybody, the world outside included.
fn peers_match(policy: &NetworkPolicy, peers: Option<&[NetworkPolicyPeer]>, end: &End) -> bool {
    let peers = peers.unwrap_or_default();
    peers.is_empty()
        || peers.iter().any(|peer| {
            assert_eq!(peer.ip_block, None, "blocks of addresses are not evaluated here");
            let namespace = match &peer.namespace_selector {
                None => policy.metadata.namespace.as_deref() == Some(end.namespace),
                Some(selector) => selects(
                    selector,
                    &[("kubernetes.io/metadata.name".to_owned(), end.namespace.to_owned())].into(),
                ),
            };
            let pod = peer.pod_selector.as_ref().is_none_or(|selector| selects(selector, &end.labels));
            end.is_pod && namespace && pod
        })
}

fn ports_match(ports: Option<&[NetworkPolicyPort]>, protocol: &str, port: i32) -> bool {
    let ports = ports.unwrap_or_default();
    ports.is_empty()
        || ports.iter().any(|allowed| {
            assert_eq!(allowed.end_port, None, "ranges are not evaluated here");
            allowed.protocol.as_deref() == Some(protocol)
                && allowed.port.as_ref().is_none_or(|allowed| *allowed == IntOrString::Int(port))
        })
}

fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    assert_eq!(selector.match_expressions, None, "expressions are not evaluated here");
    selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
}

#[test]
fn what_a_session_needs_passes() {
    let policies = Policies::of_isolated_session();
    let (server, client) = (part("harbor", Component::Server), part("harbor", Component::Client));
    let operator = named("tower", labels::OPERATOR);
    let scraper = named("monitoring", "prometheus");
    for (from, to, protocol, port, why) in [
        (&client, &server, "TCP", SIGNALING_PORT, "signalling"),
        (&client, &server, "UDP", MEDIA_PORT, "media, opened by the client"),
        (&server, &client, "UDP", 50_000, "media, opened by the server"),
        (&server, &operator, "TCP", REPORT_PORTS[0], "the server's reports"),
        (&client, &operator, "TCP", REPORT_PORTS[0], "a client's reports"),
        (&server, &operator, "TCP", REPORT_PORTS[1], "those of a server of the version before"),
        (&client, &named("kube-system", "kube-dns"), "UDP", 53, "finding the server"),
        (&client, &named("kube-system", "kube-dns"), "TCP", 53, "finding the server, long answers"),
        (&client, &outside(), "UDP", 53, "a name server on the node"),
        (&server, &outside(), "UDP", 53, "finding the operator"),
        (&scraper, &server, "TCP", HTTP_PORT, "metrics and page of the server"),
        (&scraper, &client, "TCP", HTTP_PORT, "metrics of a client"),
    ] {
        assert!(policies.allow(from, to, protocol, port), "{why}");
    }
}

#[test]
fn everything_else_is_refused() {
    let policies = Policies::of_isolated_session();
    let (server, client) = (part("harbor", Component::Server), part("harbor", Component::Client));
    let (other_server, other_client) = (part("pier", Component::Server), part("pier", Component::Client));
    let operator = named("tower", labels::OPERATOR);
    let stranger = named("lighthouse", "web");
    let impostor = named("lighthouse", labels::OPERATOR);
    for (from, to, protocol, port, why) in [
        (&other_client, &server, "TCP", SIGNALING_PORT, "clients of another session"),
        (&other_client, &server, "UDP", MEDIA_PORT, "media of another session"),
        (&client, &server, "UDP", 40_000, "no port of media"),
        (&client, &other_server, "TCP", SIGNALING_PORT, "the server of another session"),
        (&stranger, &server, "TCP", SIGNALING_PORT, "any pod"),
        (&stranger, &client, "UDP", 40_000, "any pod"),
        (&client, &stranger, "TCP", 80, "any pod"),
        (&client, &operator, "TCP", HTTP_PORT, "another port of the operator"),
        (&client, &impostor, "TCP", REPORT_PORTS[0], "who is named like the operator, elsewhere"),
        (&client, &server, "TCP", 22, "another port of the server"),
        (&server, &client, "TCP", SIGNALING_PORT, "nobody listens there"),
        (&client, &client, "UDP", 40_000, "clients among themselves"),
        (&server, &outside(), "TCP", 443, "the world outside"),
        (&outside(), &server, "UDP", MEDIA_PORT, "the world outside"),
        (&outside(), &server, "TCP", HTTP_PORT, "the world outside"),
    ] {
        assert!(!policies.allow(from, to, protocol, port), "{why}");
    }
    assert!(policies.allow(&stranger, &other_server, "TCP", SIGNALING_PORT), "others are not touched");
}

/// What is between the pods changes addresses: a node's port and a balancer that of the client, a relay both.
#[test]
fn each_path_has_what_it_needs_and_no_more() {
    let relay = json!({"path": "Relay", "relay": {"uri": "turn:relay.test:5349", "secretName": "s"}});
    let (server, client) = (part("harbor", Component::Server), part("harbor", Component::Client));
    let node = outside;
    for (path, out_of_client, into_server) in [
        (json!({"path": "ClusterIP"}), false, false),
        (json!({"path": "NodePort"}), true, true),
        (json!({"path": "LoadBalancer"}), true, true),
    ] {
        let policies = Policies::of_path(&path);
        assert_eq!(policies.allow(&client, &node(), "UDP", 30_082), out_of_client, "{path}");
        assert_eq!(policies.allow(&node(), &server, "UDP", MEDIA_PORT), into_server, "{path}");
        assert!(
            policies.allow(&client, &server, "UDP", MEDIA_PORT),
            "{path}: translated before policies apply"
        );
        assert!(
            !policies.allow(&client, &node(), "TCP", 443) && !policies.allow(&node(), &server, "UDP", 9),
            "{path}"
        );
    }
    let policies = Policies::of_path(&relay);
    assert!(policies.allow(&client, &outside(), "UDP", 5349));
    assert!(
        policies.allow(&outside(), &server, "UDP", MEDIA_PORT)
            && policies.allow(&server, &outside(), "UDP", 50_000)
    );
    for (from, to, protocol, port, why) in [
        (&client, &server, "UDP", MEDIA_PORT, "not past the relay"),
        (&client, &outside(), "UDP", 3478, "another relay's port"),
        (&outside(), &server, "TCP", SIGNALING_PORT, "the world outside"),
    ] {
        assert!(!policies.allow(from, to, protocol, port), "{why}");
    }
}
