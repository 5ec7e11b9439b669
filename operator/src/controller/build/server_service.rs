//! How clients, and visitors of a session's page, find its server.

use crds::MediaPath;
use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::controller::build::common::{HTTP_PORT, SIGNALING_PORT, SIGNALING_PORT_NAME};
use crate::controller::build::service;
use crate::session::Session;
use crate::session::labels::{self, Component};

/// Signalling and HTTP. Media does not pass it: that flows between the addresses of the pods, of the family by which signalling
/// came. So it has an address of each family that the cluster has, where not one is asked for. What media goes by on another path
/// has one family, and so has signalling then: a client that signals over the other one would be told an address that it cannot use.
pub(super) fn build(session: &Session) -> Service {
    Service {
        metadata: service::metadata(session, Component::Server),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".into()),
            ip_family_policy: Some(family_policy(session).into()),
            ip_families: service::families(session),
            selector: Some(labels::selecting(&session.name, Component::Server)),
            ports: Some(vec![
                port(SIGNALING_PORT_NAME, "tcp", SIGNALING_PORT),
                port("http", "http", HTTP_PORT),
            ]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

fn family_policy(session: &Session) -> &'static str {
    match session.spec.path {
        MediaPath::PodIp => service::family_policy(session).unwrap_or("PreferDualStack"),
        MediaPath::ClusterIp | MediaPath::NodePort | MediaPath::LoadBalancer | MediaPath::Relay => {
            "SingleStack"
        }
    }
}

/// `protocol` is what service meshes go by: they take a port of which nobody says it for one where the client speaks
/// first, and look at what it says before they open the way.
fn port(name: &str, protocol: &str, port: i32) -> ServicePort {
    ServicePort {
        name: Some(name.into()),
        app_protocol: Some(protocol.into()),
        protocol: Some("TCP".into()),
        port,
        target_port: Some(IntOrString::Int(port)),
        ..ServicePort::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::controller::build::fixture;

    #[test]
    fn of_one_family_it_has_an_address_of_that_alone() {
        let service = serde_json::to_value(build(&fixture::session(&json!({"ipFamily": "IPv6"})))).unwrap();
        assert_eq!(
            (&service["spec"]["ipFamilyPolicy"], &service["spec"]["ipFamilies"]),
            (&json!("SingleStack"), &json!(["IPv6"]))
        );
        assert_eq!(service["metadata"]["annotations"], json!({"ballsession.dev/path": "PodIP IPv6"}));
    }

    /// In a cluster of both, clients signalled over IPv6 now and then, and were told an IPv4 address of media.
    #[test]
    fn signalling_has_the_family_of_a_path_that_has_one() {
        let relay = json!({"uri": "turn:relay.test", "secretName": "s"});
        for (spec, policy) in [
            (json!({}), "PreferDualStack"),
            (json!({"path": "ClusterIP"}), "SingleStack"),
            (json!({"path": "NodePort"}), "SingleStack"),
            (json!({"path": "LoadBalancer"}), "SingleStack"),
            (json!({"path": "Relay", "relay": relay}), "SingleStack"),
        ] {
            let service = build(&fixture::session(&spec)).spec.unwrap();
            assert_eq!(
                (service.ip_family_policy.as_deref(), service.ip_families),
                (Some(policy), None),
                "{spec}"
            );
        }
    }

    #[test]
    fn the_whole_object() {
        let service = build(&fixture::session(&json!({})));
        assert_eq!(
            serde_json::to_value(service).unwrap(),
            json!({
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": fixture::metadata("harbor-server", "server"),
                "spec": {
                    "type": "ClusterIP",
                    "ipFamilyPolicy": "PreferDualStack",
                    "selector": {
                        "app.kubernetes.io/component": "server",
                        "app.kubernetes.io/instance": "harbor",
                        "app.kubernetes.io/name": "ballsession"
                    },
                    "ports": [
                        {"name": "tcp-signaling", "appProtocol": "tcp", "protocol": "TCP", "port": 8080, "targetPort": 8080},
                        {"name": "http", "appProtocol": "http", "protocol": "TCP", "port": 8081, "targetPort": 8081}
                    ]
                }
            })
        );
    }
}
