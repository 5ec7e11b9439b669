//! Where clients reach the media of a session's server. Pure.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crds::{IpFamily, MAX_PATH, MediaPath};
use k8s_openapi::api::core::v1::{LoadBalancerIngress, Pod, Service, ServiceSpec};

use crate::session::Session;
use crate::session::labels::Component;
use crate::session::pod::{is_server, node};

/// Where clients reach the media of a session's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controller) enum Reached {
    /// At its pod's address.
    AtPod,
    /// At these, and nowhere else.
    At(Vec<SocketAddr>),
    /// Nobody knows yet: what is awaited, and what to check.
    Awaited(String),
}

impl Reached {
    /// Of a session with this Service for media, and with these pods.
    pub(in crate::controller) fn of(session: &Session, service: Option<&Service>, pods: &[Arc<Pod>]) -> Self {
        let path = session.spec.path;
        if !path.has_service() {
            return Self::AtPod;
        }
        let name = session.child_name(Component::Media);
        let Some(spec) = service.and_then(|service| service.spec.as_ref()) else {
            return Self::Awaited(format!("Service {name} does not exist yet"));
        };
        let found = match path {
            MediaPath::NodePort => at_node(session, spec, pods, &name),
            MediaPath::LoadBalancer => at_balancer(session, service, spec, &name),
            MediaPath::PodIp | MediaPath::ClusterIp | MediaPath::Relay => at_service(spec, &name),
        };
        found.map_or_else(Self::Awaited, Self::At)
    }

    /// What the server is answered: nothing where it is reached at its own addresses.
    pub(in crate::controller) fn to_advertise(&self) -> Option<Vec<SocketAddr>> {
        match self {
            Self::AtPod => None,
            Self::At(addresses) => Some(addresses.clone()),
            Self::Awaited(_) => Some(Vec::new()),
        }
    }

    /// The first address, and how many there are beside it.
    pub(in crate::controller) fn address(&self) -> Option<String> {
        let Self::At(addresses) = self else { return None };
        let first = addresses.first()?;
        Some(match addresses.len() {
            1 => first.to_string(),
            all => format!("{first} and {} more", all - 1),
        })
    }

    /// The way that media is to take, as `kubectl get` shows it.
    pub(in crate::controller) fn shown(&self, session: &Session) -> String {
        let path = session.path_name().unwrap_or_else(|| session.spec.path.as_str().to_owned());
        let address = self.address().map(|address| format!(" {address}"));
        let mut shown = format!("{}{}", path, address.unwrap_or_default());
        shown.truncate(MAX_PATH);
        shown
    }
}

fn port(spec: &ServiceSpec) -> Option<u16> {
    u16::try_from(spec.ports.as_ref()?.first()?.port).ok()
}

fn node_port(spec: &ServiceSpec) -> Option<u16> {
    u16::try_from(spec.ports.as_ref()?.first()?.node_port?).ok().filter(|port| *port > 0)
}

/// The family of addresses that was asked for, or that the API server gave the Service.
fn family(session: &Session, spec: &ServiceSpec) -> Option<IpFamily> {
    let given = || match spec.ip_families.as_ref()?.first()?.as_str() {
        "IPv4" => Some(IpFamily::Ipv4),
        "IPv6" => Some(IpFamily::Ipv6),
        _ => None,
    };
    session.spec.ip_family.or_else(given)
}

fn at_service(spec: &ServiceSpec, name: &str) -> Result<Vec<SocketAddr>, String> {
    let address = spec.cluster_ip.as_deref().and_then(|address| address.parse().ok());
    match (address, port(spec)) {
        (Some(address), Some(port)) => Ok(vec![SocketAddr::new(address, port)]),
        _ => Err(format!("Service {name} has no address within the cluster: its clusterIP must be one")),
    }
}

