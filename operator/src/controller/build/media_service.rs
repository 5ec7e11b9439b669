//! How clients reach the server's media, where that is not at its pod's address.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::controller::build::common::MEDIA_PORT;
use crate::controller::build::service;
use crate::session::Session;
use crate::session::labels::{self, Component};

/// Media alone, by a Service of the type that the path is called by. One family of addresses, the cluster's first where none is asked
/// for: what is measured is one way.
pub(super) fn build(session: &Session) -> Option<Service> {
    let path = session.spec.path;
    path.has_service().then(|| Service {
        metadata: service::metadata(session, Component::Media),
        spec: Some(ServiceSpec {
            type_: Some(path.as_str().into()),
            ip_family_policy: service::family_policy(session).map(Into::into),
            ip_families: service::families(session),
            selector: Some(labels::selecting(&session.name, Component::Server)),
            ports: Some(vec![ServicePort {
                name: Some("media".into()),
                protocol: Some("UDP".into()),
                port: MEDIA_PORT,
                target_port: Some(IntOrString::Int(MEDIA_PORT)),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::controller::build::fixture;

    fn built(spec: &Value) -> Value {
        serde_json::to_value(build(&fixture::session(spec)).unwrap()).unwrap()
    }

    #[test]
    fn the_whole_object_of_each_type() {
        for path in ["ClusterIP", "NodePort", "LoadBalancer"] {
            assert_eq!(
                built(&json!({"path": path})),
                json!({
                    "apiVersion": "v1",
                    "kind": "Service",
                    "metadata": fixture::metadata("harbor-media", "media"),
                    "spec": {
                        "type": path,
                        "selector": {
                            "app.kubernetes.io/component": "server",
                            "app.kubernetes.io/instance": "harbor",
                            "app.kubernetes.io/name": "ballsession"
                        },
                        "ports": [{"name": "media", "protocol": "UDP", "port": 8082, "targetPort": 8082}]
                    }
                })
            );
        }
    }

    #[test]
    fn a_family_that_is_asked_for_is_the_only_one() {
        let service = built(&json!({"path": "NodePort", "ipFamily": "IPv6"}));
        let spec = &service["spec"];
        assert_eq!(
            (&spec["ipFamilyPolicy"], &spec["ipFamilies"], &service["metadata"]["annotations"]),
            (&json!("SingleStack"), &json!(["IPv6"]), &json!({"ballsession.dev/path": "NodePort IPv6"}))
        );
    }
}