fn at_node(
    session: &Session,
    spec: &ServiceSpec,
    pods: &[Arc<Pod>],
    name: &str,
) -> Result<Vec<SocketAddr>, String> {
    let port = node_port(spec).ok_or_else(|| format!("Service {name} has no port of nodes yet"))?;
    let servers = pods.iter().filter(|pod| is_server(pod));
    let server = servers.max_by_key(|pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0));
    let Some((server, on)) = server.and_then(|server| Some((server, node(server)?))) else {
        return Err("the server has no node yet, whose port clients are to come by".to_owned());
    };
    let addresses = host_addresses(server);
    let family = family(session, spec);
    match addresses.iter().find(|address| family.is_none_or(|family| family.has(**address))) {
        Some(address) => Ok(vec![SocketAddr::new(*address, port)]),
        None => {
            let of = family.map_or("", IpFamily::as_str);
            let known: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            let known = if known.is_empty() {
                "none is known".to_owned()
            } else {
                format!("it has {}", known.join(", "))
            };
            Err(format!(
                "node {on}, where the server is, has no {of} address ({known}): check its status.addresses"
            ))
        }
    }
}

/// The addresses of the node that a pod is on, as its kubelet has them of the node: one of each family.
fn host_addresses(pod: &Pod) -> Vec<IpAddr> {
    let Some(status) = &pod.status else { return Vec::new() };
    let all = status.host_ips.iter().flatten().filter_map(|address| address.ip.parse().ok());
    let first = status.host_ip.iter().filter_map(|address| address.parse().ok());
    let mut addresses: Vec<IpAddr> = all.collect();
    addresses.extend(first.filter(|first| !addresses.contains(first)).collect::<Vec<_>>());
    addresses
}

fn at_balancer(
    session: &Session,
    service: Option<&Service>,
    spec: &ServiceSpec,
    name: &str,
) -> Result<Vec<SocketAddr>, String> {
    let port = port(spec).ok_or_else(|| format!("Service {name} has no port"))?;
    let status = service.and_then(|service| service.status.as_ref());
    let ingress = status.and_then(|status| status.load_balancer.as_ref()?.ingress.as_deref());
    let ingress = ingress.unwrap_or_default();
    let family = family(session, spec);
    let address = |ingress: &LoadBalancerIngress| ingress.ip.as_deref()?.parse::<IpAddr>().ok();
    let all: Vec<IpAddr> = ingress.iter().filter_map(address).collect();
    let fitting = all.iter().filter(|address| family.is_none_or(|family| family.has(**address)));
    let fitting: Vec<_> = fitting.map(|address| SocketAddr::new(*address, port)).collect();
    if !fitting.is_empty() {
        return Ok(fitting);
    }
    if let Some(address) = all.first() {
        let of = family.map_or("", IpFamily::as_str);
        return Err(format!("the load balancer of Service {name} has no {of} address: it has {address}"));
    }
    match ingress.iter().find_map(|ingress| ingress.hostname.as_deref()) {
        Some(host) => Err(format!(
            "the load balancer of Service {name} has the name {host}, and media needs an address: have it given a fixed one"
        )),
        None => Err(format!(
            "Service {name} has no load balancer yet: check its events, and that something in the cluster provides balancers for UDP"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture::session;

    fn service(spec: &Value, ingress: &Value) -> Service {
        let mut spec = spec.clone();
        spec["ports"] = json!([{"port": 8082, "nodePort": spec["nodePort"], "protocol": "UDP"}]);
        serde_json::from_value(json!({"spec": spec, "status": {"loadBalancer": {"ingress": ingress}}}))
            .unwrap()
    }

    fn server(host: &Value) -> Vec<Arc<Pod>> {
        let mut pod = json!({
            "metadata": {"name": "harbor-server-x", "labels": {"app.kubernetes.io/component": "server"}, "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "o", "uid": "o", "controller": true}
            ]},
            "spec": {"nodeName": "a", "containers": []}
        });
        pod["status"] = host.clone();
        vec![Arc::new(serde_json::from_value(pod).unwrap())]
    }

    fn of(spec: &Value, service: Option<&Service>, pods: &[Arc<Pod>]) -> Result<String, String> {
        match Reached::of(&session(spec), service, pods) {
            Reached::AtPod => Ok("the pod".into()),
            reached @ Reached::At(_) => Ok(reached.address().unwrap()),
            Reached::Awaited(why) => Err(why),
        }
    }

    #[test]
    fn without_a_service_for_media_it_is_the_pod() {
        let relay = json!({"path": "Relay", "relay": {"uri": "turn:relay.test", "secretName": "s"}});
        for spec in [json!({}), relay] {
            assert_eq!(of(&spec, None, &[]), Ok("the pod".into()));
            assert_eq!(Reached::of(&session(&spec), None, &[]).to_advertise(), None);
        }
    }

    #[test]
    fn a_service_has_an_address_within_the_cluster() {
        let path = json!({"path": "ClusterIP"});
        let made = service(&json!({"clusterIP": "10.96.0.7"}), &json!([]));
        assert_eq!(of(&path, Some(&made), &[]), Ok("10.96.0.7:8082".into()));
        let reached = Reached::of(&session(&path), Some(&made), &[]);
        assert_eq!(reached.shown(&session(&path)), "ClusterIP 10.96.0.7:8082");
        assert_eq!(reached.to_advertise().unwrap(), ["10.96.0.7:8082".parse().unwrap()]);
        assert_eq!(of(&path, None, &[]), Err("Service harbor-media does not exist yet".into()));
        let awaited = Reached::of(&session(&path), None, &[]);
        assert_eq!(
            (awaited.to_advertise(), awaited.shown(&session(&path))),
            (Some(vec![]), "ClusterIP".into())
        );
        let headless = service(&json!({"clusterIP": "None"}), &json!([]));
        assert!(of(&path, Some(&headless), &[]).is_err());
    }

    #[test]
    fn a_port_of_a_node_is_that_of_the_servers() {
        let made = service(
            &json!({"clusterIP": "10.96.0.7", "nodePort": 30082, "ipFamilies": ["IPv4"]}),
            &json!([]),
        );
        let both =
            server(&json!({"hostIP": "172.18.0.3", "hostIPs": [{"ip": "172.18.0.3"}, {"ip": "fd00::3"}]}));
        let one = server(&json!({"hostIP": "172.18.0.3"}));
        let path = json!({"path": "NodePort"});
        assert_eq!(of(&path, Some(&made), &both), Ok("172.18.0.3:30082".into()));
        assert_eq!(
            of(&path, Some(&made), &one),
            Ok("172.18.0.3:30082".into()),
            "a kubelet of before there were two"
        );
        let ipv6 = json!({"path": "NodePort", "ipFamily": "IPv6"});
        assert_eq!(of(&ipv6, Some(&made), &both), Ok("[fd00::3]:30082".into()));
        assert_eq!(
            of(&ipv6, Some(&made), &one),
            Err("node a, where the server is, has no IPv6 address (it has 172.18.0.3): check its status.addresses".into())
        );
        assert!(of(&path, Some(&made), &[]).unwrap_err().starts_with("the server has no node yet"));
        let yet = service(&json!({"clusterIP": "10.96.0.7"}), &json!([]));
        assert_eq!(of(&path, Some(&yet), &one), Err("Service harbor-media has no port of nodes yet".into()));
    }

    #[test]
    fn a_balancer_is_known_by_its_addresses_alone() {
        let path = json!({"path": "LoadBalancer"});
        let at = |path: &Value, ingress: Value| {
            let spec = json!({"clusterIP": "10.96.0.7", "ipFamilies": ["IPv4"]});
            of(path, Some(&service(&spec, &ingress)), &[])
        };
        assert_eq!(at(&path, json!([{"ip": "192.0.2.1"}])), Ok("192.0.2.1:8082".into()));
        let two = json!([{"ip": "2001:db8::1"}, {"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}]);
        assert_eq!(at(&path, two.clone()), Ok("192.0.2.1:8082 and 1 more".into()));
        let ipv6 = json!({"path": "LoadBalancer", "ipFamily": "IPv6"});
        assert_eq!(at(&ipv6, two), Ok("[2001:db8::1]:8082".into()));
        for (path, ingress, why) in [
            (&path, json!([]), "has no load balancer yet: check its events"),
            (
                &path,
                json!([{"hostname": "lb.example.com"}]),
                "has the name lb.example.com, and media needs an address",
            ),
            (&ipv6, json!([{"ip": "192.0.2.1"}]), "has no IPv6 address: it has 192.0.2.1"),
        ] {
            let said = at(path, ingress).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn what_is_shown_names_the_family_that_was_asked_for() {
        let shown = |spec: Value| Reached::of(&session(&spec), None, &[]).shown(&session(&spec));
        assert_eq!(
            (shown(json!({})), shown(json!({"ipFamily": "IPv6"}))),
            ("PodIP".into(), "PodIP IPv6".into())
        );
    }
}
